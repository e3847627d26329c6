//! The orchestrator as a service: the REST API that `fedpkg module-build` talks to, and the module builds
//! behind it.
//!
//! ```text
//!   HTTP ──▶ edge ──▶ api (request in, decision out) ──▶ answer
//!             │                     │
//!             │          submission ▼
//!             │        expansion: one build a context ──▶ store
//!             │                                            ▲ │
//!             └──▶ runner: one run a submission, by lease ─┘ ▼ engine ──▶ koji
//! ```
//!
//! Everything outside `edge` is pure: it holds no socket, clock, lock or connection, and `async` occurs only
//! there. The API is that of the Module Build Service, versions 1 and 2. A submission becomes one run of the
//! engine that also carries out plans; all contexts of it are in that run. Several processes share one store:
//! whoever holds the lease of a run drives it, and each process reads from the store what the others change.

pub mod api;
mod book;
mod build;
pub mod edge;
mod expansion;
mod metrics;
mod moment;
mod openapi;
mod page;
mod plan;
mod progress;
mod rights;
mod state;
mod submission;

pub use book::Book;
pub use build::{Buildrequire, ComponentBuild, Message, ModuleBuild, Step};
pub use expansion::{Basis, Chosen, Known, Written, base_builds, choose, exists, expand, imported};
pub use metrics::{Requests, metrics};
pub use moment::{read as read_moment, text as moment_text};
pub use openapi::openapi;
pub use page::{build as build_page, index as index_page};
pub use plan::{Unpinned, pin, plan, unpinned};
pub use progress::{is_canceled, seen};
pub use rights::{Rights, User};
pub use state::{PackageState, State};
pub use submission::{Source, Submission};
