//! What can be wrong with a store: each is said in words, and nothing that was kept is lost.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use modplan::store::Opening;

use super::*;

/// A store in a file of a new directory.
pub(super) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory") }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("runs.db")
    }

    pub(super) fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }
}

/// Starts the Python that tests have with a script about a database.
fn python(script: &str, path: &Path) -> Child {
    let script = format!("import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); {script}");
    let mut python = Command::new("python3");
    python.args(["-c", &script]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
    python.spawn().expect("python3 starts")
}

/// Another program that holds the lock of a store.
pub(super) struct Locker {
    program: Child,
}

/// Has another program lock a store.
pub(super) fn locked(place: &Place) -> Locker {
    let script = "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()";
    let mut program = python(script, &place.path());
    let mut said = BufReader::new(program.stdout.take().expect("it is piped"));
    said.read_line(&mut String::new()).expect("it speaks");
    Locker { program }
}

impl Locker {
    pub(super) fn free(mut self) {
        drop(self.program.stdin.take());
        self.program.wait().expect("it ends");
    }
}

fn change(script: &str, path: &Path) {
    let status = python(&format!("c.execute(\"{script}\"); c.commit()"), path).wait();
    assert!(status.expect("it ends").success());
}

#[test]
fn a_postgresql_that_is_gone_for_a_while_loses_nothing() {
    let Some(mut postgres) = Postgres::start() else { return };
    let url = postgres.url();
    block_on(async {
        let store = Store::open(&url).await.expect("it opens");
        let mut driven = begun(&store, "r1", &[], &Holder::this_process()).await;
        store.append(&mut driven, &lines(0..1), NOW).await.expect("it is kept");
        postgres.stop();
        for _ in 0..2 {
            let away = store.append(&mut driven, &lines(1..2), NOW).await.expect_err("it is gone");
            assert!(away.is_transient() && away.to_string().contains("is away"), "{away}");
            let away = store.journal("r1").await.expect_err("it is gone");
            assert!(away.is_transient(), "{away}");
        }
        postgres.restart();
        store.append(&mut driven, &lines(1..2), NOW).await.expect("it is back");
        let journal = store.journal("r1").await.expect("it is there");
        assert_eq!(journal, format!("{{\"heading\":1}}\n{}", lines(0..2).concat()));
    });
}

#[test]
fn what_is_no_store_or_a_newer_one_is_refused_in_words() {
    let place = Place::new();
    block_on(async {
        let store = Store::open(&place.url()).await.expect("it opens");
        store.close().await;
        change("UPDATE modplan_store SET format = 99", &place.path());
        for makes in [true, false] {
            let opening = Opening { makes, ..Opening::default() };
            let newer = Store::open_with(&place.url(), opening).await.expect_err("it is newer");
            assert!(newer.to_string().contains("has format 99; this modplan reads up to 1"));
        }
        std::fs::write(place.path(), "no database, but long enough to be read as the head of one")
            .expect("it is written");
        let damaged = Store::open(&place.url()).await.expect_err("it is damaged");
        assert!(matches!(damaged, StoreError::Corrupt { .. }), "{damaged:?}");
        let nowhere =
            Store::open("sqlite:/proc/none/runs.db").await.expect_err("it cannot be made");
        assert!(nowhere.is_transient(), "{nowhere:?}");
        let other = Store::open("mysql://root:secret@host/db").await.expect_err("it is not known");
        assert_eq!(other, StoreError::BadUrl);
    });
}

#[test]
fn a_store_that_is_only_read_is_not_made() {
    on_both(async |url| {
        let reads = Opening { makes: false, ..Opening::default() };
        let missing = Store::open_with(url, reads).await.expect_err("nothing is there");
        assert_eq!(missing, StoreError::Missing);
        let store = Store::open(url).await.expect("it opens");
        begun(&store, "r1", &[], &Holder::this_process()).await;
        let again = Store::open_with(url, reads).await.expect("it is there");
        assert_eq!(again.runs().await.expect("they are listed").len(), 1);
    });
    let place = Place::new();
    python("c.execute('CREATE TABLE t (x)')", &place.path()).wait().expect("it ends");
    let reads = Opening { makes: false, ..Opening::default() };
    let other = block_on(Store::open_with(&place.url(), reads)).expect_err("it is another's");
    assert_eq!(other, StoreError::Missing);
}

#[test]
fn a_store_that_another_program_locks_is_away_until_it_is_free() {
    let place = Place::new();
    block_on(async {
        let short = Opening { wait: Duration::from_millis(100), ..Opening::default() };
        let store = Store::open_with(&place.url(), short).await.expect("it opens");
        let mut driven = begun(&store, "r1", &[], &Holder::this_process()).await;
        let other = locked(&place);
        let locked = store.append(&mut driven, &lines(0..2), NOW).await.expect_err("it is locked");
        assert!(locked.is_transient() && locked.to_string().contains("locked"), "{locked}");
        let opened = Store::open_with(&place.url(), short).await.expect_err("it is locked");
        assert!(opened.is_transient(), "{opened}");
        assert_eq!(store.journal("r1").await, Ok("{\"heading\":1}\n".to_owned()));
        other.free();
        store.append(&mut driven, &lines(0..2), NOW).await.expect("it is free");
        let journal = store.journal("r1").await.expect("it is there");
        assert_eq!(journal, format!("{{\"heading\":1}}\n{}", lines(0..2).concat()));
    });
}

#[test]
fn a_damaged_store_is_said_to_be_damaged() {
    let place = Place::new();
    let whole = format!("{}\n", "x".repeat(1000));
    block_on(async {
        let store = Store::open(&place.url()).await.expect("it opens");
        let mut driven = begun(&store, "r1", &[], &Holder::this_process()).await;
        store.append(&mut driven, &vec![whole; 200], NOW).await.expect("they are kept");
        store.close().await;
        let mut bytes = std::fs::read(place.path()).expect("it is there");
        let half = bytes.len() / 2;
        assert!(half > 100_000, "the log was folded into the file: {half}");
        bytes[half..].fill(0xff);
        std::fs::write(place.path(), bytes).expect("it is written");
        let store = Store::open(&place.url()).await.expect("its head is whole");
        let damaged = store.journal("r1").await.expect_err("lines are damaged");
        assert!(matches!(damaged, StoreError::Corrupt { .. }), "{damaged:?}");
    });
}

#[test]
fn a_line_that_somebody_deleted_is_missed() {
    let place = Place::new();
    block_on(async {
        let store = Store::open(&place.url()).await.expect("it opens");
        let mut driven = begun(&store, "r1", &[], &Holder::this_process()).await;
        store.append(&mut driven, &lines(0..3), NOW).await.expect("they are kept");
        change("DELETE FROM event WHERE seq = 1", &place.path());
        let error = store.journal("r1").await.expect_err("a line is missing");
        assert!(error.to_string().contains("line 1 of run `r1` is missing"), "{error}");
    });
}

/// A file system of its own in the memory, of so many bytes.
struct SmallDisk {
    directory: tempfile::TempDir,
}

impl SmallDisk {
    fn mount(bytes: u32) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]).arg(directory.path());
        let done = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if !done {
            left_out("no small disk (mounting one is not allowed)");
        }
        done.then_some(Self { directory })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It goes with the machine at the latest.
        drop(Command::new("umount").arg(self.directory.path()).status());
    }
}

