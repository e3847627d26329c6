//! The permissions that the calls of a run need.

use std::collections::BTreeSet;

use super::calls::PlannedCall;
use super::check::Checks;
use super::hub_checks::HubUser;

/// Checks the permissions that the calls need. What a policy decides cannot be read from a hub.
pub(super) fn check(hub: &HubUser, calls: &[PlannedCall], checks: &mut Checks) {
    let Some(user) = &hub.user else { return };
    let needed: BTreeSet<&str> = calls.iter().filter_map(|call| call.permission_name()).collect();
    for permission in needed {
        let check = format!("permission {permission}");
        match hub.may(permission) {
            true => checks.good(check, format!("{user} has it")),
            false => checks.bad(check, format!("{user} does not have it: an admin grants it")),
        }
    }
}
