//! The names of a run's builds: those of modules that are shipped, or of scratch builds.
//!
//! Scratch builds are those of the Module Build Service: real builds in tags of their own, which are neither
//! imported nor published. Their tags begin with another prefix, their dist tag with `scrmod`, and each has a
//! number behind its context, so that no two have the same names.

use super::builds::ModuleBuild;
use super::{BuildOptions, Request};
use crate::name::NameStream;
use crate::plan::names::{Kind, Names};
use crate::site::NameRules;

/// How the builds of a run are named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Naming<'a> {
    rules: &'a NameRules,
    is_scratch: bool,
}

impl<'a> Naming<'a> {
    pub(super) fn of(request: Request<'a>) -> Self {
        let BuildOptions { scratch, .. } = request.options;
        Self { rules: &request.site.names, is_scratch: scratch }
    }

    pub(super) fn is_scratch(self) -> bool {
        self.is_scratch
    }

    /// Returns what tags and targets begin with.
    pub(super) fn prefix(self) -> &'a str {
        match self.is_scratch {
            true => &self.rules.scratch_tag_prefix,
            false => &self.rules.tag_prefix,
        }
    }

    /// Returns every name of a build, by the index in its dist tag.
    pub(super) fn names(self, build: &ModuleBuild<'_>, index: u64) -> Names {
        let kind = match self.is_scratch {
            true => Kind::Scratch { id: index },
            false => Kind::Module,
        };
        let tag = Some((build.marking().to_owned(), Some(index)));
        Names::prefixed(&build.nsvc, (kind, self.prefix()), tag)
    }

    /// Returns the tag that keeps a stream to one run of this kind.
    pub(super) fn lock(self, stream: &NameStream) -> String {
        format!("{}lock-{}-{}", self.prefix(), stream.name, stream.stream)
    }

    /// Returns what a store knows a stream by: scratch builds are claimed and counted apart.
    pub(super) fn claim(self, stream: &NameStream) -> String {
        match self.is_scratch {
            true => format!("{stream} (scratch)"),
            false => stream.to_string(),
        }
    }
}

/// Returns what a store knows the streams of a request by, each once.
#[must_use]
pub fn claims(request: Request<'_>) -> std::collections::BTreeSet<String> {
    let naming = Naming::of(request);
    let built = request.plan.modules.iter().filter(|module| !module.pass_through);
    built
        .map(|row| naming.claim(&NameStream::new(row.name.as_str(), row.stream.as_str())))
        .collect()
}
