//! Parts of one sweep, made apart and joined: every part carries its runs, so that the whole has
//! the same bytes as if it had been made at once.

use serde::{Deserialize, Serialize};

use super::capacity::Capacity;
use super::compare::Comparison;

mod written;
pub use written::{SHARD_FORMAT, ShardError};

/// Part `number` of `of`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ShardNumber {
    /// Which part it is, from 1.
    pub number: u64,
    /// How many there are.
    pub of: u64,
}

/// One part of a sweep; its file is written by [`Shard::write`] and read by [`Shard::read`].
#[derive(Clone, Debug, PartialEq)]
pub struct Shard {
    /// Which part it is.
    pub shard: ShardNumber,
    /// Stands for everything that decides the runs; equal in all parts of one sweep.
    pub digest: String,
    /// The runs.
    pub result: Sharded,
}

/// What was swept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharded {
    /// Variants against each other.
    Compare(Comparison),
    /// Farms against a deadline.
    Capacity(Capacity),
}

/// Why parts make no whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// No part was given.
    #[error("no shard was given")]
    Nothing,
    /// Parts of different sweeps.
    #[error("{path} is of another sweep than {first}: the inputs, the flags or the version differ")]
    Another {
        /// The file.
        path: String,
        /// The file it is held against.
        first: String,
    },
    /// The same part twice.
    #[error("{path} and {first} are both shard {number}")]
    Twice {
        /// The file.
        path: String,
        /// The file given before.
        first: String,
        /// The number of both.
        number: u64,
    },
    /// A part is not there.
    #[error("shard {number} of {of} is missing")]
    Missing {
        /// Its number.
        number: u64,
        /// How many there are.
        of: u64,
    },
    /// A part holds other variants or points although it claims to be of the same sweep.
    #[error("{path} holds other variants than {first}")]
    Content {
        /// The file.
        path: String,
        /// The file it is held against.
        first: String,
    },
}

/// Returns which replications a part runs, of `replications` in all: numbers that follow each
/// other, so that parts put one after the other are in order.
#[must_use]
pub fn replications_of(shard: ShardNumber, replications: u64) -> std::ops::Range<u64> {
    let end = |number: u64| {
        let end = u128::from(replications) * u128::from(number) / u128::from(shard.of);
        u64::try_from(end).expect("at most all of them")
    };
    end(shard.number - 1)..end(shard.number)
}

/// Joins all parts of one sweep, given in any order with the names of their files.
///
/// # Errors
/// Why they make no whole.
pub fn join(mut parts: Vec<(String, Shard)>) -> Result<Sharded, JoinError> {
    parts.sort_by_key(|(_, part)| part.shard);
    let (first, start) = parts.first().cloned().ok_or(JoinError::Nothing)?;
    let of = start.shard.of;
    for (at, (path, part)) in (1..).zip(&parts) {
        if part.digest != start.digest || part.shard.of != of {
            return Err(JoinError::Another { path: path.clone(), first });
        }
        if part.shard.number < at {
            let first = parts[usize::try_from(at - 2).expect("not the first")].0.clone();
            return Err(JoinError::Twice { path: path.clone(), first, number: part.shard.number });
        }
        if part.shard.number > at {
            return Err(JoinError::Missing { number: at, of });
        }
    }
    let given = parts.len() as u64;
    if given < of {
        return Err(JoinError::Missing { number: given + 1, of });
    }
    let mut whole = start.result;
    for (path, part) in parts.into_iter().skip(1) {
        if !whole.append(part.result) {
            return Err(JoinError::Content { path, first });
        }
    }
    Ok(whole)
}

impl Sharded {
    /// Appends the runs of the next part; returns whether it holds the same variants.
    fn append(&mut self, next: Self) -> bool {
        match (self, next) {
            (Self::Compare(comparison), Self::Compare(next)) => comparison.append(next),
            (Self::Capacity(capacity), Self::Capacity(next)) => capacity.append(next),
            (Self::Compare(_) | Self::Capacity(_), _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    /// Cuts a comparison of four replications into parts.
    fn parts(of: u64) -> Vec<(String, Shard)> {
        let part = |number| {
            let shard = ShardNumber { number, of };
            let range = replications_of(shard, 4);
            let mut comparison = sample::comparison();
            for variant in &mut comparison.variants {
                let range =
                    usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                let runs = variant.runs.iter().take(range.end).skip(range.start);
                variant.runs = runs.collect();
            }
            let result = Sharded::Compare(comparison);
            let shard = Shard { shard, digest: "d".to_owned(), result };
            (format!("{number}.json"), shard)
        };
        (1..=of).map(part).collect()
    }

    fn whole() -> Sharded {
        Sharded::Compare(sample::comparison())
    }

    #[test]
    fn parts_in_any_order_and_read_back_make_the_whole() {
        for of in 1..=6 {
            let mut parts = parts(of);
            parts.reverse();
            for (_, part) in &mut parts {
                let mut text = Vec::new();
                part.write(&mut text).unwrap();
                *part = Shard::read(&text).unwrap();
            }
            assert_eq!(join(parts).unwrap(), whole(), "{of} parts");
        }
    }

    #[test]
    fn every_replication_is_in_one_part() {
        for (replications, of) in [(10, 3), (2, 5), (1000, 7), (0, 2)] {
            let ranges = (1..=of).map(|number| ShardNumber { number, of });
            let all: Vec<u64> =
                ranges.flat_map(|shard| replications_of(shard, replications)).collect();
            assert_eq!(all, (0..replications).collect::<Vec<_>>());
        }
    }

    #[test]
    fn parts_that_make_no_whole_are_named() {
        let told = |parts: Vec<(String, Shard)>| join(parts).unwrap_err().to_string();
        assert_eq!(told(Vec::new()), "no shard was given");
        let mut missing = parts(3);
        missing.remove(1);
        assert_eq!(told(missing), "shard 2 of 3 is missing");
        assert_eq!(told(parts(3)[..2].to_vec()), "shard 3 of 3 is missing");
        let mut twice = parts(2);
        twice.push(("again.json".to_owned(), twice[1].1.clone()));
        assert_eq!(told(twice), "again.json and 2.json are both shard 2");
        let mut other = parts(2);
        other[1].1.digest = "e".to_owned();
        assert!(told(other).starts_with("2.json is of another sweep than 1.json"));
    }
}
