//! A call that a run makes, as a dry run shows it.

use serde::{Serialize, Serializer};

use super::Phase;
use crate::koji::Value;
use crate::name::ComponentKey;

/// A call that a run makes.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCall {
    /// koji's method; `upload` for a file that is sent to the hub.
    pub method: &'static str,
    /// Its parameters as they are sent, those by name in a last map.
    pub params: Vec<Value>,
    /// The module that it is for, by its id in the plan.
    pub module: Option<String>,
    /// The component, by its key.
    pub component: Option<ComponentKey>,
    /// The part of the run.
    pub phase: Phase,
    /// What the caller needs.
    pub permission: Needed,
    /// When it is made, in words; `None`: always.
    pub only_if: Option<&'static str>,
}

/// What a caller needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// A permission of koji, or `admin`.
    Permission(String),
    /// What a policy of the hub says, which cannot be read.
    Policy(&'static str),
    /// The right to import as a content generator.
    Generator(String),
    /// Nothing but to be logged in.
    Login,
}

impl std::fmt::Display for Needed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Permission(name) => f.pad(name),
            Self::Policy(name) => f.pad(&format!("policy {name}")),
            Self::Generator(name) => f.pad(&format!("content generator {name}")),
            Self::Login => f.pad("login"),
        }
    }
}

impl Serialize for PlannedCall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            method: &'a str,
            params: &'a [Value],
            module: Option<&'a str>,
            component: Option<&'a ComponentKey>,
            phase: Phase,
            permission: String,
            only_if: Option<&'a str>,
        }
        Row {
            method: self.method,
            params: &self.params,
            module: self.module.as_deref(),
            component: self.component.as_ref(),
            phase: self.phase,
            permission: self.permission.to_string(),
            only_if: self.only_if,
        }
        .serialize(serializer)
    }
}

impl PlannedCall {
    /// Returns the permission of koji that it needs, where it needs one.
    #[must_use]
    pub fn permission_name(&self) -> Option<&str> {
        match &self.permission {
            Needed::Permission(name) => Some(name),
            Needed::Policy(_) | Needed::Generator(_) | Needed::Login => None,
        }
    }
}
