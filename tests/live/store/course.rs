//! A run over the store: nothing comes out before its line is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use modplan::drive::Entry;
use modplan::live::execute::{Course, Rows, StoreRows, take};
use modplan::orchestrate::{Command, Event};
use modplan::store::Opening;
use modplan::time::Timestamp;

use super::troubles::{Place, locked};
use super::*;

/// Returns a journal as text, and read.
pub(super) fn fixture() -> (String, journal::Journal) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/journals/format-4.jsonl");
    let text = std::fs::read_to_string(path).expect("it is there");
    let kept = journal::read(text.as_bytes()).expect("it is whole").expect("it has a heading");
    (text, kept)
}

/// Returns the run of that journal before its first event.
pub(super) fn of_fixture(kept: &journal::Journal, name: &str) -> NewRun {
    NewRun { heading: kept.heading.line(), ..run(name, &["perl-DBD-Pg:3.7"]) }
}

/// Rows at a fixed time, tried once.
struct Once<'s> {
    store: &'s Store,
    driven: Driven,
}

impl Rows for Once<'_> {
    type Error = StoreError;

    async fn keep(&mut self, rows: &[String]) -> Result<(), StoreError> {
        self.store.append(&mut self.driven, rows, NOW).await
    }
}

/// Takes one step; returns what follows from it.
async fn step(
    course: &mut Course,
    (at, event): (Timestamp, &Event),
    rows: &mut impl Rows<Error = StoreError>,
) -> Result<Vec<Command>, StoreError> {
    let mut out = Vec::new();
    let see = |heard: &modplan::drive::Folded<'_>| out.extend_from_slice(heard.commands);
    course.step(std::slice::from_ref(event), at, rows, see).await?;
    Ok(out)
}

fn rows(entries: &[Entry], text: &str) -> Vec<String> {
    text.split_inclusive('\n').skip(1).take(entries.len()).map(str::to_owned).collect()
}

#[test]
fn a_run_over_the_store_does_what_the_engine_does_and_keeps_its_journal() {
    let (text, kept) = fixture();
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let (new, me) = (of_fixture(&kept, "r1"), Holder::this_process());
        let driven = store.begin(&new, &me, NOW, LEASE).await.expect("it begins");
        let mut stored = StoreRows::new(&store, driven);
        let mut course = Course::new(&kept.heading, &[], |_| {});
        let mut alone = kept.heading.orchestrator(&kept.catalog);
        for (at, event) in &kept.entries {
            let mut expected = Vec::new();
            alone.handle(event, *at, &mut expected);
            alone.spell_out(&mut expected);
            assert_eq!(step(&mut course, (*at, event), &mut stored).await, Ok(expected));
        }
        assert_eq!(store.journal("r1").await, Ok(text.clone()));
        assert_eq!(format!("{:?}", course.orchestrator()), format!("{alone:?}"));
        assert_eq!(course.rows(), kept.entries.len() as u64);
        assert_eq!(stored.driven().lines(), kept.entries.len() as u64);
    });
}

/// Returns the numbers of calls and looks; a poll is made anew after a restart, under a number of its own.
fn calls(commands: &[Command]) -> BTreeSet<String> {
    let ids = commands.iter().filter_map(|command| match command {
        Command::Call { id, call } | Command::Look { id, call } if !call.is_poll() => {
            Some(format!("{id:?}"))
        }
        Command::Call { .. } | Command::Look { .. } | Command::Tell(_) | Command::Timer { .. } => {
            None
        }
    });
    ids.collect()
}

#[test]
fn a_resumed_run_stands_where_it_stood_and_looks_before_it_repeats() {
    let (text, kept) = fixture();
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        for cut in [0, 1, 7, 20, 33, kept.entries.len()] {
            let name = format!("r{cut}");
            let new = NewRun { streams: Vec::new(), ..of_fixture(&kept, &name) };
            let mut begun = store.begin(&new, &dead(), NOW, LEASE).await.expect("it begins");
            let before = Course::new(&kept.heading, &kept.entries[..cut], |_| {});
            let lines = rows(&kept.entries[..cut], &text);
            store.append(&mut begun, &lines, NOW).await.expect("they are kept");
            let me = Holder::this_process();
            let taken = take(&store, &name, &me, NOW, LEASE).await.expect("its process is dead");
            assert_eq!((taken.started_ms, taken.decided.priority), (NOW.0, 5));
            let mut after = Course::new(&taken.heading, &taken.entries, |_| {});
            assert_eq!(after.status().modules(), before.status().modules(), "after {cut}");
            let (here, there) = (after.orchestrator(), before.orchestrator());
            assert_eq!(format!("{here:?}"), format!("{there:?}"), "after {cut}");
            let mut outstanding = Vec::new();
            before.orchestrator().outstanding(&mut outstanding);
            let at = kept.entries[..cut].last().map_or(kept.entries[0].0, |(at, _)| *at);
            let mut once = Once { store: &store, driven: taken.driven };
            let out = step(&mut after, (at, &Event::Restarted), &mut once).await;
            let out = out.expect("it is kept");
            // A call that only reads is made again without a look.
            let is_anew = |command: &Command| match command {
                Command::Call { call, .. } => !call.is_read(),
                Command::Look { .. } | Command::Tell(_) | Command::Timer { .. } => false,
            };
            assert!(!out.iter().any(is_anew), "nothing is repeated before a look: {out:?}");
            assert_eq!(calls(&out), calls(&outstanding), "after {cut}");
            assert_eq!(once.driven.lines(), cut as u64 + 1);
        }
    });
}

