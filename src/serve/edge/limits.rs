//! How often somebody may ask for changes.

use std::collections::BTreeMap;

/// So many requests that change something may come at once.
const BURST: i64 = 60;
/// One more may come after this time, in milliseconds.
const EACH_MS: i64 = 1000;
/// Nobody is remembered for longer than it takes to be forgiven everything.
const KEPT_MAX: usize = 10_000;

/// By user, the moment at which everything is forgiven, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Pace(BTreeMap<String, i64>);

impl Pace {
    /// Takes note of a request. Returns whether it may be granted.
    pub(super) fn admits(&mut self, user: &str, now_ms: i64) -> bool {
        if self.0.len() >= KEPT_MAX {
            self.0.retain(|_, forgiven| *forgiven > now_ms);
        }
        let forgiven = self.0.entry(user.to_owned()).or_insert(now_ms);
        let next = (*forgiven).max(now_ms) + EACH_MS;
        let is_fine = next - now_ms <= BURST * EACH_MS;
        if is_fine {
            *forgiven = next;
        }
        is_fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_granted_and_then_one_a_second() {
        let mut pace = Pace::default();
        assert!((0..BURST).all(|_| pace.admits("kim", 0)));
        assert!(!pace.admits("kim", 0) && pace.admits("alex", 0));
        assert!(!pace.admits("kim", EACH_MS - 1) && pace.admits("kim", EACH_MS));
        assert!(!pace.admits("kim", EACH_MS));
    }
}
