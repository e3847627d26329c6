//! What the site decides about final repositories, shown before a run.

use super::check::Checks;
use crate::site::Site;

/// Notes where final repositories are made, and what they wait for.
pub(super) fn check(site: &Site, checks: &mut Checks) {
    let detail = match (&site.final_repo, &site.signing) {
        (None, _) => "none is made: `final_repo.directory` is not configured".to_owned(),
        (Some(repo), None) => {
            format!("below {}, labelled unsigned: `signing` is not configured", repo.directory)
        }
        (Some(repo), Some(signing)) => format!(
            "below {}, once every RPM is signed by {}, for which a module waits {} seconds at most",
            repo.directory,
            signing.keys.join(" or "),
            signing.timeout.0 / 1000
        ),
    };
    checks.good("final repository", detail);
}
