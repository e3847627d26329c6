//! The engine over the store: nothing comes out before its line is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use modplan::orchestrate::{Command, Event};
use modplan::store::{LiveRun, Opening};

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

#[test]
fn a_run_over_the_store_does_what_the_engine_does_and_keeps_its_journal() {
    let (text, kept) = fixture();
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let (new, me) = (of_fixture(&kept, "r1"), Holder::this_process());
        let mut live = LiveRun::begin(&store, &new, &me, NOW, LEASE).await.expect("it begins");
        let mut alone = kept.heading.orchestrator(&kept.catalog);
        for (at, event) in &kept.entries {
            let mut expected = Vec::new();
            alone.handle(event, *at, &mut expected);
            live.event(event, *at);
            assert_eq!(live.commit(&store, NOW).await, Ok(expected));
        }
        assert_eq!(store.journal("r1").await, Ok(text.clone()));
        assert_eq!(format!("{:?}", live.orchestrator()), format!("{alone:?}"));
        assert_eq!(live.driven().lines(), kept.entries.len() as u64);
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
    let (_, kept) = fixture();
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        for cut in [0, 1, 7, 20, 33, kept.entries.len()] {
            let name = format!("r{cut}");
            let new = NewRun { streams: Vec::new(), ..of_fixture(&kept, &name) };
            let begun = LiveRun::begin(&store, &new, &dead(), NOW, LEASE).await;
            let mut before = begun.expect("it begins");
            for (at, event) in &kept.entries[..cut] {
                before.event(event, *at);
            }
            before.commit(&store, NOW).await.expect("they are kept");
            let me = Holder::this_process();
            let resumed = LiveRun::resume(&store, &name, &me, NOW, LEASE).await;
            let (mut after, _said) = resumed.expect("its process is dead");
            assert_eq!(after.status().modules(), before.status().modules(), "after {cut}");
            let (here, there) = (after.orchestrator(), before.orchestrator());
            assert_eq!(format!("{here:?}"), format!("{there:?}"), "after {cut}");
            let mut outstanding = Vec::new();
            before.orchestrator().outstanding(&mut outstanding);
            let at = kept.entries[..cut].last().map_or(kept.entries[0].0, |(at, _)| *at);
            after.event(&Event::Restarted, at);
            let out = after.commit(&store, NOW).await.expect("it is kept");
            // A call that only reads is made again without a look.
            let is_anew = |command: &Command| match command {
                Command::Call { call, .. } => !call.is_read(),
                Command::Look { .. } | Command::Tell(_) | Command::Timer { .. } => false,
            };
            assert!(!out.iter().any(is_anew), "nothing is repeated before a look: {out:?}");
            assert_eq!(calls(&out), calls(&outstanding), "after {cut}");
            assert_eq!(after.driven().lines(), cut as u64 + 1);
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
        let begun = LiveRun::begin(&store, &new, &elsewhere(7), NOW, LEASE).await;
        let mut live = begun.expect("it begins");
        let mut alone = kept.heading.orchestrator(&kept.catalog);
        let mut expected = Vec::new();
        let other = locked(&place);
        for (at, event) in &kept.entries[..2] {
            alone.handle(event, *at, &mut expected);
            live.event(event, *at);
            let away = live.commit(&store, NOW).await.expect_err("it is locked");
            assert!(away.is_transient(), "{away}");
        }
        other.free();
        assert_eq!(live.commit(&store, NOW).await, Ok(expected));
        let three: String = text.split_inclusive('\n').take(3).collect();
        assert_eq!(store.journal("r1").await, Ok(three.clone()));
        let me = Holder::this_process();
        store.take("r1", &me, later(LEASE), LEASE).await.expect("the lease passed");
        let (at, event) = &kept.entries[2];
        live.event(event, *at);
        let fenced = live.commit(&store, later(LEASE)).await;
        assert!(matches!(fenced, Err(StoreError::Fenced { .. })), "{fenced:?}");
        assert_eq!(store.journal("r1").await, Ok(three));
    });
}

#[test]
fn a_journal_of_a_newer_format_is_refused_and_its_run_is_not_taken() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let new = NewRun { heading: "{\"format\":5}\n".to_owned(), ..run("r1", &[]) };
        store.begin(&new, &dead(), NOW, LEASE).await.expect("it begins");
        let me = Holder::this_process();
        let newer = LiveRun::resume(&store, "r1", &me, NOW, LEASE).await.expect_err("it is newer");
        assert!(newer.to_string().contains("format 5 is newer than this modplan"), "{newer}");
        let row = store.run("r1").await.expect("it is there");
        assert_eq!(row.holder, Some(dead()));
    });
}
