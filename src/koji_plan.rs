//! A whole plan at a koji, as plain data: every call that would change the hub, in order, and what must
//! hold before the first of them is made.
//!
//! ```text
//!   plan, site, sources ─▶ work_out ─▶ checks and calls
//!                            │  ▲
//!                    questions  answers      read-only; whoever has a connection asks
//!                            ▼  │
//!                         Knowledge
//! ```
//!
//! [`work_out`] starts from the beginning each time, with what is known of the hub. A question without an
//! answer is listed in [`Knowledge`], and the work continues without it; it is repeated once the questions
//! are answered, until none is left. A question that depends on another answer comes up in a later round, and all questions of
//! a round are independent of each other, so that they fit into few requests.
//!
//! What only a run can know stands in the calls as a named placeholder: `{nvr:perl}`.

mod builds;
mod calls;
mod check;
mod conflicts;
mod final_repo;
mod gate_checks;
mod git_refs;
mod hub_checks;
mod indexes;
mod kept;
mod knowledge;
mod locks;
mod macros_checks;
mod naming;
mod open_builds;
mod package_checks;
mod permission_checks;
mod planned_build;
mod planned_call;
mod programs;
mod release_checks;
mod requirements;
mod reused;
mod settled;
mod shipped;
mod sources;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::naming::Naming;
use self::settled::Settled;
use crate::koji::Value;
use crate::load::SourceUrls;
use crate::name::Selector;
use crate::plan::Plan;
use crate::site::Site;

pub use check::Check;
pub use git_refs::{GitRef, ResolvedRef};
pub use kept::{KeptCall, KeptPlan};
pub use knowledge::{Found, Knowledge};
pub use naming::claims;
pub use planned_build::{PlannedBuild, PlannedPart};
pub use planned_call::{Needed, PlannedCall};
pub use programs::package_of;
pub use reused::ReusedBuild;
pub use sources::ResolvedSource;

/// What kind of builds a run makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildOptions {
    /// Versions are those of the documents instead of new ones: who reproduces another distribution's modules
    /// gets its names and hashes.
    pub keep_version: bool,
    /// The builds are tried: they are neither imported nor published.
    pub scratch: bool,
}

/// What is to be executed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What the site decides.
    pub site: &'a Site,
    /// Source URLs that come before those of the plan.
    pub sources: Option<&'a SourceUrls>,
    /// Modules that are there although neither the plan nor the hub's tags show them.
    pub given: &'a [Selector],
    /// The time of submission, for versions.
    pub submitted: Timestamp,
    /// What kind of builds is made.
    pub options: BuildOptions,
    /// What earlier runs left behind.
    pub earlier: &'a Earlier,
    /// The commits that branches and tags were at when they were looked up before: they are not looked up again.
    pub resolved: &'a [ResolvedRef],
}

/// What earlier runs of the same store left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// The highest index of dist tags that was used, by `name:stream`.
    pub indexes: BTreeMap<String, u64>,
    /// Runs that nobody drives: their locks are taken over.
    pub undriven: BTreeSet<String>,
}

/// What a run would need and do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkedOut {
    /// What kind of builds is made.
    pub options: BuildOptions,
    /// Who would do it, where the hub says.
    pub user: Option<String>,
    /// What must hold, and whether it does.
    pub checks: Vec<Check>,
    /// Every call that changes something, in order.
    pub calls: Vec<PlannedCall>,
    /// Where each component comes from, by module and component.
    pub sources: Vec<ResolvedSource>,
    /// What a run keeps of each module build, in the order of the plan.
    pub builds: Vec<PlannedBuild>,
    /// Whether the hub takes requests for repos.
    pub has_repo_requests: bool,
    /// Earlier runs whose locks are taken over.
    pub takes_over: BTreeSet<String>,
    /// How many modules are built.
    pub modules: usize,
    /// How many components are built.
    pub component_builds: usize,
}

