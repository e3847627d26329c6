//! Time for the planner and the simulator: whole milliseconds, passed as arguments, never read from
//! a clock.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

pub mod seconds;

/// A span of time in whole milliseconds.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

/// A moment: milliseconds since the start of the run.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a duration: write whole numbers with ms, s, m, h or d, such as 90s, 15m, 2h30m or 1d"
)]
pub struct DurationError {
    text: String,
}

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Makes a span from whole seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// Rounds seconds to the nearest millisecond; `None` if they are negative, not finite, or
    /// beyond 100 000 years.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Option<Self> {
        const SECONDS_MAX: f64 = 3.2e12;
        if !seconds.is_finite() || !(0.0..=SECONDS_MAX).contains(&seconds) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "bounded by the check above")]
        #[expect(clippy::cast_sign_loss, reason = "not negative by the check above")]
        Some(Self((seconds * 1000.0).round() as u64))
    }

    /// Returns the span in seconds, as JSON and CSV print it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact below 285 000 years")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Returns the difference, or zero if `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Timestamp {
    /// The start of the run.
    pub const START: Self = Self(0);

    /// Returns the seconds since the start of the run.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        Millis(self.0).as_secs_f64()
    }
}

impl Add for Millis {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Millis {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Millis {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

impl Add<Millis> for Timestamp {
    type Output = Self;
    fn add(self, span: Millis) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Millis;
    /// Returns the time between two moments, zero if `earlier` is the later one.
    fn sub(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl FromStr for Millis {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let refuse = || DurationError { text: text.to_owned() };
        let (mut rest, mut total, mut above) = (text, 0_u64, u64::MAX);
        loop {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, after) = after.split_at(letters);
            let unit_ms: u64 = match unit {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return Err(refuse()),
            };
            // Larger units come first, each once.
            if unit_ms >= above {
                return Err(refuse());
            }
            let number: u64 = number.parse().map_err(|_| refuse())?;
            let part = number.checked_mul(unit_ms).ok_or_else(refuse)?;
            total = total.checked_add(part).ok_or_else(refuse)?;
            if after.is_empty() {
                return Ok(Self(total));
            }
            (rest, above) = (after, unit_ms);
        }
    }
}

impl fmt::Display for Millis {
    /// Prints a span for people, with at most two units: `1d 4h`, `2h 05m`, `3m 20s`, `1.5s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = (self.0 + 500) / 1000;
        let text = match seconds {
            0..60 => format!("{:.1}s", self.as_secs_f64()),
            60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
            3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
            _ => format!("{}d {:02}h", seconds / 86_400, seconds % 86_400 / 3600),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_the_farm_file_writes_them() {
        assert_eq!("1500ms".parse(), Ok(Millis(1500)));
        assert_eq!("90s".parse(), Ok(Millis::from_secs(90)));
        assert_eq!("2h".parse(), Ok(Millis::from_secs(7200)));
        assert_eq!("3d".parse(), Ok(Millis::from_secs(259_200)));
        assert_eq!("1d12h".parse(), Ok(Millis::from_secs(129_600)));
        assert_eq!("1h30m5s20ms".parse(), Ok(Millis(5_405_020)));
        for wrong in [
            "1h2",
            "1m1h",
            "1h1h",
            "1d 12h",
            "h1",
            "",
            "5",
            "s",
            "1.5s",
            "-1s",
            "5 s",
            "99999999999999999999d",
        ] {
            assert!(wrong.parse::<Millis>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_are_rounded_to_milliseconds_and_absurd_ones_refused() {
        assert_eq!(Millis::from_secs_f64(1.2346), Some(Millis(1235)));
        for wrong in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Millis::from_secs_f64(wrong), None);
        }
    }

    #[test]
    fn people_read_two_units() {
        let shown = |seconds| Millis::from_secs(seconds).to_string();
        assert_eq!(shown(59), "59.0s");
        assert_eq!(shown(200), "3m 20s");
        assert_eq!(shown(7500), "2h 05m");
        assert_eq!(shown(100_800), "1d 04h");
    }
}
