//! Names that follow from an NSVC: koji tags and targets, dist tags, the NVR of the module build.
//!
//! The rules are the Module Build Service's. Names too long for koji's columns are replaced by a
//! hash; the hash joins the parts with dots, the plain name with dashes.

use std::fmt::Write as _;

use sha1::{Digest, Sha1};

use crate::name::{Nsvc, StreamName};

/// The longest tag name that koji accepts.
const TAG_LEN_MAX: usize = 256;
/// The longest target name that koji accepts.
const TARGET_LEN_MAX: usize = 50;
const BUILD_TAG_SUFFIX: &str = "-build";

/// Whether a build is kept or discarded after tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary module build.
    Module,
    /// A scratch build; the id is that of the module build, and part of its names.
    Scratch {
        /// Id of the module build.
        id: u64,
    },
}

impl Kind {
    /// Returns what its dist tag begins with.
    fn dist_prefix(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Scratch { .. } => "scrmod",
        }
    }

    /// Returns what its tags begin with, unless a site has another prefix.
    fn tag_prefix(self) -> &'static str {
        match self {
            Self::Module => "module-",
            Self::Scratch { .. } => "scrmod-",
        }
    }

    fn suffix(self) -> String {
        match self {
            Self::Module => String::new(),
            Self::Scratch { id } => format!("+{id}"),
        }
    }
}

/// Every name that follows from one build.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Names {
    /// The tag that holds the module's builds.
    pub koji_tag: String,
    /// The tag that the buildroot is made from.
    pub build_tag: String,
    /// The build target.
    pub target: String,
    /// The release of every package; `None` if the id in it is unknown.
    pub dist_tag: Option<String>,
    /// The dist tag with the word `ID` for its id.
    pub dist_tag_pattern: String,
    /// The NVR of the macros package; `None` without a dist tag.
    pub macros_package: Option<String>,
    /// The NVR under which the finished module is imported.
    pub content_nvr: String,
}

impl Names {
    /// Names a build on a platform with a marking, which is `None` without a platform. The id is
    /// the lowest among the builds of one name, stream and version, if known.
    #[must_use]
    pub fn new(nsvc: &Nsvc, kind: Kind, tag: Option<(String, Option<u64>)>) -> Self {
        Self::prefixed(nsvc, kind, kind.tag_prefix(), tag)
    }

    /// Names a build whose tags and target begin with a prefix of the site's own.
    #[must_use]
    pub fn prefixed(
        nsvc: &Nsvc,
        kind: Kind,
        prefix: &str,
        tag: Option<(String, Option<u64>)>,
    ) -> Self {
        let (marking, id) = tag.unwrap_or_default();
        let dist_tag = id.map(|id| dist_tag(nsvc, kind, &marking, id));
        let suffix = kind.suffix();
        let koji_tag = shortened(nsvc, prefix, &suffix, TAG_LEN_MAX - BUILD_TAG_SUFFIX.len());
        Self {
            build_tag: koji_tag.clone() + BUILD_TAG_SUFFIX,
            koji_tag,
            target: shortened(nsvc, prefix, &suffix, TARGET_LEN_MAX),
            macros_package: dist_tag.as_deref().map(macros_package),
            dist_tag,
            dist_tag_pattern: dist_tag_of(nsvc, kind, &marking, "ID"),
            content_nvr: content_nvr(nsvc),
        }
    }
}

/// Returns the tag that holds the module's builds, `module-nodejs-10-20180920144631-6c81f848`.
#[must_use]
pub fn koji_tag(nsvc: &Nsvc, kind: Kind) -> String {
    let len_max = TAG_LEN_MAX - BUILD_TAG_SUFFIX.len();
    shortened(nsvc, kind.tag_prefix(), &kind.suffix(), len_max)
}

/// Returns the tag that the buildroot is made from.
#[must_use]
pub fn build_tag(nsvc: &Nsvc, kind: Kind) -> String {
    koji_tag(nsvc, kind) + BUILD_TAG_SUFFIX
}

/// Returns the build target; it is hashed at a much smaller length than the tag.
#[must_use]
pub fn target(nsvc: &Nsvc, kind: Kind) -> String {
    shortened(nsvc, kind.tag_prefix(), &kind.suffix(), TARGET_LEN_MAX)
}

fn shortened(nsvc: &Nsvc, prefix: &str, suffix: &str, len_max: usize) -> String {
    let Nsvc { name, stream, version, context } = nsvc;
    let plain = format!("{prefix}{name}-{stream}-{version}-{context}{suffix}");
    // Python counts characters, not bytes.
    if plain.chars().count() <= len_max {
        return plain;
    }
    format!("{prefix}{}{suffix}", &dotted_hash(nsvc)[..16])
}

