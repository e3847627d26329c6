//! How a command ends: its answer, the refusals that name their own exit code, and the codes.

use std::fmt;
use std::process::ExitCode;

/// What a command that ran to its end has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the answer becomes the exit code"]
pub(crate) enum Answer {
    /// Done, or yes.
    Yes,
    /// No: what is wrong was printed on standard error.
    No,
    /// Interrupted: what was finished is written, and says that it is partial.
    Interrupted,
}

impl Answer {
    /// Makes the answer yes where `good` holds.
    pub(crate) fn yes_if(good: bool) -> Self {
        if good { Self::Yes } else { Self::No }
    }
}

/// The exit codes, as `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The work is done, or nobody reads it any more.
    Done,
    /// The answer is no.
    No,
    /// What was typed makes no sense.
    Usage,
    /// A file, the network or a database is in the way.
    Outside,
    /// Ctrl-C.
    Interrupted,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::No => 1,
            Status::Usage => 2,
            Status::Outside => 3,
            Status::Interrupted => 130,
        })
    }
}

impl From<Answer> for ExitCode {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Yes => Status::Done,
            Answer::No => Status::No,
            Answer::Interrupted => Status::Interrupted,
        }
        .into()
    }
}

/// An error that knows its exit code and what to do about it.
///
/// Any other error a command returns is outside trouble.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) struct Refusal {
    pub(crate) status: Status,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Refusal {
    /// Refuses what was typed: an unknown id, nothing selected (exit code 2).
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { status: Status::Usage, message: message.into(), hint: None }
    }

    /// Answers no with a reason: no module in the inputs, a package no module has (exit code 1).
    pub(crate) fn no(message: impl Into<String>) -> Self {
        Self { status: Status::No, message: message.into(), hint: None }
    }

    /// Tells that the world outside is in the way (exit code 3).
    #[cfg(feature = "live")]
    pub(crate) fn outside(message: impl Into<String>) -> Self {
        Self { status: Status::Outside, message: message.into(), hint: None }
    }

    /// Returns the refusal with a hint on what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Whoever read standard output went away, which is their right: not a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("standard output was closed")]
pub(crate) struct PipeClosed;

/// Ctrl-C before anything was finished that could be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted before any result was complete")]
pub(crate) struct Interrupted;

/// Returns the status an error stands for.
pub(crate) fn status_of(error: &anyhow::Error) -> Status {
    if error.is::<PipeClosed>() {
        return Status::Done;
    }
    if error.is::<Interrupted>() {
        return Status::Interrupted;
    }
    error.downcast_ref::<Refusal>().map_or(Status::Outside, |refusal| refusal.status)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_refusal_keeps_its_status_under_context() {
        let refused: anyhow::Result<()> = Err(Refusal::usage("`perl:5.3` is not loaded").into());
        let error = refused.context("cannot select").unwrap_err();
        assert_eq!(status_of(&error), Status::Usage);
    }

    #[test]
    fn an_error_nobody_classified_is_outside_trouble() {
        let error = anyhow::Error::from(std::io::Error::other("disk on fire"));
        assert_eq!(status_of(&error), Status::Outside);
        assert_eq!(status_of(&PipeClosed.into()), Status::Done);
        assert_eq!(status_of(&Interrupted.into()), Status::Interrupted);
    }
}
