//! Run times of tasks without a history: assumed, and reported wherever they are used.

use super::{BUILD_SRPM, CREATEREPO, TAG_BUILD};
use crate::time::Millis;

/// The run times assumed for methods without a closed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// `buildArch`, and every method that is not named here.
    pub build_arch: Millis,
    /// `buildSRPMFromSCM`, and `rebuildSRPM` likewise.
    pub build_srpm: Millis,
    /// `tagBuild`.
    pub tag_build: Millis,
    /// `createrepo`, and `createdistrepo` likewise.
    pub createrepo: Millis,
}

impl Default for Fallback {
    fn default() -> Self {
        Self {
            build_arch: Millis::from_secs(600),
            build_srpm: Millis::from_secs(30),
            tag_build: Millis::from_secs(2),
            createrepo: Millis::from_secs(60),
        }
    }
}

impl Fallback {
    /// Returns the run time of a method.
    #[must_use]
    pub fn of(&self, method: &str) -> Millis {
        match method {
            BUILD_SRPM | "rebuildSRPM" => self.build_srpm,
            TAG_BUILD => self.tag_build,
            CREATEREPO | "createdistrepo" => self.createrepo,
            _ => self.build_arch,
        }
    }
}
