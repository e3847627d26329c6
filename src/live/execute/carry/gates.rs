//! What a gate says of components and modules, as events.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::Semaphore;

use super::{Inner, unknown};
use crate::live::execute::memory::Part;
use crate::live::execute::stop::Stop;
use crate::orchestrate::{Answer, BuildId, ComponentIx, Event};

/// How many are judged at a time.
const AT_ONCE: usize = 4;

/// So often in a row a gate may give no verdict on something; then it is run again only when the orchestrator
/// asks for the result that is overdue.
const FAULTS_MAX: u32 = 5;

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tested {
    /// The module build.
    pub(super) build: BuildId,
    /// The component; none: the module.
    pub(super) component: Option<ComponentIx>,
    /// The attempt that is judged.
    pub(super) attempt: u32,
}

/// How a judgement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Running,
    /// So often in a row there was no verdict.
    Faulty(u32),
    /// A module passed, and is not published yet.
    Passed,
    /// The verdict was told.
    Judged,
}

/// Everything that this process judged.
#[derive(Debug)]
pub(super) struct Tests {
    standings: RefCell<BTreeMap<Tested, Standing>>,
    permits: Semaphore,
}

impl Default for Tests {
    fn default() -> Self {
        Self { standings: RefCell::default(), permits: Semaphore::new(AT_ONCE) }
    }
}

impl Tests {
    /// Says that something begins to be judged, and returns how it stood; `None` where it is not to be.
    fn begin(&self, tested: Tested, is_asked: bool) -> Option<Standing> {
        let mut standings = self.standings.borrow_mut();
        let standing = standings.entry(tested).or_insert(Standing::Faulty(0));
        let before = match *standing {
            Standing::Running => return None,
            Standing::Judged | Standing::Faulty(FAULTS_MAX..) if !is_asked => return None,
            Standing::Judged | Standing::Faulty(FAULTS_MAX..) => Standing::Faulty(0),
            before @ (Standing::Passed | Standing::Faulty(_)) => before,
        };
        *standing = Standing::Running;
        Some(before)
    }

    fn stands(&self, tested: Tested, standing: Standing) {
        self.standings.borrow_mut().insert(tested, standing);
    }
}

impl Inner {
    /// Begins to judge something, unless that runs or is over. `is_asked` says that the orchestrator has no
    /// result in time and asks for another one.
    pub(super) fn test(self: &Rc<Self>, tested: Tested, is_asked: bool) {
        if let Some(before) = self.tests.begin(tested, is_asked) {
            self.spawn(move |it| async move { it.run_test(tested, before).await });
        }
    }

    async fn run_test(&self, tested: Tested, before: Standing) {
        let permit = self.tests.permits.acquire().await;
        let judged = match before {
            Standing::Passed => Ok(true),
            Standing::Running | Standing::Faulty(_) | Standing::Judged => {
                self.verdict(tested).await
            }
        };
        drop(permit);
        let standing = match judged {
            Ok(passed) => self.judged(tested, passed).await,
            Err(why) => {
                let faults = if let Standing::Faulty(faults) = before { faults + 1 } else { 1 };
                match faults {
                    FAULTS_MAX => tracing::error!("the gate failed {faults} times in a row: {why}"),
                    _ => tracing::warn!("the gate is asked again with the next poll: {why}"),
                }
                Standing::Faulty(faults)
            }
        };
        self.tests.stands(tested, standing);
    }

    /// Has the gate judge something.
    async fn verdict(&self, tested: Tested) -> Result<bool, String> {
        let gate = self.hub.work.gate.as_ref().ok_or("no command is configured")?;
        let Tested { build, component, attempt } = tested;
        let why = |stop: Stop| stop.why;
        let nsvc = self.module_of(build).map_err(why)?.nsvc.to_string();
        let Some(component) = component else { return gate.judge(&["module", &nsvc]).await };
        let key = self.catalog.borrow().key(component).clone();
        let task = self.memory.borrow().task(Part { build, component, attempt });
        let task = task.ok_or_else(|| unknown(&format!("the task of {key}")).why)?;
        let nvr = self.hub.nvr_of(&key, task).await.map_err(why)?;
        gate.judge(&["component", &nsvc, key.as_str(), &nvr]).await
    }

    /// Tells a verdict. A module that passed is published first: one that did not must not reach users.
    async fn judged(&self, tested: Tested, passed: bool) -> Standing {
        let Tested { build, component, attempt } = tested;
        let event = match (component, self.memory.borrow().module(build)) {
            (Some(component), _) => Event::ComponentTested { build, component, attempt, passed },
            (None, Some(module)) => Event::Tested { build, module, attempt, passed },
            (None, None) => return Standing::Judged,
        };
        match (event, passed) {
            (Event::Tested { build, module, attempt, .. }, true) => {
                let published = match self.module(module) {
                    Ok(work) => self.hub.publish(work).await,
                    Err(stop) => Err(stop),
                };
                let passed = match published {
                    Ok(()) => true,
                    Err(stop) => {
                        tracing::warn!(
                            "a module that passed its gate is not published: {}",
                            stop.why
                        );
                        if !matches!(stop.answer, Answer::Failed(_)) {
                            return Standing::Passed;
                        }
                        false
                    }
                };
                drop(self.events.send(Event::Tested { build, module, attempt, passed }));
            }
            (event, _) => drop(self.events.send(event)),
        }
        Standing::Judged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTED: Tested = Tested { build: BuildId(0), component: None, attempt: 1 };

    #[test]
    fn what_has_no_verdict_is_judged_again_with_a_bound_and_then_when_it_is_asked_for() {
        let tests = Tests::default();
        for faults in 0..FAULTS_MAX {
            assert_eq!(tests.begin(TESTED, false), Some(Standing::Faulty(faults)));
            assert_eq!(tests.begin(TESTED, true), None, "it runs");
            tests.stands(TESTED, Standing::Faulty(faults + 1));
        }
        assert_eq!(tests.begin(TESTED, false), None);
        assert_eq!(tests.begin(TESTED, true), Some(Standing::Faulty(0)));
        tests.stands(TESTED, Standing::Faulty(1));
        assert_eq!(tests.begin(TESTED, true), Some(Standing::Faulty(1)), "it is counted on");
    }

    #[test]
    fn what_was_judged_is_judged_again_only_if_it_is_asked_for() {
        let tests = Tests::default();
        tests.begin(TESTED, false);
        tests.stands(TESTED, Standing::Judged);
        assert_eq!(tests.begin(TESTED, false), None);
        assert_eq!(tests.begin(TESTED, true), Some(Standing::Faulty(0)));
        // A module that passed is published, and not judged again.
        tests.stands(TESTED, Standing::Passed);
        assert_eq!(tests.begin(TESTED, false), Some(Standing::Passed));
        let other = Tested { attempt: 2, ..TESTED };
        assert_eq!(tests.begin(other, false), Some(Standing::Faulty(0)));
    }
}
