//! Releases of rebuilt packages, and the index in their dist tag, which must never fall.
//!
//! A package that is rebuilt from the same commit keeps its version and the base of its release; its
//! dist tag alone decides whether the new RPM is an update. It is compared as the marking's text, then
//! the index as a number, then the hash. So an index must be above that of everything shipped, in a new
//! database too.

use std::cmp::Ordering;
use std::fmt;

use super::rpm_order::{Evr, compare};

/// The parts of a dist tag, `module+el8.1.0+6737+3b8c1c18`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistTag<'a> {
    /// The prefix: `module`, for scratch builds `scrmod`.
    pub prefix: &'a str,
    /// The platform's marking.
    pub marking: &'a str,
    /// The index.
    pub index: u64,
    /// What follows the index: the hash, and a suffix that a distribution puts behind it.
    pub rest: &'a str,
}

impl<'a> DistTag<'a> {
    /// Splits a release into its base and its dist tag; `None` where it has none of a module, or one
    /// without an index, as bootstraps have.
    ///
    /// The forms in use are `module+MARKING+INDEX+HASH`, the same with `_` after the prefix, and
    /// `module_INDEX+HASH` of early Fedora. RPM takes `_` and `+` alike.
    #[must_use]
    pub fn split(release: &'a str) -> Option<(&'a str, Self)> {
        const STARTS: [&str; 4] = [".module+", ".module_", ".scrmod+", ".scrmod_"];
        let at = STARTS.iter().filter_map(|start| release.find(start)).min()?;
        let (prefix, body) = (&release[at + 1..at + 7], &release[at + 8..]);
        let (first, tail) = body.split_once('+').unwrap_or((body, ""));
        let (marking, index, rest) = match first.parse() {
            Ok(index) => ("", index, tail),
            Err(_) => {
                let (index, rest) = tail.split_once('+')?;
                (first, index.parse().ok()?, rest)
            }
        };
        Some((&release[..at], Self { prefix, marking, index, rest }))
    }
}

/// A package that was shipped for the platform: its newest build, by RPM's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// The package.
    pub package: String,
    /// Its epoch; 0 where it has none.
    pub epoch: u64,
    /// Its version.
    pub version: String,
    /// Its release, with the dist tag.
    pub release: String,
}

/// What is known of the indexes that were given out before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownIndexes {
    /// The last one that we gave out, on this platform or any other.
    pub given_out: Option<u64>,
    /// The first one that the site wants given out.
    pub first: Option<u64>,
    /// The highest one in a shipped release.
    pub shipped: Option<u64>,
}

impl KnownIndexes {
    /// Adds the indexes of shipped releases. Those of scratch builds count too: who installed one must get
    /// the next release.
    #[must_use]
    pub fn with_shipped<'s>(mut self, releases: impl IntoIterator<Item = &'s str>) -> Self {
        let indexes =
            releases.into_iter().filter_map(|release| Some(DistTag::split(release)?.1.index));
        self.shipped = indexes.chain(self.shipped).max();
        self
    }

    /// Returns the next index: above all that are known, and not below the site's first. All contexts of
    /// one submission share it, as the Module Build Service has it.
    #[must_use]
    pub fn next(self) -> u64 {
        let above = [self.given_out, self.shipped].into_iter().flatten().max();
        let least = above.map_or(1, |index| index.saturating_add(1));
        least.max(self.first.unwrap_or(0))
    }
}

/// A release that would not update what was shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Falling {
    /// The package.
    pub package: String,
    /// `epoch:version-release` that was shipped.
    pub shipped: String,
    /// `epoch:version-release` that would be built.
    pub expected: String,
    /// Which part of the release falls.
    pub part: FallingPart,
}

/// Which part of a release makes it fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FallingPart {
    /// The marking: a platform sorts below the one that was shipped for, or is written in another shape.
    Marking,
    /// The index.
    Index,
    /// The hash: marking and index are equal.
    Hash,
}

impl fmt::Display for Falling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package, shipped, expected, part } = self;
        let why = match part {
            FallingPart::Marking => "the marking of the platform sorts below the shipped one",
            FallingPart::Index => "its index is too low",
            FallingPart::Hash => "only the hash of the module differs",
        };
        write!(f, "{package}-{expected} does not update {package}-{shipped}: {why}")
    }
}

/// Returns the release that a rebuild from the same sources gets.
#[must_use]
pub fn rebuilt(shipped_release: &str, dist: &str) -> String {
    let base = DistTag::split(shipped_release).map_or(shipped_release, |(base, _)| base);
    format!("{base}.{dist}")
}

