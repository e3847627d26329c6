//! Histories from JSON: koji's answers and bus messages.

use super::*;

const PREFIX: &str = "org.fedoraproject.prod.buildsys";

/// Wraps a body as fedora-messaging records it; `sent` is minutes and seconds past noon.
fn message(suffix: &str, sent: &str, body: &str) -> String {
    format!(
        r#"{{"topic": "{PREFIX}.{suffix}", "headers": {{"sent-at": "2026-11-22T12:{sent}+00:00"}}, "body": {body}}}"#
    )
}

fn task(id: u32, new: &str) -> String {
    format!(
        r#"{{"instance": "primary", "id": {id}, "method": "build", "srpm": "perl-5.30-1.el8.src.rpm", "attribute": "state", "new": "{new}"}}"#
    )
}

fn read_lines(lines: &[String]) -> History {
    History::read(&[("bus.jsonl", lines.join("\n").as_bytes())])
}

fn only_row(history: &History) -> &Row {
    assert_eq!(history.rows().len(), 1, "{:?}", history.rows());
    &history.rows()[0]
}

#[test]
fn a_task_is_paired_by_its_number_and_the_last_opening_counts() {
    let change = |sent: &str, new| message("task.state.change", sent, &task(7, new));
    let history = read_lines(&[
        change("00:00", "FREE"),
        change("01:00", "OPEN"),
        // The first builder died; the ends of other instances have the same numbers.
        change("05:00", "OPEN"),
        change("09:30", "FAILED"),
        message("task.state.change", "09:40", &task(7, "CLOSED").replace("primary", "arm")),
    ]);
    assert_eq!(history.findings, []);
    let row = only_row(&history);
    assert_eq!((row.run, row.outcome), (Millis::from_secs(270), RowOutcome::Failed));
    assert_eq!(row.queued, Some(Millis::from_secs(300)));
    assert_eq!(row.package.as_str(), "perl");
    assert_eq!(row.nvr.as_deref(), Some("perl-5.30-1.el8"));
    assert_eq!(history.tally.foreign, 1);
}

#[test]
fn messages_in_any_order_and_twice_say_the_same() {
    let opened = message("task.state.change", "01:00", &task(7, "OPEN"));
    let closed = message("task.state.change", "03:00", &task(7, "CLOSED"));
    let straight = read_lines(&[opened.clone(), closed.clone()]);
    let reversed = read_lines(&[closed.clone(), opened, closed]);
    assert_eq!(straight.rows(), reversed.rows());
    assert_eq!(only_row(&straight).run, Millis::from_secs(120));
    assert_eq!(reversed.tally.repeated, 1);
}

#[test]
fn what_is_still_open_is_counted_and_an_end_alone_is_dropped() {
    let history = read_lines(&[
        message("task.state.change", "01:00", &task(7, "OPEN")),
        message("task.state.change", "02:00", &task(8, "CLOSED")),
        message("task.state.change", "02:00", &task(9, "CANCELED")),
    ]);
    assert_eq!(history.unfinished.len(), 1);
    assert_eq!(history.unfinished[0].package.as_str(), "perl");
    assert_eq!(history.tally.unmatched, 1);
    // A task canceled while waiting has no run time, and is not used.
    let row = only_row(&history);
    assert_eq!((row.run, row.outcome), (Millis::ZERO, RowOutcome::Canceled));
}

#[test]
fn a_build_is_told_by_its_tasks_where_a_message_lists_them() {
    let child = |id: u32, method: &str, label: &str, times: [u32; 3]| {
        let [create, start, end] = times.map(|at| 1_795_348_800 + at);
        format!(
            r#"{{"id": {id}, "parent": 70, "method": "{method}", "label": "{label}", "arch": "i386", "state": 2,
                "create_time": {create}.0, "start_time": {start}.0, "completion_time": {end}.0}}"#
        )
    };
    let children = [
        child(71, "buildSRPMFromSCM", "srpm", [0, 5, 35]),
        child(72, "buildArch", "i686", [40, 55, 255]),
    ];
    let tree = format!(
        r#"{{"id": 70, "method": "build", "arch": "noarch", "state": 2, "children": [{}]}}"#,
        children.join(",")
    );
    let body = format!(
        r#"{{"instance": "primary", "build_id": 3, "name": "perl", "version": "5.30", "release": "1.el8",
            "attribute": "state", "new": 1, "task_id": 70, "task": {tree},
            "creation_time": "2026-11-22T12:00:00+00:00", "completion_time": "2026-11-22T12:05:00+00:00"}}"#
    );
    let history = read_lines(&[message("build.state.change", "05:01", &body).replace('\n', " ")]);
    assert_eq!(history.findings, []);
    let told: Vec<_> = history
        .rows()
        .iter()
        .map(|row| {
            (&*row.method, row.arch.as_str(), row.run.0 / 1000, row.queued.map(|q| q.0 / 1000))
        })
        .collect();
    assert_eq!(
        told,
        [("buildSRPMFromSCM", "i386", 30, Some(5)), ("buildArch", "i686", 200, Some(15))]
    );
    assert!(history.rows().iter().all(|row| row.package.as_str() == "perl"));
    assert_eq!(history.tally.told_by_children, 1);
}

#[test]
fn a_build_without_tasks_is_one_row_with_its_waiting() {
    let body = |new: u8, end: &str| {
        format!(
            r#"{{"instance": "primary", "build_id": 3, "name": "perl", "version": "5.30", "release": "1", "task_id": 9,
                "attribute": "state", "new": {new}, "creation_time": "2026-11-22 12:00:00.000000", "completion_time": {end}}}"#
        )
        .replace('\n', " ")
    };
    let history = read_lines(&[
        message("build.state.change", "00:01", &body(0, "null")),
        message("build.state.change", "06:00", &body(1, "\"2026-11-22 12:05:30.5\"")),
    ]);
    let row = only_row(&history);
    assert_eq!((&*row.method, row.run), (BUILD, Millis(330_500)));
    assert_eq!(history.tally.whole_builds, 1);
}

