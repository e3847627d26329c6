//! What koji is made of, as plain data that both the simulated and the real hub speak.
//!
//! With the feature `live` also its wire protocol: [`calls`], what they are answered ([`shapes`]),
//! [faults](Fault), XML-RPC ([`codec`]) and the profiles that say where a hub is ([`profile`]). There are
//! no sockets here.

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
#[cfg(feature = "live")]
pub mod shapes;
#[cfg(feature = "live")]
mod state;
mod task;
#[cfg(feature = "live")]
mod value;

#[cfg(feature = "live")]
pub use {
    call::{Arguments, Call, Spelling},
    either::{OneOrMany, RowsOrCount},
    fault::{Fault, FaultKind},
    refer::Ref,
    state::{BuildState, RepoState},
    value::{Mismatch, Value},
};

pub use task::{TaskState, methods, weight};
