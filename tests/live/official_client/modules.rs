//! koji's own client and a module task: it is a task like any other.

use std::collections::BTreeSet;

use modplan::koji::TaskState;
use serde_json::json;

use super::Official;
use crate::live::worker::shop::{self, Shop, Wanted};

/// Returns the tasks that a client told of, each as it is called: `12 build (m, /rpms/lib:0123…)`.
fn told(out: &str) -> BTreeSet<String> {
    let lines = out.lines().map(str::trim);
    let numbered = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    let label = |line: &str| line.split(": ").next().map(str::to_owned);
    numbered.filter(|line| line.contains(") ") || line.contains("): ")).filter_map(label).collect()
}

#[test]
fn a_module_task_is_watched_and_described() {
    let shop = Shop::start(&[]);
    let Some(koji) = Official::new(&shop.mock.server) else { return };
    let _worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    let number = task.to_string();
    let watched = koji.run(&["watch-task", &number]);
    let end = format!("{number} moduleBuild (noarch) completed successfully");
    assert!(watched.contains(&end), "{watched}");
    for name in ["base", "lib", "app"] {
        assert!(watched.contains(&format!("/rpms/{name}:0123456789")), "{watched}");
    }
    for word in ["buildArch (", "buildSRPMFromSCM (", "tagBuild ("] {
        assert!(watched.contains(word), "no {word}: {watched}");
    }
    let tree = koji.run(&["taskinfo", "-r", "-v", &number]);
    let count = |words: &str| tree.matches(words).count();
    assert!(tree.contains("Type: moduleBuild") && tree.contains("Owner: alice"), "{tree}");
    assert_eq!(count("Type: build\n"), 3, "{tree}");
    assert_eq!(count("Type: buildSRPMFromSCM"), 3, "{tree}");
    assert_eq!((count("State: closed"), count("State: ")), (count("Type: "), count("Type: ")));
    assert!(tree.contains("Host: worker"), "{tree}");
}

#[test]
fn modplan_watches_the_tasks_that_koji_s_client_watches() {
    let shop = Shop::start(&[]);
    let Some(koji) = Official::new(&shop.mock.server) else { return };
    let _worker = shop.worker(&[]);
    crate::live::module_build::document(&shop, crate::live::module_build::PLAIN);
    let more = ["--watch", "--poll", "10ms"];
    let said = crate::live::module_build::module_build(&shop, &more);
    assert_eq!(said.code, 0, "{}", said.err);
    let created = said.out.lines().next().expect("it speaks");
    let number = created.split_whitespace().nth(2).expect("Created task: NUMBER").to_owned();
    let watched = koji.run(&["watch-task", &number]);
    assert_eq!(told(&said.out), told(&watched), "{}\n{watched}", said.out);
    let end = |out: &str| out.lines().last().map(str::to_owned);
    assert_eq!(end(&said.out), end(&watched));
}

#[test]
fn a_module_task_is_canceled_and_resubmitted() {
    let shop = Shop::start(&["--speed", "600"]);
    let Some(koji) = Official::new(&shop.mock.server) else { return };
    let mut worker = shop.worker(&[]);
    let task = shop.ask(&Wanted::tool());
    worker.line_with("begins");
    shop.until("a component is built", || !shop.tree(task).is_empty());
    let number = task.to_string();
    koji.run(&["cancel", &number]);
    assert!(koji.run(&["taskinfo", &number]).contains("State: canceled"));
    let states: BTreeSet<TaskState> = shop.tree(task).iter().map(|child| child.state).collect();
    assert!(states.iter().all(|state| state.is_final()), "{states:?}");
    worker.line_with("is taken away: CANCELED");
    let out = koji.run(&["resubmit", "--nowait", &number]);
    let words = format!("Resubmitted task {number} as new task ");
    let again = out.lines().find_map(|line| line.strip_prefix(&words));
    let again: i64 = again.expect("a new task").trim().parse().expect("a number");
    assert_eq!(shop.end_of(again), TaskState::Closed, "{}", shop.fault_of(again));
    assert_eq!(
        shop.call("getTaskResult", json!([again]))["components"].as_array().map(Vec::len),
        Some(3)
    );
    assert_eq!(shop.tagged("el8-candidate"), ["tool"]);
    assert_eq!(shop::stopped(worker).code, 0);
}
