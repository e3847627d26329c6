//! Where something is done: the site, its hub, and the store of its runs, as the command line and the
//! configuration name them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use modplan::koji::profile::Profile;
use modplan::koji::shapes::Secret;
use modplan::live::final_repo::FinalRepos;
use modplan::live::hub::{Login, Options, Patience};
use modplan::site::Site;

use super::super::console::Console;
use super::super::output::quoted;
use super::super::status::Refusal;
use super::super::world::{read, wrong};
use super::login::login;
use super::{KojiArgs, StoreArgs};

/// No site file of the user's own: this one.
const SYSTEM: &str = "/etc/modplan/config.yaml";
/// Where runs are kept unless somebody says otherwise.
const STORE: &str = "sqlite:modplan.db";
/// A person waits: so often is a hub asked that does not answer.
const TRIES_MAX: u32 = 3;

/// A site with its hub and its store.
pub(crate) struct Place {
    /// What the site decides.
    pub(crate) site: Site,
    /// The file of the configuration, as it is.
    pub(crate) bytes: Vec<u8>,
    /// How to log in.
    pub(crate) login: Login,
    /// The hub's address, without a user.
    pub(crate) hub: String,
    /// The address of the store.
    pub(crate) store: Secret,
    profile: Profile,
    /// What was typed to name all that.
    flags: Vec<String>,
}

impl Place {
    /// Reads the configuration and the profile. What is wrong in the configuration is reported, and then the
    /// answer is no.
    pub(crate) fn of(
        args: &KojiArgs,
        store: &StoreArgs,
        console: &Console,
    ) -> anyhow::Result<Self> {
        let (path, bytes) = match &args.config {
            Some(path) => (path.clone(), read(path)?),
            None => usual_configuration(args.profile.home())?,
        };
        let site = Site::read(&bytes, 0).map_err(|findings| wrong(&path, &findings, console))?;
        let profile = args.profile.read(site.koji.profile.as_deref())?;
        let login = login(&profile, &site.koji)?;
        let usual = || Secret::new(site.store.as_deref().unwrap_or(STORE));
        let mut flags = Vec::new();
        if let Some(config) = &args.config {
            flags.extend(["--config".to_owned(), config.display().to_string()]);
        }
        flags.extend(args.profile.typed());
        Ok(Self {
            hub: shown(&profile.server),
            store: store.store.clone().unwrap_or_else(usual),
            site,
            bytes,
            login,
            profile,
            flags,
        })
    }

    /// Returns how the hub is reached while a person waits.
    pub(crate) fn options(&self) -> Options {
        let options = self.patient_options();
        let patience = Patience { tries_max: TRIES_MAX, ..options.patience };
        Options { patience, ..options }
    }

    /// Returns how the hub is reached by a run.
    pub(crate) fn patient_options(&self) -> Options {
        Options::of(&self.profile)
    }

    /// Returns where final repositories are made, if the site has them made.
    pub(crate) fn final_repos(&self) -> anyhow::Result<Option<FinalRepos>> {
        FinalRepos::of(&self.site, &self.profile).map_err(|error| {
            let hint = "koji's own client reads the same profile: see /etc/koji.conf";
            Refusal::usage(error.to_string()).hint(hint).into()
        })
    }

    /// Returns the command that resumes a run, without a password.
    pub(crate) fn resume_command(&self, run: &str) -> String {
        let store = ["--store".to_owned(), without_password(self.store.reveal())];
        let words = ["modplan", "runs", "resume", run].map(str::to_owned).into_iter();
        let words = words.chain(store).chain(self.flags.iter().cloned());
        words.map(quoted).collect::<Vec<_>>().join(" ")
    }
}

/// Returns the store of runs where no hub is needed: of the command line, else of the configuration, where one
/// is there and valid, else the usual one.
pub(crate) fn usual_store(args: &StoreArgs, home: &Path) -> Secret {
    let configured = || {
        let (_, bytes) = usual_configuration(home).ok()?;
        Site::read(&bytes, 0).ok()?.store
    };
    let usual = || Secret::new(configured().unwrap_or_else(|| STORE.to_owned()));
    args.store.clone().unwrap_or_else(usual)
}

/// Returns an address without user and password.
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

/// Returns the address of a store without its password; a password is then taken from where the database's own
/// clients take it.
fn without_password(store: &str) -> String {
    let whole = || {
        let (scheme, rest) = store.split_once("://")?;
        let (user, host) = rest.split_once('@')?;
        let (user, _) = user.split_once(':')?;
        Some(format!("{scheme}://{user}@{host}"))
    };
    whole().unwrap_or_else(|| store.to_owned())
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
        assert_eq!(shown("sqlite:runs.db"), "sqlite:runs.db");
    }

    #[test]
    fn a_store_is_shown_with_its_user_and_without_the_password() {
        let of = super::without_password;
        assert_eq!(of("postgres://kim:secret@host/db"), "postgres://kim@host/db");
        assert_eq!(
            of("postgres://kim@host/db?host=/run/postgresql/a:b"),
            "postgres://kim@host/db?host=/run/postgresql/a:b"
        );
        assert_eq!(of("sqlite:runs.db"), "sqlite:runs.db");
    }
}