#[test]
fn a_regeneration_runs_from_init_to_done_and_waits_since_the_first_tagging() {
    let repo = |sent: &str, what: &str, id: u32| {
        let body = format!(r#"{{"instance": "primary", "tag": "f99-build", "repo_id": {id}}}"#);
        message(&format!("repo.{what}"), sent, &body)
    };
    let tag = |sent: &str| {
        message("tag", sent, r#"{"instance": "primary", "tag": "f99-build", "name": "perl"}"#)
    };
    let history = read_lines(&[
        tag("00:10"),
        repo("01:00", "init", 1),
        tag("01:30"),
        tag("02:00"),
        repo("03:00", "done", 1),
        repo("04:00", "init", 2),
        repo("04:45", "done", 2),
        repo("09:00", "init", 3),
    ]);
    let told: Vec<_> = history
        .rows()
        .iter()
        .map(|row| (row.run.0 / 1000, row.queued.map(|q| q.0 / 1000)))
        .collect();
    // The second regeneration contains builds tagged after the first began.
    assert_eq!(told, [(120, Some(50)), (45, Some(150))]);
    assert_eq!(history.unfinished.len(), 1);
}

#[test]
fn clocks_that_contradict_each_other_are_told_with_their_place() {
    let dump = r#"[
  {"id": 1, "method": "buildArch", "arch": "x86_64", "state": 2, "create_time": "2026-11-22 12:00:00",
   "start_time": "2026-11-22 12:05:00", "completion_time": "2026-11-22 12:04:00"},
  {"id": 2, "method": "buildArch", "arch": "x86_64", "state": 2, "create_time": "2026-11-22 12:06:00",
   "start_time": "2026-11-22 12:05:00", "completion_time": "2026-11-22 12:07:00"},
  {"id": 3, "method": "buildArch", "arch": "x86_64", "state": 2, "create_time": "2026-11-22 12:00:00",
   "start_time": -7, "completion_time": "soon"},
  {"id": 4, "method": "buildarch", "arch": "x86_64", "state": 2, "create_time": "2022-11-22 12:00:00",
   "start_time": "2022-11-22 12:00:00", "completion_time": "2026-11-22 12:00:00"}
]"#;
    let history = History::read(&[("tasks.json", dump.as_bytes())]);
    assert_eq!(
        told(&history),
        [
            (
                2,
                3,
                Code::TraceClock,
                "a buildArch ends 1m 00s before it starts: a clock was set back"
            ),
            (
                4,
                3,
                Code::TraceClock,
                "a buildArch starts 1m 00s before it was created: a clock was set back"
            ),
            (
                4,
                3,
                Code::TracePackage,
                "a task does not say which package it builds, and counts for method and arch \
                 only; the first is here"
            ),
            (7, 18, Code::TraceTime, "start_time `-7` is before the year 2001"),
            (7, 41, Code::TraceTime, "completion_time `soon` is not a time"),
            (8, 3, Code::TraceTime, "a buildarch runs for 1461d 00h, longer than a year"),
            (8, 3, Code::TraceMethod, "method `buildarch` is not one of koji's own"),
        ]
    );
    // The second is kept: only how long it waited is not known.
    assert_eq!((only_row(&history).run, only_row(&history).queued), (Millis::from_secs(120), None));
    assert!(history.is_wrong());
}

#[test]
fn a_task_that_ended_twice_and_differently_keeps_its_first_end() {
    let task = |end: &str| {
        format!(
            r#"{{"id": 1, "method": "tagBuild", "arch": "noarch", "state": 2,
                "start_time": "2026-11-22 12:00:00", "completion_time": "2026-11-22 12:{end}"}}"#
        )
    };
    let (first, second) = (task("01:00"), task("09:00"));
    let history = History::read(&[("a.json", first.as_bytes()), ("b.json", second.as_bytes())]);
    assert_eq!(only_row(&history).run, Millis::from_secs(60));
    let finding = &history.findings[0];
    assert_eq!((finding.code, finding.place.input), (Code::TraceDuplicate, 1));
    assert_eq!(
        finding.message,
        "task 1 ended twice and differently; the one at a.json:1:1 is used"
    );
}

#[test]
fn a_broken_line_is_told_and_the_next_is_read() {
    let good = |id| message("task.state.change", "01:00", &task(id, "OPEN"));
    let lines = [good(1), good(2)[..40].to_owned(), good(3)];
    let history = read_lines(&lines);
    assert_eq!(history.unfinished.len(), 2);
    let [finding] = history.findings.as_slice() else { panic!("{:?}", history.findings) };
    assert_eq!((finding.code, finding.place.line), (Code::JsonSyntax, 2), "{finding:?}");
    assert!(history.is_wrong());
}

#[test]
fn json_about_something_else_is_refused() {
    for other in ["[]", "{}", r#"[{"name": "perl"}]"#, r#"{"items": [], "meta": {}}"#] {
        let history = History::read(&[("other.json", other.as_bytes())]);
        assert_eq!(told(&history)[0].2, Code::TraceShape, "{other}");
    }
}

#[test]
fn lists_nested_without_end_are_no_way_to_stop_the_reader() {
    let deep = "[".repeat(100_000);
    let history = History::read(&[("deep.json", deep.as_bytes())]);
    assert!(history.is_wrong() && history.rows().is_empty());
}
