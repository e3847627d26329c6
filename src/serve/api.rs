//! The REST API as a function: a request comes in, and an answer or a decision comes out.
//!
//! Paths, fields, errors and states are those of the Module Build Service 3.9.2, versions 1 and 2, with one
//! difference: where dependencies conflict it answers 500, and this service 422.

mod answer;
mod columns;
mod components;
mod filters;
mod messages;
mod order;
mod paging;
mod query;
mod render;
mod route;
#[cfg(test)]
mod tests;
mod write;

pub use answer::{Refusal, Status};
pub use query::Query;
pub use render::{Level, component_json, module_json};
pub use route::{Get, Path, Version, read};
pub use write::{cancel, import, submission};

/// What the service says of itself and allows, for all requests alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// How people log in: `none`, `proxy` or `oidc`.
    pub auth_method: String,
    /// What each may do.
    pub rights: super::Rights,
    /// Where documents and sources may come from.
    pub scm: crate::site::Scm,
    /// Whether documents may be sent for builds that are kept; for scratch builds they always may.
    pub takes_yaml: bool,
}
