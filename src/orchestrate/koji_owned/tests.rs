//! How long verdicts are remembered.

use super::*;
use crate::orchestrate::call::{Answer, Reply};
use crate::orchestrate::{CatalogBuilder, ModuleParts, Row};

const A: ModuleIx = ModuleIx(0);

fn passed(build: u32) -> Event {
    Event::Tested { build: BuildId(build), module: A, attempt: 1, passed: true }
}

/// Answers every call: b was built with a, and koji takes what it is asked for. Returns how
/// often dependants were asked for and rebuilds were.
fn answer_all(koji: &mut KojiOwned, mut commands: Vec<Command>) -> (usize, usize) {
    let (mut asks, mut builds) = (0, 0);
    let requires = ["a:1:c".into()].into();
    let rows: Arc<[Row]> = [Row { module: "b:1:c".into(), version: 1, requires }].into();
    while let Some(command) = commands.pop() {
        let (call, answer) = match command {
            Command::Call { id, call: Call::AskDependants { .. } } => {
                asks += 1;
                (id, Answer::Done(Reply::Rows(rows.clone())))
            }
            Command::Look { id, .. } => (id, Answer::Absent),
            Command::Call { id, .. } => {
                builds += 1;
                (id, Answer::Done(Reply::Nothing))
            }
            Command::Tell(_) | Command::Timer { .. } => continue,
        };
        koji.handle(&Event::Answered { call, answer }, Timestamp(0), &mut commands);
    }
    (asks, builds)
}

#[test]
fn it_knows_no_more_verdicts_than_a_message_that_comes_twice_needs() {
    let mut builder = CatalogBuilder::default();
    for id in ["a:1:c", "b:1:c"] {
        builder.push(&ModuleParts { id: id.to_owned(), ..ModuleParts::default() });
    }
    let catalog = builder.finish();
    let mut koji = KojiOwned::new(catalog.into(), Cascade::Literal, BuildBudget::new(u32::MAX));
    // Calls about build 0 get no answer; all others pass, and b is rebuilt for each.
    koji.handle(&passed(0), Timestamp(0), &mut Vec::new());
    let mut hear = |build: u32| {
        let mut out = Vec::new();
        koji.handle(&passed(build), Timestamp(0), &mut out);
        let is_told = out.contains(&Command::Tell(Tell::Acknowledged { build: BuildId(build) }));
        let acted = answer_all(&mut koji, out);
        koji.check_invariants();
        (acted, is_told, koji.heard.len())
    };
    for build in 1..10_000 {
        assert_eq!(hear(build), ((1, 1), false, build as usize + 1));
    }
    assert_eq!(hear(9999), ((0, 0), true, 10_000), "a message that comes twice");
    for build in 10_000..10_005 {
        assert_eq!(hear(build), ((1, 1), false, 10_000));
    }
    // Builds 1 to 5 are forgotten, 6 is not, and neither is 0, on which it still acts.
    assert_eq!(hear(6).0, (0, 0));
    assert_eq!(hear(0), ((0, 0), false, 10_000));
    assert_eq!(hear(5).0, (1, 1));
}
