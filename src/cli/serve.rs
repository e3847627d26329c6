//! `modplan serve`: the orchestrator as a service.

use std::path::PathBuf;

use clap::Args;
use modplan::load::{self, Snapshot};
use modplan::name::Selector;
use modplan::serve::edge::{self, ServeError, Serving};
use modplan::site::Auth;
use modplan::time::Millis;

use super::console::Console;
use super::on_koji::{
    KojiArgs, LeaseArgs, Place, Scratch, StoreArgs, listen, of_store, read_secret,
    refuse_what_is_to_come,
};
use super::output;
use super::status::{Answer, Refusal};

/// Build modules as a service: the REST API of the Module Build Service, which `fedpkg module-build` talks to
///
/// Submissions are expanded against the builds in the inputs and those that the service made. Each becomes a
/// run, which `modplan runs` lists. Processes on one PostgreSQL share the work, and any of them may be killed.
#[derive(Debug, Args)]
pub(crate) struct ServeCommand {
    /// Builds to expand against: modulemd files, PDC dumps, directories of them
    #[arg(value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Listen on ADDR instead of `serve.listen`; port 0 picks a free one, which the first line of the output shows
    #[arg(long, value_name = "ADDR")]
    listen: Option<std::net::SocketAddr>,
    /// A module that is in the tag of its platform, although no build shows it; several by repeating or with commas
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    given: Vec<Selector>,
    /// How often koji is asked; `limits.poll` of the configuration when left out
    #[arg(long, value_name = "D", value_parser = super::on_koji::interval)]
    poll: Option<Millis>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    koji: KojiArgs,
    #[command(flatten)]
    lease: LeaseArgs,
}

impl ServeCommand {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let mut place = Place::of(&self.koji, &self.store, console)?;
        refuse_what_is_to_come(&place.site, console)?;
        if let Some(address) = self.listen {
            if place.site.serve.auth == Auth::None && !address.ip().is_loopback() {
                let message = format!("without `serve.auth`, {address} is not listened on");
                let hint = "listen on 127.0.0.1, or name a proxy or an identity provider in the configuration";
                return Err(Refusal::usage(message).hint(hint).into());
            }
            place.site.serve.listen = address.to_string();
        }
        let secret = match &place.site.serve.auth {
            Auth::Oidc(oidc) => Some(read_secret(&oidc.secret_file)?),
            Auth::None | Auth::Proxy(_) => None,
        };
        let snapshot = self.snapshot(console)?;
        let directory = Scratch::new()?;
        let serving = Serving {
            snapshot,
            store: place.store.clone(),
            hub: place.hub.clone(),
            options: place.patient_options(),
            weburl: place.weburl().to_owned(),
            login: place.login.clone(),
            given: self.given,
            final_repos: place.final_repos()?,
            spool: place.spool()?,
            poll: self.poll.unwrap_or(place.site.limits.poll),
            lease_ms: i64::try_from(self.lease.lease.0).unwrap_or(i64::MAX),
            directory: directory.path().to_owned(),
            secret,
            stop: listen(console),
            site: place.site,
        };
        let mut said = Ok(());
        let served = edge::serve(serving, |address| {
            said = output::lines(&[format!("listening on http://{address}")]);
        });
        drop(directory);
        served.map_err(explained)?;
        said?;
        Ok(Answer::Interrupted)
    }

    fn snapshot(&self, console: &Console) -> anyhow::Result<Snapshot> {
        if self.inputs.is_empty() {
            return Ok(Snapshot::default());
        }
        let snapshot = load::load(&self.inputs, &load::Options::default())?;
        console.findings(&snapshot.findings, &snapshot.inputs);
        Ok(snapshot)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn explained(error: ServeError) -> anyhow::Error {
    match error {
        ServeError::Address { .. } => Refusal::outside(error.to_string())
            .hint("give another address with --listen; port 0 picks a free one")
            .into(),
        ServeError::Store(error) => of_store(&error).into(),
        error => error.into(),
    }
}
