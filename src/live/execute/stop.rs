//! Why a call of the engine was not carried out, and what the orchestrator hears of it.

use crate::koji::{Fault as KojiFault, FaultKind};
use crate::live::hub::HubError;
use crate::orchestrate::{Answer, Fault};

/// What keeps a call from being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// What the orchestrator hears.
    pub(super) answer: Answer,
    /// Why, for people.
    pub(super) why: String,
}

impl Stop {
    /// It will never work as asked.
    pub(super) fn failed(fault: Fault, why: impl Into<String>) -> Self {
        Self { answer: Answer::Failed(fault), why: why.into() }
    }

    /// The run was halted: nothing more is asked for.
    pub(super) fn halted() -> Self {
        Self { answer: Answer::Refused, why: "the run is paused".to_owned() }
    }

    /// The run drains: nothing new is begun.
    pub(super) fn draining() -> Self {
        Self { answer: Answer::Refused, why: "the run drains".to_owned() }
    }

    /// An answer has another shape than its method answers. The call may work with the next hub.
    pub(super) fn strange(method: &str, reason: &str) -> Self {
        let why = format!("{method}: an answer of an unknown shape: {reason}");
        Self { answer: Answer::Refused, why }
    }

    /// The hub answered with a fault.
    pub(super) fn of_fault(method: &str, fault: &KojiFault) -> Self {
        let answer = match fault.kind {
            // The database was busy, or the hub stumbled over itself.
            FaultKind::LockTimeout | FaultKind::Offline | FaultKind::Unexpected => Answer::Refused,
            FaultKind::Generic if fault.text.contains("already exists") => {
                Answer::Failed(Fault::Exists)
            }
            FaultKind::Generic if is_missing(&fault.text) => Answer::Failed(Fault::Missing),
            FaultKind::Generic
            | FaultKind::Auth
            | FaultKind::Tag
            | FaultKind::NotAllowed
            | FaultKind::AuthLock
            | FaultKind::AuthExpired
            | FaultKind::Parameter
            | FaultKind::NameValidation => Answer::Failed(Fault::Denied),
            FaultKind::Build
            | FaultKind::Sequence
            | FaultKind::Retry
            | FaultKind::PreBuild
            | FaultKind::PostBuild
            | FaultKind::Buildroot
            | FaultKind::Deprecated
            | FaultKind::LiveCd
            | FaultKind::Plugin
            | FaultKind::Callback
            | FaultKind::Appliance
            | FaultKind::Import
            | FaultKind::Configuration
            | FaultKind::LiveMedia
            | FaultKind::GssApi
            | FaultKind::Other(_) => Answer::Failed(Fault::Broken),
        };
        Self { answer, why: format!("{method}: {fault}") }
    }
}

/// koji says what is missing in these words.
fn is_missing(text: &str) -> bool {
    ["No such", "No matching", "no such", "Invalid type", "could not find"]
        .iter()
        .any(|words| text.contains(words))
}

impl From<HubError> for Stop {
    fn from(error: HubError) -> Self {
        match &error {
            HubError::Fault { method, fault } => Self::of_fault(method, fault),
            HubError::Unknown { .. } => Self { answer: Answer::Unknown, why: error.to_string() },
            // Nothing was done, and another try may find another world.
            HubError::GaveUp { .. }
            | HubError::Offline { .. }
            | HubError::Login { .. }
            | HubError::Locked { .. }
            | HubError::Shape { .. }
            | HubError::Redirected { .. }
            | HubError::TooLarge { .. }
            | HubError::Setup(_) => Self { answer: Answer::Refused, why: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i64, text: &str) -> Answer {
        Stop::of_fault("createTag", &KojiFault::new(code, text)).answer
    }

    #[test]
    fn faults_say_whether_another_try_may_work() {
        assert_eq!(of(1004, "tag permission required"), Answer::Failed(Fault::Denied));
        assert_eq!(
            of(1000, "A tag with the name \"x\" already exists"),
            Answer::Failed(Fault::Exists)
        );
        assert_eq!(of(1000, "No such entry in table tag: x"), Answer::Failed(Fault::Missing));
        assert_eq!(of(1001, "lock timeout"), Answer::Refused);
        assert_eq!(of(1020, "import failed"), Answer::Failed(Fault::Broken));
    }

    #[test]
    fn a_lost_answer_is_unknown_and_a_hub_that_is_away_refuses() {
        let (method, reason) = ("build".to_owned(), "connection reset".to_owned());
        let lost = Stop::from(HubError::Unknown { method: method.clone(), reason: reason.clone() });
        assert_eq!(lost.answer, Answer::Unknown);
        let away = Stop::from(HubError::GaveUp { method, tries: 3, reason });
        assert_eq!(away.answer, Answer::Refused);
    }
}
