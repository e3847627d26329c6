//! From what was decided before a run to what its process works with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gate::GateCommand;
use super::limits::Limits;
use super::work::{MacrosRecipe, MacrosSource, ModuleWork, PartWork, Work};
use crate::koji::Value;
use crate::koji_plan::PlannedBuild;
use crate::live::final_repo::FinalRepos;
use crate::load::Stream;
use crate::module_build::import::{Generator, Host, Origin};
use crate::module_build::macro_settings;
use crate::name::{ComponentKey, Nsvc};

/// So much earlier than the run may its tasks be by the hub's clock, in seconds.
const CLOCKS_DIFFER: i64 = 3600;

/// What a run keeps beside its journal: decided once, and the same for every process that drives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// Its module builds.
    pub builds: Vec<PlannedBuild>,
    /// When it was submitted, in seconds since 1970.
    pub submitted_seconds: i64,
    /// The priority of its tasks.
    pub priority: i64,
    /// How often koji is asked, in milliseconds.
    pub poll_ms: u64,
    /// Where mails are written: below it each run has a folder.
    pub spool: Option<PathBuf>,
    /// Earlier runs that nobody drives, whose locks are taken over.
    pub takes_over: BTreeSet<String>,
    /// Whether the hub takes requests for repos.
    pub has_repo_requests: bool,
    /// Where final repositories are made.
    #[serde(default)]
    pub final_repos: Option<FinalRepos>,
    /// What the site allows at the hub.
    pub limits: Limits,
    /// What judges components and modules.
    pub gate: Option<GateCommand>,
    /// So many components are built first; then the run stops, until it is resumed. `None`: all are built.
    #[serde(default)]
    pub canary: Option<u32>,
    /// Whether koji owns the builds: their tags say the macros, as far as tags can.
    #[serde(default)]
    pub is_kojis: bool,
}

/// Why a run cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BeginError {
    /// A document that was kept cannot be read.
    #[error("the document of {0} cannot be read")]
    Document(String),
}

impl Decided {
    /// Makes what a process works with; macros packages are made below `directory`, when they are needed.
    ///
    /// # Errors
    /// A document cannot be read.
    pub fn work(&self, run: &str, directory: &Path) -> Result<Work, BeginError> {
        let mut modules = BTreeMap::new();
        for (at, build) in self.builds.iter().enumerate() {
            let module = self.module(run, build, &directory.join(format!("macros-{at}")))?;
            modules.insert(build.id.clone(), module);
        }
        Ok(Work {
            run: run.to_owned(),
            since_seconds: self.submitted_seconds - CLOCKS_DIFFER,
            modules,
            priority: self.priority,
            poll: Duration::from_millis(self.poll_ms),
            spool: self.spool.as_ref().map(|spool| spool.join(run)),
            takes_over: self.takes_over.clone(),
            has_repo_requests: self.has_repo_requests,
            final_repos: self.final_repos.clone(),
            limits: self.limits.clone(),
            gate: self.gate.clone(),
            canary: self.canary,
        })
    }

    fn module(
        &self,
        run: &str,
        build: &PlannedBuild,
        directory: &Path,
    ) -> Result<ModuleWork, BeginError> {
        let unreadable = || BeginError::Document(build.id.clone());
        let stored = build.stored().ok_or_else(unreadable)?;
        let nsvc = nsvc(&stored).ok_or_else(unreadable)?;
        let is_in_tags = self.is_kojis
            && build.kept_out.planned.is_empty()
            && build.kept_out.with(&[], &[]).is_empty()
            && macro_settings::hold_all(&stored);
        let recipe = MacrosRecipe {
            kept_out: build.kept_out.clone(),
            committed: Timestamp::from_second(self.submitted_seconds).unwrap_or_default(),
            directory: directory.to_owned(),
        };
        let macros = (!is_in_tags).then_some(MacrosSource::ToMake(recipe));
        let mut tags = build.tags.clone();
        if let Some(Value::Struct(mark)) = tags.extra.get_mut("modplan")
            && mark.get("run").and_then(Value::as_str) == Some("{run}")
        {
            mark.insert("run".to_owned(), run.into());
        }
        Ok(ModuleWork {
            macros,
            parts: parts(build),
            included: BTreeMap::new(),
            arches: build.arches.clone(),
            origin: self.origin(build),
            publish_to: (!build.scratch).then(|| build.publish_to.clone()),
            is_scratch: build.scratch,
            lock: build.lock.clone(),
            names: build.names.clone(),
            nsvc,
            tags,
            stored,
        })
    }

    fn origin(&self, build: &PlannedBuild) -> Origin {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Origin {
            generator: Generator { name: build.generator.clone(), version },
            host: Host { arch: std::env::consts::ARCH.to_owned(), os: "Linux".to_owned() },
            start_seconds: self.submitted_seconds,
            owner: Some(build.tags.owner.clone()),
            ..Origin::default()
        }
    }
}

fn nsvc(stored: &Stream) -> Option<Nsvc> {
    Some(Nsvc {
        name: stored.name.clone(),
        stream: stored.stream.clone(),
        version: stored.version,
        context: stored.context.clone()?,
    })
}

fn parts(build: &PlannedBuild) -> BTreeMap<ComponentKey, PartWork> {
    let part = |(key, part): (&ComponentKey, &crate::koji_plan::PlannedPart)| {
        let work = PartWork {
            package: part.package.clone(),
            source: part.source.clone(),
            reused: part.reused.as_ref().map(|reused| reused.task_id),
            arches: None,
            is_build_only: part.is_build_only,
        };
        (key.clone(), work)
    };
    build.parts.iter().map(part).collect()
}
