//! `modplan module-build`: a document becomes tasks of the mock hub, which a worker carries out.

use std::fs;

use modplan::koji::{TaskState, Value};
use serde_json::{Value as Json, json};

use super::mock_koji::wire::{Trouble, Wire};
use super::worker::shop::Shop;
use crate::cli::formats::documented::Shapes;
use crate::support::program::{Program, Said};

const AGAINST: &str = "fixtures/el8-perl/modules.yaml";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const TIME: &str = "2026-01-02T03:04:05Z";
/// A module that is built on its platform alone.
pub(super) const PLAIN: &str = "{buildrequires: {platform: [el8]}, requires: {platform: [el8]}}";
/// Any perl but 5.32, of which each context needs one.
const TWO: &str =
    "{buildrequires: {platform: [el8], perl: [-5.32]}, requires: {platform: [el8], perl: [-5.32]}}";
/// What a worker finds in the platform's tag, as the fixture has it.
const GIVEN: &str = "worker: {given: [\"perl:5.26\", \"perl:5.30\"]}\n";

/// Writes a document of two components.
pub(super) fn document(shop: &Shop, dependencies: &str) {
    let component = |name: &str, order: u32| {
        format!(
            "      {name}: {{rationale: r, buildorder: {order}, ref: {COMMIT}, \
             repository: \"https://src.example.org/rpms/{name}\"}}\n"
        )
    };
    let text = format!(
        "document: modulemd\nversion: 2\ndata:\n  name: app\n  stream: rhel-8\n  summary: s\n  \
         description: d\n  license: {{module: [MIT]}}\n  dependencies: [{dependencies}]\n  \
         components:\n    rpms:\n{}{}",
        component("libs", 0),
        component("app", 1)
    );
    fs::write(shop.path("app.yaml"), text).expect("it is writable");
}

/// Runs the command on that document as alice, at an address.
fn module_build_at(server: &str, shop: &Shop, more: &[&str]) -> Said {
    let (file, config, koji) =
        (shop.path("app.yaml"), shop.path("alice.yaml"), shop.path("koji.conf"));
    let all = ["module-build", &file, "--against", AGAINST, "--at", TIME, "--config", &config];
    let hub = ["--koji-config", &koji, "--server", server];
    Program::new([&all[..], &hub, more].concat()).run()
}

pub(super) fn module_build(shop: &Shop, more: &[&str]) -> Said {
    module_build_at(&shop.mock.server, shop, more)
}

fn json(said: &Said) -> Json {
    let json = serde_json::from_str(&said.out);
    json.unwrap_or_else(|error| panic!("{error}: {}\n{}", said.out, said.err))
}

/// Returns every module task of the hub.
fn tasks(shop: &Shop) -> Vec<i64> {
    let rows = shop.call("listTasks", json!([{"method": "moduleBuild"}]));
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| row["id"].as_i64().expect("a number")).collect()
}

