//! The programs of this machine that a run needs.

use super::Request;
use super::builds::{ModuleBuild, components};
use super::check::Checks;
use super::knowledge::Knowledge;

/// Makes the macros packages of modules.
const RPMBUILD: &str = "rpmbuild";
/// Make final repositories.
const CREATEREPO: [&str; 2] = ["createrepo_c", "modifyrepo_c"];

/// Returns what to install to have a program.
#[must_use]
pub fn package_of(program: &str) -> &'static str {
    match program {
        RPMBUILD => "the package `rpm` on Debian, `rpm-build` on Fedora",
        "createrepo_c" | "modifyrepo_c" => {
            "the package `createrepo-c` on Debian, `createrepo_c` on Fedora"
        }
        "git" => "the package `git`",
        _ => "it",
    }
}

/// Checks that every program which a run starts is there.
pub(super) fn check(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    let for_macros = (components(builds) > 0).then_some(RPMBUILD);
    let has_repos = request.site.final_repo.is_some() && !request.options.scratch;
    let for_repos = CREATEREPO.into_iter().filter(|_| has_repos);
    for program in for_macros.into_iter().chain(for_repos) {
        let check = format!("program {program}");
        match known.program(program) {
            None => {}
            Some(Ok(version)) => checks.good(check, version),
            Some(Err(why)) => {
                checks.bad(check, format!("{why}: install {}", package_of(program)));
            }
        }
    }
}
