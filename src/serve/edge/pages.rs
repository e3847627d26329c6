//! What is shown beside the API: pages for people, health, figures, and the description of the API.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::http::{json_response, refused};
use super::state::Service;
use super::submit;
use crate::live::clock;
use crate::serve::api::Refusal;
use crate::serve::{build_page, index_page, metrics, openapi};

/// A page needs nothing but its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'none'";

/// Something that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// All builds.
    Index,
    /// One build.
    Build(u64),
    /// Whether the store answers.
    Health,
    /// Figures for Prometheus.
    Metrics,
    /// The description of the API.
    OpenApi,
}

impl Shown {
    /// Reads a path; `None`: it is none of these.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Index),
            "/healthz" => Some(Self::Health),
            "/metrics"
            | "/module-build-service/1/monitor/metrics"
            | "/module-build-service/2/monitor/metrics" => Some(Self::Metrics),
            "/openapi.json" => Some(Self::OpenApi),
            path => path.strip_prefix("/builds/")?.parse().ok().map(Self::Build),
        }
    }

    pub(super) async fn answer(self, service: &Service) -> Response {
        if self == Self::OpenApi {
            return json_response(StatusCode::OK, &openapi());
        }
        if let Err(error) = service.refresh().await {
            let refusal = submit::away(&error);
            return match self {
                Self::Health => {
                    let status = json!({"status": "the store is away"});
                    json_response(StatusCode::SERVICE_UNAVAILABLE, &status)
                }
                Self::Index | Self::Build(_) | Self::Metrics | Self::OpenApi => refused(&refusal),
            };
        }
        let book = service.book();
        match self {
            Self::Health | Self::OpenApi => json_response(StatusCode::OK, &json!({"status": "ok"})),
            Self::Index => page(index_page(&book)),
            Self::Build(id) => match book.get(id) {
                Some(build) => page(build_page(build, &book, &service.serving.weburl)),
                None => refused(&Refusal::no_module()),
            },
            Self::Metrics => {
                let requests = service.requests.lock();
                let requests = requests.unwrap_or_else(std::sync::PoisonError::into_inner);
                let text = metrics(&book, &requests, clock::now_ms() / 1000);
                ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
            }
        }
    }
}

fn page(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
}
