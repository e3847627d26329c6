//! How many requests a batch takes, from the look for its first submission to the end of its tagging.

use super::*;

/// The components of the batch; the Module Build Service makes 6 requests for each, and 3 more.
const COMPONENTS: u32 = 100;
const OF_MBS: u32 = 6 * COMPONENTS + 3;
const REQUESTS_MAX: usize = 30;

/// Starts a hub whose farm builds the whole batch at once. Every build takes another time: from two minutes to a
/// quarter of an hour.
fn mock(names: &[String]) -> Mock {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: String| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("it is writable");
        path.display().to_string()
    };
    let rows = names.iter().zip(0..).map(|(name, at)| {
        let seconds = 100 + 7 * (at * 37 % COMPONENTS);
        let build = ["x86_64", "aarch64"]
            .map(|arch| format!("{name},buildArch,{arch},{seconds},closed,1,made-up\n"));
        format!("{}{name},buildSRPMFromSCM,noarch,20,closed,1,made-up\n", build.concat())
    });
    let head = "package,method,arch,run_seconds,outcome,queued_seconds,source\n";
    let trace = write("trace.csv", head.to_owned() + &rows.collect::<String>());
    let group = |name: &str, arch: &str, channel: &str| {
        format!(
            "  - {{name: {name}, count: 60, arches: [{arch}], capacity: 8.0, channels: [{channel}]}}\n"
        )
    };
    let builders = group("x86", "x86_64", "default")
        + &group("arm", "aarch64", "default")
        + &group("repo", "x86_64", "createrepo");
    let farm = write("farm.yaml", format!("model: koji\nbuilders:\n{builders}"));
    // A poll of a minute is 20 ms of this hub's time.
    let given = ["--user", "alice:secret", "--speed", "3000"];
    Mock::with(&[&["--trace", &trace, "--farm", &farm], &given[..]].concat())
}

#[test]
#[expect(clippy::print_stdout, reason = "how many it takes is a figure to read")]
fn a_batch_of_a_hundred_components_takes_few_requests() {
    let names: Vec<String> = (0..COMPONENTS).map(|at| format!("part{at}")).collect();
    let components: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 2)).collect();
    let module = Rebuilt { name: "many", stream: "1", components: &components };
    let mut case = Case::of(&[module], mock(&names));
    case.work.poll = Duration::from_millis(20);
    let wire = Wire::start(&case.mock.server);
    let driven = case.drive_over(&wire.server);
    assert!(driven.is_over, "{driven:?}");
    assert_eq!(driven.figures.component_builds(), u64::from(COMPONENTS));
    let seen = wire.seen();
    let all = vec!["build"; names.len()].join(",");
    let submitted = seen.iter().position(|method| *method == format!("multiCall({all})"));
    let submitted = submitted.unwrap_or_else(|| panic!("in one request: {seen:?}"));
    let looked = seen[..submitted].iter().rposition(|method| method.contains("listTasks"));
    let finished = seen.iter().position(|method| method.contains("listTaggedRPMS"));
    let batch = &seen[looked.expect("a look first")..finished.expect("it is finished")];
    let is_tagging = |method: &&String| method.contains("tagBuild");
    assert_eq!(batch.iter().filter(is_tagging).count(), 2, "two tags, together: {batch:?}");
    let polls = batch.iter().filter(|method| *method == "getTaskInfo").count();
    println!("{} requests, {polls} of them polls; the Module Build Service: {OF_MBS}", batch.len());
    assert!(batch.len() <= REQUESTS_MAX, "{} of {OF_MBS}: {batch:?}", batch.len());
}

#[test]
fn what_is_built_makes_room_for_others_where_the_limit_is_reached() {
    let components = [("a", 2), ("b", 2), ("c", 2), ("d", 2), ("e", 2)];
    let module = Rebuilt { name: "many", stream: "1", components: &components };
    let mut case = Case::of(&[module], Mock::start(&["--speed", "20000"]));
    case.heading.began.submit_limit = Some(2);
    let driven = case.drive(None).expect("it lives");
    assert!(driven.is_over, "{driven:?}");
    assert_eq!(driven.figures.component_builds(), 5);
}