#[test]
fn nothing_comes_out_while_the_store_is_away_or_another_process_has_the_run() {
    let (text, kept) = fixture();
    let place = Place::new();
    block_on(async {
        let short = Opening { wait: Duration::from_millis(100), ..Opening::default() };
        let store = Store::open_with(&place.url(), short).await.expect("it opens");
        let new = of_fixture(&kept, "r1");
        let driven = store.begin(&new, &elsewhere(7), NOW, LEASE).await.expect("it begins");
        let mut once = Once { store: &store, driven };
        let mut course = Course::new(&kept.heading, &[], |_| {});
        let untouched = format!("{course:?}");
        let mut alone = kept.heading.orchestrator(&kept.catalog);
        let other = locked(&place);
        for (at, event) in &kept.entries[..2] {
            let away = step(&mut course, (*at, event), &mut once).await.expect_err("it is locked");
            assert!(away.is_transient(), "{away}");
            assert_eq!(format!("{course:?}"), untouched, "nothing was handled");
        }
        other.free();
        for (at, event) in &kept.entries[..2] {
            let mut expected = Vec::new();
            alone.handle(event, *at, &mut expected);
            assert_eq!(step(&mut course, (*at, event), &mut once).await, Ok(expected));
        }
        let three: String = text.split_inclusive('\n').take(3).collect();
        assert_eq!(store.journal("r1").await, Ok(three.clone()));
        let me = Holder::this_process();
        store.take("r1", &me, later(LEASE), LEASE).await.expect("the lease passed");
        let (at, event) = &kept.entries[2];
        let fenced = step(&mut course, (*at, event), &mut once).await;
        assert!(matches!(fenced, Err(StoreError::Fenced { .. })), "{fenced:?}");
        assert_eq!(store.journal("r1").await, Ok(three));
    });
}

#[test]
fn a_run_that_this_modplan_cannot_read_is_refused_and_not_taken() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let new = NewRun { heading: "{\"format\":5}\n".to_owned(), ..run("r1", &[]) };
        store.begin(&new, &dead(), NOW, LEASE).await.expect("it begins");
        let (_, kept) = fixture();
        let other = NewRun { work: "{\"later\":1}".to_owned(), ..of_fixture(&kept, "r2") };
        store.begin(&other, &dead(), NOW, LEASE).await.expect("it begins");
        let me = Holder::this_process();
        let newer = take(&store, "r1", &me, NOW, LEASE).await.expect_err("it is newer");
        assert!(newer.to_string().contains("format 5 is newer than this modplan"), "{newer}");
        let newer = take(&store, "r2", &me, NOW, LEASE).await.expect_err("it is newer");
        assert!(newer.to_string().contains("use the modplan that began it"), "{newer}");
        for run in ["r1", "r2"] {
            let row = store.run(run).await.expect("it is there");
            assert_eq!(row.holder, Some(dead()));
        }
    });
}

#[test]
fn an_index_of_dist_tags_is_used_by_one_run_and_those_after_it_are_higher() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let me = Holder::this_process();
        let new = |name: &str, index| NewRun {
            indexes: vec![("perl:5.30".to_owned(), index)],
            ..run(name, &["perl:5.30"])
        };
        let first = store.begin(&new("r1", 4), &me, NOW, LEASE).await.expect("it begins");
        let hub = "https://koji.example.org/kojihub";
        let used = |index| Ok([("perl:5.30".to_owned(), index)].into());
        assert_eq!(store.indexes_used(hub).await, used(4));
        assert_eq!(store.undriven(hub, NOW).await, Ok(BTreeSet::new()));
        let streams = ["perl:5.30".to_owned()].into();
        let claimed = store.check_free(hub, &streams, NOW).await.expect_err("it is being built");
        assert!(matches!(claimed, StoreError::Claimed { .. }), "{claimed}");
        assert_eq!(store.check_free(hub, &BTreeSet::new(), NOW).await, Ok(()));
        assert_eq!(store.check_free("https://other.example.org", &streams, NOW).await, Ok(()));
        store.release(&first, RunState::Done, NOW).await.expect("it ends");
        assert_eq!(store.undriven(hub, NOW).await, Ok(["r1".to_owned()].into()));
        assert_eq!(store.check_free(hub, &streams, NOW).await, Ok(()));
        for index in [3, 4] {
            let again = store.begin(&new("r2", index), &me, NOW, LEASE).await;
            let stream = "perl:5.30".to_owned();
            assert_eq!(again.expect_err("it is used"), StoreError::IndexUsed { stream, index });
        }
        assert!(store.run("r2").await.is_err(), "nothing was begun");
        store.begin(&new("r2", 5), &me, NOW, LEASE).await.expect("it is higher");
        assert_eq!(store.indexes_used(hub).await, used(5));
        assert_eq!(store.indexes_used("https://other.example.org").await, Ok([].into()));
    });
}
