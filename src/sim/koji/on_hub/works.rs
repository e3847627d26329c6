//! What the steps of builds come to: every draw that koji's model makes, under a key that says what
//! it is for and never when it was made.
//!
//! A key names the module, and of its components, macros packages, regenerations and repos which
//! one it is over the run. Under `replay` the same number picks the row, so that a second build of a
//! module continues where its first began one row earlier.

use std::sync::Arc;

use super::{BuildId, ComponentIx, ComponentRun, Job, Millis, ModuleIx, OnHub, Phases, Work};
use crate::hub::{BuildRepo, BuildSpec, Regeneration, RepoWork, Settings, Tagging};
use crate::sim::draw::{self, Key, Purpose};
use crate::sim::history;
use crate::trace::Samples;

/// Sets the draws of a component's steps apart from those of its `buildArch` tasks.
const SRPM_KEY: u64 = 0x7372_706d;
const TAG_KEY: u64 = 0x7461_6767;
const REPO_KEY: u64 = 0x7265_706f;
const MACROS_KEY: u64 = 0x6d61_6372;
/// Sets the repo of a module apart from the regenerations of its build tag.
const LAST_REPO_KEY: u64 = REPO_KEY ^ 1;

/// How often each was made for a module in this run.
#[derive(Clone, Copy, Debug, Default)]
struct Made {
    /// Build tags, each for one build of the module.
    tags: u32,
    macros: u32,
    repos: u32,
}

/// How often each was made, by module.
#[derive(Clone, Debug, Default)]
pub(super) struct MadeBook {
    by_module: Vec<Made>,
}

impl MadeBook {
    pub(super) fn reset(&mut self, modules: usize) {
        self.by_module.clear();
        self.by_module.resize(modules, Made::default());
    }

    /// Counts another build tag; returns which it is, from 1.
    pub(super) fn count_tag(&mut self, module: ModuleIx) -> u32 {
        let made = &mut self.by_module[module.index()];
        made.tags += 1;
        made.tags
    }

    fn count_macros(&mut self, module: ModuleIx) -> u32 {
        let made = &mut self.by_module[module.index()];
        made.macros += 1;
        made.macros
    }

    fn count_repo(&mut self, module: ModuleIx) -> u32 {
        let made = &mut self.by_module[module.index()];
        made.repos += 1;
        made.repos
    }
}

/// What names the phase of each builder: its group and its number in it, so that a larger group
/// leaves the others theirs.
pub(super) fn phase_keys(settings: &Settings) -> Vec<u64> {
    let groups: Vec<u64> = settings.groups.iter().map(|name| draw::text_key(name)).collect();
    let mut sizes = vec![0_u64; groups.len()];
    let key = |builder: &crate::hub::BuilderSettings| {
        let number = &mut sizes[builder.group as usize];
        *number += 1;
        groups[builder.group as usize].wrapping_add(*number)
    };
    settings.builders.iter().map(key).collect()
}

