//! Faults that still stand in the way when nothing goes on any more.

use std::collections::BTreeSet;

use crate::scenario::Fault;
use crate::sim::{Fact, Log, LogRow};

/// Returns the faults of a log that are never over, and that began while something was under way or
/// before something else came: what begins when all has come to rest stands in nobody's way. Of those
/// that overlap and break the same the log tells one end, that of the last.
pub(super) fn standing(log: &[LogRow], faults: &[Fault]) -> BTreeSet<usize> {
    let (mut standing, mut began_at_rest) = (BTreeSet::new(), BTreeSet::new());
    let (mut modules, mut components) = (BTreeSet::new(), BTreeSet::new());
    for row in log {
        match row.what {
            Log::Fact(Fact::FaultBegan { fault, .. }) => {
                let is_rest = modules.is_empty() && components.is_empty();
                let set = if is_rest { &mut began_at_rest } else { &mut standing };
                set.insert(fault);
            }
            Log::Fact(Fact::FaultEnded { fault, .. }) => {
                let over = faults.get(fault);
                let is_over = |other: &usize| {
                    let other = faults.get(*other);
                    other.zip(over).is_some_and(|(other, over)| other.is_one_with(over))
                };
                let goes_on = |other: &usize| *other != fault && !is_over(other);
                standing.retain(goes_on);
                began_at_rest.retain(goes_on);
            }
            Log::Fact(Fact::ModuleBegan { build, .. }) => drop(modules.insert(build)),
            Log::Fact(Fact::ModuleEnded { build, .. }) => drop(modules.remove(&build)),
            Log::Fact(Fact::Submitted { build, component, .. }) => {
                components.insert((build, component));
            }
            Log::Fact(Fact::ComponentEnded { build, component, .. }) => {
                components.remove(&(build, component));
            }
            // A timer alone is no sign of life: polls go on for a while when nothing else does.
            Log::Event(crate::orchestrate::Event::Timer { .. }) | Log::Command(_) => {}
            Log::Fact(_) | Log::Event(_) | Log::Answered { .. } => {
                standing.append(&mut began_at_rest);
            }
        }
    }
    standing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{BuildId, ComponentEnd, Event, ModuleIx, Timer};
    use crate::scenario::{FaultKind, Scenario};
    use crate::time::Timestamp;

    fn log(rows: &[Log]) -> Vec<LogRow> {
        rows.iter().map(|what| LogRow { at: Timestamp::START, what: what.clone() }).collect()
    }

    #[test]
    fn a_fault_stands_that_meets_something_and_is_never_over() {
        let (build, module) = (BuildId(0), ModuleIx(0));
        let kind = FaultKind::HubOffline;
        let began = |fault| Log::Fact(Fact::FaultBegan { kind, fault });
        let over = |fault| Log::Fact(Fact::FaultEnded { kind, fault });
        let begun = Log::Fact(Fact::ModuleBegan { build, module, cause: None });
        let ended = Log::Fact(Fact::ModuleEnded { build, end: ComponentEnd::Complete });
        let poll = Log::Event(Event::Timer { timer: Timer::Poll });
        let asked = Log::Event(Event::Requested { request: 0, module: "m:1:c".into() });
        let text = b"faults:\n- {at: 1h, kind: hub-offline}\n- {at: 1h, kind: pdc-down}\n\
                     - {at: 2h, kind: hub-offline, for: 1h}\n";
        let faults = Scenario::read(text, 0).unwrap().faults;
        let of = |rows: &[Log]| standing(&log(rows), &faults).into_iter().collect::<Vec<_>>();
        assert_eq!(of(&[begun.clone(), began(0)]), [0], "while a build runs");
        assert_eq!(of(&[begun.clone(), began(0), began(1), over(0)]), [1], "and is over");
        let both = [begun.clone(), began(0), began(2), over(2)];
        assert_eq!(of(&both), [0_usize; 0], "both are over with the last of them");
        let rest = [begun, ended, began(0), poll];
        assert_eq!(of(&rest), [0_usize; 0], "when all has come to rest");
        assert_eq!(of(&[&rest[..], &[asked]].concat()), [0], "and something comes after all");
    }
}
