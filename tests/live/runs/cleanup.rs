//! What a run that is over left at its hub: listed, deleted, and what must stay.

use modplan::koji::calls::{
    CancelTask, CreateBuildTarget, CreateTag, EditTag2, GetTag, ListBuilds, ListTags, MakeTask, Map,
};
use modplan::koji::{Call, Fault, Value};
use modplan::live::hub::Hub;

use super::super::dry_run::state::dump;
use super::super::mock_koji::{alice, block_on, options};
use super::*;

/// A component that fails at every try.
const BAD: &str = "perl-Test-Deep";

/// A hub with a run that is over.
struct Past {
    site: Site,
    run: String,
}

impl Past {
    /// A run that built, imported and published its module.
    fn done() -> Option<Self> {
        Self::of(Site::small()?, "done")
    }

    /// A run whose module failed.
    fn failed() -> Option<Self> {
        let text = std::fs::read_to_string(super::super::mock_koji::TRACE).expect("it is there");
        let of_bad = |line: &str| line.starts_with(&format!("{BAD},buildArch,"));
        let line = |line: &str| match of_bad(line) {
            true => line.replace(",closed,", ",failed,") + "\n",
            false => line.to_owned() + "\n",
        };
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text: String = text.lines().map(line).collect();
        std::fs::write(file.path(), text).expect("it is writable");
        let path = file.path().to_str().expect("UTF-8");
        let site = Site::with((SMALL, SMALL_GIVEN), &[&SPEED[..], &["--trace", path]].concat())?;
        Self::of(site, "failed")
    }

    fn of(site: Site, state: &str) -> Option<Self> {
        let sum = site.checksum();
        let said = Program::new(site.yes(&sum)).run();
        assert_eq!(said.code, i32::from(state != "done"), "{}", said.err);
        let runs = site.runs();
        assert_eq!(runs[0]["state"], state, "{}", said.err);
        let run = runs[0]["run"].as_str().expect("a text").to_owned();
        Some(Self { site, run })
    }

    /// Lists, or deletes with a checksum.
    fn cleanup(&self, more: &[&str]) -> Said {
        let what = ["runs", "cleanup", &self.run, "--store", &self.site.store];
        let words = what.iter().chain(more).map(|&word| word.to_owned());
        Program::new(words.chain(self.site.case.site(&self.site.server))).columns(100).run()
    }

    fn json(&self, more: &[&str]) -> (i32, Json) {
        let said = self.cleanup(&[&["--format", "json"], more].concat());
        let json: Json = serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err));
        Shapes::read().hold("cleanup", &json);
        (said.code, json)
    }

    /// Returns the checksum of the list.
    fn sum(&self) -> String {
        let (code, json) = self.json(&[]);
        assert_eq!(code, 0);
        json["checksum"].as_str().expect("something may be deleted").to_owned()
    }

    /// Asks the hub itself.
    fn ask<C: Call>(&self, call: &C) -> C::Answer {
        block_on(async {
            let server = &self.site.case.mock.server;
            let mut hub = Hub::connect(options(server), alice()).await.expect("it is there");
            let answer = hub.call(call).await;
            hub.log_out().await;
            answer.unwrap_or_else(|error| panic!("{}: {error}", C::METHOD))
        })
    }

    /// Returns the names of the hub's tags that a site's modules have.
    fn tags(&self) -> Vec<String> {
        let tags = self.ask(&ListTags::default()).into_iter().map(|tag| tag.name);
        tags.filter(|name| name.starts_with("module-")).collect()
    }

    fn make_tag(&self, name: &str, extra: Option<Map>) -> i64 {
        self.ask(&CreateTag { name: name.to_owned(), extra, ..CreateTag::default() })
    }
}

/// Returns what is said of each thing: `kind action`, and why.
fn said(list: &Json) -> Vec<(String, String)> {
    let text = |thing: &Json, name: &str| thing[name].as_str().unwrap_or_default().to_owned();
    let one = |thing: &Json| {
        let what = format!("{} {}", text(thing, "kind"), text(thing, "action"));
        (what, text(thing, "because"))
    };
    list["things"].as_array().expect("a list").iter().map(one).collect()
}

fn name(list: &Json, kind: &str) -> String {
    let mut things = list["things"].as_array().expect("a list").iter();
    let found = things.find(|thing| thing["kind"] == kind).expect("it is listed");
    found["name"].as_str().expect("a text").to_owned()
}

fn words(said: &[(String, String)]) -> Vec<&str> {
    said.iter().map(|(what, _)| what.as_str()).collect()
}

