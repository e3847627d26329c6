//! The progress of a recording: `tasks.jsonl`, one task a line, and `recording.json`, which has the
//! recorded time.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{KojiRecordError, KojiRequest};

/// The content of `recording.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    format: u32,
    server: String,
    tag: Option<String>,
    /// Everything that ended before this time is recorded, in seconds since 1970.
    pub(super) since: i64,
    /// The end of the part that is being read.
    pub(super) until: i64,
    /// How many tasks of that part are there.
    pub(super) offset: u64,
    /// How many bytes of `tasks.jsonl` are good.
    bytes: u64,
    /// How many tasks are there in all.
    pub(super) tasks: u64,
}

/// A recording under way.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) kept: Kept,
    path: PathBuf,
    tasks_path: PathBuf,
    tasks: File,
}

impl Progress {
    /// Continues an existing recording, or begins one.
    pub(super) fn open(request: &KojiRequest) -> Result<Self, KojiRecordError> {
        let path = request.directory.join("recording.json");
        let tasks_path = request.directory.join("tasks.jsonl");
        let server = request.options.server.clone();
        let new = || Kept {
            format: 1,
            server: server.clone(),
            tag: request.tag.clone(),
            since: request.since,
            until: request.until,
            offset: 0,
            bytes: 0,
            tasks: 0,
        };
        let mut kept = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => new(),
            Err(error) => return Err(KojiRecordError::file(&path)(error)),
            Ok(bytes) => {
                let broken = |error: serde_json::Error| KojiRecordError::Broken {
                    path: path.clone(),
                    reason: error.to_string(),
                };
                serde_json::from_slice(&bytes).map_err(broken)?
            }
        };
        if kept.server != server || kept.tag != request.tag {
            let of = kept.tag.as_ref().map_or(String::new(), |tag| format!(", tag {tag}"));
            return Err(KojiRecordError::Other { path, what: format!("{}{of}", kept.server) });
        }
        // The previous part is complete: the next one begins at its end.
        if kept.offset == 0 {
            kept.until = request.until;
        }
        let tasks = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&tasks_path)
            .map_err(KojiRecordError::file(&tasks_path))?;
        // Rows that were being written at an interruption are read again.
        tasks.set_len(kept.bytes).map_err(KojiRecordError::file(&tasks_path))?;
        Ok(Self { kept, path, tasks_path, tasks })
    }

    /// Keeps a page of tasks.
    pub(super) fn add(&mut self, lines: &[String]) -> Result<(), KojiRecordError> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.tasks
            .seek(SeekFrom::End(0))
            .and_then(|_| self.tasks.write_all(text.as_bytes()))
            .map_err(KojiRecordError::file(&self.tasks_path))?;
        let count = lines.len() as u64;
        self.kept.offset += count;
        self.kept.tasks += count;
        self.kept.bytes += text.len() as u64;
        self.save()
    }

    /// Returns every task that is there.
    pub(super) fn read(&mut self) -> Result<Vec<u8>, KojiRecordError> {
        let mut bytes = Vec::new();
        self.tasks
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.tasks.read_to_end(&mut bytes))
            .map_err(KojiRecordError::file(&self.tasks_path))?;
        Ok(bytes)
    }

    /// Marks the current part as complete, and begins the next, up to `until`; returns the time up
    /// to which everything is recorded.
    pub(super) fn finish(&mut self, until: i64) -> Result<i64, KojiRecordError> {
        self.kept.since = self.kept.until.max(self.kept.since);
        self.kept.until = until;
        self.kept.offset = 0;
        self.save()?;
        Ok(self.kept.since)
    }

    fn save(&self) -> Result<(), KojiRecordError> {
        let text = serde_json::to_string_pretty(&self.kept).expect("plain data");
        super::write(&self.path, &(text + "\n"))
    }
}
