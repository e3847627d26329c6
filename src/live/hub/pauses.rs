//! Waiting between tries.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::live::clock;

/// How to wait between tries: in real time, or with a function of a caller with its own clock.
#[derive(Clone, Default)]
pub struct Pauses(Option<Arc<dyn Fn(Duration) + Send + Sync>>);

impl fmt::Debug for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Pauses(injected)" } else { "Pauses(real)" })
    }
}

impl Pauses {
    /// Calls a function instead of each wait.
    pub fn instead(wait: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(wait)))
    }

    pub(super) async fn wait(&self, delay: Duration) {
        match &self.0 {
            _ if delay.is_zero() => {}
            Some(wait) => wait(delay),
            None => clock::wait(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)).await,
        }
    }
}
