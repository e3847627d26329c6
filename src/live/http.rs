//! One request to a server, repeated a bounded number of times if it gets no valid answer.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url};

use super::{LiveError, clock};

/// The maximum size of an answer; a page of a hundred rows has a few million bytes.
const BYTES_MAX: u64 = 256 << 20;
const CONNECT_SECONDS_MAX: u64 = 20;
const READ_SECONDS_MAX: u64 = 120;
/// The number of characters shown of a body that is not JSON.
const SHOWN_CHARS: usize = 200;

/// The number of tries of a request, and the delay between them, which doubles each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often in all; at least once.
    pub attempts_max: u32,
    /// The first delay.
    pub delay_ms_first: u64,
    /// The longest delay, regardless of what the server asks for.
    pub delay_ms_max: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts_max: 6, delay_ms_first: 1000, delay_ms_max: 60_000 }
    }
}

impl Retry {
    /// Returns the delay after an attempt, counted from 1.
    fn delay_ms(self, attempt: u32, asked_ms: Option<u64>) -> u64 {
        let doubled = self.delay_ms_first.saturating_mul(1 << (attempt - 1).min(20));
        doubled.max(asked_ms.unwrap_or(0)).min(self.delay_ms_max)
    }
}

/// Asks servers.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    retry: Retry,
}

/// Why an attempt gave no answer.
enum Failure {
    /// It will not be better the next time.
    Final(LiveError),
    /// It may.
    Passing { reason: String, asked_ms: Option<u64> },
}

impl Failure {
    fn passing(reason: impl ToString) -> Self {
        Self::Passing { reason: reason.to_string(), asked_ms: None }
    }
}

impl Http {
    pub(super) fn new(retry: Retry) -> Self {
        let client = Client::builder()
            .user_agent(concat!("modplan/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
            .read_timeout(Duration::from_secs(READ_SECONDS_MAX))
            .build()
            .expect("these settings make a client");
        Self { client, retry }
    }

    /// Repeats the request until `read` understands the answer, and reports every failed attempt.
    pub(super) async fn get<T>(
        &self,
        url: &Url,
        read: impl Fn(&str) -> Result<T, String>,
        tell: &mut dyn FnMut(String),
    ) -> Result<T, LiveError> {
        for attempt in 1.. {
            let (reason, asked_ms) = match self.attempt(url, &read).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing { reason, asked_ms }) => (reason, asked_ms),
            };
            if attempt >= self.retry.attempts_max {
                let url = url.to_string();
                return Err(LiveError::GaveUp { url, attempts: attempt, reason });
            }
            let delay_ms = self.retry.delay_ms(attempt, asked_ms);
            tell(format!("{url}: {reason}; retrying in {delay_ms} ms"));
            clock::wait(delay_ms).await;
        }
        unreachable!("the loop ends at the last attempt")
    }

    async fn attempt<T>(
        &self,
        url: &Url,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let request = self.client.get(url.clone()).header("Accept", "application/json");
        let mut response = request.send().await.map_err(|error| Failure::passing(chain(&error)))?;
        let status = response.status();
        let asked_ms = response
            .headers()
            .get("Retry-After")
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
            .map(|seconds| seconds.saturating_mul(1000));
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| Failure::passing(chain(&error)))?
        {
            body.extend_from_slice(&chunk);
            if body.len() as u64 > BYTES_MAX {
                let url = url.to_string();
                return Err(Failure::Final(LiveError::TooLarge { url, bytes_max: BYTES_MAX }));
            }
        }
        let body = String::from_utf8(body).map_err(|_| Failure::passing("no UTF-8"))?;
        if status.is_success() {
            return read(&body).map_err(Failure::passing);
        }
        if may_pass(status) {
            let reason = format!("{}: {}", status.as_u16(), message(&body));
            return Err(Failure::Passing { reason, asked_ms });
        }
        let (url, status) = (url.to_string(), status.as_u16());
        Err(Failure::Final(LiveError::Refused { url, status, message: message(&body) }))
    }
}

/// Returns whether the next answer of the server may differ.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        )
}

/// Returns the message of an error body: PDC's `detail`, MBS's `message`, otherwise its first
/// characters.
fn message(body: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let told = json.as_ref().and_then(|json| json.get("detail").or_else(|| json.get("message")));
    match told.and_then(serde_json::Value::as_str) {
        Some(text) => text.to_owned(),
        None => body
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(SHOWN_CHARS)
            .collect(),
    }
}

/// Returns an error with its whole chain of causes, because reqwest's first line seldom states the
/// cause.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        text.push_str(": ");
        text.push_str(&reason.to_string());
        source = reason.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_their_limit_and_heed_the_server() {
        let retry = Retry { attempts_max: 9, delay_ms_first: 100, delay_ms_max: 1000 };
        let delays: Vec<u64> = (1..=6).map(|attempt| retry.delay_ms(attempt, None)).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(retry.delay_ms(1, Some(700)), 700);
        assert_eq!(retry.delay_ms(1, Some(7_000_000)), 1000);
    }

    #[test]
    fn the_servers_own_words_are_told() {
        assert_eq!(message(r#"{"detail": "Invalid page."}"#), "Invalid page.");
        assert_eq!(
            message(r#"{"error": "x", "message": "No such module found."}"#),
            "No such module found."
        );
        assert_eq!(message("<html>\n  <h1>Bad  gateway"), "<html> <h1>Bad gateway");
    }
}
