//! The two orchestrators, as pure state machines.
//!
//! Each approach of the 2016 designs is a plain struct with one entry point, `handle`: it takes
//! one [`Event`] and the time, and appends the [`Command`]s that must now be carried out. It holds
//! no clock, socket, random source, channel or lock, so the code that a simulation runs is the
//! code that drives a real koji.
//!
//! ```text
//!            Event                        Command
//!  driver ───────────▶ handle(&mut self) ─────────▶ driver
//!    ▲                                                │
//!    └──────── koji, the bus, PDC, tests, mail ◀──────┘
//! ```
//!
//! koji's own task of a module, by which koji-owned builds, is a third such machine: [`ModuleTask`].
//!
//! Who owns the build ([`KojiOwned`], [`OrchestratorOwned`]) and how a rebuild spreads
//! ([`Cascade`]) are two things, so that neither approach is judged by the other's rule.
//! What is known of modules is in the [`Catalog`], plain arrays that many runs share. The world is
//! open: a request or a row of the dependency service may name a module that the catalog does not hold.
//! It [grows](Catalog::learn) by the names and definitions that events bring.

mod build_names;
pub mod call;
mod cascade;
mod catalog;
mod concern;
mod definition;
mod dependants;
mod event;
mod from_plan;
mod ids;
mod koji_owned;
mod mailbox;
mod module_task;
mod orchestrator;
mod orchestrator_owned;
mod progress;
mod spread;

pub use build_names::BuildNames;
pub use call::{Answer, Asked, Call, CallId, CallKind, Fault, Outstanding, Party, Reply, TaskId};
pub use cascade::Cascade;
pub use catalog::{
    Catalog, CatalogBuilder, Component, ComponentParts, Identity, Learned, Module, ModuleParts,
    Task, TaskParts,
};
pub use concern::{Concern, Standing};
pub use definition::{ComponentDefinition, Definition, DefinitionError, TaskDefinition};
pub use dependants::Row;
pub use event::{Approach, Command, ComponentEnd, Event, StopReason, Tell, Timer};
pub use from_plan::{Reach, check as check_plan, define};
pub use ids::{BuildId, ComponentIx, ModuleIx, Owner};
pub use koji_owned::KojiOwned;
pub use module_task::ModuleTask;
pub use orchestrator::Orchestrator;
pub use orchestrator_owned::{Dispatch, Gates, Limits, OrchestratorOwned, RepoMaker};
pub use progress::{Order, Progress};
pub use spread::BuildBudget;
