//! `modplan worker`: a koji host that builds modules.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use modplan::live::worker::{WorkerError, Working, work};
use modplan::load::sha256;
use modplan::time::Millis;

use super::console::Console;
use super::on_koji::{KojiArgs, Place, Scratch, StoreArgs, interval, of_hub};
use super::status::{Answer, Refusal};

/// So many digits of a checksum tell the lock files of two hosts apart.
const DIGITS: usize = 16;

/// Whether the worker is to stop.
static STOP: AtomicBool = AtomicBool::new(false);

/// Run koji's module builds: a koji host with a channel of its own
///
/// The worker takes `moduleBuild` tasks of its channel and builds each module by subtasks in the channel
/// `default`. What may be built is the configuration's to say, not the plan's. It keeps nothing: one that
/// is started again continues the tasks that are open. SIGTERM or Ctrl-C stops it; its tasks stay open for the
/// next one.
#[derive(Debug, Args)]
pub(crate) struct Worker {
    #[command(flatten)]
    koji: KojiArgs,
    /// The time between two looks at the hub; koji frees the tasks of a host that is silent for 15m
    #[arg(long, value_name = "D", default_value = "15s", value_parser = interval)]
    poll: Millis,
    /// Hold FILE, so that no second worker of this machine is the same host; one below ~/.cache/modplan when left
    /// out
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
}

impl Worker {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let place = Place::of(&self.koji, &StoreArgs { store: None }, console)?;
        let directory = Scratch::new()?;
        listen();
        let worked = work(Working {
            options: place.patient_options(),
            login: place.login.clone(),
            site: &place.site,
            final_repos: place.final_repos()?,
            poll: Duration::from_millis(self.poll.0),
            lock: self.lock.clone().unwrap_or_else(|| self.usual_lock(&place)),
            directory: directory.path().to_owned(),
            stop: &STOP,
            tell: &mut |line| console.note(line),
        });
        let ended = worked.map_err(|error| explained(&error))?;
        console.note(&format!("{ended} module builds ended"));
        Ok(Answer::Yes)
    }

    /// Returns the lock file of a host: of one user at one hub.
    fn usual_lock(&self, place: &Place) -> PathBuf {
        let whose = sha256(format!("{} {}", place.hub, place.login.who()).as_bytes());
        let name = format!("worker-{}.lock", whose.get(..DIGITS).unwrap_or(&whose));
        self.koji.home().join(".cache/modplan").join(name)
    }
}

/// Lets the first signal stop the worker and the second one end it at once.
fn listen() {
    let heard = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Where nobody can listen, a signal ends the program; the next worker continues its tasks then, too.
    if let Err(error) = ctrlc::set_handler(heard) {
        tracing::warn!("signals end the program at once: {error}");
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn explained(error: &WorkerError) -> Refusal {
    match error {
        WorkerError::Hub(error) => of_hub(error),
        WorkerError::NotAHost { .. } => {
            Refusal::no(error.to_string()).hint("koji-plugin/README.md says how a host is set up")
        }
        WorkerError::Held { .. } => Refusal::outside(error.to_string()).hint(
            "stop that worker first, or name another file with --lock if it is another host's",
        ),
        WorkerError::Robbed(_) => Refusal::outside(error.to_string())
            .hint("one host is one worker: stop one of them, then start the other again"),
        _ => Refusal::outside(error.to_string()),
    }
}
