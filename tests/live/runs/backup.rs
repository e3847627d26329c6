//! A store that is put back from an old copy: what the hub has by then is found there, and nothing is asked for
//! twice.

use std::fs;

use super::crash::{lives_until, undisturbed, wired};
use super::*;

/// Copies the file of a store that nobody uses.
fn copy(site: &Site) {
    fs::copy(site.case.path("runs.db"), site.case.path("backup.db")).expect("it is there");
}

fn put_back(site: &Site) {
    for name in ["runs.db-wal", "runs.db-shm"] {
        // A store that was closed has none.
        drop(fs::remove_file(site.case.path(name)));
    }
    fs::copy(site.case.path("backup.db"), site.case.path("runs.db")).expect("it is there");
}

/// Begins a run, and interrupts it when its first module begins; returns its name.
fn begun(site: &Site) -> String {
    let sum = site.checksum();
    let mut running = Running::start(site.yes(&sum));
    running.line_with(": begins");
    running.signal("INT");
    let said = running.said();
    assert_eq!(said.code, 130, "{}", said.err);
    site.runs()[0]["run"].as_str().expect("a text").to_owned()
}

#[test]
fn an_old_copy_of_the_store_adopts_what_is_at_the_hub_and_asks_for_nothing_twice() {
    let Some((site, wire)) = wired(None) else { return };
    let whole = undisturbed(&site, &wire);
    drop((site, wire));
    // The process after the copy comes to its end, or dies when most of the run is done.
    for share in [None, Some(2), Some(3)] {
        let Some((site, wire)) = wired(None) else { return };
        let run = begun(&site);
        copy(&site);
        let resume = site.resume(&run, &[]);
        match share {
            None => {
                let said = Program::new(resume).run();
                assert_eq!(said.code, 0, "{}", said.err);
                assert_eq!(site.at_hub(), whole.hub);
            }
            Some(share) => {
                let (first, last) = whole.requests(true);
                let is_over = lives_until(resume, &wire, first + (last - first) * share / 4, 0);
                assert!(!is_over, "it dies on the way");
            }
        }
        put_back(&site);
        let said = Program::new(site.resume(&run, &[])).run();
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(states(&answer(&said)), whole.states);
        assert_eq!(site.at_hub(), whole.hub, "the hub is as after an undisturbed run");
    }
}
