//! A loss of power: what the kernel had in memory is gone, too. A traced process is killed, its store is cut back
//! to what was on the disk then, and the next process comes to the same end.

use std::path::Path;

use super::super::store::trace::{Disk, Trace, is_traceable, strace};
use super::crash::{DEATHS_MAX, Draw, Undisturbed, crashes, undisturbed, wired};
use super::*;

/// How often the power goes, unless `MODPLAN_CRASHES` says it.
const LOSSES: usize = 4;

/// Starts a process that is traced, and kills it at a request; returns whether it ended before that. What was not
/// on the disk is lost, or every third change of it is there.
fn loses_power(
    site: &Site,
    wire: &Wire,
    arguments: Vec<String>,
    (requests, share): (u64, usize),
) -> bool {
    let directory = site.case.directory.path();
    let (mut disk, log) = (Disk::of(directory), directory.join("trace"));
    let rings = wire.after(usize::try_from(requests).expect("few"));
    let mut running = Running::traced(&strace(&log), arguments);
    let is_over = loop {
        match rings.recv_timeout(std::time::Duration::from_millis(20)) {
            Ok(()) => break false,
            Err(_) if running.ends_within(std::time::Duration::ZERO) => break true,
            Err(_) => {}
        }
    };
    if is_over {
        return true;
    }
    running.kill_traced();
    running.said();
    let text = std::fs::read_to_string(&log).expect("it is written");
    Trace::read(&text, directory).acts.iter().for_each(|act| disk.act(act));
    cut_back(directory, &disk, share);
    false
}

fn cut_back(directory: &Path, disk: &Disk, share: usize) {
    for name in ["runs.db", "runs.db-wal", "runs.db-shm"] {
        // One that is not there is fine.
        drop(std::fs::remove_file(directory.join(name)));
    }
    disk.after_loss(directory, share);
}

fn resumed(site: &Site, sum: &str) -> Vec<String> {
    match site.runs().first() {
        Some(run) => site.resume(run["run"].as_str().expect("a text"), &[]),
        None => site.yes(sum),
    }
}

/// Has the power go in the course of one run; returns how often it did.
fn losses(site: &Site, wire: &Wire, whole: &Undisturbed, draw: &mut Draw) -> usize {
    let sum = site.checksum();
    let (mut losses, mut arguments) = (0, site.yes(&sum));
    while losses < DEATHS_MAX {
        let (first, last) = whole.requests(losses > 0);
        let at = (first + draw.below(last - first), [0, 3][losses % 2]);
        if loses_power(site, wire, arguments, at) {
            break;
        }
        losses += 1;
        arguments = resumed(site, &sum);
    }
    if site.runs().first().is_none_or(|run| run["state"] != "done") {
        let said = Program::new(resumed(site, &sum)).run();
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(states(&answer(&said)), whole.states);
    }
    assert_eq!(site.at_hub(), whole.hub, "the hub is as after an undisturbed run");
    losses
}

#[test]
fn a_run_whose_disk_lost_what_was_not_synced_comes_to_the_same_end() {
    let Some((site, wire)) = wired(None) else { return };
    if !is_traceable() {
        return;
    }
    let whole = undisturbed(&site, &wire);
    drop((site, wire));
    let (mut draw, mut lost, wanted) = (Draw(8), 0, crashes(LOSSES));
    while lost < wanted {
        let Some((site, wire)) = wired(None) else { return };
        lost += losses(&site, &wire, &whole, &mut draw);
    }
}