#[test]
fn of_a_done_run_only_the_tag_of_the_imported_module_stays() {
    let Some(past) = Past::done() else { return };
    let server = past.site.case.mock.server.clone();
    let before = dump(&server);
    let (_, list) = past.json(&[]);
    let listed = said(&list);
    assert_eq!(words(&listed), ["target delete", "build-tag delete", "module-tag keep"]);
    assert!(listed[2].1.ends_with(" was imported from it"), "{listed:?}");
    assert_eq!((&list["state"], &list["user"]), (&"done".into(), &"alice".into()));
    let table = past.cleanup(&[]);
    assert!(table.out.contains("Nothing was changed."), "{}", table.out);
    assert!(table.out.contains(list["checksum"].as_str().expect("a text")), "{}", table.out);
    let wrong = past.cleanup(&["--yes", "sha256:00"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""));
    assert!(wrong.err.contains("is not what was listed under that checksum"), "{}", wrong.err);
    assert_eq!(dump(&server), before, "so far nothing was changed");
    let tag = name(&list, "module-tag");
    let builds = past.ask(&ListBuilds::default()).len();
    let (code, after) = past.json(&["--yes", list["checksum"].as_str().expect("a text")]);
    assert_eq!(code, 0);
    assert_eq!(words(&said(&after)), ["target deleted", "build-tag deleted", "module-tag keep"]);
    assert_eq!(past.tags(), [tag]);
    assert_eq!(past.ask(&ListBuilds::default()).len(), builds);
    assert_eq!(past.site.runs()[0]["state"], "done");
}

#[test]
fn a_second_time_there_is_nothing_to_do() {
    let Some(past) = Past::failed() else { return };
    let sum = past.sum();
    assert_eq!(past.json(&["--yes", &sum]).0, 0);
    let (code, again) = past.json(&["--yes", &sum]);
    assert_eq!((code, &again["checksum"], said(&again)), (0, &Json::Null, Vec::new()));
    assert!(past.cleanup(&[]).out.contains("The hub has nothing of this run."));
}

#[test]
fn a_failed_run_is_deleted_whole_and_cannot_be_resumed_then() {
    let Some(past) = Past::failed() else { return };
    past.make_tag("module-perl-App-cpanminus-1.7044-of-somebody", None);
    let foreign = past.make_tag("module-theirs", None);
    let target = CreateBuildTarget {
        name: "module-theirs".to_owned(),
        build_tag: foreign.into(),
        dest_tag: foreign.into(),
    };
    past.ask(&target);
    let (_, list) = past.json(&[]);
    let listed = said(&list);
    assert_eq!(words(&listed), ["target delete", "build-tag delete", "module-tag delete"]);
    let table = past.cleanup(&[]).out;
    assert!(table.contains("The run can be resumed until then."), "{table}");
    let (code, after) = past.json(&["--yes", list["checksum"].as_str().expect("a text")]);
    assert_eq!((code, &after["is_done"]), (0, &true.into()));
    let theirs = ["module-perl-App-cpanminus-1.7044-of-somebody", "module-theirs"];
    assert_eq!(past.tags(), theirs);
    assert_eq!(past.site.runs()[0]["state"], "canceled");
    let resumed = Program::new(past.site.resume(&past.run, &[])).run();
    assert_eq!(resumed.code, 1);
    assert!(resumed.err.contains("is canceled; there is nothing to resume"), "{}", resumed.err);
}

#[test]
fn what_somebody_else_marked_joined_or_inherits_stays() {
    let Some(past) = Past::failed() else { return };
    let (_, list) = past.json(&[]);
    let (tag, build_tag) = (name(&list, "module-tag"), name(&list, "build-tag"));
    let own = past.ask(&GetTag { tag: tag.as_str().into(), ..GetTag::default() });
    let own = own.expect("it is there").id;
    let child = past.make_tag("module-theirs-build", None);
    let row = [("parent_id", Value::Int(own)), ("priority", Value::Int(0))];
    let row: Map = row.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let data = vec![row];
    past.ask(&modplan::koji::calls::SetInheritanceData { tag: child.into(), data, clear: None });
    let mark = Map::from([("run".to_owned(), "20200101-000000-abcdef".into())]);
    let extra = Map::from([("modplan".to_owned(), Value::Struct(mark))]);
    let settings = Map::from([("extra".to_owned(), Value::Struct(extra))]);
    past.ask(&EditTag2 { tag: build_tag.as_str().into(), settings });
    let before = dump(&past.site.case.mock.server);
    let (_, list) = past.json(&[]);
    let listed = said(&list);
    assert_eq!(words(&listed), ["target keep", "build-tag keep", "module-tag keep"]);
    assert!(listed[0].1.starts_with(&format!("{build_tag}: it is marked as one of")), "{listed:?}");
    assert_eq!(listed[1].1, "it is marked as one of the run 20200101-000000-abcdef");
    assert!(listed[2].1.ends_with(" tags into it"), "{listed:?}");
    assert_eq!(list["checksum"], Json::Null);
    // A checksum of before deletes nothing.
    assert_eq!(past.json(&["--yes", "sha256:00"]).0, 0);
    assert_eq!(dump(&past.site.case.mock.server), before);
}

