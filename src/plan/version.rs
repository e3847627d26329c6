//! Module versions: the time of a commit or submission, after the number of the platform.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::platform::StreamVersion;
use crate::name::Version;

/// Returns the version of a moment, its UTC time as `%Y%m%d%H%M%S`: 20190101000000.
///
/// Moments before the year 0 have no version and give 0.
#[must_use]
pub fn version_at(moment: Timestamp) -> Version {
    let at = moment.to_zoned(TimeZone::UTC);
    let part = |value: i8| u64::from(value.unsigned_abs());
    let year = u64::try_from(at.year()).unwrap_or(0);
    let day = (year * 100 + part(at.month())) * 100 + part(at.day());
    let time = (part(at.hour()) * 100 + part(at.minute())) * 100 + part(at.second());
    Version(day * 1_000_000 + time)
}

/// Puts the platform's number before a version: 20190101000000 on el8.1.0 is 8010020190101000000.
///
/// The version is unchanged without a number, or if the result does not fit 64 bits.
#[must_use]
pub fn prefixed(version: Version, platform: Option<StreamVersion>) -> Version {
    let Some(number) = platform.and_then(StreamVersion::whole) else {
        return version;
    };
    format!("{number}{version}").parse().map_or(version, Version)
}

/// Removes the platform's number from a version that ends with a time: 8010020190101000000 is
/// 20190101000000 built on el8.1.0. Any other version is unchanged.
#[must_use]
pub fn unprefixed(version: Version) -> Version {
    /// One more than the latest time that a version of fourteen digits can express.
    const TIMES_END: u64 = 100_000_000_000_000;
    /// Module builds are younger than this.
    const FIRST_TIME: u64 = 20_000_101_000_000;
    let time = version.0 % TIMES_END;
    if version.0 >= TIMES_END && (FIRST_TIME..30_000_101_000_000).contains(&time) {
        return Version(time);
    }
    version
}

/// Returns the moment in a version that ends with a time, with or without the platform's number before it.
#[must_use]
pub fn moment_of(version: Version) -> Option<Timestamp> {
    let time = unprefixed(version).0;
    let pair = |place: u32| time / 100_u64.pow(place) % 100;
    let [month, day, hour] = [pair(4), pair(3), pair(2)];
    let text = format!(
        "{:04}-{month:02}-{day:02}T{hour:02}:{:02}:{:02}Z",
        time / 10_u64.pow(10),
        pair(1),
        pair(0)
    );
    text.parse().ok()
}

/// Returns the second after the newest of some versions; the second after 1970 began if none ends with a time.
#[must_use]
pub fn moment_after(versions: impl Iterator<Item = Version>) -> Timestamp {
    let newest = versions.filter_map(moment_of).max().unwrap_or(Timestamp::UNIX_EPOCH);
    newest.saturating_add(SignedDuration::from_secs(1)).unwrap_or(newest)
}

/// Returns the version of a rebuild submitted at `moment`: the platform's prefix and the time, and
/// always above `latest`, the greatest version known or assigned before.
#[must_use]
pub fn rebuild_version(
    moment: Timestamp,
    platform: Option<StreamVersion>,
    latest: Version,
) -> Version {
    let fresh = prefixed(version_at(moment), platform);
    if fresh > latest { fresh } else { Version(latest.0.saturating_add(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::platform::Platforms;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn number(stream: &str) -> Option<StreamVersion> {
        Some(Platforms::default().stream_version(&stream.into()))
    }

    #[test]
    fn a_version_is_the_time_in_utc() {
        assert_eq!(version_at(moment("2019-01-01T01:02:03+01:00")), Version(20_190_101_000_203));
    }

    #[test]
    fn the_platform_stands_before_the_time() {
        let plain = Version(20_190_101_000_000);
        assert_eq!(prefixed(plain, number("f28")), Version(2_820_190_101_000_000));
        assert_eq!(prefixed(plain, number("el8.1.0.z")), Version(8_010_020_190_101_000_000));
        assert_eq!(prefixed(plain, number("eln")), plain);
        assert_eq!(prefixed(plain, number("1.2.3.4.5")), plain, "too long for 64 bits");
        assert_eq!(prefixed(plain, None), plain);
    }

    #[test]
    fn a_prefix_comes_off_again() {
        let plain = Version(20_190_101_000_000);
        assert_eq!(unprefixed(prefixed(plain, number("el8.1.0"))), plain);
        assert_eq!(unprefixed(plain), plain);
        assert_eq!(unprefixed(Version(7)), Version(7));
        assert_eq!(unprefixed(Version(899_999_999_999_999)), Version(899_999_999_999_999));
    }

    #[test]
    fn a_version_says_when_it_was_submitted() {
        let when = Some(moment("2019-01-01T01:02:03Z"));
        let plain = Version(20_190_101_010_203);
        assert_eq!(moment_of(plain), when);
        assert_eq!(moment_of(prefixed(plain, number("el8.1.0"))), when);
        assert_eq!(moment_of(Version(7)), None);
        assert_eq!(moment_of(Version(20_191_301_010_203)), None, "month 13 is invalid");
    }

    #[test]
    fn a_rebuild_is_above_every_known_version() {
        let now = moment("2026-01-02T03:04:05Z");
        let first = rebuild_version(now, number("f40"), Version(0));
        assert_eq!(first, Version(4_020_260_102_030_405));
        assert_eq!(rebuild_version(now, number("f40"), first), Version(first.0 + 1));
    }
}
