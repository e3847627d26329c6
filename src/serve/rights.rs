//! Who may do what.

use std::collections::BTreeSet;

/// Somebody who sent a request, as the service knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Their name; `anonymous` where nobody is asked for it.
    pub name: String,
    /// The groups that they are in.
    pub groups: BTreeSet<String>,
}

/// The rights that the site gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Users and groups that may cancel what others submitted, and import modules.
    pub admins: BTreeSet<String>,
    /// The groups whose members may submit; empty: everybody who is known.
    pub submitters: BTreeSet<String>,
    /// Whether a request may name its owner: only where nobody is asked who they are.
    pub names_owner: bool,
}

impl Rights {
    /// Returns whether somebody may do what admins may.
    #[must_use]
    pub fn is_admin(&self, user: &User) -> bool {
        self.admins.contains(&user.name) || !self.admins.is_disjoint(&user.groups)
    }

    /// Returns whether somebody may submit a module build.
    #[must_use]
    pub fn may_submit(&self, user: &User) -> bool {
        self.submitters.is_empty()
            || !self.submitters.is_disjoint(&user.groups)
            || self.is_admin(user)
    }
}
