//! A call to come: its method and arguments as koji takes them, and the permission it needs.

use crate::koji::{Arguments, Call, Value, calls};

/// What a caller must be allowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing: it reads.
    None,
    /// `tag`, or what the hub's policy `tag` wants: to tag a build.
    Tag,
    /// `tag` or `admin`: to make and change tags, their inheritance and groups.
    TagAdmin,
    /// `target` or `admin`: to make and delete targets.
    Target,
    /// What the hub's policy `package_list` wants.
    PackageList,
    /// What the hub's policies `build_from_scm`, `build_from_srpm` and `channel` want.
    Build,
    /// What the hub's policy `cg_import` wants, and the right to use the content generator.
    Import,
    /// `dist-repo` or `admin`: to have repositories for users made.
    DistRepo,
    /// `regen-repo`, or any login where the hub takes requests for repos.
    Repo,
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct HubCall {
    /// The method.
    pub method: &'static str,
    /// Its arguments.
    pub arguments: Arguments,
    /// The permission that it needs.
    pub permission: Permission,
}

impl HubCall {
    /// Plans a typed call.
    #[must_use]
    pub fn of<C: Call>(call: &C, permission: Permission) -> Self {
        Self { method: C::METHOD, arguments: call.arguments(), permission }
    }

    /// Plans a call that only reads.
    #[must_use]
    pub fn look<C: Call>(call: &C) -> Self {
        Self::of(call, Permission::None)
    }

    /// Returns its parameters as they are sent.
    #[must_use]
    pub fn params(&self) -> Vec<Value> {
        self.arguments.clone().into_params()
    }

    /// Returns whether it changes something.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !calls::is_read(self.method)
    }

    /// Returns it as a part of a `multiCall`.
    #[must_use]
    pub fn sub_call(&self) -> calls::SubCall {
        calls::SubCall { method: self.method.to_owned(), params: self.params() }
    }
}

/// Returns how many requests calls take that are sent together, so many at once.
#[must_use]
pub fn requests(calls: &[HubCall], at_once_max: usize) -> usize {
    calls.len().div_ceil(at_once_max.max(1))
}
