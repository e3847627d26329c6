//! Base modules: their names, and the number that orders their streams.
//!
//! The Module Build Service orders platform streams by a float computed from the stream's text
//! (`get_stream_version`). Its oddities (`f100` and `el10.0.0` collide, `el8.1` counts as a three
//! part stream and `el8` does not) decide which builds are compatible, so they are kept.

use std::cmp::Ordering;

use regex_lite::Regex;

use crate::name::{ModuleName, StreamName, Version};

/// The number of a base module's stream, 0 if it has none; ordered as a number.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamVersion(f64);

impl StreamVersion {
    /// Returns the number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }

    /// Returns a version as such a number, to compare base modules without a number.
    #[expect(clippy::cast_precision_loss, reason = "compared with numbers far below 2^53 only")]
    pub(crate) fn of_version(version: Version) -> Self {
        Self(version.0 as f64)
    }

    /// Returns whether the stream has a number at all.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.0 > 0.0
    }

    /// Returns the whole part; `None` if it is 0 or too large for a version.
    #[must_use]
    pub fn whole(self) -> Option<u64> {
        // Beyond 2^53 the float is no longer exact, and a version with such a prefix is too long anyway.
        const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
        if !(1.0..WHOLE_MAX).contains(&self.0) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the whole part is asked for")]
        #[expect(clippy::cast_sign_loss, reason = "at least 1 by the check above")]
        Some(self.0 as u64)
    }

    /// Returns the lowest number of its major release: 80000 for 80100.
    #[must_use]
    pub fn major_start(self) -> Self {
        Self((self.0 / 10_000.0).floor() * 10_000.0)
    }

    /// Returns the length of the number as Python prints a float.
    fn printed_len(self) -> usize {
        // Python changes to an exponent of at least two digits there: five characters or more.
        if self.0 >= 1e16 || (self.0 > 0.0 && self.0 < 1e-4) {
            return 5;
        }
        format!("{:?}", self.0).len()
    }
}

impl PartialEq for StreamVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for StreamVersion {}

impl PartialOrd for StreamVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StreamVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Which modules are base modules, and how their streams are ordered.
#[derive(Clone, Debug)]
pub struct Platforms {
    /// Names of base modules, `platform` unless configured otherwise.
    pub names: Vec<ModuleName>,
    suffixes: Vec<(Regex, f64)>,
}

/// Why a stream suffix cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("invalid regular expression for stream suffixes: `{pattern}`")]
pub struct SuffixError {
    pattern: String,
    source: regex_lite::Error,
}

impl Default for Platforms {
    /// Makes the base module `platform` with the suffix `.z` of EL's extended releases worth 0.1.
    fn default() -> Self {
        Self::new(["platform".into()], [(r"^el\d+\.\d+\.\d+\.z$", 0.1)])
            .expect("the expression is a constant")
    }
}

impl Platforms {
    /// Makes the rules from names and from suffix expressions, each with the number it adds.
    ///
    /// # Errors
    /// If an expression is invalid.
    pub fn new<'a>(
        names: impl IntoIterator<Item = ModuleName>,
        suffixes: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<Self, SuffixError> {
        let compile = |(pattern, value): (&str, f64)| {
            Regex::new(&format!("^(?:{pattern})"))
                .map(|regex| (regex, value))
                .map_err(|source| SuffixError { pattern: pattern.to_owned(), source })
        };
        let suffixes = suffixes.into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { names: names.into_iter().collect(), suffixes })
    }

    /// Returns whether a module is a base module.
    #[must_use]
    pub fn is_base(&self, name: &ModuleName) -> bool {
        self.names.contains(name)
    }

    /// Returns the number of a stream as written: 80100 for `el8.1.0`, 28 for `f28`.
    #[must_use]
    pub fn stream_version(&self, stream: &StreamName) -> StreamVersion {
        self.number(stream, 0)
    }

    /// Returns the number of a stream filled to six digits: 280000 for `f28`.
    #[must_use]
    pub fn padded_stream_version(&self, stream: &StreamName) -> StreamVersion {
        self.number(stream, 6)
    }

    /// Returns whether a stream counts as one of three parts, such as `el8.1.0`, whose releases are
    /// ordered against each other.
    #[must_use]
    pub fn is_xyz(&self, stream: &StreamName) -> bool {
        self.stream_version(stream).printed_len() >= 5
    }

    fn number(&self, stream: &StreamName, digits_min: usize) -> StreamVersion {
        let text = stream.as_str();
        let digits = version_digits(text);
        let value = if digits.is_empty() {
            0.0
        } else {
            format!("{digits:0<digits_min$}").parse().expect("digits are a number")
        };
        let suffix = self.suffixes.iter().find(|(regex, _)| regex.is_match(text));
        StreamVersion(value + suffix.map_or(0.0, |&(_, value)| value))
    }
}

/// Returns the digits of a stream's number: each dotted part from the first digit on, two digits wide.
fn version_digits(stream: &str) -> String {
    let Some(start) = stream.find(|c: char| c.is_ascii_digit()) else {
        return String::new();
    };
    let rest = &stream[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').split('.').map(|part| format!("{part:0>2}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_have_the_numbers_the_build_service_gives_them() {
        let platforms = Platforms::default();
        for (stream, plain, padded) in [
            ("f28", 28.0, 280_000.0),
            ("el8.1.0", 80_100.0, 80_100.0),
            ("el8.1.0.z", 80_100.1, 80_100.1),
            ("el8..1", 80_001.0, 80_001.0),
            ("lp1.x.2", 1.0, 10_000.0),
            ("f100", 100.0, 100_000.0),
            ("eln", 0.0, 0.0),
        ] {
            let stream = StreamName::from(stream);
            assert_eq!(platforms.stream_version(&stream), StreamVersion(plain), "{stream}");
            assert_eq!(platforms.padded_stream_version(&stream), StreamVersion(padded), "{stream}");
        }
    }

    #[test]
    fn the_test_for_three_parts_keeps_its_oddities() {
        let platforms = Platforms::default();
        let accepted = ["el8.1.0", "el8.1", "f100"];
        assert!(accepted.into_iter().all(|stream| platforms.is_xyz(&stream.into())));
        let refused = ["el8", "f28", "eln", ""];
        assert!(!refused.into_iter().any(|stream| platforms.is_xyz(&stream.into())));
    }

    #[test]
    fn a_major_release_starts_at_a_round_number() {
        let platforms = Platforms::default();
        let version = platforms.padded_stream_version(&"el8.4.0".into());
        assert_eq!(version.major_start(), StreamVersion(80_000.0));
        assert_eq!(version.whole(), Some(80_400));
        assert_eq!(platforms.stream_version(&"eln".into()).whole(), None);
    }
}
