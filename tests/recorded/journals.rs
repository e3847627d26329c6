//! A journal of every format since 4 is kept under `fixtures/journals` and folds for ever.

use std::fs;
use std::path::Path;

use modplan::drive::{self, journal};
use modplan::orchestrate::{Answer, Command, Event, Reply, Tell};

#[test]
fn a_journal_of_every_format_folds_to_the_end_it_was_written_to() {
    // Three contexts of perl-DBD-Pg on koji's model, with a gate: 41 events. The run was over at
    // 43m 59s; the orchestrator died hours later, and found nothing outstanding.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/journals/format-4.jsonl");
    let bytes = fs::read(path).unwrap();
    let kept = journal::read(&bytes).expect("it is undamaged").expect("it holds a run");
    assert_eq!((kept.entries.len(), kept.whole_bytes), (41, bytes.len()));
    let mut orchestrator = kept.heading.orchestrator(&kept.catalog);
    let mut ready = Vec::new();
    for (at, event) in &kept.entries {
        let mut out = Vec::new();
        orchestrator.handle(event, *at, &mut out);
        ready.extend(out.into_iter().filter_map(|command| match command {
            Command::Tell(Tell::Ready { module, .. }) => {
                Some((at.0, kept.catalog.module(module).id.to_string()))
            }
            Command::Call { .. }
            | Command::Look { .. }
            | Command::Tell(_)
            | Command::Timer { .. } => None,
        }));
    }
    let of = |at, context| (at, format!("perl-DBD-Pg:3.7:{context}"));
    assert_eq!(
        ready,
        [of(1_353_173, "e46b129e"), of(2_528_591, "66cd6814"), of(2_638_646, "e5d39b47")]
    );
    let mut left = Vec::new();
    orchestrator.outstanding(&mut left);
    assert!(!left.iter().any(|command| matches!(command, Command::Call { .. })), "{left:?}");
    // It folds equally at once and event by event, and is written again unchanged.
    let mut folded = kept.heading.orchestrator(&kept.catalog);
    drive::recover(&mut folded, &kept.entries);
    assert_eq!(format!("{folded:?}"), format!("{orchestrator:?}"));
    let written = journal::write(&kept.heading, &kept.catalog, &kept.entries);
    assert!(written.as_bytes() == bytes, "format 4 is written as it was");
}

#[test]
fn rows_by_number_as_the_first_journals_of_format_4_have_them_are_read_by_name() {
    // nginx:1.14 with a gate, coalesced: both of its dependants are rebuilt.
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/journals/format-4-numbered-rows.jsonl");
    let bytes = fs::read(path).unwrap();
    let kept = journal::read(&bytes).expect("it is undamaged").expect("it holds a run");
    assert_eq!(kept.whole_bytes, bytes.len());
    let rows: Vec<_> = kept
        .entries
        .iter()
        .filter_map(|(_, event)| {
            let Event::Answered { answer: Answer::Done(Reply::Rows(rows)), .. } = event else {
                return None;
            };
            Some(rows)
        })
        .collect();
    let found = |at: usize| rows[at].iter().map(|row| &*row.module).collect::<Vec<_>>();
    assert_eq!((rows.len(), found(0)), (3, vec!["php:7.4:5caa48ff", "php:8.0:5caa48ff"]));
    assert!(rows[0][0].requires.contains(&"nginx:1.14:f8e95b4e".into()), "{:?}", rows[0]);
    let mut orchestrator = kept.heading.orchestrator(&kept.catalog);
    let mut ready = Vec::new();
    for (at, event) in &kept.entries {
        let mut out = Vec::new();
        orchestrator.handle(event, *at, &mut out);
        ready.extend(out.into_iter().filter_map(|command| {
            let Command::Tell(Tell::Ready { module, .. }) = command else { return None };
            Some(orchestrator.catalog().module(module).id.to_string())
        }));
    }
    ready.sort_unstable();
    assert_eq!(ready, ["nginx:1.14:f8e95b4e", "php:7.4:5caa48ff", "php:8.0:5caa48ff"]);
    // It is written by name, and reads back as equal.
    let written = journal::write(&kept.heading, &kept.catalog, &kept.entries);
    assert!(!written.contains("\"rows\":[{\"module\":3"));
    assert_eq!(journal::read(written.as_bytes()).unwrap().unwrap().entries, kept.entries);
}