#[test]
fn a_full_disk_loses_nothing_and_the_run_continues_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(2 << 20) else { return };
    let ballast = disk.directory.path().join("ballast");
    std::fs::write(&ballast, vec![0; 1 << 20]).expect("there is room");
    let url = format!("sqlite:{}", disk.directory.path().join("runs.db").display());
    let line = |number: u64| format!("{number} {}\n", "x".repeat(20_000));
    block_on(async {
        let store = Store::open(&url).await.expect("it opens");
        let mut driven = begun(&store, "r1", &[], &Holder::this_process()).await;
        let mut kept = 0;
        let full = loop {
            if let Err(error) = store.append(&mut driven, &[line(kept)], NOW).await {
                break error;
            }
            kept += 1;
            assert!(kept < 100, "the disk is small");
        };
        assert_eq!(full, StoreError::Full);
        let again = store.append(&mut driven, &[line(kept)], NOW).await;
        assert_eq!(again, Err(StoreError::Full));
        assert!(kept > 3, "some lines fit: {kept}");
        let journal = store.journal("r1").await.expect("it can be read");
        assert_eq!(journal.lines().count() as u64, 1 + kept);
        std::fs::remove_file(&ballast).expect("it is there");
        store.append(&mut driven, &[line(kept)], NOW).await.expect("there is room");
        store.close().await;
        let store = Store::open(&url).await.expect("it opens");
        let journal = store.journal("r1").await.expect("it can be read");
        let whole: String = (0..=kept).map(line).collect();
        assert!(journal == format!("{{\"heading\":1}}\n{whole}"), "every line is there once");
    });
}
