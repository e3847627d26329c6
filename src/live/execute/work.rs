//! What a run builds at a koji: for each module its names, tags, sources and documents, decided before
//! the run begins.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::gate::GateCommand;
use super::limits::Limits;
use crate::koji::Value;
use crate::koji::calls::Map;
use crate::live::final_repo::FinalRepos;
use crate::load::{Component, Stream};
use crate::module_build::conflicts::KeptOut;
use crate::module_build::import::Origin;
use crate::module_build::tag_plan::TagPlan;
use crate::name::{Arch, ComponentKey, Nsvc, PackageName};
use crate::plan::names::Names;

/// Everything that a run builds.
#[derive(Clone, Debug)]
pub struct Work {
    /// The name of the run, part of every marker.
    pub run: String,
    /// When the run began, in seconds since 1970: what the user built earlier is not looked through.
    pub since_seconds: i64,
    /// The modules by `name:stream:context`.
    pub modules: BTreeMap<String, ModuleWork>,
    /// The priority of its tasks; a larger number runs later.
    pub priority: i64,
    /// The pause between two looks at what koji is doing for a call, such as a repo.
    pub poll: Duration,
    /// Where mails are written; none: they are only logged.
    pub spool: Option<PathBuf>,
    /// Earlier runs that nobody drives, whose locks are taken over.
    pub takes_over: BTreeSet<String>,
    /// Where final repositories are made; none: nowhere.
    pub final_repos: Option<FinalRepos>,
    /// What the site allows at the hub.
    pub limits: Limits,
    /// What judges components and modules, where the run's gates are closed.
    pub gate: Option<GateCommand>,
    /// So many components are built first; then the run stops, until it is resumed. `None`: all are built.
    pub canary: Option<u32>,
}

/// One module build.
#[derive(Clone, Debug)]
pub struct ModuleWork {
    /// Its identity.
    pub nsvc: Nsvc,
    /// The names that follow from it.
    pub names: Names,
    /// Its tags and its target.
    pub tags: TagPlan,
    /// The source RPM of its macros package, as it was decided before the run.
    pub macros: SourceRpm,
    /// How it is made anew where modules of the same run are in the buildroot; none where there are none.
    pub later_macros: Option<LaterMacros>,
    /// Its components by key; those of included modules among them.
    pub parts: BTreeMap<ComponentKey, PartWork>,
    /// Its stored document.
    pub stored: Stream,
    /// Components of included modules, by their key there.
    pub included: BTreeMap<ComponentKey, Component>,
    /// The arches of its final documents, as koji names them.
    pub arches: BTreeSet<Arch>,
    /// Whose import it is.
    pub origin: Origin,
    /// The tag that keeps its stream to one run on the hub.
    pub lock: String,
    /// Where the finished module is tagged; none: nowhere.
    pub publish_to: Option<String>,
}

/// A macros package that is complete only when the modules before it are built: what they filter, and what
/// they replace in the base, is kept out too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterMacros {
    /// What is known, and the modules that are not built yet.
    pub kept_out: KeptOut,
    /// The day of its changelog.
    pub committed: Timestamp,
    /// Where rpmbuild makes it.
    pub directory: PathBuf,
}

/// A file that is uploaded to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRpm {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartWork {
    /// Its package.
    pub package: PackageName,
    /// Its source: a URL with a full commit.
    pub source: String,
    /// The only arches that it is built for; none: all of the tag's.
    pub arches: Option<String>,
    /// Whether it is for the build only, and not shipped.
    pub is_build_only: bool,
}

/// Which task of a run is marked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marked<'a> {
    /// `name:stream:version:context`.
    pub(super) module: &'a str,
    /// The key of the component, or the name of the macros package.
    pub(super) component: &'a str,
    /// Which attempt, from 1.
    pub(super) attempt: u32,
}

impl Work {
    /// Returns what marks a task as ours: `custom_user_metadata`.
    pub(super) fn marker(&self, marked: Marked<'_>) -> Map {
        let Marked { module, component, attempt } = marked;
        let members = [
            ("run", Value::from(self.run.as_str())),
            ("module", module.into()),
            ("component", component.into()),
            ("attempt", Value::Int(attempt.into())),
        ];
        let members = members.map(|(name, value)| (name.to_owned(), value));
        Map::from([("modplan".to_owned(), Value::Struct(members.into()))])
    }
}
