//! Errors of calls to a hub.

use crate::koji::Fault;

/// A call without an answer. No variant contains a password, a session key or the body of a
/// message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The hub answered with a fault.
    #[error("{method}: {fault}")]
    Fault {
        /// The method.
        method: String,
        /// The fault.
        fault: Fault,
    },
    /// A write was or may have been carried out, and its answer is lost: look up the result, and do
    /// not repeat the call.
    #[error("{method}: the answer is lost, and the call may have been carried out: {reason}")]
    Unknown {
        /// The method.
        method: String,
        /// How the answer was lost.
        reason: String,
    },
    /// The hub was unreachable, or gave no valid answer, in all tries; nothing was done.
    #[error("{method}: no answer in {tries} tries: {reason}")]
    GaveUp {
        /// The method.
        method: String,
        /// How often.
        tries: u32,
        /// The result of the last try.
        reason: String,
    },
    /// The hub stayed offline longer than the limit.
    #[error("{method}: the hub has been offline for {waited_seconds} s: {text}")]
    Offline {
        /// The method.
        method: String,
        /// How long was waited.
        waited_seconds: u64,
        /// The text of the hub.
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
    /// Another session has locked the user.
    #[error("{method}: another session has locked the user: {text}")]
    Locked {
        /// The method.
        method: String,
        /// The text of the hub.
        text: String,
    },
    /// The answer has an unexpected shape.
    #[error("{method}: unexpected answer: {reason}")]
    Shape {
        /// The method.
        method: String,
        /// The mismatch.
        reason: String,
    },
    /// The server sends the client elsewhere, which may be anywhere.
    #[error("{method}: the server redirects to {target}; redirects are not followed")]
    Redirected {
        /// The method.
        method: String,
        /// The target.
        target: String,
    },
    /// More bytes than an answer may have.
    #[error("{method}: the answer has more than {bytes_max} bytes")]
    TooLarge {
        /// The method.
        method: String,
        /// The limit.
        bytes_max: usize,
    },
    /// The address, the certificate or the key cannot be used.
    #[error("{0}")]
    Setup(String),
}

impl HubError {
    /// Returns the fault, if the hub answered with one.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        if let Self::Fault { fault, .. } = self { Some(fault) } else { None }
    }
}

/// The outcome of one try of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// An answer or a fault.
    Answered(Result<crate::koji::Value, Fault>),
    /// No valid answer. The hub may have carried out the call.
    Broken(String),
    /// Nothing that another try would change.
    Final(HubError),
}

impl Outcome {
    /// Passes every text of a server through `hidden`, which removes secrets.
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

/// A refused certificate will be refused again; only OpenSSL's text identifies this case.
pub(super) fn is_certificate_trouble(reason: &str) -> bool {
    ["certificate", "alert handshake failure", "unknown ca"]
        .iter()
        .any(|word| reason.contains(word))
}
