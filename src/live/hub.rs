//! A client of a koji hub.
//!
//! ```text
//!   call ─▶ number ─▶ wire ─▶ outcome ─▶ decide ─▶ answer
//!             ▲                             │
//!             └── renew · log in anew ◀─────┤
//!                 again, same number ◀──────┘
//! ```
//!
//! Calls of a session are made one after another, as required by koji's call numbers. The reaction
//! to an outcome is decided without a socket (`decide`); a write whose answer is lost ends as
//! [`HubError::Unknown`], and its caller has to look up the result.

mod abilities;
mod decide;
mod error;
mod follow;
mod kerberos;
mod login;
mod pauses;
mod questions;
mod session;
mod veil;
mod wire;

use std::time::Duration;

use serde::de::DeserializeOwned;

use self::decide::{History, Kind, Next};
use self::error::Outcome;
use self::session::Session;
use self::veil::Veil;
use self::wire::{Post, Tls, Wire};
use super::http::chain;
use crate::koji::calls::{self, SubCall};
use crate::koji::profile::Profile;
use crate::koji::shapes::{Secret, Upload};
use crate::koji::{Arguments, Call, Fault, Value, codec};
use crate::module_build::hub_call::HubCall;

pub use self::abilities::{Abilities, RepoAsk};
pub use self::decide::Patience;
pub use self::error::HubError;
pub use self::follow::{Follower, Observation, TASKS_PER_REQUEST};
pub use self::login::Login;
pub use self::pauses::Pauses;

/// The number of calls in one multicall, which is one transaction at the hub.
const BATCH_MAX: usize = 100;
/// No answer may take longer than this, regardless of the profile: repeating the request is
/// harmless.
const SILENCE_MAX: Duration = Duration::from_secs(600);

/// How to reach a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The hub's address.
    pub server: String,
    /// The file with the authority of its certificate; by default, those of the system.
    pub server_ca: Option<String>,
    /// Whether its certificate is not looked at.
    pub is_blind: bool,
    /// How long a call may take.
    pub call_max: Duration,
    /// How long a log-in may take.
    pub login_max: Duration,
    /// How many bytes an answer may have.
    pub bytes_max: usize,
    /// How many bytes are uploaded at once.
    pub block_size: usize,
    /// How patient the client is.
    pub patience: Patience,
}

impl Options {
    /// Uses the settings of a profile.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        Self {
            server: profile.server.clone(),
            server_ca: profile.server_ca.clone(),
            is_blind: profile.no_ssl_verify,
            call_max: profile.timeout.min(SILENCE_MAX),
            login_max: profile.auth_timeout,
            bytes_max: wire::BYTES_MAX,
            block_size: profile.upload_blocksize.max(1),
            patience: Patience {
                tries_max: profile.max_retries.saturating_add(1),
                retry_interval: profile.retry_interval,
                offline_interval: profile.offline_retry_interval,
                ..Patience::default()
            },
        }
    }
}

/// A hub, and the session at it.
#[derive(Debug)]
pub struct Hub {
    options: Options,
    login: Login,
    wire: Wire,
    session: Option<Session>,
    veil: Veil,
    pauses: Pauses,
    requests: u64,
}

impl Hub {
    /// Reaches a hub and logs in.
    pub async fn connect(options: Options, login: Login) -> Result<Self, HubError> {
        Self::connect_waiting(options, login, Pauses::default()).await
    }

    /// Connects to a hub and logs in, with custom waits. No deadline depends on the time of day, so
    /// setting the clock has no effect.
    pub async fn connect_waiting(
        options: Options,
        login: Login,
        pauses: Pauses,
    ) -> Result<Self, HubError> {
        let server_ca = options.server_ca.as_ref().map(|path| {
            std::fs::read(path)
                .map_err(|error| HubError::Setup(format!("cannot read {path}: {error}")))
        });
        let identity = match &login {
            Login::Certificate { pem, .. } => Some(pem.reveal().as_bytes().to_vec()),
            Login::Anonymous | Login::Password { .. } | Login::Kerberos { .. } => None,
        };
        let is_https_only = matches!(login, Login::Certificate { .. } | Login::Kerberos { .. });
        let tls = Tls { server_ca: server_ca.transpose()?, identity, is_blind: options.is_blind };
        let wire = Wire::new(&options.server, &tls, options.bytes_max)?;
        if is_https_only && !wire.is_https() {
            let why = format!("logging in as {} needs an https:// address", login.who());
            return Err(HubError::Setup(format!("{why}; the profile has {}", wire.shown())));
        }
        let mut veil = Veil::default();
        if let Login::Password { password, .. } = &login {
            veil.add(password);
        }
        let mut hub = Self { options, login, wire, session: None, veil, pauses, requests: 0 };
        hub.open().await?;
        Ok(hub)
    }

