//! Drives a run in the foreground: progress on standard error, Ctrl-C, and the answer at the end.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use modplan::live::execute::{News, Watch};
use modplan::live::runs::{Driving, Ended, RunError};
use modplan::report::koji_run;
use modplan::store::RunState;
use modplan::time::Millis;

use super::super::console::Console;
use super::super::output::OutputArgs;
use super::super::status::{Answer, Refusal};
use super::super::width::width;
use super::place::Place;
use super::trouble::of_run;

/// So many running tasks are named after an interruption.
const NAMED_MAX: usize = 5;

/// Whether Ctrl-C was pressed.
static STOP: AtomicBool = AtomicBool::new(false);
/// The command that resumes the run, once there is one.
static RESUME: OnceLock<String> = OnceLock::new();

/// How a run is told when its process ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending<'a> {
    pub(crate) is_json: bool,
    pub(crate) output: &'a OutputArgs,
    pub(crate) lease: Millis,
}

/// Drives a run as `act` begins it, until it is over or somebody interrupts it.
pub(crate) fn drive(
    place: &Place,
    ending: Ending<'_>,
    console: &Console,
    act: impl FnOnce(Driving<'_>) -> Result<Ended, RunError>,
) -> anyhow::Result<Answer> {
    listen(console);
    let directory = Scratch::new()?;
    let mut tell = |news: News<'_>| match news {
        News::Drives(run) => {
            let command = RESUME.get_or_init(|| place.resume_command(run));
            console.note(&format!("run {run}; if it is interrupted, `{command}` resumes it"));
        }
        News::Line(line) => console.note(line),
    };
    let driving = Driving {
        store: place.store.reveal(),
        hub: &place.hub,
        options: place.patient_options(),
        login: place.login.clone(),
        lease_ms: i64::try_from(ending.lease.0).unwrap_or(i64::MAX),
        directory: directory.0.clone(),
        watch: Watch { stop: &STOP, tell: &mut tell },
    };
    let ended = act(driving);
    drop(directory);
    match ended {
        Ok(ended) => told(place, &ended, ending, console),
        Err(RunError { run: None, why }) => Err(of_run(&why).into()),
        Err(RunError { run: Some(run), why }) => {
            let refusal = Refusal::outside(format!("run {run} was left: {why}"));
            Err(refusal.hint(format!("resume it with `{}`", place.resume_command(&run))).into())
        }
    }
}

fn told(
    place: &Place,
    ended: &Ended,
    ending: Ending<'_>,
    console: &Console,
) -> anyhow::Result<Answer> {
    ending.output.write(match ending.is_json {
        true => koji_run::json(ended),
        false => koji_run::table(ended, width(&ending.output.output)),
    })?;
    let is_paused = ended.state == RunState::Paused;
    if ended.state != RunState::Interrupted && !is_paused {
        return Ok(Answer::yes_if(ended.state == RunState::Done));
    }
    let running = ended.driven.running();
    let named = running.iter().take(NAMED_MAX);
    let mut named: Vec<_> = named.map(|(task, what)| format!("{} ({what})", task.0)).collect();
    if running.len() > NAMED_MAX {
        named.push(format!("and {} more", running.len() - NAMED_MAX));
    }
    let what = match running.len() {
        0 => "no task of it is running at the hub".to_owned(),
        1 => format!("the hub still runs the task {}", named.join(", ")),
        count => format!("the hub still runs {count} tasks: {}", named.join(", ")),
    };
    let command = place.resume_command(&ended.run);
    let hint = format!("resume it with `{command}`");
    let halt = ended.driven.halt;
    let text = match halt {
        Some(halt) => format!("run {} is {}; {what}", ended.run, halt.words(&ended.run)),
        None => format!("run {} is {}; {what}", ended.run, ended.state.as_str()),
    };
    if is_paused || halt.is_some() {
        return Err(Refusal::outside(text).hint(hint).into());
    }
    console.warn(&text, Some(&hint));
    Ok(Answer::Interrupted)
}

/// Lets the first Ctrl-C stop the run and the second one leave at once.
fn listen(console: &Console) {
    let console = console.clone();
    let pressed = move || {
        if STOP.swap(true, Ordering::Relaxed) {
            if let Some(command) = RESUME.get() {
                console.warn("left at once", Some(&format!("resume the run with `{command}`")));
            }
            std::process::exit(130);
        }
        console.note("interrupted: nothing more is submitted; Ctrl-C again leaves at once");
    };
    // Where nobody can listen, Ctrl-C ends the program; the run can be resumed then, too.
    if let Err(error) = ctrlc::set_handler(pressed) {
        tracing::warn!("Ctrl-C ends the program at once: {error}");
    }
}

/// A directory of this process alone, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let base = std::env::temp_dir();
        let names = (0..1000).map(|at| base.join(format!("modplan-{}-{at}", std::process::id())));
        for path in names {
            match make(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot make {}", path.display()));
                }
            }
        }
        anyhow::bail!("{} is full of directories of modplan", base.display())
    }
}

/// Makes a directory that only its owner may read, where the system knows owners.
fn make(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it is in nobody's way.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
