//! The only place that waits.

use std::time::Duration;

/// Waits.
pub(super) async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
