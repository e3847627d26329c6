//! The socket: HTTP in, decisions of the API, HTTP out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::state::Service;
use super::{pages, submit};
use crate::live::clock;
use crate::serve::api::{self, Get, Path, Query, Refusal, Status};

/// The body of a request has no more bytes.
const BODY_BYTES_MAX: usize = 2 << 20;
/// A body has arrived within this time.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Answers requests until `until` is over.
pub(super) async fn answer_all(
    listener: tokio::net::TcpListener,
    service: Arc<Service>,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .fallback(answer)
        .with_state(service)
        .into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, router).with_graceful_shutdown(until).await
}

async fn answer(
    State(service): State<Arc<Service>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let response = match (method.as_str(), pages::Shown::of(&path)) {
        ("GET" | "HEAD", Some(shown)) => shown.answer(&service).await,
        _ => {
            let query = Query::read(parts.uri.query().unwrap_or_default());
            let asked = Asked { method: parts.method, path, query, headers: parts.headers, peer };
            match asked.answer(&service, body).await {
                Ok((status, value)) => json_response(status, &value),
                Err(refusal) => refused(&refusal),
            }
        }
    };
    let requests = service.requests.lock();
    let mut requests = requests.unwrap_or_else(std::sync::PoisonError::into_inner);
    requests.count(&method, response.status().as_u16());
    response
}

pub(super) fn json_response(status: StatusCode, value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, value.to_string()).into_response()
}

pub(super) fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status.number());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, &refusal.json());
    if refusal.status == Status::Unauthorized {
        let challenge = header::HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// A request without its body.
struct Asked {
    method: Method,
    path: String,
    query: Query,
    headers: HeaderMap,
    peer: SocketAddr,
}

impl Asked {
    async fn answer(
        self,
        service: &Arc<Service>,
        body: Body,
    ) -> Result<(StatusCode, Value), Refusal> {
        let (version, path) = Path::read(&self.path)?;
        match (self.method.as_str(), path) {
            ("GET" | "HEAD", path) => {
                service.refresh().await.map_err(|error| submit::away(&error))?;
                let host = self.host();
                let get = Get { version, path, query: &self.query, host: &host };
                api::read(get, &service.book(), &service.rules).map(|value| (StatusCode::OK, value))
            }
            ("POST", Path::Builds) => {
                let (user, bytes) = self.authorized(service, body).await?;
                let value = submit::submit(service, &bytes, &user, version).await?;
                Ok((StatusCode::CREATED, value))
            }
            ("POST", Path::Import) => {
                let (user, bytes) = self.authorized(service, body).await?;
                let value = submit::import(service, &bytes, &user, version).await?;
                Ok((StatusCode::CREATED, value))
            }
            ("PATCH", Path::Build(id)) => {
                let (user, bytes) = self.authorized(service, body).await?;
                let value = submit::cancel(service, id, &bytes, &user, version).await?;
                Ok((StatusCode::OK, value))
            }
            _ => {
                let message = format!("{} is not possible here", self.method);
                Err(Refusal::new(Status::MethodNotAllowed, message))
            }
        }
    }

    /// Returns who sent the request, and its body, which is read only for those who may send it.
    async fn authorized(
        &self,
        service: &Service,
        body: Body,
    ) -> Result<(crate::serve::User, Bytes), Refusal> {
        self.check_origin(service)?;
        let user = service.gatekeeper.user(&self.headers, self.peer.ip()).await?;
        let is_admitted = {
            let pace = service.pace.lock();
            let mut pace = pace.unwrap_or_else(std::sync::PoisonError::into_inner);
            pace.admits(&user.name, clock::now_ms())
        };
        if !is_admitted {
            return Err(Refusal::new(Status::TooMany, "Too many requests: wait a minute"));
        }
        match tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES_MAX)).await {
            Ok(Ok(bytes)) => Ok((user, bytes)),
            Ok(Err(_)) => {
                let message = format!("The body of a request has at most {BODY_BYTES_MAX} bytes");
                Err(Refusal::new(Status::TooLarge, message))
            }
            Err(_) => Err(Refusal::new(Status::Timeout, "The body of the request did not arrive")),
        }
    }

    /// Refuses what a page of another site has a browser send, with the rights of whoever looks at it. Where
    /// nobody is asked who they are, the service is also called by no name but that of the loopback interface.
    fn check_origin(&self, service: &Service) -> Result<(), Refusal> {
        let of = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let host = of("host").unwrap_or_default();
        let is_own = of("origin").is_none_or(|origin| origin.split("://").nth(1) == Some(host));
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_loopback = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
        if is_own && (is_loopback || service.gatekeeper.asks()) {
            return Ok(());
        }
        Err(Refusal::forbidden("Requests that change something are not taken from other sites"))
    }

    /// Returns the address of the service as whoever asks knows it.
    fn host(&self) -> String {
        let of = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let is_fine =
            |host: &&str| host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]_".contains(c));
        let scheme = of("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
        let host = of("host").filter(is_fine).unwrap_or("localhost");
        format!("{scheme}://{host}")
    }
}
