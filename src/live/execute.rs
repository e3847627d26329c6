//! A run at a real koji: the engine that the simulator runs, with a hub in the place of the simulated
//! world.
//!
//! ```text
//!   engine ──commands──▶ carry ──▶ prepare · submit · tag · repo · finish ──▶ hub
//!     ▲                    │
//!     └───── events ◀──────┘        memory: what a process must know of the past
//! ```
//!
//! Every step looks before it writes, and marks what it makes, so that a process that comes back, with an
//! old journal even, finds what is there and asks for nothing twice. What keeps a step from being done is
//! answered to the orchestrator, which decides whether it is tried again, and said in the log.

mod at_hub;
mod begin;
mod breaker;
mod canary;
mod carry;
mod conflicts;
mod course;
mod drain;
mod driven;
mod engine;
mod figures;
mod final_repo;
mod finish;
mod gate;
mod halt;
mod limits;
mod locks;
mod macros;
mod mail;
mod memory;
mod observe;
mod pace;
mod prepare;
mod repo;
mod run_clock;
mod stop;
mod stored;
mod submit;
mod tag;
mod taken;
mod tasks;
mod wish;
mod work;

pub use begin::{BeginError, Decided};
pub use course::{Course, Rows};
pub use driven::{Driven, News, Run, Session, Watch};
pub use engine::drive;
pub use figures::{Figures, ModuleFigures};
pub use gate::GateCommand;
pub use halt::Halt;
pub use limits::{FailuresMax, Limits};
pub use macros::MacrosError;
pub use stored::StoreRows;
pub use taken::{Taken, take};
pub use wish::Wish;
pub use work::{LaterMacros, ModuleWork, PartWork, SourceRpm, Work};
