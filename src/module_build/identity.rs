//! Which version and context a build gets: new ones, or those that its document has.
//!
//! A rebuild gets a version of its own, above every one known. Who reproduces another distribution's
//! modules keeps version and context (`--keep-version`): then the names and the hash in the dist tag are
//! those of the original, and only the index in it is the site's own.

use jiff::Timestamp;

use crate::load::Stream;
use crate::name::{Nsvc, Version};
use crate::plan::names::{Kind, Names};
use crate::plan::platform::StreamVersion;
use crate::plan::version::rebuild_version;

/// Where the version comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numbering {
    /// The time of submission behind the platform's number, above the latest version.
    Fresh {
        /// When it is submitted.
        submitted: Timestamp,
        /// The number of the platform's stream.
        platform: Option<StreamVersion>,
        /// The greatest version that was known or given out before, 0 for none.
        latest: Version,
    },
    /// One that was given out before.
    Given(Version),
    /// The document's own.
    Kept,
}

/// Why a build has no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The document has no context.
    #[error("the document of {module} has no context")]
    NoContext {
        /// `name:stream`.
        module: String,
    },
    /// The version is to be kept, and there is none.
    #[error("the document of {module} has no version to keep")]
    NoVersion {
        /// `name:stream`.
        module: String,
    },
}

/// The dist tag of a build: the platform's marking and the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dist<'a> {
    /// The platform's marking; its stream where it has none of its own.
    pub marking: &'a str,
    /// The index, shared by all contexts of one submission.
    pub index: u64,
}

/// Returns the identity of a build of a document.
///
/// # Errors
///
/// The document has no context, or no version that could be kept.
pub fn nsvc(document: &Stream, numbering: Numbering) -> Result<Nsvc, IdentityError> {
    let module = || document.name_stream().to_string();
    let no_context = || IdentityError::NoContext { module: module() };
    let context = document.context.clone().ok_or_else(no_context)?;
    let version = match numbering {
        Numbering::Fresh { submitted, platform, latest } => {
            rebuild_version(submitted, platform, latest)
        }
        Numbering::Given(version) => version,
        Numbering::Kept if document.version == Version(0) => {
            return Err(IdentityError::NoVersion { module: module() });
        }
        Numbering::Kept => document.version,
    };
    let (name, stream) = (document.name.clone(), document.stream.clone());
    Ok(Nsvc { name, stream, version, context })
}

/// Returns the identity of a build's `-devel`: what was built and is not shipped, as a module of its own.
#[must_use]
pub fn devel(nsvc: &Nsvc) -> Nsvc {
    let name = format!("{}-devel", nsvc.name).as_str().into();
    Nsvc { name, ..nsvc.clone() }
}

/// Returns every name of a build: its tags, target, dist tag and NVRs.
#[must_use]
pub fn names(nsvc: &Nsvc, kind: Kind, dist: Dist<'_>) -> Names {
    Names::new(nsvc, kind, Some((dist.marking.to_owned(), Some(dist.index))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::platform::Platforms;

    fn document(version: u64, context: Option<&str>) -> Stream {
        Stream {
            name: "perl".into(),
            stream: "5.30".into(),
            version: Version(version),
            context: context.map(Into::into),
            ..Stream::default()
        }
    }

    #[test]
    fn a_kept_version_gives_the_names_and_the_hash_of_the_original() {
        let original = document(8_040_020_200_923_213_406, Some("466ea64f"));
        let kept = nsvc(&original, Numbering::Kept).expect("it has both");
        assert_eq!(kept.to_string(), "perl:5.30:8040020200923213406:466ea64f");
        let dist = |index| names(&kept, Kind::Module, Dist { marking: "el8.4.0", index }).dist_tag;
        // The published packages end in the same hash.
        assert_eq!(dist(8990).as_deref(), Some("module+el8.4.0+8990+01326e37"));
        assert_eq!(dist(1).as_deref(), Some("module+el8.4.0+1+01326e37"));
    }

    #[test]
    fn a_fresh_version_is_the_platform_s_number_and_the_time() {
        let numbering = Numbering::Fresh {
            submitted: "2026-01-02T03:04:05Z".parse().expect("a time"),
            platform: Some(Platforms::default().stream_version(&"el8.4.0".into())),
            latest: Version(7),
        };
        let fresh = nsvc(&document(1, Some("c0ffee00")), numbering).expect("it has a context");
        assert_eq!(fresh.version, Version(8_040_020_260_102_030_405));
        assert_eq!(fresh.context.as_str(), "c0ffee00");
    }

    #[test]
    fn what_a_document_lacks_is_said() {
        let error = nsvc(&document(0, Some("c0")), Numbering::Kept).expect_err("no version");
        assert_eq!(error.to_string(), "the document of perl:5.30 has no version to keep");
        let error = nsvc(&document(1, None), Numbering::Kept).expect_err("no context");
        assert_eq!(error.to_string(), "the document of perl:5.30 has no context");
    }
}
