//! A run read back from its journal: the orchestrator as it was, and where everything stands.

use crate::drive;
use crate::drive::journal::{self, JournalError};
use crate::orchestrate::{Command, Orchestrator, Tell};
use crate::status::Status;
use crate::time::Timestamp;

use super::StoreError;

/// A run after every line of its journal.
#[derive(Clone, Debug)]
pub struct Folded {
    /// What it was begun with.
    pub heading: journal::Heading,
    /// The orchestrator: it has handled every event.
    pub orchestrator: Orchestrator,
    /// Where every module, component and call stands.
    pub status: Status,
    /// How many events there are.
    pub rows: u64,
    /// When the last one was handled, since the beginning of the run.
    pub last: Timestamp,
    /// What the orchestrator said by the last event: nobody knows whether it was heard.
    pub said: Vec<Tell>,
}

/// Folds the journal of a run, as [`super::Store::journal`] returns it.
///
/// # Errors
/// A line is damaged, or of a format that this modplan does not read.
pub fn fold(run: &str, text: &str) -> Result<Folded, StoreError> {
    fold_with(run, text, |_| {})
}

/// Does the same, and shows every row to `see`.
///
/// # Errors
/// As [`fold`].
pub fn fold_with(
    run: &str,
    text: &str,
    mut see: impl FnMut(&drive::Folded<'_>),
) -> Result<Folded, StoreError> {
    let journal = read(run, text)?;
    let began = &journal.heading.began;
    let mut orchestrator = journal.heading.orchestrator(&journal.catalog);
    let mut status =
        Status::new(journal.catalog.clone(), began.approach, began.gates, began.dispatch);
    let (mut said, mut last) = (Vec::new(), Timestamp::START);
    drive::fold(&mut orchestrator, &journal.entries, |row| {
        status.event(row.event, row.at);
        row.commands.iter().for_each(|command| status.command(command, row.at));
        last = row.at;
        said = tells(row.commands);
        see(&row);
    });
    Ok(Folded {
        said,
        rows: journal.entries.len() as u64,
        heading: journal.heading,
        orchestrator,
        status,
        last,
    })
}

fn tells(commands: &[Command]) -> Vec<Tell> {
    let tell = |command: &Command| match command {
        Command::Tell(tell) => Some(tell.clone()),
        Command::Call { .. } | Command::Look { .. } | Command::Timer { .. } => None,
    };
    commands.iter().filter_map(tell).collect()
}

/// Reads the journal of a run, as [`super::Store::journal`] returns it.
///
/// # Errors
/// A line is damaged, or of a format that this modplan does not read.
pub fn read(run: &str, text: &str) -> Result<journal::Journal, StoreError> {
    let wrong = |error: JournalError| StoreError::Journal { run: run.to_owned(), error };
    journal::read(text.as_bytes()).map_err(wrong)?.ok_or_else(|| {
        let what = "the heading is torn".to_owned();
        wrong(JournalError { line: 1, what, hint: "restore the store from a backup" })
    })
}
