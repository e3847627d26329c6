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
mod hub_checks;
mod kept;
mod knowledge;
mod leftovers;
mod locks;
mod open_builds;
mod package_checks;
mod permission_checks;
mod planned_build;
mod release_checks;
mod requirements;
mod shipped;
mod sources;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::koji::Value;
use crate::load::SourceUrls;
use crate::name::Selector;
use crate::plan::Plan;
use crate::site::Site;

pub use calls::{Needed, PlannedCall};
pub use check::Check;
pub use kept::{KeptCall, KeptPlan};
pub use knowledge::Knowledge;
pub use leftovers::{Leftover, LeftoverKind, Now, Past, again, leftovers, leftovers_checksum};
pub use planned_build::{PlannedBuild, PlannedPart};
pub use sources::ResolvedSource;

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
    /// What earlier runs left behind.
    pub earlier: &'a Earlier,
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
    /// Earlier runs whose locks are taken over.
    pub takes_over: BTreeSet<String>,
    /// How many modules are built.
    pub modules: usize,
    /// How many components are built.
    pub component_builds: usize,
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
    let builds = builds::builds(request, &mut checks);
    gate_checks::check(request, &mut checks);
    let sources = sources::sources(request, &builds, &mut checks);
    hub_checks::platforms(&hub, &builds, known, &mut checks);
    let takes_over = locks::check(request, &builds, known, &mut checks);
    open_builds::check(request, &builds, known, &mut checks);
    let required = requirements::requirements(request, &builds, known, &mut checks);
    let kept_out = conflicts::conflicts(&builds, &required, known, &mut checks);
    let indexes = release_checks::indexes(request, &builds, known, &mut checks);
    let basis =
        tags::Basis { site: request.site, hub: &hub, required: &required, indexes: &indexes };
    package_checks::check(&builds, &hub, known, &mut checks);
    let works = tags::works(&builds, basis, known, &mut checks);
    let calls = calls::calls(request, &hub, &works, &sources, known);
    permission_checks::check(&hub, &calls, &mut checks);
    final_repo::check(request.site, &mut checks);
    WorkedOut {
        builds: planned_build::planned_builds(request, &works, &indexes, &sources, &kept_out),
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
/// it, and where each component comes from.
#[must_use]
pub fn checksum(run: &WorkedOut, hub: &str, configuration: &[u8]) -> String {
    let configuration = crate::load::sha256(configuration);
    let sources: BTreeMap<String, &str> =
        run.sources.iter().map(|row| (row.key(), row.url.as_str())).collect();
    let user = run.user.as_deref().unwrap_or_default();
    let all = (1, hub, user, configuration, sources, &run.calls);
    let text = serde_json::to_string(&all).expect("texts and numbers are JSON");
    format!("sha256:{}", crate::load::sha256(text.as_bytes()))
}

/// Returns the mark of what a run makes at the hub; the run's own name is known when it begins.
fn marker(module: &str) -> crate::koji::calls::Map {
    let members = [("run", "{run}"), ("module", module)];
    members.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect()
}
