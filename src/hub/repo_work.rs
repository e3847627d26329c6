//! What regenerations come to: said by the caller, as the work of every leaf is, but when one begins.

use std::fmt;
use std::sync::Arc;

use super::request::Work;
use crate::time::Millis;

/// One `createrepo` task of a regeneration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regeneration {
    /// Which regeneration of its tag it is, tries that failed among them, from 1.
    pub number: u32,
    /// The arch that it is for.
    pub arch: u32,
    /// How many builds are in the tag.
    pub builds: u64,
}

/// Says of each `createrepo` task of a tag how long it runs and whether it succeeds: a pure function.
#[derive(Clone)]
pub struct RepoWork(Arc<dyn Fn(Regeneration) -> Work + Send + Sync>);

impl RepoWork {
    /// Takes what says so.
    pub fn new(work: impl Fn(Regeneration) -> Work + Send + Sync + 'static) -> Self {
        Self(Arc::new(work))
    }

    /// Runs for `base`, and for `per_build` longer with each build in the tag; every one succeeds.
    #[must_use]
    pub fn growing(base: Millis, per_build: Millis) -> Self {
        Self::new(move |repo| Work::ok(base + Millis(per_build.0.saturating_mul(repo.builds))))
    }

    pub(super) fn of(&self, repo: Regeneration) -> Work {
        (self.0)(repo)
    }
}

impl fmt::Debug for RepoWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RepoWork")
    }
}
