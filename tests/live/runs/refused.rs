//! What `--yes` refuses, with the hub as it was.

use std::fs;
use std::process::Command;

use modplan::koji::Ref;
use modplan::koji::calls::{CreateTag, PackageListAdd};
use modplan::live::hub::Hub;

use super::super::dry_run::state::dump;
use super::super::mock_koji::{alice, block_on, options};
use super::*;

impl Site {
    /// Carries out a dry run, which is refused; returns what is said.
    fn refused(&self, sum: &str, more: &[&str], code: i32) -> String {
        let before = dump(&self.case.mock.server);
        let more = [&["--yes", sum, "--format", "json"], more].concat();
        let said = Program::new(self.execute(&more)).run();
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{}", said.err);
        assert_eq!(dump(&self.case.mock.server), before, "the hub is as it was");
        assert_eq!(self.runs(), Vec::<Json>::new(), "no run was begun");
        said.err
    }
}

#[test]
fn a_checksum_that_no_dry_run_of_the_last_day_has_is_refused() {
    let Some(site) = Site::small() else { return };
    let err = site.refused("sha256:0123", &[], 1);
    assert!(err.contains("no dry run of the last 24 hours has the checksum sha256:0123"), "{err}");
    assert!(err.contains("without --yes"), "{err}");
    let sum = site.checksum();
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
                  c.execute('UPDATE dry_run SET made_ms = made_ms - 86401000'); c.commit()";
    let old = Command::new("python3").args(["-c", script, &site.case.path("runs.db")]).status();
    assert!(old.expect("python3 starts").success());
    let err = site.refused(&sum, &[], 1);
    assert!(err.contains("no dry run of the last 24 hours"), "{err}");
}

#[test]
fn another_request_than_that_of_the_dry_run_is_refused_by_name() {
    let Some(mut site) = Site::small() else { return };
    let sum = site.checksum();
    site.case.write_config(|text| format!("{text}limits: {{tasks_in_flight: 7}}\n"));
    let err = site.refused(&sum, &[], 1);
    assert!(err.contains("the configuration is not what the dry run was made with"), "{err}");
    site.case.write_config(|text| text);
    let other = site.case.path("other.json");
    plan(&change("perl-DBD-Pg:3.7:e46b129e", TIME), &other);
    let own = std::mem::replace(&mut site.plan, other);
    let err = site.refused(&sum, &[], 1);
    assert!(err.contains("the plan is not what the dry run was made with"), "{err}");
    site.plan = own;
    let results = "gate: {kind: resultsdb, url: https://results.example.org, required: [x]}";
    for (key, words) in [
        (results, "`gate` of the configuration is not heeded by runs yet"),
        ("signing: {keys: [abcd1234]}", "`signing` is about final repositories"),
    ] {
        site.case.write_config(|text| format!("{text}{key}\n"));
        let err = site.refused(&sum, &[], 2);
        assert!(err.contains(words), "{err}");
    }
}

#[test]
fn a_hub_that_changed_after_the_dry_run_is_named() {
    let Some(site) = Site::small() else { return };
    let sum = site.checksum();
    let at_hub =
        async || Hub::connect(options(&site.case.mock.server), alice()).await.expect("it is there");
    // The module's package is in the list of the tag that it is published in: a call less.
    let listed = PackageListAdd {
        tag: "el8-modular-updates-candidate".into(),
        package: Ref::from("perl-App-cpanminus"),
        owner: Some("alice".into()),
        ..PackageListAdd::default()
    };
    block_on(async { at_hub().await.call(&listed).await.expect("it is added") });
    let err = site.refused(&sum, &[], 1);
    assert!(err.contains("the hub is not as the dry run found it"), "{err}");
    assert!(err.contains("- publish packageListAdd perl-App-cpanminus:1.7044"), "{err}");
    // A tag of somebody else has the name of ours: a check fails.
    let kept = fs::read_to_string(site.case.path("plan.json")).expect("it is there");
    let plan: Json = serde_json::from_str(&kept).expect("JSON");
    let version = plan["modules"][0]["new_version"].as_str().expect("a text").to_owned();
    let context = plan["modules"][0]["context"].as_str().expect("a text").to_owned();
    let name = format!("module-perl-App-cpanminus-1.7044-{version}-{context}");
    let tag = CreateTag { name: name.clone(), ..CreateTag::default() };
    block_on(async { at_hub().await.call(&tag).await.expect("it is made") });
    let err = site.refused(&sum, &[], 1);
    assert!(err.contains("the preflight fails: tags and targets: "), "{err}");
    assert!(err.contains(&name) && err.contains("- check tags and targets holds"), "{err}");
}
