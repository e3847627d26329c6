//! A number that was varied.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// Builders, or the capacity of one: written as a whole number where it is one.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize)]
#[serde(transparent)]
pub struct Amount(f64);

impl Amount {
    /// Takes a number from 0.
    #[must_use]
    pub fn new(number: f64) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl From<u32> for Amount {
    fn from(number: u32) -> Self {
        Self(f64::from(number))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Amount {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number that is smaller than 2^32"
    )]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_whole = self.0.fract().abs() < f64::EPSILON && self.0 < f64::from(u32::MAX);
        if is_whole {
            serializer.serialize_u32(self.0 as u32)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// Names a farm by what was varied in it.
pub(super) fn named(builders: &BTreeMap<String, Amount>) -> String {
    let each = builders.iter().map(|(name, number)| format!("{name}={number}"));
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_as_such_and_all_read_back() {
        for (number, text) in [(10.0, "10"), (0.5, "0.5"), (0.0, "0")] {
            let amount = Amount::new(number);
            assert_eq!(serde_json::to_string(&amount).unwrap(), text);
            assert_eq!(serde_json::from_str::<Amount>(text).unwrap(), amount);
            assert_eq!(amount.to_string(), text);
        }
    }
}
