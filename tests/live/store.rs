//! The store on both databases: the same tests run on each.

mod course;
mod durable;
mod races;
mod runs;
mod trace;
mod troubles;

use modplan::drive::journal;
use modplan::live::runs::commit_time;
use modplan::store::{Driven, Holder, NewRun, RunState, Store, StoreError, UnixMillis};

use super::mock_koji::block_on;
use crate::support::left_out;
use crate::support::postgres::Postgres;

const LEASE: i64 = 60_000;
/// What a run decided that builds nothing.
const WORK: &str = "{\"builds\":[],\"submitted_seconds\":0,\"priority\":5,\"poll_ms\":10,\"spool\":null,\
    \"takes_over\":[],\"gate\":null,\
    \"limits\":{\"repos_in_flight\":4,\"submit_interval_ms\":0,\"failures\":{\"share\":0.2,\"from\":10},\
    \"farm_load_max\":null}}";
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

fn later(ms: i64) -> UnixMillis {
    UnixMillis(NOW.0 + ms)
}

/// Runs a test on SQLite, and on PostgreSQL where it is installed; each time on a new store.
fn on_both(test: impl AsyncFn(&str)) {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite:{}", directory.path().join("runs.db").display());
    block_on(test(&url));
    if let Some(postgres) = Postgres::start() {
        block_on(test(&postgres.url()));
    }
}

fn run(name: &str, streams: &[&str]) -> NewRun {
    NewRun {
        run: name.to_owned(),
        hub: "https://koji.example.org/kojihub".to_owned(),
        approach: "orchestrator-owned".to_owned(),
        heading: "{\"heading\":1}\n".to_owned(),
        work: WORK.to_owned(),
        streams: streams.iter().map(|&stream| stream.to_owned()).collect(),
        indexes: Vec::new(),
    }
}

/// A process of another host: nobody here knows whether it lives.
fn elsewhere(pid: u32) -> Holder {
    Holder { host: "builder.example.org".to_owned(), pid, birth: "boot/1".to_owned() }
}

/// A process of this host that has ended.
fn dead() -> Holder {
    let here = Holder::this_process();
    Holder { birth: format!("{}0", here.birth), ..here }
}

fn lines(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("{{\"row\":{number},\"text\":\"it's \\\"so\\\" ü\"}}\n")).collect()
}

async fn begun(store: &Store, name: &str, streams: &[&str], by: &Holder) -> Driven {
    store.begin(&run(name, streams), by, NOW, LEASE).await.expect("it begins")
}

#[test]
fn a_journal_comes_back_as_it_was_written_from_a_store_opened_anew() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/journals/format-4.jsonl");
    let written = std::fs::read_to_string(file).expect("it is there");
    let (heading, rest) = written.split_once('\n').expect("it has lines");
    let rows: Vec<String> = rest.lines().map(|line| format!("{line}\n")).collect();
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let new = NewRun { heading: format!("{heading}\n"), ..run("r1", &["perl:5.30"]) };
        let by = Holder::this_process();
        let mut driven = store.begin(&new, &by, NOW, LEASE).await.expect("it begins");
        for few in rows.chunks(7) {
            store.append(&mut driven, few, NOW).await.expect("they are kept");
        }
        assert_eq!(driven.lines(), rows.len() as u64);
        let again = Store::open(url).await.expect("it opens");
        let read = again.journal("r1").await.expect("it is there");
        assert_eq!(read, written);
        let folded =
            journal::read(read.as_bytes()).expect("it is whole").expect("it has a heading");
        assert_eq!(folded.entries.len(), rows.len());
        let missing = again.journal("r2").await;
        assert_eq!(missing, Err(StoreError::NoSuchRun { run: "r2".to_owned() }));
    });
}

#[test]
fn a_run_is_taken_over_from_the_dead_alone_and_who_comes_back_writes_nothing() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let first = elsewhere(7);
        let mut driven = begun(&store, "r1", &["perl:5.30"], &first).await;
        store.append(&mut driven, &lines(0..2), NOW).await.expect("they are kept");
        // Appending renewed the lease, to a minute after now.
        let me = Holder::this_process();
        let held = store.take("r1", &me, later(LEASE - 1), LEASE).await.expect_err("it is driven");
        let holder = "builder.example.org:7".to_owned();
        assert_eq!(held, StoreError::Held { run: "r1".to_owned(), holder });
        let mut mine = store.take("r1", &me, later(LEASE), LEASE).await.expect("the lease passed");
        assert_eq!(mine.lines(), 2);
        let back = store.append(&mut driven, &lines(2..3), later(LEASE)).await;
        let holder = me.to_string();
        assert_eq!(back, Err(StoreError::Fenced { run: "r1".to_owned(), holder }));
        let released = store.release(&driven, RunState::Done, later(LEASE)).await;
        assert!(matches!(released, Err(StoreError::Fenced { .. })), "{released:?}");
        store.append(&mut mine, &lines(2..4), later(LEASE)).await.expect("they are kept");
        let journal = store.journal("r1").await.expect("it is there");
        assert_eq!(journal, format!("{{\"heading\":1}}\n{}", lines(0..4).concat()));
    });
}