    /// Returns the number of requests, including repetitions.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Makes a call and reads its answer.
    pub async fn call<C: Call>(&mut self, call: &C) -> Result<C::Answer, HubError> {
        let params = call.arguments().into_params();
        let answer = self.call_untyped(C::METHOD, params).await?;
        if C::METHOD == calls::ExclusiveSession::METHOD
            && let Some(session) = &mut self.session
        {
            session.set_exclusive();
        }
        self.read(C::METHOD, answer)
    }

    /// Makes calls of one kind in as few requests as possible; each gets an answer or a fault.
    pub async fn call_all<C: Call>(
        &mut self,
        calls: &[C],
    ) -> Result<Vec<Result<C::Answer, Fault>>, HubError> {
        let planned = calls.iter().map(|call| (C::METHOD, call.arguments())).collect();
        let mut all = Vec::with_capacity(calls.len());
        for answer in self.together(planned).await? {
            all.push(match answer {
                Ok(value) => Ok(self.read(C::METHOD, value)?),
                Err(fault) => Err(fault),
            });
        }
        Ok(all)
    }

    /// Makes planned calls in as few requests as possible; each has an answer or a fault. After
    /// [`HubError::Unknown`] any of those that write may have been carried out.
    pub async fn call_together(
        &mut self,
        calls: &[HubCall],
    ) -> Result<Vec<Result<Value, Fault>>, HubError> {
        self.together(calls.iter().map(|call| (call.method, call.arguments.clone())).collect())
            .await
    }

