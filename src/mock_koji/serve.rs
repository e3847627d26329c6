//! The mock hub's socket: HTTP in, one call after another into the [`Mock`], HTTP out.

mod lines;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use self::lines::{Line, Lines};
use super::hub_faults::{Trouble, WireCounts};
use super::{Asked, Credentials, Journal, JournalError, Mock};
use crate::koji::codec;
use crate::time::Timestamp;

/// A call may have so many bytes, as in koji.
const CALL_BYTES_MAX: usize = 4 << 20;
/// A piece of a file may have so many.
const UPLOAD_BYTES_MAX: usize = 64 << 20;

/// A mock hub to be reached.
pub struct Served {
    /// The hub.
    pub mock: Mock,
    /// The file for calls that change something.
    pub journal: Option<Journal>,
    /// The simulated time from which it continues.
    pub from: Timestamp,
    /// How much faster than the real time it goes.
    pub speed: f64,
    /// The elapsed real time.
    pub elapsed: Box<dyn Fn() -> Duration + Send>,
}

/// Why a mock hub cannot be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is unavailable.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address.
        address: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The socket broke.
    #[error("the mock hub's socket broke: {0}")]
    Socket(std::io::Error),
}

/// A hub with the state of its connection faults.
struct Open {
    served: Served,
    counts: WireCounts,
}

type Shared = Arc<Mutex<Open>>;

/// Serves a mock hub for ever; `ready` is called with the address once it can be reached.
///
/// # Panics
/// When no runtime can be made.
pub fn serve(
    served: Served,
    address: &str,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(run(served, address, ready))
}

async fn run(
    served: Served,
    address: &str,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let bound = tokio::net::TcpListener::bind(address).await;
    let taken = |source| ServeError::Address { address: address.to_owned(), source };
    let listener = bound.map_err(taken)?;
    ready(listener.local_addr().map_err(ServeError::Socket)?);
    let router = Router::new()
        .fallback(post(answer).fallback(refuse))
        .with_state(Arc::new(Mutex::new(Open { served, counts: WireCounts::default() })))
        .into_make_service_with_connect_info::<Line>();
    axum::serve(Lines(listener), router).await.map_err(ServeError::Socket)
}

async fn refuse() -> Response {
    let text = "This is an XML-RPC server. Only POST requests are accepted.\n";
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")], text).into_response()
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let credentials = credentials(&parts.headers, &query);
    let bad = |text: &str| (StatusCode::BAD_REQUEST, text.to_owned()).into_response();
    let asked = match query.get("filename") {
        Some(name) => match upload(name, &query, body).await {
            Some(asked) => asked,
            None => return bad("Invalid request: Request too long"),
        },
        None => match to_bytes(body, CALL_BYTES_MAX).await {
            Err(_) => return bad("Invalid request: Request too long"),
            Ok(bytes) if bytes.is_empty() => return bad("Empty request"),
            Ok(bytes) => match String::from_utf8(bytes.to_vec()) {
                Ok(text) => Asked::Call(text),
                Err(_) => return bad("Invalid request: not UTF-8"),
            },
        },
    };
    let method = match &asked {
        Asked::Upload { .. } => "upload".to_owned(),
        Asked::Call(text) => match codec::read_call(text) {
            Ok((method, _)) => method,
            Err(error) => return bad(&format!("Invalid request: {error}")),
        },
    };
    let (trouble, late, answered) = lock(&shared).ask(&method, &credentials, &asked);
    tokio::time::sleep(late).await;
    match answered {
        _ if trouble.is_request_lost || trouble.is_answer_lost => {
            line.cut();
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Ok(xml) => {
            let headers = [(header::CONTENT_TYPE.as_str(), "text/xml"), ("Koji-Version", "1.35.3")];
            (headers, xml).into_response()
        }
        // A call that cannot be stored must not be answered, because the client would rely on it.
        Err(error) => {
            tracing::error!("{error}");
            (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
        }
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Open> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Open {
    /// Handles a request with connection faults: the fault, the delay of its answer, and the
    /// answer.
    fn ask(
        &mut self,
        method: &str,
        credentials: &Credentials,
        asked: &Asked,
    ) -> (Trouble, Duration, Result<String, JournalError>) {
        let Self { served, counts } = self;
        let trouble = counts.trouble(&served.mock, served.now(), method);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
        let late = Duration::from_secs_f64(trouble.delay.0 as f64 / 1000.0 / served.speed);
        if trouble.is_request_lost {
            return (trouble, late, Ok(String::new()));
        }
        if trouble.is_doubled
            && let Err(error) = served.answer(credentials, asked)
        {
            return (trouble, late, Err(error));
        }
        let answered = served.answer(credentials, asked);
        (trouble, late, answered)
    }
}

async fn upload(name: &str, query: &BTreeMap<String, String>, body: Body) -> Option<Asked> {
    let bytes = to_bytes(body, UPLOAD_BYTES_MAX).await.ok()?.to_vec();
    let text = |name: &str| query.get(name).cloned().unwrap_or_default();
    let offset = text("offset").parse().unwrap_or_default();
    Some(Asked::Upload { directory: text("filepath"), name: name.to_owned(), offset, bytes })
}

/// Reads the session from the headers, or from the address as old clients have it. As koji's hubs since 1.36, it
/// takes the number of a call from `Koji-Session-Callnum`, else from `Koji-Callnum`, which older hubs read.
fn credentials(headers: &HeaderMap, query: &BTreeMap<String, String>) -> Credentials {
    let of = |header: &str, name: &str| {
        let header = headers.get(header).and_then(|value| value.to_str().ok());
        header.map(str::to_owned).or_else(|| query.get(name).cloned())
    };
    Credentials {
        id: of("Koji-Session-Id", "session-id").and_then(|id| id.parse().ok()),
        key: of("Koji-Session-Key", "session-key"),
        number: of("Koji-Session-Callnum", "callnum")
            .or_else(|| of("Koji-Callnum", "callnum"))
            .and_then(|number| number.parse().ok()),
    }
}

impl Served {
    /// Returns the simulated time.
    fn now(&self) -> Timestamp {
        let scaled = (self.elapsed)().as_secs_f64() * 1000.0 * self.speed;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time that goes on from zero"
        )]
        Timestamp(self.from.0.saturating_add(scaled as u64))
    }

    fn answer(&mut self, credentials: &Credentials, asked: &Asked) -> Result<String, JournalError> {
        let at = self.now();
        let (answer, is_write) = self.mock.answer(at, credentials, asked);
        if is_write
            && answer.is_ok()
            && let Some(journal) = &mut self.journal
        {
            journal.keep(at, credentials, asked)?;
        }
        Ok(codec::write_answer(answer))
    }
}
