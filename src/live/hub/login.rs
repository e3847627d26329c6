//! Logging in, and renewing a session.

use std::time::Duration;

use super::error::{HubError, Outcome, is_certificate_trouble};
use super::session::Session;
use super::wire::Post;
use super::{Hub, kerberos};
use crate::koji::calls;
use crate::koji::shapes::{LoggedIn, Secret};
use crate::koji::{Arguments, Call, FaultKind, codec};

/// How to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// Without logging in: public data.
    Anonymous,
    /// By a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// By a TLS client certificate.
    Certificate {
        /// The certificate and its key, in PEM.
        pem: Secret,
        /// Their source, for messages.
        path: String,
    },
    /// By Kerberos: with the ticket of the user, or with the key of a principal.
    Kerberos {
        /// The principal; by default that of the ticket.
        principal: Option<String>,
        /// The file with its key.
        keytab: Option<String>,
    },
}

impl Login {
    /// Returns the name of the user, for messages.
    #[must_use]
    pub fn who(&self) -> String {
        match self {
            Self::Anonymous => "nobody".to_owned(),
            Self::Password { user, .. } => user.clone(),
            Self::Certificate { path, .. } => format!("the owner of {path}"),
            Self::Kerberos { principal: Some(principal), .. } => principal.clone(),
            Self::Kerberos { principal: None, .. } => "the owner of the Kerberos ticket".to_owned(),
        }
    }
}

impl Hub {
    /// Begins a session.
    pub(super) async fn open(&mut self) -> Result<(), HubError> {
        if self.login == Login::Anonymous {
            return Ok(());
        }
        let was_exclusive = self.session.take().is_some_and(|session| session.is_exclusive());
        let answer = self.log_in(None).await?;
        self.veil.add(&answer.key);
        self.session = Some(Session::new(answer));
        if was_exclusive {
            // Another client has taken the user from us; taking it back would start a fight.
            let reason = "the exclusive session is gone".to_owned();
            return Err(HubError::Login { who: self.login.who(), reason });
        }
        Ok(())
    }

    /// Gives the session a new key.
    pub(super) async fn renew(&mut self) -> Result<(), HubError> {
        let Some(mut session) = self.session.take() else { return self.open().await };
        let renewed = self.log_in(Some(&mut session)).await;
        if let Ok(answer) = &renewed {
            self.veil.add(&answer.key);
            session.renew(answer.clone());
        }
        self.session = Some(session);
        renewed.map(drop)
    }

    async fn log_in(&self, renewed: Option<&mut Session>) -> Result<LoggedIn, HubError> {
        let renew = renewed.is_some().then_some(true);
        let exclusive = renewed.as_ref().map(|session| session.is_exclusive());
        let headers = match renewed {
            Some(session) => {
                let number = session.take_number();
                session.headers(number)
            }
            None => Vec::new(),
        };
        let ssl = calls::SslLogin { renew, exclusive, ..calls::SslLogin::default() };
        let post = match &self.login {
            Login::Anonymous => unreachable!("nobody logs in anonymously"),
            Login::Password { user, password } => {
                let (user, password) = (user.clone(), password.clone());
                let login =
                    calls::Login { user, password, renew, exclusive, ..calls::Login::default() };
                self.login_post(&login, "")
            }
            Login::Certificate { .. } | Login::Kerberos { .. } => self.login_post(&ssl, "ssllogin"),
        };
        for attempt in 1.. {
            let outcome = match &self.login {
                Login::Kerberos { principal, keytab } => {
                    let ticket = kerberos::Ticket {
                        url: self.wire.url(post.path),
                        bytes_max: self.options.bytes_max,
                        server_ca: self.options.server_ca.clone(),
                        is_blind: self.options.is_blind,
                        principal: principal.clone(),
                        keytab: keytab.clone(),
                    };
                    kerberos::post(ticket, &post, &headers, &self.veil).await
                }
                Login::Anonymous | Login::Password { .. } | Login::Certificate { .. } => {
                    self.wire.post(&post, &headers, &self.veil).await
                }
            };
            let patience = &self.options.patience;
            let (reason, wait) = match self.read_login(outcome)? {
                Ok(answer) => return Ok(answer),
                Err(reason) => (reason, patience.retry_interval),
            };
            if attempt >= patience.tries_max.max(1) {
                let method = post.method.clone();
                return Err(HubError::GaveUp { method, tries: attempt, reason });
            }
            self.pauses.wait(if attempt == 1 { Duration::ZERO } else { wait }).await;
        }
        unreachable!("the loop ends at the last attempt")
    }

    fn login_post<C: Call>(&self, call: &C, path: &'static str) -> Post {
        Post {
            method: C::METHOD.to_owned(),
            path,
            query: Vec::new(),
            content_type: "text/xml",
            body: codec::write_call(C::METHOD, Arguments::into_params(call.arguments())).into(),
            silence_max: self.options.login_max,
            is_answer_secret: true,
        }
    }

    /// Reads the answer to a log-in; the inner error may be temporary.
    fn read_login(&self, outcome: Outcome) -> Result<Result<LoggedIn, String>, HubError> {
        let who = || self.login.who();
        match outcome {
            Outcome::Answered(Ok(value)) => value.read().map(Ok).map_err(|_| {
                // The mismatching value may contain the key.
                HubError::Login { who: who(), reason: "the hub returned no session".to_owned() }
            }),
            Outcome::Answered(Err(fault)) if fault.kind == FaultKind::Offline => {
                Ok(Err(fault.text))
            }
            Outcome::Answered(Err(fault)) => {
                Err(HubError::Login { who: who(), reason: fault.to_string() })
            }
            Outcome::Broken(reason) if is_certificate_trouble(&reason) => {
                Err(HubError::Login { who: who(), reason })
            }
            Outcome::Broken(reason) => Ok(Err(reason)),
            Outcome::Final(HubError::Setup(reason)) if is_certificate_trouble(&reason) => {
                Err(HubError::Login { who: who(), reason })
            }
            Outcome::Final(error) => Err(error),
        }
    }
}