    async fn together(
        &mut self,
        mut calls: Vec<(&'static str, Arguments)>,
    ) -> Result<Vec<Result<Value, Fault>>, HubError> {
        let mut all = Vec::with_capacity(calls.len());
        while !calls.is_empty() {
            let batch: Vec<_> = calls.drain(..calls.len().min(BATCH_MAX)).collect();
            let is_write = batch.iter().any(|(method, _)| !calls::is_read(method));
            let (method, count) = (batch[0].0, batch.len());
            let mut subs = Vec::with_capacity(count);
            for (method, arguments) in batch {
                self.cover(method, &arguments);
                let params = arguments.into_params();
                subs.push(SubCall { method: method.to_owned(), params });
            }
            let multi = calls::MultiCall { calls: subs };
            let post = self.post_of(calls::MultiCall::METHOD, multi.arguments());
            let answer = self.carry_out(post, is_write).await?;
            let answers: Vec<Value> = self.read(method, answer)?;
            if answers.len() != count {
                let reason = format!("{} answers to {count} calls", answers.len());
                return Err(HubError::Shape { method: method.to_owned(), reason });
            }
            all.extend(answers.into_iter().map(|answer| {
                let fault = |fault: Fault| Fault { text: self.veil.hide(&fault.text), ..fault };
                sub_answer(answer).map_err(fault)
            }));
        }
        Ok(all)
    }

    /// Makes an untyped call.
    pub async fn call_untyped(
        &mut self,
        method: &str,
        params: Vec<Value>,
    ) -> Result<Value, HubError> {
        let arguments = Arguments::of(params);
        self.cover(method, &arguments);
        let post = self.post_of(method, arguments);
        self.carry_out(post, !calls::is_read(method)).await
    }

    /// Uploads a file into a directory of the hub's work area.
    pub async fn upload(
        &mut self,
        directory: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), HubError> {
        let block = self.options.block_size;
        let blocks = bytes.chunks(block).chain(bytes.is_empty().then_some(bytes));
        for (at, chunk) in blocks.enumerate() {
            let offset = at * block;
            let query = vec![
                ("filename", name.to_owned()),
                ("filepath", directory.to_owned()),
                ("fileverify", "adler32".to_owned()),
                ("offset", offset.to_string()),
                ("overwrite", "1".to_owned()),
            ];
            let post = Post {
                method: format!("upload of {name}"),
                path: "",
                query,
                content_type: "application/octet-stream",
                body: chunk.to_vec(),
                silence_max: self.options.call_max,
                is_answer_secret: false,
            };
            // The same bytes in the same place: repeating it is harmless.
            let answer = self.carry_out(post, false).await?;
            let answer: Upload = self.read("upload", answer)?;
            let own = format!("{:08x}", codec::adler32(chunk));
            if answer.hexdigest.as_deref().is_some_and(|sum| !is_same_sum(sum, &own)) {
                let reason = format!("{name} arrived damaged at the hub");
                return Err(HubError::Shape { method: "upload".to_owned(), reason });
            }
        }
        Ok(())
    }

    /// Ends the session; an unreachable hub expires it later.
    pub async fn log_out(mut self) {
        self.end_session().await;
    }

    /// Ends the session; an unreachable hub expires it later. The next call logs in anew.
    pub async fn end_session(&mut self) {
        if self.session.is_some() {
            self.options.patience.tries_max = 1;
            self.options.patience.offline_max = Duration::ZERO;
            drop(self.call(&calls::Logout::default()).await);
        }
    }

    fn post_of(&self, method: &str, arguments: Arguments) -> Post {
        Post {
            method: method.to_owned(),
            path: "",
            query: Vec::new(),
            content_type: "text/xml",
            body: codec::write_call(method, arguments.into_params()).into(),
            silence_max: self.options.call_max,
            is_answer_secret: is_answer_secret(method),
        }
    }

    /// Remembers the secrets among the arguments of a call, such as the token of a build.
    fn cover(&mut self, method: &str, arguments: &Arguments) {
        let Some(entry) = calls::of(method) else { return };
        for (at, name) in entry.parameters.iter().enumerate() {
            if matches!(*name, "password" | "token")
                && let Some(Value::Text(secret)) =
                    arguments.named.get(*name).or_else(|| arguments.positional.get(at))
            {
                self.veil.add(&Secret::new(secret.as_str()));
            }
        }
    }

    /// Reads an answer. Mismatches are described in the words of the parser, which may repeat the
    /// value.
    fn read<T: DeserializeOwned>(&self, method: &str, answer: Value) -> Result<T, HubError> {
        answer.read().map_err(|mismatch| {
            let reason = match is_answer_secret(method) {
                true => "it lacks the requested value".to_owned(),
                false => self.veil.hide(&mismatch.to_string()),
            };
            HubError::Shape { method: method.to_owned(), reason }
        })
    }

    /// Makes a call until it is over.
    async fn carry_out(&mut self, post: Post, is_write: bool) -> Result<Value, HubError> {
        let method = post.method.clone();
        let kind = Kind { method: &method, is_write, has_session: self.session.is_some() };
        let mut history = History::default();
        let mut number = self.session.as_mut().map(Session::take_number);
        loop {
            let headers = match (&self.session, number) {
                (Some(session), Some(number)) => session.headers(number),
                _ => Vec::new(),
            };
            self.requests += 1;
            let outcome = self.wire.post(&post, &headers, &self.veil).await;
            if let Outcome::Broken(reason) = &outcome {
                tracing::debug!(method, reason, "no valid answer");
            }
            match history.next(&self.options.patience, kind, outcome) {
                Next::Done(result) => return result,
                Next::Again(delay) => {
                    self.pauses.wait(delay).await;
                    continue;
                }
                Next::Afresh(delay) => self.pauses.wait(delay).await,
                Next::Renew => self.renew().await?,
                Next::Reopen => self.open().await?,
            }
            number = self.session.as_mut().map(Session::take_number);
        }
    }
}

/// Returns whether a method answers with a key or a token.
fn is_answer_secret(method: &str) -> bool {
    matches!(method, "login" | "sslLogin" | "subsession" | "CGInitBuild")
}

/// Splits one answer of a multicall: a list of one, or a struct with a fault.
fn sub_answer(answer: Value) -> Result<Value, Fault> {
    if let Value::List(one) = &answer
        && let [one] = one.as_slice()
    {
        return Ok(one.clone());
    }
    let code = answer.get("faultCode").and_then(Value::as_int).unwrap_or(1);
    let text = answer.get("faultString").and_then(Value::as_str);
    Err(Fault::new(code, text.unwrap_or("neither an answer nor a fault")))
}

/// Koji writes the sum without leading zeros.
fn is_same_sum(sum: &str, own: &str) -> bool {
    sum.trim_start_matches('0') == own.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_compared_without_leading_zeros() {
        assert_eq!(format!("{:08x}", codec::adler32(b"Wikipedia")), "11e60398");
        assert!(is_same_sum("1", "00000001"));
        assert!(!is_same_sum("2", "00000001"));
    }

    #[test]
    fn an_answer_of_several_calls_is_taken_apart() {
        assert_eq!(sub_answer(Value::List(vec![Value::Int(4)])), Ok(Value::Int(4)));
        let fault = Value::of(&serde_json::json!({"faultCode": 1003, "faultString": "no"}));
        assert_eq!(sub_answer(fault), Err(Fault::new(1003, "no")));
        assert_eq!(sub_answer(Value::Nil).expect_err("neither").code(), 1);
    }
}