impl WorkedOut {
    /// Returns the branches and tags that were looked up, each once, with their commits.
    #[must_use]
    pub fn resolved_refs(&self) -> Vec<ResolvedRef> {
        let found = self.sources.iter().filter_map(|source| source.found_by.clone());
        let by_ref: BTreeMap<GitRef, String> = found.map(|one| (one.of, one.commit)).collect();
        by_ref.into_iter().map(|(of, commit)| ResolvedRef { of, commit }).collect()
    }
}

/// The part of a run that a call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Locks, tags and targets are made.
    Prepare,
    /// Packages are built and tagged.
    Build,
    /// A repo is made for the next builds.
    Repo,
    /// The finished module becomes a build of koji.
    Import,
    /// It is tagged for users.
    Publish,
}

impl Phase {
    /// Returns its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Build => "build",
            Self::Repo => "repo",
            Self::Import => "import",
            Self::Publish => "publish",
        }
    }
}

/// Works out a run, as far as the hub is known.
#[must_use]
pub fn work_out(request: Request<'_>, known: &mut Knowledge) -> WorkedOut {
    let mut checks = check::Checks::default();
    let hub = hub_checks::session(request, known, &mut checks);
    let builds = builds::builds(request, known, &mut checks);
    gate_checks::check(request, &mut checks);
    let sources = sources::sources(request, &builds, known, &mut checks);
    let reused = reused::reused(&builds, known, &mut checks);
    hub_checks::platforms(request, (&hub, &builds), known, &mut checks);
    let takes_over = locks::check(request, &builds, known, &mut checks);
    open_builds::check(request, &builds, known, &mut checks);
    let indexes = indexes::indexes(request, &builds, known);
    let required = requirements::requirements(request, (&builds, &indexes), known, &mut checks);
    let kept_out = conflicts::conflicts((&builds, &required), known, &mut checks);
    release_checks::check(request, (&builds, &indexes), known, &mut checks);
    let naming = Naming::of(request);
    let basis = tags::Basis {
        site: request.site,
        naming,
        hub: &hub,
        required: &required,
        indexes: &indexes,
    };
    package_checks::check(request, (&builds, &hub), known, &mut checks);
    let works = tags::works(&builds, basis, known, &mut checks);
    let settled = Settled {
        request,
        hub: &hub,
        works: &works,
        indexes: &indexes.by_id,
        sources: &sources,
        reused: &reused,
        kept_out: &kept_out,
    };
    let calls = calls::calls(settled, known);
    permission_checks::check((&hub, &calls), &mut checks);
    macros_checks::check(&works, &mut checks);
    programs::check(request, &builds, known, &mut checks);
    final_repo::check(request, &mut checks);
    WorkedOut {
        options: request.options,
        builds: planned_build::planned_builds(settled),
        has_repo_requests: hub.has_requests,
        takes_over,
        user: hub.user,
        checks: checks.into_rows(),
        calls,
        modules: builds.len(),
        component_builds: builds::components(&builds),
        sources: sources.into_rows(),
    }
}

/// Returns the checksum of a run: of its calls, the hub and the user, the configuration as its file holds
/// it, what kind of builds it makes, and where each component comes from.
#[must_use]
pub fn checksum(run: &WorkedOut, hub: &str, configuration: &[u8]) -> String {
    let configuration = crate::load::sha256(configuration);
    let sources: BTreeMap<String, &str> =
        run.sources.iter().map(|row| (row.key(), row.url.as_str())).collect();
    let user = run.user.as_deref().unwrap_or_default();
    let all = (1, hub, user, configuration, sources, run.options, &run.calls);
    let text = serde_json::to_string(&all).expect("texts and numbers are JSON");
    format!("sha256:{}", crate::load::sha256(text.as_bytes()))
}

/// Returns the mark of what a run makes at the hub; the run's own name is known when it begins.
fn marker(module: &str) -> crate::koji::calls::Map {
    let members = [("run", "{run}"), ("module", module)];
    members.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect()
}
