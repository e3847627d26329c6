//! `modplan mock-koji`: the simulated hub behind XML-RPC.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use modplan::koji::shapes::Secret;
use modplan::mock_koji::{
    self, Journal, JournalError, Mock, MockSetup, Platform, ServeError, Served,
};
use modplan::time::Timestamp;

use super::args::WorldArgs;
use super::console::Console;
use super::output;
use super::status::{Answer, Refusal};
use super::world::World;

/// Seconds between two polls of a client at the real speed.
const POLL_SECONDS: f64 = 60.0;

/// Serve a simulated koji hub over XML-RPC: clients talk to it as to a real one, and nothing is built
#[derive(Debug, Args)]
pub(crate) struct MockKoji {
    #[command(flatten)]
    world: WorldArgs,
    /// Listen on ADDR; port 0 picks a free one, which the first line of the output shows
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: String,
    /// Let time pass X times as fast as it does
    #[arg(long, value_name = "X", default_value = "1", value_parser = speed)]
    speed: f64,
    /// A user who may do everything; several by repeating
    #[arg(long, value_name = "NAME:PASSWORD", value_parser = hidden)]
    user: Vec<Secret>,
    /// A tag that modules are built on, and the tag that they are shipped into; several by repeating
    #[arg(long, value_name = "TAG[:PUBLISH_TO]", value_parser = platform, default_value = "platform-build:modular-updates-candidate")]
    platform: Vec<Platform>,
    /// Keep all changes in FILE, and continue from it when started again
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= 1e6 => Ok(speed),
        _ => Err("a speed is a number above 0, at most 1000000".to_owned()),
    }
}

/// Takes every text: clap would print one that it refuses, password and all.
fn hidden(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

fn user(text: &Secret) -> Result<(String, Secret), Refusal> {
    match text.reveal().split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok((name.to_owned(), Secret::new(password)))
        }
        _ => Err(Refusal::usage("invalid user: write --user NAME:PASSWORD")),
    }
}

fn platform(text: &str) -> Result<Platform, String> {
    let (tag, publish_to) = match text.split_once(':') {
        Some((tag, publish_to)) => (tag, Some(publish_to.to_owned())),
        None => (text, None),
    };
    let is_name = |name: &str| !name.is_empty() && !name.contains([' ', '/']);
    if !is_name(tag) || publish_to.as_deref().is_some_and(|name| !is_name(name)) {
        return Err("write TAG or TAG:PUBLISH_TO".to_owned());
    }
    Ok(Platform { tag: tag.to_owned(), arches: Vec::new(), publish_to })
}

impl MockKoji {
    #[expect(clippy::disallowed_methods, reason = "the time of the mock begins now")]
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let World { history, farm, scenario, .. } = World::read_for_hub(&self.world, console)?;
        let Some(farm) = farm else {
            let refusal = Refusal::usage("a mock hub needs builders");
            return Err(refusal.hint("give them with --farm FILE").into());
        };
        let setup = MockSetup {
            epoch: jiff::Timestamp::now().as_millisecond(),
            farm,
            history,
            scenario,
            platforms: self.platform,
            users: self.user.iter().map(user).collect::<Result<_, _>>()?,
        };
        let (journal, mock, from) = match &self.state {
            None => (None, Mock::new(setup), Timestamp::START),
            Some(path) => {
                let (journal, mock, from) = Journal::open(path, setup).map_err(explained)?;
                (Some(journal), mock, from)
            }
        };
        let began = Instant::now();
        let elapsed = Box::new(move || began.elapsed());
        let served = Served { mock, journal, from, speed: self.speed, elapsed };
        let poll = POLL_SECONDS / self.speed;
        let mut said = Ok(());
        mock_koji::serve(served, &self.listen, |address| {
            said = output::lines(&[
                format!("listening on http://{address}/kojihub"),
                format!("poll {poll}"),
            ]);
        })
        .map_err(|error| match error {
            ServeError::Address { .. } => Refusal::outside(error.to_string())
                .hint("give another address with --listen; port 0 picks a free one")
                .into(),
            error => anyhow::Error::from(error),
        })?;
        said?;
        Ok(Answer::Yes)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn explained(error: JournalError) -> anyhow::Error {
    match &error {
        JournalError::Other { .. } => Refusal::usage(error.to_string())
            .hint("start it as before, or give another file with --state")
            .into(),
        JournalError::Broken { .. } => Refusal::no(error.to_string()).into(),
        _ => error.into(),
    }
}