#[test]
fn each_context_of_a_document_is_a_task_that_is_followed_to_its_end() {
    let shop = Shop::with_config(&[], GIVEN);
    let _worker = shop.worker(&[]);
    document(&shop, TWO);
    let said = module_build(&shop, &["--watch", "--poll", "10ms", "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let answer = json(&said);
    let mut shapes = Shapes::read();
    shapes.hold("module-tasks", &answer);
    assert_eq!(shapes.unseen("module-tasks"), [""; 0]);
    assert_eq!(answer["hub"], shop.mock.server.as_str());
    let asked = answer["tasks"].as_array().expect("a list");
    assert_eq!(asked.len(), 2, "perl 5.26 and 5.30");
    for one in asked {
        let id = one["id"].as_str().expect("a text");
        assert!(id.starts_with("app:rhel-8:8060020260102030405:"), "{id}");
        let context = id.rsplit(':').next().expect("a context");
        assert_eq!(one["nvr"], format!("app-rhel_8-8060020260102030405.{context}").as_str());
        assert_eq!(one["tag"], format!("module-app-rhel-8-8060020260102030405-{context}").as_str());
        assert_eq!(one["state"], "CLOSED");
        let nvrs = one["components"].as_array().expect("a list");
        assert_eq!(nvrs.len(), 2, "{nvrs:?}");
        let task = one["task_id"].as_i64().expect("a number");
        let labels: Vec<String> = shop.tree(task).into_iter().map(|child| child.label).collect();
        assert_eq!(labels, ["build 0,0", "build 1,0"]);
        let tree = [format!("{task} moduleBuild (noarch)"), "completed successfully".to_owned()];
        assert!(tree.iter().all(|words| said.err.contains(words)), "{}", said.err);
    }
    assert_eq!(shop.tagged("el8-candidate"), ["app", "app"]);
}

#[test]
fn a_task_that_fails_answers_no() {
    // Nothing says where perl is.
    let shop = Shop::start(&[]);
    let _worker = shop.worker(&[]);
    document(&shop, TWO);
    let said = module_build(&shop, &["--watch", "--poll", "10ms"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert_eq!(said.out.matches("Created task: ").count(), 2, "{}", said.out);
    assert!(said.out.contains("FAILED: "), "{}", said.out);
    assert!(said.out.contains("requirements: "), "{}", said.out);
    assert!(said.out.contains("moduleBuild (noarch) failed"), "{}", said.out);
}

#[test]
fn without_watching_the_tasks_are_made_and_that_is_all() {
    let shop = Shop::start(&[]);
    document(&shop, PLAIN);
    let said = module_build(&shop, &["--priority", "3"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let made = tasks(&shop);
    let [task] = made[..] else { panic!("{made:?}") };
    assert!(said.out.starts_with(&format!("Created task: {task} (app:rhel-8:")), "{}", said.out);
    assert_eq!(shop.state_of(task), TaskState::Free);
    let info = shop.call("getTaskInfo", json!([task, true]));
    // koji adds to its own priority of 20.
    assert_eq!(info["priority"], 23);
    let plan = &info["request"][0];
    assert_eq!(plan["batches"][1][0]["name"], "app");
    let url = format!("git+https://src.example.org/rpms/app?#{COMMIT}");
    assert_eq!(plan["batches"][1][0]["url"], url.as_str());
}

#[test]
fn a_lost_answer_makes_no_second_task() {
    let shop = Shop::start(&[]);
    document(&shop, TWO);
    for (trouble, count) in [(Trouble::AnswerLost, 2), (Trouble::RequestLost, 4)] {
        let wire = Wire::start(&shop.mock.server);
        wire.trouble_on("moduleBuild", trouble);
        let said = module_build_at(&wire.server, &shop, &["--format", "json"]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(!wire.is_waiting_for("moduleBuild"));
        assert_eq!(tasks(&shop).len(), count, "{trouble:?}");
        let mut made: Vec<i64> = (json(&said)["tasks"].as_array().expect("a list").iter())
            .map(|one| one["task_id"].as_i64().expect("a number"))
            .collect();
        made.dedup();
        assert_eq!(made.len(), 2, "each context has its own task");
    }
}

#[test]
fn a_hub_without_the_method_is_told_what_to_install() {
    let shop = Shop::start(&[]);
    document(&shop, TWO);
    let Value::List(methods) = Value::from(shop.call("_listapi", json!([]))) else {
        panic!("a list of methods")
    };
    let is_other = |one: &Value| one.get("name").and_then(Value::as_str) != Some("moduleBuild");
    let others: Vec<Value> = methods.into_iter().filter(is_other).collect();
    let wire = Wire::start(&shop.mock.server);
    wire.instead("_listapi", Ok(Value::List(others)));
    let said = module_build_at(&wire.server, &shop, &[]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.contains("the hub has no method moduleBuild"), "{}", said.err);
    assert!(said.err.contains("koji-plugin/"), "{}", said.err);
    assert_eq!(wire.left("_listapi"), 0);
    assert_eq!(tasks(&shop), [0; 0]);
}

#[test]
fn what_this_site_would_not_build_is_not_asked_for() {
    let shop = Shop::start(&[]);
    document(&shop, PLAIN);
    let file = shop.path("app.yaml");
    let text = fs::read_to_string(&file).expect("it is there");
    let refused = |from: &str, to: &str, message: &str| {
        fs::write(&file, text.replace(from, to)).expect("it is writable");
        let said = module_build(&shop, &[]);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{to}: {}", said.err);
        assert!(said.err.contains(message), "{to}: {}", said.err);
        assert_eq!(tasks(&shop), [0; 0], "{to}");
    };
    refused("src.example.org/rpms/app", "elsewhere.example.org/rpms/app", "koji is not asked: ");
    refused(&format!("buildorder: 1, ref: {COMMIT}"), "buildorder: 1, ref: main", "app: ");
    refused("rationale: r, buildorder: 1", "rationale: r, buildafter: [gone]", "cannot be built");
    refused("platform: [el8]}, requires", "platform: [el9]}, requires", "does not expand");
}
