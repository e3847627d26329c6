//! What a year of one repository would have had rebuilt, month by month: `--since` over the snapshots of
//! EuroLinux 8, kept as a report.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::program::Program;
use crate::support::{shared, unpacked};

/// Returns how many rows of a list hold a text in a field.
fn count(plan: &Value, list: &str, (field, text): (&str, &str)) -> usize {
    let rows = plan[list].as_array().expect("a list");
    rows.iter().filter(|row| row[field] == text).count()
}

fn row(date: &str, plan: &Value) -> String {
    let changed = |kind: &str| count(plan, "since", ("change", kind));
    let length = |list: &str| plan[list].as_array().expect("a list").len();
    let sum = |field: &str| -> u64 {
        let rows = plan["submissions"].as_array().expect("a list").iter();
        rows.map(|row| row[field].as_u64().expect("a number")).sum()
    };
    let kinds = [
        "new-stream",
        "gone-stream",
        "new-context",
        "gone-context",
        "context",
        "version",
        "content",
    ];
    let kinds: Vec<String> = kinds.iter().map(|kind| changed(kind).to_string()).collect();
    format!(
        "{date},{},{},{},{},{},{},{}",
        kinds.join(","),
        length("roots"),
        sum("forced"),
        sum("siblings"),
        length("modules"),
        length("submissions"),
        length("waves"),
    )
}

#[test]
#[expect(clippy::disallowed_methods, reason = "reports are written anew by this variable")]
fn the_months_of_a_repository_are_what_since_plans() {
    let Some(archive) = shared("data/modulemd/eurolinux8-history.tar.zst") else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let mut names = Vec::new();
    for (name, bytes) in unpacked(&archive) {
        let name = name.rsplit('/').next().expect("a name").to_owned();
        fs::write(directory.path().join(&name), bytes).expect("written");
        names.push(name);
    }
    names.sort();
    assert_eq!(names.len(), 15);
    let mut report = String::from(
        "snapshot,new_streams,gone_streams,new_contexts,gone_contexts,other_context,new_versions,other_content,\
         roots,forced,come_along,rebuilds,submissions,waves\n",
    );
    for pair in names.windows(2) {
        let arguments = ["plan", &pair[1], "--since", &pair[0], "--format", "json", "-q"];
        let said = Program::new(arguments).within(directory.path()).run();
        assert_eq!(said.code, 0, "{}", said.err);
        let plan: Value = serde_json::from_str(&said.out).expect("JSON");
        let date = pair[1].split('.').nth(1).expect("x86_64-appstream.DATE.COMMIT.modules.yaml");
        writeln!(report, "{}", row(date, &plan)).expect("a string takes any text");
    }
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/eurolinux8-history/since.csv");
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        fs::create_dir_all(kept.parent().expect("it has one")).expect("made");
        fs::write(&kept, &report).expect("written");
    }
    let kept = fs::read_to_string(kept).expect("the report is kept");
    assert!(kept == report, "it differs; look at it, then INSTA_UPDATE=always tests/run history");
}
