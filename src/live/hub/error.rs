//! Why a hub could not be asked, or what it said instead of an answer.

use crate::koji::Fault;

/// A call that has no answer. No variant holds a password, a session key or the body of a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The hub says no.
    #[error("{method}: {fault}")]
    Fault {
        /// What was asked.
        method: String,
        /// What it says.
        fault: Fault,
    },
    /// A call that writes was or may have been carried out, and its answer is lost: look up what came
    /// of it, and do not make it again.
    #[error("{method}: the answer is lost, and the call may have been carried out: {reason}")]
    Unknown {
        /// What was asked.
        method: String,
        /// How the answer was lost.
        reason: String,
    },
    /// The hub could not be reached, or did not answer properly, again and again; nothing was done.
    #[error("{method}: no answer in {tries} tries: {reason}")]
    GaveUp {
        /// What was asked.
        method: String,
        /// How often.
        tries: u32,
        /// What happened the last time.
        reason: String,
    },
    /// The hub stayed offline longer than was waited for.
    #[error("{method}: the hub has been offline for {waited_seconds} s: {text}")]
    Offline {
        /// What was asked.
        method: String,
        /// How long was waited.
        waited_seconds: u64,
        /// What the hub says.
        text: String,
    },
    /// The log-in was refused.
    #[error("cannot log in as {who}: {reason}")]
    Login {
        /// The user, or how the user is known.
        who: String,
        /// Why.
        reason: String,
    },
    /// Another session has the user for itself.
    #[error("{method}: another session has locked the user: {text}")]
    Locked {
        /// What was asked.
        method: String,
        /// What the hub says.
        text: String,
    },
    /// The answer is not what its method answers.
    #[error("{method}: unexpected answer: {reason}")]
    Shape {
        /// What was asked.
        method: String,
        /// What does not fit.
        reason: String,
    },
    /// The server sends the client elsewhere, which may be anywhere.
    #[error("{method}: the server redirects to {target}; redirects are not followed")]
    Redirected {
        /// What was asked.
        method: String,
        /// Where to.
        target: String,
    },
    /// More bytes than an answer may have.
    #[error("{method}: the answer has more than {bytes_max} bytes")]
    TooLarge {
        /// What was asked.
        method: String,
        /// The limit.
        bytes_max: usize,
    },
    /// The address, the certificate or the key cannot be used.
    #[error("{0}")]
    Setup(String),
}

impl HubError {
    /// Returns the fault, where the hub answered with one.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        if let Self::Fault { fault, .. } = self { Some(fault) } else { None }
    }
}

/// What one try of a call came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// An answer or a fault.
    Answered(Result<crate::koji::Value, Fault>),
    /// Something that is no answer. The hub may have carried out the call.
    Broken(String),
    /// Nothing that another try would change.
    Final(HubError),
}

impl Outcome {
    /// Passes every text of a server through `hidden`, which takes secrets out.
    pub(super) fn with_texts(self, hidden: &impl Fn(String) -> String) -> Self {
        match self {
            Self::Answered(Ok(value)) => Self::Answered(Ok(value)),
            Self::Answered(Err(fault)) => {
                Self::Answered(Err(Fault { text: hidden(fault.text), ..fault }))
            }
            Self::Broken(reason) => Self::Broken(hidden(reason)),
            Self::Final(HubError::Redirected { method, target }) => {
                Self::Final(HubError::Redirected { method, target: hidden(target) })
            }
            Self::Final(HubError::Setup(text)) => Self::Final(HubError::Setup(hidden(text))),
            Self::Final(error) => Self::Final(error),
        }
    }
}

/// A certificate that is refused now is refused again: OpenSSL's words are all there is to tell.
pub(super) fn is_certificate_trouble(reason: &str) -> bool {
    ["certificate", "alert handshake failure", "unknown ca"]
        .iter()
        .any(|word| reason.contains(word))
}
