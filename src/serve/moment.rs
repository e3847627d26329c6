//! Moments as the API writes them: `2026-01-02T03:04:05Z`, whole seconds in UTC.

use jiff::Timestamp;

/// Writes seconds since 1970.
#[must_use]
pub fn text(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads a moment; only this form is valid.
#[must_use]
pub fn read(text: &str) -> Option<i64> {
    let moment: Timestamp = text.parse().ok()?;
    let seconds = moment.as_second();
    (self::text(seconds) == text).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_seconds_in_utc_are_read() {
        assert_eq!(read("2017-02-15T16:08:18Z").map(text).as_deref(), Some("2017-02-15T16:08:18Z"));
        for wrong in ["x", "", "2017-02-15", "2017-02-15T16:08:18+01:00", "2017-02-15T16:08:18.5Z"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