#[test]
fn a_process_that_died_on_this_host_is_replaced_at_once() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        begun(&store, "r1", &["perl:5.30"], &dead()).await;
        let mine = store.take("r1", &Holder::this_process(), NOW, LEASE).await;
        mine.expect("its process is dead, though the lease runs");
        let other = store.take("r1", &elsewhere(8), NOW, LEASE).await.expect_err("this one lives");
        assert!(matches!(other, StoreError::Held { .. }), "{other}");
    });
}

#[test]
fn a_stream_is_built_by_one_run_of_a_hub() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let first = begun(&store, "r1", &["perl:5.30", "perl-DBI:1.641"], &elsewhere(7)).await;
        let me = Holder::this_process();
        let second = run("r2", &["nodejs:10", "perl-DBI:1.641"]);
        let refused = store.begin(&second, &me, NOW, LEASE).await.expect_err("it is being built");
        let said = "perl-DBI:1.641 is being built by run `r1`, driven by builder.example.org:7";
        assert_eq!(refused.to_string(), said);
        let runs = store.runs().await.expect("they are listed");
        assert_eq!(runs.len(), 1, "nothing of the second is left: {runs:?}");
        let other_hub = NewRun { hub: "https://other.example.org".to_owned(), ..second.clone() };
        let other_hub = NewRun { run: "r3".to_owned(), ..other_hub };
        store.begin(&other_hub, &me, NOW, LEASE).await.expect("another hub is another matter");
        // Nobody drives the first any more: the second takes the stream, and the first is out.
        let mine = store.begin(&second, &me, later(LEASE), LEASE).await.expect("it begins");
        let mut first = first;
        let back = store.append(&mut first, &lines(0..1), later(LEASE)).await;
        assert!(matches!(back, Err(StoreError::Fenced { .. })), "{back:?}");
        let row = store.run("r1").await.expect("it is there");
        assert_eq!((row.state, row.holder), (RunState::Interrupted, None));
        let again = store.take("r1", &elsewhere(9), later(LEASE), LEASE).await;
        assert!(matches!(again, Err(StoreError::Claimed { .. })), "{again:?}");
        store.release(&mine, RunState::Done, later(LEASE)).await.expect("it ends");
        store.take("r1", &elsewhere(9), later(LEASE), LEASE).await.expect("the stream is free");
    });
}

#[test]
fn lines_whose_answer_was_lost_are_kept_once() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let mut driven = begun(&store, "r1", &[], &Holder::this_process()).await;
        let mut unaware = driven.clone();
        store.append(&mut driven, &lines(0..2), NOW).await.expect("they are kept");
        store.append(&mut unaware, &lines(0..2), NOW).await.expect("they are there");
        assert_eq!(unaware.lines(), 2);
        let mut wrong = unaware.clone();
        store.append(&mut wrong, &lines(2..3), NOW).await.expect("it is kept");
        let other = store.append(&mut unaware, &lines(7..9), NOW).await;
        assert!(matches!(other, Err(StoreError::Corrupt { .. })), "{other:?}");
        let journal = store.journal("r1").await.expect("it is there");
        assert_eq!(journal.lines().count(), 1 + 3, "nothing of the other lines was kept");
    });
}

#[test]
fn a_run_that_failed_is_taken_again_unless_its_stream_is_built_by_another() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let me = Holder::this_process();
        let first = begun(&store, "r1", &["perl:5.30"], &me).await;
        store.release(&first, RunState::Failed, later(5)).await.expect("it ends");
        let again = store.take("r1", &me, later(6), LEASE).await.expect("it is taken");
        let row = store.run("r1").await.expect("it is there");
        assert_eq!((row.state, row.ended), (RunState::Running, None));
        store.release(&again, RunState::Failed, later(7)).await.expect("it ends");
        store.begin(&run("r2", &["perl:5.30"]), &me, later(9), LEASE).await.expect("it begins");
        let taken = store.take("r1", &me, later(9), LEASE).await.expect_err("it is built by r2");
        assert!(taken.to_string().contains("r2"), "{taken}");
    });
}