/// Returns every shipped package that a rebuild with this dist tag would not update.
///
/// The same sources are assumed: newer ones have a higher version or release base, older ones are the
/// packager's wish.
#[must_use]
pub fn falling(shipped: &[Shipped], dist: &str) -> Vec<Falling> {
    let falls = |package: &&Shipped| {
        let new = rebuilt(&package.release, dist);
        compare(&new, &package.release) != Ordering::Greater
    };
    shipped.iter().filter(falls).map(|package| falling_of(package, dist)).collect()
}

fn falling_of(shipped: &Shipped, dist: &str) -> Falling {
    let new = rebuilt(&shipped.release, dist);
    let part =
        match (DistTag::split(&shipped.release), DistTag::split(&new)) {
            (Some((_, old)), Some((_, new)))
                if old.marking == new.marking && old.prefix == new.prefix =>
            {
                if old.index == new.index { FallingPart::Hash } else { FallingPart::Index }
            }
            // A release without a dist tag is below the same with one.
            (Some(_) | None, _) => FallingPart::Marking,
        };
    let evr = |release: &str| format!("{}:{}-{release}", shipped.epoch, shipped.version);
    let (old, expected) = (evr(&shipped.release), evr(&new));
    Falling { package: shipped.package.clone(), shipped: old, expected, part }
}

/// Returns the newest of several builds of one package, by RPM's order.
#[must_use]
pub fn newest<'s>(builds: impl IntoIterator<Item = &'s Shipped>) -> Option<&'s Shipped> {
    let evr = |build: &'s Shipped| Evr {
        epoch: build.epoch,
        version: &build.version,
        release: &build.release,
    };
    builds.into_iter().max_by(|one, other| evr(one).compare(&evr(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(release: &str) -> Shipped {
        let (package, version) = ("perl".to_owned(), "5.30".to_owned());
        Shipped { package, epoch: 4, version, release: release.to_owned() }
    }

    #[test]
    fn a_release_splits_at_its_dist_tag() {
        let (base, dist) = DistTag::split("452.module+el8.4.0+646+2b1b5c2a").expect("it has one");
        assert_eq!((base, dist.prefix, dist.marking), ("452", "module", "el8.4.0"));
        assert_eq!((dist.index, dist.rest), (646, "2b1b5c2a"));
        let early = DistTag::split("2.module_1588+5eed94c6").expect("it has one").1;
        assert_eq!((early.marking, early.index, early.rest), ("", 1588, "5eed94c6"));
        let other = DistTag::split("2.module_el8.4.0+641+9de3dba0").expect("it has one").1;
        assert_eq!((other.marking, other.index), ("el8.4.0", 641));
        assert_eq!(DistTag::split("2.module_el8.4+boostrap1"), None);
        assert_eq!(DistTag::split("452.el8"), None);
    }

    #[test]
    fn an_index_is_above_everything_known() {
        assert_eq!(KnownIndexes::default().next(), 1);
        let known = KnownIndexes { given_out: Some(7), first: Some(3), shipped: None };
        assert_eq!(known.next(), 8);
        let releases = ["1.module+el8+646+a", "1.el8", "2.scrmod+el8+700+a"];
        assert_eq!(known.with_shipped(releases).next(), 701);
        assert_eq!(KnownIndexes { first: Some(5000), ..known }.next(), 5000);
    }

    #[test]
    fn what_falls_is_told_with_the_part_that_falls() {
        let all =
            ["1.module+el8.4.0+646+bb", "2.module+el8.4.0+100+bb", "3.module+el8.5.0+1+bb", "4.zz"];
        let all = all.map(shipped);
        let parts = |dist: &str| -> Vec<FallingPart> {
            falling(&all, dist).into_iter().map(|falling| falling.part).collect()
        };
        assert_eq!(parts("module+el8.6.0+1+aa"), []);
        assert_eq!(parts("module+el8.4.0+646+aa"), [FallingPart::Hash, FallingPart::Marking]);
        assert_eq!(parts("module+el8.4.0+99+aa").len(), 3);
        let first = &falling(&all, "module+el8.4.0+99+aa")[0];
        let said = "perl-4:5.30-1.module+el8.4.0+99+aa does not update perl-4:5.30-1.module+el8.4.0+646+bb: \
                    its index is too low";
        assert_eq!(first.to_string(), said);
    }

    #[test]
    fn the_newest_build_is_found_by_rpm_s_order() {
        let all = ["1.module+el8+9+a", "1.module+el8+10+a"].map(shipped);
        assert_eq!(newest(&all), Some(&all[1]));
    }
}
