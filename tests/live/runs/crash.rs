//! `kill -9` at random instants: whatever dies, a process after it comes to the same end, with nothing built
//! twice and nothing left out.

use std::collections::BTreeSet;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use modplan::koji::calls::{ListBuilds, ListTagged, ListTags, ListTasks, Map};
use modplan::koji::{RowsOrCount, TaskState, Value};
use modplan::live::hub::Hub;

use super::super::execute::component;
use super::super::mock_koji::{alice, block_on, options};
use super::*;
use crate::support::postgres::Postgres;

/// How often a test kills, unless `MODPLAN_CRASHES` says it.
const ON_SQLITE: usize = 30;
const ON_POSTGRES: usize = 5;
/// After a request a process lives so many milliseconds longer at most.
const LINGERS_MS: u64 = 12;
/// A run is killed so often at most, then it is left alone.
pub(super) const DEATHS_MAX: usize = 3;

/// What a hub has in the end, without numbers and times.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AtHub {
    /// The tasks that build, by what they are marked with.
    tasks: Vec<(String, TaskState)>,
    builds: BTreeSet<String>,
    tags: BTreeMap<String, Vec<String>>,
}

impl Site {
    pub(super) fn at_hub(&self) -> AtHub {
        block_on(async {
            let server = &self.case.mock.server;
            let mut hub = Hub::connect(options(server), alice()).await.expect("it is there");
            let opts = Map::from([
                ("method".to_owned(), Value::from("build")),
                ("decode".to_owned(), Value::Bool(true)),
            ]);
            let call = ListTasks { opts: Some(opts), ..ListTasks::default() };
            let RowsOrCount::Rows(rows) = hub.call(&call).await.expect("it answers") else {
                panic!("rows were asked for")
            };
            let own = rows.iter().filter(|task| task.owner_name.as_deref() == Some("alice"));
            let mut tasks: Vec<_> = own.map(|task| (component(task), task.state)).collect();
            tasks.sort();
            let builds = hub.call(&ListBuilds::default()).await.expect("it answers");
            let builds = builds.into_iter().map(|build| format!("{} {:?}", build.nvr, build.state));
            let builds = builds.collect();
            let mut tags = BTreeMap::new();
            for tag in hub.call(&ListTags::default()).await.expect("it answers") {
                let call = ListTagged { tag: tag.id.into(), ..ListTagged::default() };
                let tagged = hub.call(&call).await.expect("it answers");
                let mut nvrs: Vec<_> = tagged.into_iter().map(|build| build.nvr).collect();
                nvrs.sort();
                tags.insert(tag.name, nvrs);
            }
            AtHub { tasks, builds, tags }
        })
    }

    /// Returns what was built, by what its tasks are marked with.
    pub(super) fn built(&self) -> Vec<String> {
        let tasks = self.at_hub().tasks.into_iter();
        tasks.map(|(component, state)| format!("{component} {state}")).collect()
    }

    /// Returns what a run that ended well has built: every component and macros package, once.
    pub(super) fn wanted(&self, run: &Json) -> Vec<String> {
        let mut wanted = Vec::new();
        for module in run["modules"].as_object().expect("a map").values() {
            wanted.push("module-build-macros CLOSED".to_owned());
            let components = module["components"].as_array().expect("a list").iter();
            wanted.extend(components.map(|component| {
                format!("{} CLOSED", component["component"].as_str().expect("a text"))
            }));
        }
        wanted.sort();
        wanted
    }
}

/// Draws numbers, the same in every run of a test.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

/// A process, killed at a request or a little later; returns whether it ended before that.
pub(super) fn lives_until(
    arguments: Vec<String>,
    wire: &Wire,
    requests: u64,
    lingers_ms: u64,
) -> bool {
    let rings = wire.after(usize::try_from(requests).expect("few"));
    let mut running = Running::start(arguments);
    loop {
        match rings.recv_timeout(Duration::from_millis(20)) {
            Ok(()) => break,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                if running.ends_within(Duration::ZERO) {
                    return true;
                }
            }
        }
    }
    if running.ends_within(Duration::from_millis(lingers_ms)) {
        return true;
    }
    // It may end by itself just before the signal reaches it.
    running.signal("KILL");
    running.said().code != -1
}