#[test]
fn wishes_are_numbered_heard_once_and_refused_where_nobody_will_hear_them() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let me = Holder::this_process();
        let first = begun(&store, "r1", &["perl:5.30"], &me).await;
        begun(&store, "r2", &["perl:5.32"], &me).await;
        let wish = async |run: &str, text: &str| store.wish(run, text, NOW).await;
        let numbers = [wish("r1", "a").await, wish("r1", "b").await, wish("r2", "c").await];
        assert_eq!(numbers.map(|number| number.expect("it is kept")), [1, 2, 1]);
        let of = async |run: &str| -> Vec<(u32, String)> {
            let wishes = store.wishes(run).await.expect("they are read");
            wishes.into_iter().map(|wished| (wished.number, wished.wish)).collect()
        };
        assert_eq!(of("r1").await, [(1, "a".to_owned()), (2, "b".to_owned())]);
        store.wish_done("r1", 1).await.expect("it is noted");
        assert_eq!(of("r1").await, [(2, "b".to_owned())]);
        assert_eq!(of("r2").await, [(1, "c".to_owned())]);
        assert_eq!(wish("r1", "d").await.expect("it is kept"), 3);
        store.release(&first, RunState::Done, later(5)).await.expect("it ends");
        let ended = wish("r1", "e").await.expect_err("nobody hears it");
        assert!(matches!(ended, StoreError::Ended { .. }), "{ended}");
        let none = wish("r9", "e").await.expect_err("there is none");
        assert_eq!(none, StoreError::NoSuchRun { run: "r9".to_owned() });
    });
}

#[test]
fn an_ended_run_is_listed_and_not_taken() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let me = Holder::this_process();
        let first = begun(&store, "r1", &["perl:5.30"], &me).await;
        let exists = store.begin(&run("r1", &[]), &me, NOW, LEASE).await;
        assert_eq!(exists.err(), Some(StoreError::RunExists { run: "r1".to_owned() }));
        store.release(&first, RunState::Canceled, later(5)).await.expect("it ends");
        store.begin(&run("r2", &["perl:5.30"]), &me, later(9), LEASE).await.expect("it begins");
        let runs = store.runs().await.expect("they are listed");
        let listed: Vec<_> =
            runs.iter().map(|row| (row.run.as_str(), row.state, row.ended)).collect();
        let (newest, oldest) = (("r2", RunState::Running, None), ("r1", RunState::Canceled));
        assert_eq!(listed, [newest, (oldest.0, oldest.1, Some(later(5)))]);
        assert_eq!(runs[0].holder, Some(me.clone()));
        let taken = store.take("r1", &me, later(9), LEASE).await.expect_err("it has ended");
        assert_eq!(taken.to_string(), "run `r1` is canceled; there is nothing to resume");
        let none = store.take("r9", &me, NOW, LEASE).await.expect_err("there is none");
        assert!(none.to_string().contains("modplan runs list"), "{none}");
    });
}

#[test]
fn indexes_of_dist_tags_only_rise_whoever_takes_them() {
    on_both(async |url| {
        let stores =
            [Store::open(url).await.expect("it opens"), Store::open(url).await.expect("too")];
        let mut taken = Vec::new();
        for round in 0..10 {
            let store = &stores[round % 2];
            taken.push(store.take_index("hub", "perl:5.30", 3).await.expect("it is taken"));
        }
        assert_eq!(taken, (3..13).collect::<Vec<i64>>());
        let shipped = stores[0].take_index("hub", "perl:5.30", 9800).await;
        assert_eq!(shipped, Ok(9800), "above what was shipped");
        assert_eq!(stores[1].take_index("hub", "perl:5.30", 1).await, Ok(9801), "never back");
        assert_eq!(stores[1].take_index("hub", "perl:5.32", 1).await, Ok(1));
    });
}

#[test]
fn a_plan_that_was_shown_is_kept_for_a_day() {
    const DAY: i64 = 86_400_000;
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        store.keep_plan("sha256:1", "{}", NOW).await.expect("it is kept");
        assert_eq!(store.kept_plan("sha256:1", later(DAY)).await, Ok(Some("{}".to_owned())));
        assert_eq!(store.kept_plan("sha256:1", later(DAY + 1)).await, Ok(None));
        assert_eq!(store.kept_plan("sha256:2", NOW).await, Ok(None));
    });
}

#[test]
fn a_commit_is_measured() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let time = commit_time(&store).await.expect("it is measured");
        assert!(!time.is_zero());
    });
}