impl OnHub<'_> {
    /// Draws when those that poll do so first, the same in every variant of a replication.
    pub(super) fn phases(&self) -> Phases {
        let settings = &self.farm.settings;
        let draw = |subject: u64, within: Millis| {
            let share = draw::uniform(self.luck.key(self.setup, subject, 1), Purpose::Phase);
            Millis::from_secs_f64(share * within.as_secs_f64()).expect("a share of an interval")
        };
        Phases {
            builders: self.phase_keys.iter().map(|&key| draw(key, settings.period())).collect(),
            manager: draw(0, settings.repo.check_interval),
            run_age: draw(1, settings.hub.run_interval),
            autoregen: draw(2, settings.repo.auto_interval),
        }
    }

    fn draw_step(&self, samples: &Samples, subject: u64, attempt: u32) -> Work {
        let setup = self.setup;
        let key = self.luck.key(setup, subject, attempt);
        let (run, is_ok) =
            history::attempt(samples, attempt, || key, setup.durations, setup.outcomes);
        Work { run, is_ok }
    }

    /// The macros package, for no arch of its own; one that is tried again has other luck.
    pub(super) fn macros(&mut self, build: BuildId, module: ModuleIx, subject: u32) -> BuildSpec {
        let attempt = self.made.count_macros(module);
        let tag = self.builds.tag(build).expect("made with the target");
        let steps = &self.farm.steps;
        let key = self.setup.subjects.module(module) ^ MACROS_KEY;
        let draw = |rows, step: u64| self.draw_step(rows, key ^ step, attempt);
        BuildSpec {
            tag,
            srpm: Some(draw(&steps.macros_srpm, SRPM_KEY)),
            arches: vec![(crate::hub::TaskArch::Noarch, draw(&steps.macros_build, 0))],
            tagging: Tagging::Task(draw(&steps.macros_tag, TAG_KEY)),
            mean_build: Millis::ZERO,
            repo: BuildRepo::Given,
            subject: Some(subject),
        }
    }

    /// Draws one build of a component and notes it in the books.
    pub(super) fn component(
        &mut self,
        job: Job,
        build: BuildId,
        component: ComponentIx,
    ) -> Arc<BuildSpec> {
        let (nth, is_fixed) = self.luck.count_build(component);
        let subject = self.components.add(ComponentRun {
            job,
            build,
            component,
            nth,
            busy: Millis::ZERO,
            had_builder: false,
            end: None,
        });
        let (catalog, subjects) = (&self.setup.catalog, &self.setup.subjects);
        let steps = &self.farm.steps.components[component.index()];
        let tasks = catalog.tasks_of(component);
        let mut arches = Vec::with_capacity(tasks.len());
        for at in tasks {
            let task = &catalog.tasks[at as usize];
            let samples = &self.setup.samples[subjects.row(at)];
            let work = self.draw_step(samples, subjects.task(at), nth);
            let arch =
                self.farm.settings.arch(catalog.arch(task)).expect("the settings know every arch");
            arches.push((arch, Work { is_ok: work.is_ok || is_fixed, ..work }));
        }
        let failing = self.luck.failing_arch(self.setup, component, nth, arches.len());
        if let Some(at) = failing {
            arches[at].1.is_ok = false;
        }
        let step = |rows, step: u64| {
            let work = self.draw_step(rows, subjects.component(component) ^ step, nth);
            Work { is_ok: work.is_ok || is_fixed, ..work }
        };
        let mut spec = BuildSpec {
            tag: self.builds.tag(build).expect("made before its components"),
            srpm: steps.srpm.as_ref().map(|rows| step(rows, SRPM_KEY)),
            arches,
            tagging: match &steps.tagging {
                // It is tagged when its gate opens.
                _ if self.setup.has_component_gate() => Tagging::None,
                Some(rows) => Tagging::Task(step(rows, TAG_KEY)),
                None => Tagging::Within,
            },
            mean_build: steps.mean_build,
            repo: BuildRepo::Given,
            subject: Some(subject),
        };
        if self.polls().is_some() {
            self.client.keep_tagging(job, &mut spec);
        }
        Arc::new(spec)
    }

    /// Returns what regenerations of a build tag come to; every arch of each has luck of its own.
    pub(super) fn regenerations(&self, module: ModuleIx, tags: u32) -> RepoWork {
        let settings = Arc::clone(&self.farm.settings);
        let rows = self.farm.steps.createrepo.clone();
        let (durations, outcomes) = (self.setup.durations, self.setup.outcomes);
        let build = u64::from(tags) << 32;
        let subject = self.setup.subjects.module(module) ^ REPO_KEY ^ build;
        let arches: Vec<u64> =
            settings.arches.iter().map(|arch| draw::text_key(arch.as_str())).collect();
        let first = self.luck.key(self.setup, subject, 1);
        RepoWork::new(move |repo: Regeneration| {
            let subject = first.subject ^ arches[repo.arch as usize];
            let key = Key { subject, attempt: repo.number + tags - 1, ..first };
            let drawn = |rows| history::attempt(rows, key.attempt, || key, durations, outcomes);
            let trace = rows.as_ref().map(drawn);
            repo_work(&settings, repo.builds, trace)
        })
    }

    /// Draws the repo of a module, at the end of its build.
    pub(super) fn last_repo(&mut self, module: ModuleIx) -> Work {
        let attempt = self.made.count_repo(module);
        let key = self.setup.subjects.module(module) ^ LAST_REPO_KEY;
        let rows = self.farm.steps.createrepo.as_ref();
        let draw = |rows| self.draw_step(rows, key, attempt);
        let trace = rows.map(draw).map(|work| (work.run, work.is_ok));
        let components = self.setup.catalog.module(module).components.len();
        repo_work(&self.farm.settings, components as u64, trace)
    }
}

/// Puts together what the farm says of the time of a `createrepo`, and the trace of its outcome.
fn repo_work(settings: &Settings, builds: u64, trace: Option<(Millis, bool)>) -> Work {
    let run = settings.createrepo(builds, trace.map(|(run, _)| run));
    Work { run, is_ok: trace.is_none_or(|(_, is_ok)| is_ok) }
}
