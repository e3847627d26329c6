//! What the site decides about final repositories, shown before a run.

use super::Request;
use super::check::Checks;
use crate::site::FinalRepoKind;

/// Notes where final repositories are made, and what they wait for.
pub(super) fn check(request: Request<'_>, checks: &mut Checks) {
    let site = request.site;
    let detail = match (&site.final_repo, &site.signing) {
        _ if request.options.scratch => "none is made of scratch builds".to_owned(),
        (None, _) => "none is made: `final_repo.directory` is not configured".to_owned(),
        (Some(repo), None) => {
            format!(
                "below {}, {}labelled unsigned: `signing` is not configured",
                repo.directory,
                made_by(repo.kind)
            )
        }
        (Some(repo), Some(signing)) => format!(
            "below {}, {}once every RPM is signed by {}, for which a module waits {} seconds at most",
            repo.directory,
            made_by(repo.kind),
            signing.keys.join(" or "),
            signing.timeout.0 / 1000
        ),
    };
    checks.good("final repository", detail);
}

fn made_by(kind: FinalRepoKind) -> &'static str {
    match kind {
        FinalRepoKind::Files => "",
        FinalRepoKind::Koji => "of the dist-repo that koji makes, ",
    }
}
