//! koji's concepts as plain data, shared by the simulated and the real hub.
//!
//! With the feature `live` also its wire protocol: [`calls`], their answers ([`shapes`]),
//! [faults](Fault), XML-RPC ([`codec`]) and profiles with the addresses of hubs ([`profile`]).
//! There are no sockets here.

#[cfg(feature = "live")]
mod call;
#[cfg(feature = "live")]
pub mod calls;
#[cfg(feature = "live")]
pub mod codec;
#[cfg(feature = "live")]
mod either;
#[cfg(feature = "live")]
mod fault;
#[cfg(feature = "live")]
pub mod profile;
#[cfg(feature = "live")]
mod refer;
mod secret;
#[cfg(feature = "live")]
pub mod shapes;
#[cfg(feature = "live")]
mod state;
mod task;
#[cfg(feature = "live")]
mod task_label;
#[cfg(feature = "live")]
mod value;

#[cfg(feature = "live")]
pub use {
    call::{Arguments, Call, Spelling},
    either::{OneOrMany, RowsOrCount},
    fault::{Fault, FaultKind},
    refer::Ref,
    state::{BuildState, RepoState},
    task_label::task_label,
    value::{Mismatch, Value},
};

pub use secret::Secret;
pub use task::{TaskState, methods, weight};
