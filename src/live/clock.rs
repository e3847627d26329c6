//! The only place that waits, and that reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Waits.
pub(super) async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// Returns the time of day, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a live run has the time of day")]
pub(super) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// Returns how long some work takes, and what it returns.
#[expect(clippy::disallowed_methods, reason = "what is measured is the machine")]
pub(super) async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let start = Instant::now();
    let done = work.await;
    (start.elapsed(), done)
}
