//! The order that RPM puts versions in, so that an update is seen as one.
//!
//! A version is read as runs of digits and runs of letters; everything else only separates them. Runs
//! are compared in turn: digits as numbers, letters as text, digits above letters. `~` sorts below the
//! end of a version, `^` above it but below any further run.

use std::cmp::Ordering;

/// Epoch, version and release of an RPM, in RPM's order.
#[derive(Clone, Copy, Debug)]
pub struct Evr<'a> {
    /// The epoch; 0 where an RPM has none.
    pub epoch: u64,
    /// The version.
    pub version: &'a str,
    /// The release.
    pub release: &'a str,
}

impl Evr<'_> {
    /// Compares two of them: the epoch decides, then the version, then the release.
    #[must_use]
    pub fn compare(&self, other: &Evr<'_>) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare(self.version, other.version))
            .then_with(|| compare(self.release, other.release))
    }
}

/// Compares two versions, or two releases, as `rpmvercmp` does.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    loop {
        one = without_separators(one);
        other = without_separators(other);
        match step(one, other) {
            Step::Decided(order) => return order,
            Step::On(next_one, next_other) => (one, other) = (next_one, next_other),
        }
    }
}

/// What one comparison of the starts of two versions came to.
enum Step<'a> {
    Decided(Ordering),
    /// They are equal; these are the rests.
    On(&'a [u8], &'a [u8]),
}

fn step<'a>(one: &'a [u8], other: &'a [u8]) -> Step<'a> {
    if one.is_empty() && other.is_empty() {
        return Step::Decided(Ordering::Equal);
    }
    let starts = |with: u8| (one.first() == Some(&with), other.first() == Some(&with));
    match starts(b'~') {
        (true, true) => return Step::On(&one[1..], &other[1..]),
        (true, false) => return Step::Decided(Ordering::Less),
        (false, true) => return Step::Decided(Ordering::Greater),
        (false, false) => {}
    }
    match starts(b'^') {
        (true, true) => return Step::On(&one[1..], &other[1..]),
        (true, false) => {
            return Step::Decided(if other.is_empty() {
                Ordering::Greater
            } else {
                Ordering::Less
            });
        }
        (false, true) => {
            return Step::Decided(if one.is_empty() { Ordering::Less } else { Ordering::Greater });
        }
        (false, false) => {}
    }
    if one.is_empty() || other.is_empty() {
        return Step::Decided(one.len().cmp(&other.len()));
    }
    match (one[0].is_ascii_digit(), other[0].is_ascii_digit()) {
        (true, false) => return Step::Decided(Ordering::Greater),
        (false, true) => return Step::Decided(Ordering::Less),
        (true, true) | (false, false) => {}
    }
    let is_digit = one[0].is_ascii_digit();
    let (run_one, rest_one) = split_run(one, is_digit);
    let (run_other, rest_other) = split_run(other, is_digit);
    let order = if is_digit { numbers(run_one, run_other) } else { run_one.cmp(run_other) };
    if order == Ordering::Equal { Step::On(rest_one, rest_other) } else { Step::Decided(order) }
}

fn without_separators(text: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'^');
    &text[text.iter().position(is_part).unwrap_or(text.len())..]
}

fn split_run(text: &[u8], is_digit: bool) -> (&[u8], &[u8]) {
    let ends = |byte: &u8| !byte.is_ascii_alphanumeric() || byte.is_ascii_digit() != is_digit;
    text.split_at(text.iter().position(ends).unwrap_or(text.len()))
}

/// Compares runs of digits of any length as numbers.
fn numbers(one: &[u8], other: &[u8]) -> Ordering {
    let plain = |run: &[u8]| run.iter().position(|&digit| digit != b'0').unwrap_or(run.len());
    let (one, other) = (&one[plain(one)..], &other[plain(other)..]);
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs with the order that rpm 4.18 gives; a test beside the recorded ones asks rpm itself.
    #[test]
    fn versions_compare_as_rpm_compares_them() {
        let table = "1.0 = 1.0|1.0 < 2.0|2.0 < 2.0.1|2.0.1a > 2.0.1|5.5p1 < 5.5p2|5.5p10 > 5.5p1|\
            10xyz < 10.1xyz|xyz10 < xyz10.1|xyz.4 < 8|xyz.4 < 2|5.5p2 < 5.6p1|6.0.rc1 > 6.0|10b2 > 10a1|\
            7.8 > 7.7|1.0010 > 1.9|1.05 = 1.5|1.0 > 1|2.50 > 2.5|fc4 = fc.4|FC5 < fc4|2a < 2.0|1.0 > 1.fc4|\
            3.0.0_fc = 3.0.0.fc|1++ = 1_|+ = _|1.0~rc1 < 1.0|1.0~rc1 < 1.0arc1|1.0~rc1~git123 < 1.0~rc1|\
            1.0^ > 1.0|1.0^git1 < 1.0^git2|1.0^git1 < 1.01|1.0^20160101 < 1.0.1|1.0^20160102 > 1.0^20160101^git1|\
            1.0~rc1^git1 > 1.0~rc1|1.0^git1~pre < 1.0^git1|~ < 1|^ > |99999999999999999999 > 9999999999999999999";
        for row in table.split('|') {
            let (pair, order) =
                [(" < ", Ordering::Less), (" = ", Ordering::Equal), (" > ", Ordering::Greater)]
                    .into_iter()
                    .find_map(|(sign, order)| Some((row.split_once(sign)?, order)))
                    .expect("a row has a sign");
            assert_eq!(compare(pair.0.trim(), pair.1), order, "{row}");
            assert_eq!(compare(pair.1, pair.0.trim()), order.reverse(), "{row} turned");
        }
    }

    /// Orders that rpm was seen to give.
    #[test]
    fn dist_tags_compare_by_marking_then_index() {
        let tags = |one: &str, other: &str| compare(&format!("1.{one}"), &format!("1.{other}"));
        assert_eq!(tags("module+el8+2+a", "module+el8+10+a"), Ordering::Less);
        assert_eq!(tags("module+f28+99+a", "module+f29+3+a"), Ordering::Less);
        assert_eq!(tags("module+el8.1.0+900+a", "module+el8.2.0+3+a"), Ordering::Less);
        assert_eq!(tags("module+el8+99+a", "module+el8.1.0+100+a"), Ordering::Greater);
        assert_eq!(tags("module+el8.1.0.z+5+a", "module+el8.1.0+3+a"), Ordering::Less);
        assert_eq!(tags("scrmod+el8+1+a", "module+el8+9+a"), Ordering::Greater);
    }

    #[test]
    fn the_epoch_decides_first_and_the_release_last() {
        let evr = |epoch, version, release| Evr { epoch, version, release };
        assert_eq!(evr(1, "1", "1").compare(&evr(0, "9", "9")), Ordering::Greater);
        assert_eq!(evr(0, "1.0", "2").compare(&evr(0, "1.0", "10")), Ordering::Less);
    }
}
