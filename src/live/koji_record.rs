//! Records a live hub into files for every command: `trace.csv`, `farm.yaml`, `modules.yaml`.
//!
//! ```text
//!   listTasks, page by page ─▶ tasks.jsonl ─▶ trace.csv
//!   listHosts, listChannels ────────────────▶ farm.yaml
//!   listBuilds of type module ──────────────▶ modules.yaml
//! ```
//!
//! Nothing is written to the hub, and there is no log-in. The end of the recorded time is fixed
//! first, so that pages do not move while they are read; finished rows stay in `tasks.jsonl`, and
//! the same command continues after them. A later recording into the same directory appends newer
//! tasks.

mod farm;
mod modules;
mod progress;
mod tasks;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::live::clock;
use crate::live::hub::{Hub, HubError, Login, Options};
use crate::trace::History;

use self::progress::{Kept, Progress};

/// The settings of a recording.
#[derive(Clone, Debug)]
pub struct KojiRequest {
    /// The hub.
    pub options: Options,
    /// The earliest end of recorded tasks, in seconds since 1970.
    pub since: i64,
    /// Up to when.
    pub until: i64,
    /// Only builds for this tag.
    pub tag: Option<String>,
    /// The directory of the files.
    pub directory: PathBuf,
    /// How many rows are asked for at once.
    pub page_size: u32,
    /// How long is waited between two requests.
    pub pause: Duration,
}

/// How far a recording is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KojiStep {
    /// So many tasks of all are there.
    Tasks {
        /// Those that are there.
        done: u64,
        /// All of them.
        total: u64,
    },
    /// Something that people may want to know.
    Note(String),
}

/// The result of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KojiRecording {
    /// Tasks in `tasks.jsonl`.
    pub tasks: u64,
    /// Rows of `trace.csv`.
    pub rows: usize,
    /// Builders of `farm.yaml`; the file is not written for 0.
    pub builders: usize,
    /// Module builds in `modules.yaml`; the file is not written for 0.
    pub modules: usize,
    /// How many requests were made.
    pub requests: u64,
}

/// Why a hub could not be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KojiRecordError {
    /// The hub gave no answer.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A file cannot be read or written.
    #[error("cannot save the recording in {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The directory contains a recording of another hub, or of another tag.
    #[error("{path} belongs to a recording of {what}")]
    Other {
        /// The file.
        path: PathBuf,
        /// Which.
        what: String,
    },
    /// The file with the progress of the recording is unreadable.
    #[error("cannot read the progress of the recording in {path}: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl KojiRecordError {
    fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Records a hub.
///
/// # Panics If no runtime can be created.
pub fn record_koji(
    request: &KojiRequest,
    tell: &mut dyn FnMut(KojiStep),
) -> Result<KojiRecording, KojiRecordError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(run(request, tell))
}

async fn run(
    request: &KojiRequest,
    tell: &mut dyn FnMut(KojiStep),
) -> Result<KojiRecording, KojiRecordError> {
    // An unusable address may contain a password, so it is not written to any file.
    let mut hub = Hub::connect(request.options.clone(), Login::Anonymous).await?;
    std::fs::create_dir_all(&request.directory)
        .map_err(KojiRecordError::file(&request.directory))?;
    let mut progress = Progress::open(request)?;
    let builders = farm::record(&mut hub, request, tell).await?;
    loop {
        tasks::record(&mut hub, request, &mut progress, tell).await?;
        // An interrupted recording is completed first.
        if progress.finish(request.until)? >= request.until {
            break;
        }
    }
    let modules = modules::record(&mut hub, request, tell).await?;
    let rows = write_trace(request, &mut progress)?;
    let Kept { tasks, .. } = progress.kept;
    Ok(KojiRecording { tasks, rows, builders, modules, requests: hub.requests() })
}

/// Turns all tasks that were read into a trace.
fn write_trace(request: &KojiRequest, progress: &mut Progress) -> Result<usize, KojiRecordError> {
    let bytes = progress.read()?;
    let history = History::read(&[("tasks.jsonl", &bytes)]);
    write(&request.directory.join("trace.csv"), &history.to_csv())?;
    Ok(history.rows().len())
}

/// Writes a file atomically: a reader sees the old or the new one.
fn write(path: &Path, text: &str) -> Result<(), KojiRecordError> {
    let draft = path.with_extension("partial");
    std::fs::write(&draft, text)
        .and_then(|()| std::fs::rename(&draft, path))
        .map_err(KojiRecordError::file(path))
}

/// Waits between two requests.
async fn pause(request: &KojiRequest) {
    let millis = u64::try_from(request.pause.as_millis()).unwrap_or(u64::MAX);
    if millis > 0 {
        clock::wait(millis).await;
    }
}
