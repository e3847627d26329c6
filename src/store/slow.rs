//! How fast the disk of the store is.

use std::time::Duration;

use super::{Store, StoreError};

/// A commit that takes longer holds up a run: a busy one has some twenty events a second.
const SLOW: Duration = Duration::from_millis(50);

impl Store {
    /// Makes one synced commit that changes nothing of a run, so that it can be timed.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn probe(&self) -> Result<(), StoreError> {
        let probe = sqlx::query("UPDATE modplan_store SET probes = probes + 1");
        probe.execute(&self.pool).await?;
        Ok(())
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
