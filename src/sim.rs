//! The simulated world: virtual time, builders, and what one run of it comes to.
//!
//! [`World::run`] is a discrete-event driver: it carries out the commands of an orchestrator on
//! simulated builders and answers with events, ordered by `(time, sequence)`. In the ideal model a
//! component is one task per arch, a builder takes one task, and nothing else takes time.
//!
//! ```text
//!   orchestrator ──commands──▶ world ──tasks──▶ farm (slots, queues by arch)
//!        ▲                       │ ▲               │
//!        └───────events──────────┘ └─── task ends ─┘   heap of (time, sequence)
//! ```
//!
//! Every random draw has a generator of its own, seeded by what it is for ([`draw`]), so that two
//! approaches see the same luck in any order of events. [`sweep`] runs replications side by
//! side and collects them in order.

mod column;
mod conditions;
pub mod draw;
mod farm;
mod figures;
mod forecast;
mod history;
mod hub_setup;
mod koji;
mod ledger;
mod log;
mod module_run;
mod module_state;
mod prepare;
mod queue;
mod reason;
mod runs;
mod setup;
mod spent;
mod spread;
mod subjects;
pub mod sweep;
mod unused_settings;
mod world;

pub use conditions::{CallFault, CallTrouble, Changes, Conditions, Misfit, Torn, TornWrite};
pub use farm::{Slots, SlotsGroup};
pub use figures::{Bar, BarEnd, Busy, ChangeFigures, Outcome, Ready, RunFigures};
pub use forecast::{Expected, Forecast, Progress};
pub use history::{DurationMode, Outcomes};
pub use hub_setup::{ComponentSteps, HubSetup, MACROS, Steps, macros_build};
pub use ledger::ModuleBuild;
pub use log::{Fact, Log, LogRow, Tally};
pub use module_run::ModuleRun;
pub use module_state::ModuleState;
pub use prepare::{Prepared, prepare, prepare_defined};
pub use reason::Reason;
pub use runs::{Figure, Runs};
pub use setup::Setup;
pub use spent::Spent;
pub use subjects::Subjects;
pub use unused_settings::unused_settings;
pub use world::{Handle, PATIENCE, Run, World};
