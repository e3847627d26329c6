//! What a run keeps beside its journal, and the heading of that journal, from what a site decides.

use std::path::PathBuf;

use crate::drive::journal::{Began, Heading};
use crate::koji_plan::{PlannedBuild, WorkedOut};
use crate::live::execute::{Decided, GateCommand, Limits};
use crate::live::final_repo::FinalRepos;
use crate::orchestrate::{
    Approach, BuildNames, Cascade, Dispatch, Gates, Reach, RepoMaker, define,
};
use crate::plan::Plan;
use crate::site::Site;
use crate::time::Millis;

/// How long a test may give no result.
const TEST_TIMEOUT_MS: u64 = 86_400_000;

/// Heads the journal of a run.
#[must_use]
pub fn heading(plan: &Plan, builds: &[PlannedBuild], site: &Site, poll: Millis) -> Heading {
    let has_gate = GateCommand::of(site).is_some();
    let began = Began {
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: Some(site.limits.tasks_in_flight),
        max_builds: site.limits.max_builds,
        builds_before: 0,
        retries: 0,
        gates: Gates { component: has_gate, module: has_gate },
        repo: RepoMaker::Orchestrator,
        poll_ms: poll.0,
        test_timeout_ms: TEST_TIMEOUT_MS,
        seed: 0,
        durations: "koji".to_owned(),
    };
    let reach = Reach { plan, all: plan, superseded: &[], by_source: false };
    let mut definitions = define(reach);
    for definition in &mut definitions {
        let build = builds.iter().find(|build| build.id == definition.id);
        definition.build = build.and_then(build_names);
    }
    Heading::new(began, Vec::new(), definitions)
}

/// Returns what koji calls a module build.
fn build_names(build: &PlannedBuild) -> Option<BuildNames> {
    Some(BuildNames {
        version: build.stored()?.version.0,
        tag: build.tags.tag.clone(),
        target: build.names.target.clone(),
        dist_tag: build.names.dist_tag.clone(),
    })
}

/// What a run is decided from, beside what the hub says.
#[derive(Clone, Debug)]
pub struct Deciding<'a> {
    /// The site.
    pub site: &'a Site,
    /// When it was submitted, in seconds since 1970.
    pub submitted_seconds: i64,
    /// How often koji is asked.
    pub poll: Millis,
    /// Where final repositories are made.
    pub final_repos: Option<FinalRepos>,
    /// Where mails are written, by an absolute path.
    pub spool: Option<PathBuf>,
}

impl Deciding<'_> {
    /// Decides a run that was worked out.
    #[must_use]
    pub fn of(self, out: WorkedOut) -> Decided {
        Decided {
            builds: out.builds,
            submitted_seconds: self.submitted_seconds,
            priority: self.site.limits.priority.into(),
            poll_ms: self.poll.0,
            spool: self.spool,
            takes_over: out.takes_over,
            final_repos: self.final_repos,
            limits: Limits::of(self.site),
            gate: GateCommand::of(self.site),
            canary: None,
            is_kojis: false,
        }
    }
}
