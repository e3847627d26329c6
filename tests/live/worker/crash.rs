//! A worker that dies anywhere, and requests that are lost anywhere: each component is built once, and the
//! module is imported once.

use std::collections::BTreeSet;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use modplan::koji::TaskState;
use serde_json::json;

use super::shop::{Shop, Wanted};
use crate::live::mock_koji::wire::{Trouble, Wire};
use crate::support::program::Running;

/// How often a test kills, unless `MODPLAN_CRASHES` says it.
const CRASHES: usize = 15;
/// After a request a worker lives so many milliseconds longer at most.
const LINGERS_MS: u64 = 12;
/// A module has its worker killed so often at most; then that is left alone.
const DEATHS_MAX: usize = 3;
/// About so many requests a module takes.
const REQUESTS: u64 = 60;

fn crashes() -> usize {
    let given = std::env::var_os("MODPLAN_CRASHES");
    given.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(CRASHES)
}

/// Draws numbers, the same in every run of a test.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

impl Shop {
    /// Asserts that a module is built, imported and published once.
    fn is_built_once(&self, name: &str, task: i64) {
        assert_eq!(self.end_of(task), TaskState::Closed, "{name}: {}", self.fault_of(task));
        assert_eq!(self.builds_of(&format!("{name}:")), ["app", "base", "lib"], "{name}");
        let labels: Vec<String> = self.tree(task).into_iter().map(|child| child.label).collect();
        let distinct: BTreeSet<&String> = labels.iter().collect();
        assert_eq!(distinct.len(), labels.len(), "{name}: {labels:?}");
        let tag = format!("module-{name}-1-8020020260101000000-c0ffee00");
        assert_eq!(self.tagged(&tag), ["app", "base", "lib"], "{name}");
        let imported = self.call("listBuilds", json!([{"packageID": name, "__starstar": true}]));
        assert_eq!(imported.as_array().map(Vec::len), Some(1), "{name}");
        assert!(self.tagged("el8-candidate").contains(&name.to_owned()), "{name}");
    }

    /// Starts a worker behind a wire.
    fn worker_behind(&self, wire: &Wire) -> Running {
        Running::start(self.arguments("worker", &wire.server, &[]))
    }
}

fn tool(number: usize) -> Wanted {
    Wanted::of(&format!("tool{number}"), &[("base", 0), ("lib", 1), ("app", 1)])
}

/// Kills a worker after some requests and a little more; returns whether its module was built before that.
fn dies(shop: &Shop, worker: &mut Running, wire: &Wire, (task, draw): (i64, &mut Draw)) -> bool {
    let rings = wire.after(usize::try_from(1 + draw.below(REQUESTS)).expect("few"));
    while let Err(RecvTimeoutError::Timeout) = rings.recv_timeout(Duration::from_millis(20)) {
        if shop.state_of(task).is_final() {
            return true;
        }
    }
    assert!(!worker.ends_within(Duration::from_millis(draw.below(LINGERS_MS))), "it lives");
    worker.signal("KILL");
    shop.state_of(task).is_final()
}

#[test]
fn a_worker_that_is_killed_anywhere_is_replaced_and_nothing_is_done_twice() {
    let shop = Shop::start(&[]);
    let wire = Wire::start(&shop.mock.server);
    let (mut draw, mut deaths, wanted) = (Draw(20), 0, crashes());
    for number in 0.. {
        if deaths >= wanted {
            break;
        }
        let (name, task) = (format!("tool{number}"), shop.ask(&tool(number)));
        for _ in 0..DEATHS_MAX {
            let mut worker = shop.worker_behind(&wire);
            if dies(&shop, &mut worker, &wire, (task, &mut draw)) {
                break;
            }
            deaths += 1;
        }
        let last = shop.worker_behind(&wire);
        shop.is_built_once(&name, task);
        drop(last);
    }
}

/// What a worker may call once in its life, and what ends it.
fn is_of_the_beginning(method: &str) -> bool {
    ["login", "logout", "exclusiveSession", "host.getID"].contains(&method)
}

#[test]
fn a_request_of_a_worker_that_is_lost_or_doubled_anywhere_changes_nothing() {
    let shop = Shop::start(&[]);
    let wire = Wire::start(&shop.mock.server);
    let _worker = shop.worker_behind(&wire);
    shop.is_built_once("tool0", shop.ask(&tool(0)));
    let methods: BTreeSet<String> = wire.seen().into_iter().collect();
    let methods: Vec<String> =
        methods.into_iter().filter(|method| !is_of_the_beginning(method)).collect();
    assert!(methods.len() > 25, "{methods:?}");
    for method in ["host.openTask", "multiCall(host.subtask)", "CGImport", "host.closeTask"] {
        assert!(methods.iter().any(|seen| seen == method), "no {method} in {methods:?}");
    }
    let others = [Trouble::RequestLost, Trouble::Doubled, Trouble::Offline];
    for (number, method) in (1..).zip(&methods) {
        // A lost answer is the worst; the others take turns.
        for (turn, trouble) in [Trouble::AnswerLost, others[number % 3]].into_iter().enumerate() {
            let number = 2 * number + turn;
            wire.trouble_on(method, trouble);
            let task = shop.ask(&tool(number));
            shop.is_built_once(&format!("tool{number}"), task);
            assert!(!wire.is_waiting_for(method), "{method} was called again");
        }
    }
}

#[test]
fn an_exclusive_session_is_had_whatever_the_wire_does() {
    let shop = Shop::start(&[]);
    let wire = Wire::start(&shop.mock.server);
    for trouble in [Trouble::AnswerLost, Trouble::RequestLost, Trouble::Doubled] {
        wire.trouble_on("exclusiveSession", trouble);
        let mut worker = shop.worker_behind(&wire);
        worker.line_with("serves the channel");
        let said = super::shop::stopped(worker);
        assert_eq!(said.code, 0, "{trouble:?}: {}", said.err);
    }
}