/// Returns the release of every package of the build, `module+f28+2+235d564d`.
///
/// `marking` is the platform's `disttag_marking` or its stream; `index` the lowest id among the
/// builds of one name, stream and version.
#[must_use]
pub fn dist_tag(nsvc: &Nsvc, kind: Kind, marking: &str, index: u64) -> String {
    dist_tag_of(nsvc, kind, marking, &index.to_string())
}

fn dist_tag_of(nsvc: &Nsvc, kind: Kind, marking: &str, index: &str) -> String {
    format!("{}+{marking}+{index}+{}", kind.dist_prefix(), &dotted_hash(nsvc)[..8])
}

/// Returns the NVR of the package with the module's macros, first to be built.
#[must_use]
pub fn macros_package(dist_tag: &str) -> String {
    format!("module-build-macros-0.1-1.{dist_tag}")
}

/// Returns the NVR under which the finished module is imported: `foo-1-20190101000000.abcd1234`.
#[must_use]
pub fn content_nvr(nsvc: &Nsvc) -> String {
    let Nsvc { name, stream, version, context } = nsvc;
    format!("{name}-{}-{version}.{context}", nvr_version(stream))
}

/// Returns a stream as the version of an NVR, which must not contain a dash.
fn nvr_version(stream: &StreamName) -> String {
    stream.as_str().replace('-', "_")
}

fn dotted_hash(nsvc: &Nsvc) -> String {
    let Nsvc { name, stream, version, context } = nsvc;
    sha1_hex(&format!("{name}.{stream}.{version}.{context}"))
}

/// Returns the SHA-1 of a text in lower-case hexadecimal.
pub(crate) fn sha1_hex(text: &str) -> String {
    let digest = Sha1::digest(text.as_bytes());
    digest.iter().fold(String::with_capacity(40), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Version;

    fn nsvc(name: &str, stream: &str, version: u64, context: &str) -> Nsvc {
        Nsvc {
            name: name.into(),
            stream: stream.into(),
            version: Version(version),
            context: context.into(),
        }
    }

    #[test]
    fn a_short_name_is_its_own_target() {
        let nodejs = nsvc("nodejs", "10", 20_180_920_144_631, "6c81f848");
        let tag = "module-nodejs-10-20180920144631-6c81f848";
        assert_eq!(koji_tag(&nodejs, Kind::Module), tag);
        assert_eq!(build_tag(&nodejs, Kind::Module), format!("{tag}-build"));
        assert_eq!(target(&nodejs, Kind::Module), tag);
    }

    #[test]
    fn a_target_is_hashed_where_the_tag_still_fits() {
        let name = "a".repeat(30);
        let long = nsvc(&name, "stream-with-dash", 8_010_020_190_701, "deadbeef");
        assert!(
            koji_tag(&long, Kind::Module).ends_with("-stream-with-dash-8010020190701-deadbeef")
        );
        assert_eq!(target(&long, Kind::Module), "module-fcd86c14bd1c023f");
    }

    #[test]
    fn scratch_builds_carry_their_id() {
        let scratch = Kind::Scratch { id: 5 };
        let nodejs = nsvc("nodejs", "10", 1, "6c81f848_1");
        assert_eq!(koji_tag(&nodejs, scratch), "scrmod-nodejs-10-1-6c81f848_1+5");
    }

    #[test]
    fn a_site_may_have_a_prefix_of_its_own_for_tags_alone() {
        let nodejs = nsvc("nodejs", "10", 1, "6c81f848");
        let tag = Some(("f28".to_owned(), Some(2)));
        let names = Names::prefixed(&nodejs, Kind::Module, "site-module-", tag.clone());
        assert_eq!(names.koji_tag, "site-module-nodejs-10-1-6c81f848");
        assert_eq!(names.build_tag, "site-module-nodejs-10-1-6c81f848-build");
        assert_eq!(names.dist_tag, Names::new(&nodejs, Kind::Module, tag).dist_tag);
        let long = Names::prefixed(&nsvc(&"a".repeat(60), "1", 1, "c0"), Kind::Module, "s-", None);
        assert_eq!((long.target.len(), &long.target[..2]), (18, "s-"));
    }

    #[test]
    fn the_dist_tag_and_the_nvr_name_the_build() {
        let foo = nsvc("foo", "1", 20_190_101_000_000, "abcd1234");
        let dist = dist_tag(&foo, Kind::Module, "f28", 2);
        assert_eq!(dist, "module+f28+2+235d564d");
        assert_eq!(macros_package(&dist), "module-build-macros-0.1-1.module+f28+2+235d564d");
        let dashed = nsvc("foo", "a-b", 7, "abcd1234");
        assert_eq!(content_nvr(&dashed), "foo-a_b-7.abcd1234");
    }
}
