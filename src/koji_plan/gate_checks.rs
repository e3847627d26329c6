//! The gate of the site: a run can have it judge, or there is none.

use super::Request;
use super::check::Checks;
use crate::site::Gate;

/// Checks that the gate is one that a run can ask.
pub(super) fn check(request: Request<'_>, checks: &mut Checks) {
    let not_yet = |kind: &str| {
        format!(
            "`gate.kind: {kind}` is not supported yet: use `script` with a command that asks it, or `none`"
        )
    };
    match &request.site.gate {
        Gate::None => checks.good("gate", "none: what is built has passed"),
        Gate::Script { command, .. } => {
            let program = command.first().map_or("", String::as_str);
            checks.good("gate", format!("{program} judges each component and each module"));
        }
        Gate::ResultsDb { .. } => checks.bad("gate", not_yet("resultsdb")),
        Gate::Greenwave { .. } => checks.bad("gate", not_yet("greenwave")),
    }
}