#[test]
fn a_build_tag_that_an_open_task_needs_stays_until_the_task_is_over() {
    let Some(past) = Past::failed() else { return };
    let sum = past.sum();
    let build_tag = name(&past.json(&[]).1, "build-tag");
    // No builder of the mock hub knows the method, so the task stays free.
    let (method, arglist) = ("tagReport".to_owned(), vec![build_tag.into(), "x86_64".into()]);
    let task = past.ask(&MakeTask { method, arglist, settings: Map::new() });
    let (_, list) = past.json(&[]);
    let listed = said(&list);
    assert_eq!(words(&listed), ["target keep", "build-tag keep", "module-tag keep"]);
    assert_eq!(listed[1].1, format!("the task {task} (tagReport) is open"));
    let tags = past.tags();
    let refused = past.cleanup(&["--yes", &sum]);
    assert_eq!((refused.code, past.tags()), (0, tags), "{}", refused.err);
    past.ask(&CancelTask { task_id: task, ..CancelTask::default() });
    assert_eq!(past.sum(), sum, "the list is as it was");
    assert_eq!(past.json(&["--yes", &sum]).0, 0);
    assert_eq!(past.tags(), [""; 0]);
}

#[test]
fn a_run_at_another_hub_is_refused() {
    let Some(mut past) = Past::failed() else { return };
    let wire = Wire::start(&past.site.case.mock.server);
    let sum = past.sum();
    past.site.server.clone_from(&wire.server);
    // To the store, another address is another hub.
    let other = past.cleanup(&["--yes", &sum]);
    assert_eq!(other.code, 2, "{}", other.err);
    assert!(other.err.contains("is at the hub "), "{}", other.err);
}

#[test]
fn lost_answers_and_refusals_are_looked_after() {
    let Some(site) = Site::small() else { return };
    let wire = Wire::start(&site.case.mock.server);
    let server = wire.server.clone();
    let Some(past) = Past::of(Site { server, ..site }, "done") else { return };
    let (sum, tags) = (past.sum(), past.tags());
    // A refused deletion is said, and what follows from it stays.
    let denied = Fault::new(1004, "target permission required");
    let refused = Value::Struct(Map::from([
        ("faultCode".to_owned(), Value::Int(1004)),
        ("faultString".to_owned(), denied.text.as_str().into()),
    ]));
    wire.instead("multiCall(deleteBuildTarget)", Ok(Value::List(vec![refused])));
    let (code, list) = past.json(&["--yes", &sum]);
    assert_eq!((code, past.tags()), (1, tags));
    let listed = said(&list);
    assert_eq!(words(&listed), ["target failed", "build-tag keep", "module-tag keep"]);
    assert!(listed[0].1.contains("target permission required"), "{listed:?}");
    // What was done is not done again, and what was not done is.
    wire.lose("multiCall(deleteBuildTarget)");
    let unknown = Fault::new(1009, "unable to retry call");
    wire.instead("multiCall(deleteTag)", Err(unknown));
    let (code, list) = past.json(&["--yes", &sum]);
    assert_eq!(code, 0, "{list}");
    assert_eq!(words(&said(&list)), ["target deleted", "build-tag deleted", "module-tag keep"]);
    assert_eq!(wire.left("multiCall(deleteTag)"), 0);
    assert_eq!(past.tags(), [name(&list, "module-tag")]);
}

#[test]
fn a_run_that_is_driven_or_can_be_resumed_keeps_everything() {
    let Some(site) = Site::small() else { return };
    let sum = site.checksum();
    let mut running = Running::start(site.yes(&sum));
    running.line_with(": begins");
    running.signal("STOP");
    let run = site.runs()[0]["run"].as_str().expect("a text").to_owned();
    let past = Past { site, run };
    for more in [&[][..], &["--yes", "sha256:00"]] {
        let held = past.cleanup(more);
        // SQLite lets nobody write while a process is stopped in the middle of a commit.
        if held.err.contains("database is locked") {
            continue;
        }
        assert_eq!((held.code, held.out.as_str()), (1, ""), "{}", held.err);
        assert!(held.err.contains(&format!(":{}", running.pid())), "{}", held.err);
    }
    running.signal("KILL");
    drop(running);
    for more in [&[][..], &["--yes", "sha256:00"]] {
        let alive = past.cleanup(more);
        assert_eq!((alive.code, alive.out.as_str()), (1, ""), "{}", alive.err);
        assert!(alive.err.contains(" and can be resumed: it needs what it made"), "{}", alive.err);
    }
    let cancel = modplan(&["runs", "cancel", &past.run, "--store", &past.site.store]);
    assert_eq!(cancel.code, 0, "{}", cancel.err);
    assert_eq!(Program::new(past.site.resume(&past.run, &[])).run().code, 1);
    assert_eq!(past.site.runs()[0]["state"], "canceled");
    let (_, list) = past.json(&[]);
    if let Some(sum) = list["checksum"].as_str() {
        assert_eq!(past.json(&["--yes", sum]).0, 0);
    }
    assert_eq!(past.tags(), [""; 0]);
}
