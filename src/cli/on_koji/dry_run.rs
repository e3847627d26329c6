//! The dry run: reads everything, asks the hub, and shows what a run would need and do.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use modplan::koji::profile::Profile;
use modplan::koji_plan::{Check, Request, WorkedOut, checksum};
use modplan::live;
use modplan::live::final_repo::FinalRepos;
use modplan::live::hub::{HubError, Options, Patience};
use modplan::load::SourceUrls;
use modplan::name::Selector;
use modplan::plan::Plan;
use modplan::report::dry_run::{self, DryRun};
use modplan::site::Site;

use super::super::case::sources;
use super::super::console::Console;
use super::super::output::OutputArgs;
use super::super::status::{Answer, Refusal};
use super::super::width::width;
use super::super::world::{read, wrong};
use super::KojiArgs;
use super::login::login;

/// No site file of the user's own: this one.
const SYSTEM: &str = "/etc/modplan/config.yaml";
/// A person waits: so often is a hub asked that does not answer.
const TRIES_MAX: u32 = 3;

/// What is asked for on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) koji: &'a KojiArgs,
    pub(crate) plan: &'a Plan,
    pub(crate) sources: Option<&'a Path>,
    pub(crate) given: &'a [Selector],
    pub(crate) is_json: bool,
    pub(crate) output: &'a OutputArgs,
}

/// The configuration of the site and its file.
struct Configuration {
    site: Site,
    bytes: Vec<u8>,
}

/// Works the plan out against the hub and shows what came of it. The answer is no where a check fails.
#[expect(clippy::disallowed_methods, reason = "versions are of the time of submission")]
pub(crate) fn run(asked: Asked<'_>, console: &Console) -> anyhow::Result<Answer> {
    let configuration = configuration(asked.koji, console)?;
    let site = &configuration.site;
    let sources: Option<SourceUrls> =
        asked.sources.map(|path| sources(path, console)).transpose()?;
    let profile = asked.koji.profile.read(site.koji.profile.as_deref())?;
    let login = login(&profile, &site.koji)?;
    FinalRepos::of(site, &profile).map_err(|error| {
        let hint = "koji's own client reads the same profile: see /etc/koji.conf";
        Refusal::usage(error.to_string()).hint(hint)
    })?;
    let request = Request {
        plan: asked.plan,
        site,
        sources: sources.as_ref(),
        given: asked.given,
        submitted: jiff::Timestamp::now(),
    };
    let worked_out = live::dry_run(options(&profile), login, request);
    let hub = shown(&profile.server);
    let run = worked_out.as_ref().map_or_else(failed, Clone::clone);
    let sum = worked_out.is_ok().then(|| checksum(&run, &hub, &configuration.bytes));
    let shown = DryRun { run: &run, plan: asked.plan, hub: &hub, checksum: sum.as_deref() };
    let text = match asked.is_json {
        true => dry_run::json(shown),
        false => dry_run::table(shown, width(&asked.output.output)),
    };
    asked.output.write(text)?;
    match worked_out {
        Ok(_) => Ok(Answer::yes_if(shown.is_fine())),
        Err(error) => Err(explained(&error).into()),
    }
}

/// Returns a run of which nothing is known but that the hub was not reached.
fn failed(error: &HubError) -> WorkedOut {
    let check = if matches!(error, HubError::Login { .. }) { "login" } else { "hub" };
    let row = Check { check: check.to_owned(), ok: false, detail: error.to_string() };
    WorkedOut { checks: vec![row], ..WorkedOut::default() }
}

/// Returns what became of a hub that was not reached, with its exit code.
#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn explained(error: &HubError) -> Refusal {
    match error {
        HubError::Setup(_) => Refusal::usage(error.to_string()),
        HubError::Login { .. } | HubError::Fault { .. } | HubError::Locked { .. } => {
            Refusal::no(error.to_string())
        }
        _ => Refusal::outside(error.to_string())
            .hint("nothing was changed: run the same command again"),
    }
}

fn options(profile: &Profile) -> Options {
    let options = Options::of(profile);
    let patience = Patience { tries_max: TRIES_MAX, ..options.patience };
    Options { patience, ..options }
}

/// Returns an address without what may be a password.
fn shown(server: &str) -> String {
    match server.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => server.to_owned(),
    }
}

/// Reads the configuration; what is wrong in it is reported, and then the answer is no.
fn configuration(args: &KojiArgs, console: &Console) -> anyhow::Result<Configuration> {
    let (path, bytes) = match &args.config {
        Some(path) => (path.clone(), read(path)?),
        None => usual_configuration(args.profile.home())?,
    };
    match Site::read(&bytes, 0) {
        Ok(site) => Ok(Configuration { site, bytes }),
        Err(findings) => Err(wrong(&path, &findings, console).into()),
    }
}

/// Reads the user's own configuration, else the system's.
fn usual_configuration(home: &Path) -> anyhow::Result<(PathBuf, Vec<u8>)> {
    let own = home.join(".config/modplan/config.yaml");
    for path in [own.clone(), PathBuf::from(SYSTEM)] {
        match std::fs::read(&path) {
            Ok(bytes) => return Ok((path, bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let context = format!("cannot read `{}`", path.display());
                return Err(anyhow::Error::from(error).context(context));
            }
        }
    }
    let message = format!("no configuration: neither {} nor {SYSTEM} is there", own.display());
    Err(Refusal::usage(message).hint("give one with --config FILE").into())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        assert_eq!(shown("https://kim:secret@hub/kojihub"), "https://hub/kojihub");
        assert_eq!(shown("http://127.0.0.1:80/kojihub"), "http://127.0.0.1:80/kojihub");
        assert_eq!(shown("https://hub"), "https://hub");
    }
}
