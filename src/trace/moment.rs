//! Clock times as koji and the bus write them: seconds since 1970, `2021-03-30 23:30:32.156112`
//! (UTC if no zone is given), and ISO 8601.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// koji's first release was in 2007; much older times come from a wrong clock.
const EARLIEST: i64 = 1_000_000_000;
/// The year 2100.
const LATEST: i64 = 4_102_444_800;

/// Reads a JSON value as a moment.
///
/// # Errors
/// Why it is not a moment, in words.
pub(super) fn read(json: &str) -> Result<Timestamp, &'static str> {
    let moment = match serde_json::from_str::<String>(json) {
        Ok(text) => from_text(&text),
        Err(_) => json.parse::<f64>().ok().and_then(from_seconds),
    };
    plausible(moment.ok_or("is not a time")?)
}

/// Reads a text as a moment.
pub(super) fn from_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds);
    }
    let zoned = text.parse::<Timestamp>().ok();
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    zoned.or_else(|| civil().map(|zoned| zoned.timestamp()))
}

/// Reads seconds since 1970, to the millisecond.
pub(super) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    if !seconds.is_finite() || seconds.abs() > 1e11 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the check above")]
    let millis = (seconds * 1000.0).round() as i64;
    Timestamp::from_millisecond(millis).ok()
}

/// Refuses times that only a wrong clock can have.
///
/// # Errors
/// Why it is refused, in words.
pub(super) fn plausible(moment: Timestamp) -> Result<Timestamp, &'static str> {
    match moment.as_second() {
        ..EARLIEST => Err("is before the year 2001"),
        EARLIEST..LATEST => Ok(moment),
        LATEST.. => Err("is after the year 2100"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_formats_say_the_same_moment() {
        let moment: Timestamp = "2021-03-30T23:30:32.156Z".parse().unwrap();
        for json in [
            "1617147032.156",
            "\"2021-03-30 23:30:32.156\"",
            "\"2021-03-30 23:30:32.156+00:00\"",
            "\"2021-03-30T23:30:32.156+00:00\"",
            "\"2021-03-31T01:30:32.156+02:00\"",
        ] {
            assert_eq!(read(json), Ok(moment), "{json}");
        }
    }

    #[test]
    fn what_is_no_time_or_comes_from_a_wrong_clock_is_refused() {
        for json in ["\"soon\"", "true", "{}", "1e300", "\"2021-02-30 00:00:00\""] {
            assert_eq!(read(json), Err("is not a time"), "{json}");
        }
        for json in ["0", "-5", "\"1970-01-01 00:00:00\""] {
            assert_eq!(read(json), Err("is before the year 2001"), "{json}");
        }
        assert_eq!(read("99999999999"), Err("is after the year 2100"));
    }
}
