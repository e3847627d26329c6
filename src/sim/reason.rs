//! Why a module is not ready at the end of a run: the state of a module says what became of it, this
//! says why. What the orchestrator knows of it is read off its [`Status`](crate::status::Status), a fold
//! over the log; the log adds what koji and the tests know.

use std::fmt;
use std::sync::Arc;

use super::ledger::Ledger;
use super::log::LogRow;
use crate::name::PackageName;
use crate::orchestrate::{BuildId, CallKind, Fault, ModuleIx};
use crate::status::listed;

mod knowledge;
#[cfg(test)]
mod tests;
mod why;

pub(super) use why::give_reasons;

/// Why a module is not ready.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The cap on module builds stopped the run.
    Capped,
    /// What it waits for is not ready: the ids. In the plan that is every dependency; under the other
    /// cascades all whose pass would have it rebuilt.
    DependsOn(Vec<Arc<str>>),
    /// These packages failed, and no retry was left.
    BuildFailed(Vec<PackageName>),
    /// Its components are built, its repo could not be made.
    RepoFailed,
    /// koji will never do what it was asked, perhaps about a package, and why.
    CallFailed(CallKind, Option<PackageName>, Fault),
    /// Somebody canceled it.
    Canceled,
    /// A test did not pass and nobody repaired or waived it: of a package, or of the module itself.
    TestNotPassed(Option<PackageName>),
    /// A test gave no result.
    NoResult(Option<PackageName>),
    /// The hub or the dependency service did not answer, however often it was asked.
    NoAnswer,
    /// A message that it hangs on was lost, or came while the orchestrator was down.
    Unheard,
    /// It was never requested: the dependency service did not name it, or the orchestrator forgot it
    /// in a crash.
    NotAsked,
    /// It waits at koji: for what.
    AtKoji(String),
    /// koji gave up waiting for a repo that it needs.
    RepoLate {
        /// What the repo waited for then.
        what: String,
        /// What would have it there in time.
        hint: &'static str,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |package: &Option<PackageName>| {
            package.as_ref().map_or_else(String::new, |package| format!(" of {package}"))
        };
        match self {
            Self::Capped => write!(f, "the cap on module builds stopped the run"),
            Self::DependsOn(ids) => write!(f, "{} not ready", listed(ids, ids.len())),
            Self::BuildFailed(packages) => {
                write!(f, "{} failed", listed(packages, packages.len()))
            }
            Self::RepoFailed => write!(f, "its repo could not be made"),
            Self::CallFailed(call, package, fault) => {
                write!(f, "{}, {}", asked(*call, package.as_ref()), refused(*fault))
            }
            Self::Canceled => write!(f, "it was canceled"),
            Self::TestNotPassed(package) => write!(f, "the test{} did not pass", of(package)),
            Self::NoResult(package) => write!(f, "the test{} gave no result", of(package)),
            Self::NoAnswer => write!(f, "the orchestrator gets no answer"),
            Self::Unheard => write!(f, "a message it depends on was lost"),
            Self::NotAsked => write!(f, "it was never requested"),
            Self::AtKoji(what) => write!(f, "{what}"),
            Self::RepoLate { what, .. } => write!(f, "its repo was not there in time ({what})"),
        }
    }
}

/// Says what was asked for in vain.
fn asked(call: CallKind, package: Option<&PackageName>) -> String {
    let package = package.map_or("", PackageName::as_str);
    match call {
        CallKind::Fetch => "its modulemd could not be fetched".to_owned(),
        CallKind::CreateTarget => "its build tag and target could not be made".to_owned(),
        CallKind::BuildComponent => format!("koji refused to build {package}"),
        CallKind::TagComponent => format!("koji refused to tag {package}"),
        CallKind::MakeRepo => "koji refused to make its repo".to_owned(),
        CallKind::WaitRepo => "koji refused to make a repo for its next batch".to_owned(),
        CallKind::Import => "koji refused to import it".to_owned(),
        CallKind::BuildModule
        | CallKind::EndTask
        | CallKind::CancelComponent
        | CallKind::Publish
        | CallKind::RequestTest
        | CallKind::AskDependants
        | CallKind::Mail
        | CallKind::Poll => format!("the call {} failed", call.as_str()),
    }
}

fn refused(fault: Fault) -> &'static str {
    match fault {
        Fault::Missing => "what it needs is missing",
        Fault::Exists => "somebody else has made it already",
        Fault::Denied => "a policy forbids it",
        Fault::Broken => "koji tried and failed",
    }
}

/// What is left of a run.
pub(super) struct Left<'a> {
    pub(super) log: &'a [LogRow],
    /// What is left at koji, in words.
    pub(super) at_koji: &'a str,
    pub(super) ledger: &'a Ledger,
    /// The modules that people will ask koji for when its hub is back.
    pub(super) held: &'a [ModuleIx],
    /// What the repo of a build waited for when koji gave up waiting for it, and what would help.
    pub(super) late: &'a dyn Fn(BuildId) -> Option<(String, &'static str)>,
}
