//! What a loss of power leaves: `kill -9` keeps what the kernel holds in memory, so a process is traced
//! and its files are made again as the disk has them, from what was synced.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::trace::{Act, Disk, Trace};
use super::*;

/// Names the store that the traced test writes to.
const STORE: &str = "MODPLAN_TEST_STORE";
const LINES: u64 = 70;

/// A line that takes some pages, so that the log is folded into the file in the middle of the run.
fn line(number: u64) -> String {
    format!("{number} {}\n", "x".repeat(60_000))
}

/// Appends lines, and says after each that it is kept. Alone it is a test of that; other tests trace it.
#[test]
fn lines_are_kept_one_after_the_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let own = || format!("sqlite:{}", directory.path().join("runs.db").display());
    let url = std::env::var_os(STORE).map_or_else(own, |url| url.into_string().expect("UTF-8"));
    block_on(async {
        let store = Store::open(&url).await.expect("it opens");
        let mut driven = begun(&store, "r1", &[], &Holder::this_process()).await;
        say("kept 0");
        for number in 0..LINES {
            store.append(&mut driven, &[line(number)], NOW).await.expect("it is kept");
            say(&format!("kept {}", number + 1));
        }
        let journal = store.journal("r1").await.expect("it is there");
        let whole: String = (0..LINES).map(line).collect();
        assert!(journal == format!("{{\"heading\":1}}\n{whole}"), "every line is there");
        store.close().await;
    });
}

fn say(text: &str) {
    std::io::stdout().write_all(format!("{text}\n").as_bytes()).expect("somebody reads it");
}

/// Traces that test, and returns what it did to the files of its store, in order; none where tracing
/// is not allowed.
fn traced(directory: &Path) -> Option<Trace> {
    let log = directory.join("trace");
    let path = directory.join("runs.db");
    let (_, module) = module_path!().split_once("::").expect("it is in a crate");
    let name = format!("{module}::lines_are_kept_one_after_the_other");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-s", "1000000", "-e"]);
    strace.arg("trace=pwrite64,write,ftruncate,fdatasync,fsync,unlink").arg("-o").arg(&log);
    strace.arg(std::env::current_exe().expect("it is known"));
    strace.args(["--exact", &name, "--nocapture"]).env(STORE, format!("sqlite:{}", path.display()));
    let done = strace.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    if done.is_err() || !text.contains("pwrite64") {
        left_out("no strace (Debian's strace), or tracing is not allowed");
        return None;
    }
    assert!(done.is_ok_and(|status| status.success()), "the traced test passes");
    Some(Trace::read(&text, directory))
}

#[test]
fn every_line_is_synced_before_append_returns() {
    let directory = tempfile::tempdir().expect("a directory");
    let Some(trace) = traced(directory.path()) else { return };
    let (mut disk, mut kept, mut syncs) = (Disk::default(), 0, 0);
    for act in &trace.acts {
        disk.act(act);
        match act {
            Act::Kept(number) => {
                assert_eq!(disk.unsynced(), Vec::<PathBuf>::new(), "line {number} is not synced");
                assert!(syncs > 0, "line {number} was synced by its own commit");
                (kept, syncs) = (*number, 0);
            }
            Act::Synced(_) => syncs += 1,
            Act::Written { .. } | Act::Cut { .. } | Act::Removed(_) | Act::Sent { .. } => {}
        }
    }
    assert_eq!(kept, LINES);
}

#[test]
fn a_loss_of_power_at_any_sync_leaves_a_whole_prefix_with_every_line_that_was_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let Some(trace) = traced(directory.path()) else { return };
    let (mut disk, mut kept, mut losses) = (Disk::default(), 0, 0);
    for act in &trace.acts {
        if let Act::Kept(number) = act {
            kept = *number;
        }
        // Just before a sync the most is at stake: none of it is on the disk, or some of it is.
        if matches!(act, Act::Synced(_)) && kept > 0 && losses % 2 == 0 {
            for share in [0, 2, 3] {
                let after = tempfile::tempdir().expect("a directory");
                disk.after_loss(after.path(), share);
                let found = read_back(&after.path().join("runs.db"));
                assert!(found == kept || found == kept + 1, "{found} lines of {kept} after a loss");
            }
        }
        losses += u64::from(matches!(act, Act::Synced(_)));
        disk.act(act);
    }
    assert!(losses > LINES, "{losses} syncs");
    assert!(trace.folds() > 0, "the log was folded into the file on the way");
}

/// Opens what a loss of power left; returns how many lines there are, all of them whole.
fn read_back(path: &Path) -> u64 {
    block_on(async {
        let store = Store::open(&format!("sqlite:{}", path.display())).await.expect("it opens");
        let journal = store.journal("r1").await.expect("it is whole");
        let rest = journal.strip_prefix("{\"heading\":1}\n").expect("it has its heading");
        let count = rest.lines().count() as u64;
        assert!(rest == (0..count).map(line).collect::<String>(), "a prefix of what was appended");
        let mut driven =
            store.take("r1", &Holder::this_process(), NOW, LEASE).await.expect("it is dead");
        assert_eq!(driven.lines(), count);
        store.append(&mut driven, &[line(count)], NOW).await.expect("it can be resumed");
        count
    })
}
