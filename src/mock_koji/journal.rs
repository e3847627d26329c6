//! The journal of a mock hub: the calls that changed something, with their times.
//!
//! A mock that starts with a journal repeats all of them to restore its state. Passwords and
//! session keys are omitted: the calls in the journal were authorised when they were written.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Asked, Credentials, Mock, MockSetup};
use crate::koji::Value;
use crate::koji::codec;
use crate::time::Timestamp;

const FORMAT: u32 = 1;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("cannot keep the state in {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// It is not a journal, or one of another version.
    #[error("{path}:{line}: not a journal of a mock hub: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem.
        reason: String,
    },
    /// It is of a mock with another trace, farm, scenario, platform or user.
    #[error("{path} is the state of a mock hub that was started with another {what}")]
    Other {
        /// The file.
        path: PathBuf,
        /// The difference.
        what: &'static str,
    },
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    epoch: i64,
    trace: String,
    farm: String,
    others: String,
}

/// A call that changed something.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// In simulated milliseconds.
    at: u64,
    session: Option<i64>,
    number: Option<u64>,
    asked: Asked,
}

/// The file with the calls.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens a journal, or begins one, and returns the restored mock with its last time.
    pub fn open(path: &Path, setup: MockSetup) -> Result<(Self, Mock, Timestamp), JournalError> {
        let failed = |source| JournalError::File { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        let mut lines = Vec::new();
        let mut good = 0;
        let mut reader = BufReader::new(&file);
        let mut line = String::new();
        // A last line without an end was being written when the mock died, so its call was not
        // answered.
        while reader.read_line(&mut line).map_err(failed)? > 0 && line.ends_with('\n') {
            good += line.len() as u64;
            lines.push(std::mem::take(&mut line));
        }
        file.set_len(good).map_err(failed)?;
        file.seek(std::io::SeekFrom::End(0)).map_err(failed)?;
        let mut journal = Self { path: path.to_owned(), file };
        let Some((first, rest)) = lines.split_first() else {
            journal.line(&head_of(&setup))?;
            return Ok((journal, Mock::new(setup), Timestamp::START));
        };
        let (mock, until) = journal.restore(first, rest, setup)?;
        Ok((journal, mock, until))
    }

    fn restore(
        &self,
        first: &str,
        rest: &[String],
        mut setup: MockSetup,
    ) -> Result<(Mock, Timestamp), JournalError> {
        let broken = |line: usize, reason: String| JournalError::Broken {
            path: self.path.clone(),
            line,
            reason,
        };
        let head: Head = serde_json::from_str(first).map_err(|e| broken(1, e.to_string()))?;
        if head.format != FORMAT {
            return Err(broken(1, format!("format {} is not {FORMAT}", head.format)));
        }
        let own = head_of(&setup);
        let other = |what| JournalError::Other { path: self.path.clone(), what };
        if own.trace != head.trace {
            return Err(other("trace"));
        }
        if own.farm != head.farm {
            return Err(other("farm"));
        }
        if own.others != head.others {
            return Err(other("scenario, platform or user"));
        }
        setup.epoch = head.epoch;
        let mut mock = Mock::new(setup);
        mock.is_repeating = true;
        let mut until = Timestamp::START;
        for (line, text) in (2..).zip(rest) {
            let entry: Entry =
                serde_json::from_str(text).map_err(|e| broken(line, e.to_string()))?;
            let credentials =
                Credentials { id: entry.session, key: Some(String::new()), number: entry.number };
            until = Timestamp(entry.at);
            drop(mock.answer(until, &credentials, &entry.asked));
        }
        mock.is_repeating = false;
        Ok((mock, until))
    }

    /// Keeps a call that changed something.
    pub fn keep(
        &mut self,
        at: Timestamp,
        credentials: &Credentials,
        asked: &Asked,
    ) -> Result<(), JournalError> {
        let (session, number) = (credentials.id, credentials.number);
        self.line(&Entry { at: at.0, session, number, asked: without_password(asked) })
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), JournalError> {
        let mut text = serde_json::to_string(line).expect("plain data");
        text.push('\n');
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| JournalError::File { path: self.path.clone(), source })
    }
}

/// Describes the inputs of a mock.
fn head_of(setup: &MockSetup) -> Head {
    let digest = |text: String| crate::load::sha256(text.as_bytes());
    let users: Vec<&String> = setup.users.iter().map(|(name, _)| name).collect();
    Head {
        format: FORMAT,
        epoch: setup.epoch,
        trace: digest(setup.history.to_csv()),
        farm: digest(format!("{:?}", setup.farm)),
        others: digest(format!("{:?} {:?} {users:?}", setup.scenario, setup.platforms)),
    }
}

/// Returns a request without the password that a log-in has.
fn without_password(asked: &Asked) -> Asked {
    if let Asked::Call(text) = asked
        && let Ok((method, mut params)) = codec::read_call(text)
        && method == "login"
    {
        if let Some(password) = params.get_mut(1) {
            *password = Value::from("");
        }
        return Asked::Call(codec::write_call(&method, params));
    }
    asked.clone()
}
