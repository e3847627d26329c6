//! An interrupted recording of a koji hub, and other commands on a recording.

use std::path::Path;
use std::time::Duration;

use modplan::live::{KojiRequest, KojiStep, record_koji};

use super::mock_koji::wire::Wire;
use super::mock_koji::{Mock, options};
use crate::support::program::modplan;

fn request(server: &str, directory: &Path) -> KojiRequest {
    KojiRequest {
        options: options(server),
        since: 0,
        until: 4_000_000_000,
        tag: None,
        directory: directory.to_owned(),
        page_size: 100,
        pause: Duration::ZERO,
    }
}

/// How often tasks were asked for, counting them apart.
fn pages(wire: &Wire) -> usize {
    wire.seen().iter().filter(|method| *method == "listTasks").count()
}

#[test]
fn a_recording_that_breaks_off_goes_on_where_it_was() {
    let mock = Mock::start(&[]);
    let wire = Wire::start(&mock.server);
    let [whole, broken] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    let mut steps = Vec::new();
    let all = record_koji(&request(&wire.server, whole.path()), &mut |step| steps.push(step));
    let all = all.expect("it is recorded");
    let totals: Vec<u64> = steps
        .iter()
        .filter_map(|step| match step {
            KojiStep::Tasks { done, .. } => Some(*done),
            KojiStep::Note(_) => None,
        })
        .collect();
    assert!(totals.len() > 3 && totals.is_sorted(), "{totals:?}");
    let asked = pages(&wire);

    let request = request(&wire.server, broken.path());
    let broke = record_koji(&request, &mut |step| {
        wire.cut(matches!(step, KojiStep::Tasks { done, .. } if done >= 200));
    });
    let error = broke.expect_err("the hub went away").to_string();
    assert!(!error.is_empty() && !broken.path().join("trace.csv").exists(), "{error}");
    let before = pages(&wire);
    wire.cut(false);
    let resumed = record_koji(&request, &mut |_| {}).expect("it goes on");
    assert_eq!((resumed.tasks, resumed.rows), (all.tasks, all.rows));
    // The two pages that were there are not asked for again; how many tasks there are is.
    assert_eq!(pages(&wire), asked - 2, "{asked} in one go, {before} before it broke off");
    let read = |directory: &Path| std::fs::read_to_string(directory.join("trace.csv"));
    assert_eq!(read(broken.path()).expect("it is there"), read(whole.path()).expect("it is there"));
}

#[test]
fn what_is_recorded_is_taken_as_it_is() {
    let mock = Mock::start(&[]);
    let directory = tempfile::tempdir().expect("a directory");
    record_koji(&request(&mock.server, directory.path()), &mut |_| {}).expect("it is recorded");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (trace, farm) = (path("trace.csv"), path("farm.yaml"));
    let inputs = ["fixtures/el8-perl/modules.yaml", "--changed", "perl-DBI"];
    let world = ["--trace", &trace, "--farm", &farm, "--arches", "x86_64,aarch64"];
    let commands: [&[&str]; 3] = [
        &["plan"],
        &["compare", "--replications", "1"],
        &["capacity", "--replications", "1", "--vary", "x86=7..8", "--deadline", "60d"],
    ];
    for command in commands {
        let said = modplan(&[&command[..1], &inputs[..], &world[..], &command[1..]].concat());
        assert_eq!(said.code, 0, "{command:?}: {}\n{}", said.out, said.err);
        assert!(!said.err.contains("error["), "{command:?}: {}", said.err);
    }
}
