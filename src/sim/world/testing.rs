//! The tests: started by messages, run by a bounded number of workers, finding a defect or not.

use std::collections::{BTreeMap, VecDeque};

use super::{Happening, World};
use crate::orchestrate::{Approach, BuildId, ComponentIx, Concern, Event};
use crate::sim::draw::{self, Purpose};
use crate::sim::ledger::Stage;
use crate::sim::log::Fact;
use crate::time::Millis;

/// What is tested: one component of a module build, or the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    pub(super) build: BuildId,
    pub(super) component: Option<ComponentIx>,
    pub(super) attempt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Queued,
    Running,
    Ended {
        passed: bool,
    },
    /// It ended and said nothing.
    Silent,
    Waived,
}

/// The test system in one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Testing {
    known: BTreeMap<Subject, Progress>,
    queue: VecDeque<Subject>,
    running: u32,
    /// How often each subject's component or module was tested, for draws.
    runs: BTreeMap<(BuildId, Option<ComponentIx>), u32>,
    /// By module build and component: which build of it in the run, and whether it has a defect.
    builds: BTreeMap<(BuildId, ComponentIx), (u32, bool)>,
}

impl Testing {
    pub(super) fn reset(&mut self) {
        self.known.clear();
        self.queue.clear();
        self.running = 0;
        self.runs.clear();
        self.builds.clear();
    }
}

