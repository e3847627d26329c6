//! Refusals: a status and a sentence.

use serde_json::{Value, json};

/// The HTTP status of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 400
    BadRequest,
    /// 401
    Unauthorized,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 408
    Timeout,
    /// 409
    Conflict,
    /// 413
    TooLarge,
    /// 422
    Unprocessable,
    /// 429
    TooMany,
    /// 500
    Internal,
    /// 503
    Unavailable,
}

impl Status {
    /// Returns its number.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Timeout => 408,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::Unprocessable => 422,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// Returns its phrase.
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::Timeout => "Request Timeout",
            Self::Conflict => "Conflict",
            Self::TooLarge => "Content Too Large",
            Self::Unprocessable => "Unprocessable Entity",
            Self::TooMany => "Too Many Requests",
            Self::Internal => "Internal Server Error",
            Self::Unavailable => "Service Unavailable",
        }
    }
}

/// Why a request is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: Status,
    /// One sentence for whoever asked.
    pub message: String,
}

impl Refusal {
    /// Makes one.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The request is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(Status::BadRequest, message)
    }

    /// Whoever asks may not.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Status::Forbidden, message)
    }

    /// The document cannot be built.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(Status::Unprocessable, message)
    }

    /// There is no such module build.
    #[must_use]
    pub fn no_module() -> Self {
        Self::new(Status::NotFound, "No such module found.")
    }

    /// Returns the body of the answer.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { status, message } = self;
        json!({"status": status.number(), "error": status.phrase(), "message": message})
    }
}