/// What an undisturbed run comes to, and how many requests its parts take.
pub(super) struct Undisturbed {
    pub(super) states: BTreeMap<String, (String, u64)>,
    pub(super) hub: AtHub,
    dry: u64,
    all: u64,
}

impl Undisturbed {
    /// Returns the first and the last request at which a process of a run may die; nothing is begun before the
    /// preflight is repeated.
    pub(super) fn requests(&self, is_resumed: bool) -> (u64, u64) {
        if is_resumed { (1, self.all - self.dry) } else { (self.dry, self.all) }
    }
}

/// Starts a hub with a wire before it.
pub(super) fn wired(store: Option<&str>) -> Option<(Site, Wire)> {
    let mut site = Site::small()?;
    let wire = Wire::start(&site.case.mock.server);
    site.server.clone_from(&wire.server);
    if let Some(store) = store {
        store.clone_into(&mut site.store);
    }
    Some((site, wire))
}

pub(super) fn undisturbed(site: &Site, wire: &Wire) -> Undisturbed {
    let sum = site.checksum();
    let dry = wire.seen().len() as u64;
    let said = Program::new(site.yes(&sum)).run();
    assert_eq!(said.code, 0, "{}", said.err);
    let all = wire.seen().len() as u64;
    let run = answer(&said);
    assert_eq!(site.built(), site.wanted(&run));
    Undisturbed { states: states(&run), hub: site.at_hub(), dry, all }
}

/// Kills the processes of one run, and has the last one come to the end; returns how often one died.
fn killed(site: &Site, wire: &Wire, whole: &Undisturbed, draw: &mut Draw) -> usize {
    let sum = site.checksum();
    let mut deaths = 0;
    let mut arguments = site.yes(&sum);
    while deaths < DEATHS_MAX {
        let (first, last) = whole.requests(deaths > 0);
        let requests = first + draw.below(last - first);
        if lives_until(arguments, wire, requests, draw.below(LINGERS_MS)) {
            break;
        }
        deaths += 1;
        arguments = match site.runs().first() {
            Some(run) => site.resume(run["run"].as_str().expect("a text"), &[]),
            None => site.yes(&sum),
        };
        if site.runs().first().is_some_and(|run| run["state"] == "done") {
            break;
        }
    }
    if site.runs().first().is_none_or(|run| run["state"] != "done") {
        let arguments = match site.runs().first() {
            Some(run) => site.resume(run["run"].as_str().expect("a text"), &[]),
            None => site.yes(&sum),
        };
        let said = Program::new(arguments).run();
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(states(&answer(&said)), whole.states);
    }
    assert_eq!(site.at_hub(), whole.hub, "the hub is as after an undisturbed run");
    deaths
}

pub(super) fn crashes(usual: usize) -> usize {
    let given = std::env::var_os("MODPLAN_CRASHES");
    given.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(usual)
}

#[test]
fn a_run_in_sqlite_that_is_killed_anywhere_comes_to_the_same_end() {
    let Some((site, wire)) = wired(None) else { return };
    let whole = undisturbed(&site, &wire);
    drop((site, wire));
    let (mut draw, mut deaths, wanted) = (Draw(18), 0, crashes(ON_SQLITE));
    while deaths < wanted {
        let Some((site, wire)) = wired(None) else { return };
        deaths += killed(&site, &wire, &whole, &mut draw);
    }
}

#[test]
fn a_run_in_postgresql_that_is_killed_anywhere_comes_to_the_same_end() {
    let Some(first) = Postgres::start() else { return };
    let Some((site, wire)) = wired(Some(&first.url())) else { return };
    let whole = undisturbed(&site, &wire);
    drop((site, wire, first));
    let (mut draw, mut deaths, wanted) = (Draw(5), 0, crashes(ON_POSTGRES).min(30));
    while deaths < wanted {
        let Some(postgres) = Postgres::start() else { return };
        let Some((site, wire)) = wired(Some(&postgres.url())) else { return };
        deaths += killed(&site, &wire, &whole, &mut draw);
    }
}