impl World<'_> {
    /// Draws whether a component build has a defect: once, whoever tests it.
    pub(super) fn draw_defect(&mut self, build: BuildId, component: ComponentIx, nth: u32) {
        let rate = self.setup.conditions.tests.defect_rate;
        if rate <= 0.0 {
            return;
        }
        let key = self.key(self.setup.subjects.component(component), nth);
        let is_defective =
            !self.koji.is_fixed(component) && draw::uniform(key, Purpose::Defect) < rate;
        self.testing.builds.insert((build, component), (nth, is_defective));
    }

    pub(super) fn defective_components(&self, build: BuildId) -> Vec<ComponentIx> {
        let all = (build, ComponentIx(0))..=(build, ComponentIx(u32::MAX));
        let builds = self.testing.builds.range(all);
        builds.filter(|(_, (_, is))| *is).map(|(&(_, component), _)| component).collect()
    }

    /// The tests hear that something is built, or are asked; they test each subject once, and give
    /// a result they have again.
    pub(super) fn ask_for_test(&mut self, subject: Subject) {
        if self.find_result(subject) {
            return;
        }
        if subject.component.is_none() {
            self.ledger.test_again(subject.build, self.now);
        }
        self.testing.known.insert(subject, Progress::Queued);
        self.testing.queue.push_back(subject);
        self.start_tests();
    }

    /// Returns whether nothing more need be asked: a result is given again, or is to come.
    pub(super) fn find_result(&mut self, subject: Subject) -> bool {
        match self.testing.known.get(&subject).copied() {
            Some(Progress::Ended { passed }) => {
                let event = self.result(subject, passed);
                self.receive(event);
                true
            }
            Some(Progress::Waived) => {
                self.receive(self.waiver(subject));
                true
            }
            Some(Progress::Queued | Progress::Running) => true,
            Some(Progress::Silent) | None => false,
        }
    }

    fn start_tests(&mut self) {
        let workers = self.setup.conditions.tests.workers.unwrap_or(u32::MAX);
        while self.testing.running < workers
            && let Some(subject) = self.testing.queue.pop_front()
        {
            self.testing.running += 1;
            self.testing.known.insert(subject, Progress::Running);
            *self.testing.runs.entry((subject.build, subject.component)).or_default() += 1;
            self.counts.tally.tests += 1;
            let tests = &self.setup.conditions.tests;
            let through = match subject.component {
                Some(_) => tests.component,
                None => tests.module,
            };
            let (subject_key, nth) = self.test_key(subject);
            let key = self.key(subject_key, nth);
            let takes = through.map_or(Millis::ZERO, |through| {
                draw::lognormal(key, Purpose::TestDuration, through)
            });
            self.schedule(self.now + takes, Happening::TestEnds(subject));
        }
    }

    /// Returns what names the draws of a test: the component or module, and which of its tests
    /// over the run.
    fn test_key(&self, subject: Subject) -> (u64, u32) {
        let Subject { build, component, .. } = subject;
        let runs = self.testing.runs.get(&(build, component)).copied().unwrap_or_default();
        // Some hundreds of tests of one build are as many as people have patience for.
        let nth = self.nth_build(build) * 512 + runs;
        let subjects = &self.setup.subjects;
        let module = self.ledger.builds[build.0 as usize].module;
        match component {
            Some(component) => (subjects.component(component), nth),
            None => (subjects.module(module), nth),
        }
    }

    pub(super) fn test_ends(&mut self, subject: Subject) {
        self.testing.running -= 1;
        let (draw_key, nth) = self.test_key(subject);
        let key = self.key(draw_key, nth);
        let tests = &self.setup.conditions.tests;
        let Subject { build, component, attempt } = subject;
        let is_silent = draw::uniform(key, Purpose::Missing) < tests.missing;
        let is_defective = match component {
            Some(component) => {
                self.testing.builds.get(&(build, component)).is_some_and(|&(_, is)| is)
            }
            None => !self.defective_components(build).is_empty(),
        };
        let detects =
            if component.is_some() { tests.detect_component } else { tests.detect_module };
        let is_found = is_defective && draw::uniform(key, Purpose::Detected) < detects;
        let passed = !is_found && draw::uniform(key, Purpose::FalseAlarm) >= tests.false_alarm;
        let is_waived = self.testing.known.get(&subject) == Some(&Progress::Waived);
        let progress = match (is_waived, is_silent) {
            (true, _) => Progress::Waived,
            (false, true) => Progress::Silent,
            (false, false) => Progress::Ended { passed },
        };
        self.testing.known.insert(subject, progress);
        let told = (!is_silent).then_some(passed);
        self.note(Fact::Tested { build, component, attempt, passed: told });
        if !is_silent && !is_waived {
            self.tell_result(subject, passed, draw_key, nth);
        }
        self.start_tests();
    }

    fn tell_result(&mut self, subject: Subject, passed: bool, draw_key: u64, nth: u32) {
        let Subject { build, component, .. } = subject;
        if let Some(component) = component {
            self.decide_gate(build, component, passed);
        } else {
            if passed && self.setup.approach == Approach::KojiOwned {
                self.accept(build);
            } else if !passed {
                self.ledger.stage(build, Stage::Stuck, self.now);
            }
        }
        let event = self.result(subject, passed);
        self.publish(event, (draw_key.rotate_left(31), nth));
    }

    fn result(&self, subject: Subject, passed: bool) -> Event {
        let Subject { build, component, attempt } = subject;
        match component {
            Some(component) => Event::ComponentTested { build, component, attempt, passed },
            None => {
                let module = self.ledger.builds[build.0 as usize].module;
                Event::Tested { build, module, attempt, passed }
            }
        }
    }

    /// Returns what the tests say of a subject that somebody asks about, if it is news: of a gate that
    /// is known to be closed, only what opens it.
    pub(super) fn verdict_on(&self, subject: Subject, is_closed: bool) -> Option<Event> {
        match self.testing.known.get(&subject).copied() {
            Some(Progress::Ended { passed }) if passed || !is_closed => {
                Some(self.result(subject, passed))
            }
            Some(Progress::Waived) => Some(self.waiver(subject)),
            Some(
                Progress::Ended { .. } | Progress::Queued | Progress::Running | Progress::Silent,
            )
            | None => None,
        }
    }

    fn waiver(&self, subject: Subject) -> Event {
        let Subject { build, component, .. } = subject;
        let module = self.ledger.builds[build.0 as usize].module;
        Event::Waived { build, module, component }
    }

    /// Notes that every result about this is waived; also where the tests never heard of it.
    pub(super) fn waive_test(&mut self, build: BuildId, component: Option<ComponentIx>) {
        let attempt = self.last_attempt(build, component);
        self.testing.known.entry(Subject { build, component, attempt }).or_insert(Progress::Waived);
        let from = Subject { build, component, attempt: 0 };
        let to = Subject { build, component, attempt: u32::MAX };
        for (_, progress) in self.testing.known.range_mut(from..=to) {
            if !matches!(progress, Progress::Queued | Progress::Running) {
                *progress = Progress::Waived;
            }
        }
    }

    /// Returns whether the matter of a mail was settled since.
    pub(super) fn is_test_settled(&self, concern: &Concern) -> bool {
        let Concern { build, component, .. } = *concern;
        let from = Subject { build, component, attempt: 0 };
        let to = Subject { build, component, attempt: u32::MAX };
        let last = self.testing.known.range(from..=to).next_back();
        matches!(last, Some((_, Progress::Waived | Progress::Ended { passed: true })))
    }
}
