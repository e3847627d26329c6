//! How fast the disk of the store is.

use std::time::{Duration, Instant};

use super::{Store, StoreError};

/// A commit that takes longer holds up a run: a busy one has some twenty events a second.
const SLOW: Duration = Duration::from_millis(50);

impl Store {
    /// Measures how long one synced commit takes: the median of five.
    ///
    /// # Errors
    /// The database does not take them.
    #[expect(clippy::disallowed_methods, reason = "what is measured is the disk")]
    pub async fn commit_time(&self) -> Result<Duration, StoreError> {
        let mut times = [Duration::ZERO; 5];
        for time in &mut times {
            let start = Instant::now();
            sqlx::query("UPDATE modplan_store SET probes = probes + 1").execute(&self.pool).await?;
            *time = start.elapsed();
        }
        times.sort_unstable();
        Ok(times[times.len() / 2])
    }
}

/// Says in words that the disk of a store is slow, if a commit takes that long.
#[must_use]
pub fn slow_disk(commit: Duration) -> Option<String> {
    (commit > SLOW).then(|| {
        format!(
            "the disk of the store takes {} ms for a synced commit: a run waits that long at every \
             event",
            commit.as_millis()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_disk_is_said_with_its_time() {
        assert_eq!(slow_disk(SLOW), None);
        let said = slow_disk(Duration::from_millis(230)).expect("it is slow");
        assert!(said.contains("230 ms"), "{said}");
    }
}
