//! The mock hub as a program, and modplan's own client against it through a wire that loses, doubles and
//! delays what goes over it.

mod wire;

use std::time::Duration;

use modplan::koji::calls::{
    BuildCall, CancelTask, CreateTag, GetBuildTarget, GetLoggedInUser, GetTag, GetTaskInfo,
    GetTaskRequest, ListHosts, ListTasks, MakeTask, Map, PackageListAdd,
};
use modplan::koji::shapes::Secret;
use modplan::koji::{OneOrMany, Ref, RowsOrCount, TaskState, Value};
use modplan::live::hub::{
    Abilities, Follower, Hub, HubError, Login, Observation, Options, Patience, RepoAsk,
};
use modplan::live::{KojiRequest, record_koji};

use crate::support::program::Serving;
use wire::{Trouble, Wire};

const TRACE: &str = "fixtures/el8-perl/trace.csv";
const FARM: &str = "fixtures/el8-perl/farm-koji.yaml";

/// A mock hub that runs.
pub(super) struct Mock {
    /// Its address.
    pub(super) server: String,
    _serving: Serving,
}

impl Mock {
    /// Starts a mock hub with the user alice and what else is given.
    pub(super) fn start(arguments: &[&str]) -> Self {
        let given = ["mock-koji", "--trace", TRACE, "--farm", FARM, "--user", "alice:secret"];
        let serving = Serving::start(given.iter().chain(arguments), 2);
        let server =
            serving.lines[0].strip_prefix("listening on ").expect("the address comes first");
        assert!(serving.lines[1].starts_with("poll "), "{:?}", serving.lines);
        Self { server: server.to_owned(), _serving: serving }
    }
}

fn options(server: &str) -> Options {
    let profile = modplan::koji::profile::Profile::new("koji");
    Options {
        server: server.to_owned(),
        call_max: Duration::from_secs(20),
        patience: Patience {
            tries_max: 4,
            retry_interval: Duration::ZERO,
            offline_interval: Duration::ZERO,
            offline_max: Duration::from_millis(5),
            rollbacks_max: 2,
        },
        ..Options::of(&profile)
    }
}

fn alice() -> Login {
    Login::Password { user: "alice".to_owned(), password: Secret::new("secret") }
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn a_wrong_password_is_told_without_the_password() {
    let mock = Mock::start(&[]);
    let password = Secret::new("not-this-one");
    let login = Login::Password { user: "alice".to_owned(), password };
    let error = block_on(Hub::connect(options(&mock.server), login)).expect_err("it is wrong");
    let text = format!("{error} {error:?}");
    assert!(text.contains("alice") && text.contains("invalid username or password"), "{text}");
    assert!(!text.contains("not-this-one"), "{text}");
}

#[test]
fn a_hub_says_what_it_can_do_and_repos_are_asked_for_in_its_way() {
    let mock = Mock::start(&["--speed", "2000"]);
    block_on(async {
        let mut hub = Hub::connect(options(&mock.server), alice()).await.expect("it is there");
        let new = hub.probe().await.expect("it answers");
        assert_eq!(new.version.as_deref(), Some("1.35.3"));
        assert!(new.has("repo.request") && !new.has("noSuchMethod"));
        // A hub before 1.34 knows tasks alone.
        let old = Abilities::of(Some("1.33.0"), ["newRepo".to_owned(), "getRepo".to_owned()]);
        for (abilities, is_task) in [(&old, true), (&new, false)] {
            let tag = format!("asked-{is_task}");
            let arches = Some("x86_64".to_owned());
            let make = CreateTag { name: tag.clone(), arches, ..CreateTag::default() };
            hub.call(&make).await.expect("it is made");
            let ask = hub.ask_repo(abilities, &tag, 1).await.expect("it answers");
            assert_eq!(matches!(ask, RepoAsk::Task(_)), is_task, "{ask:?}");
            let mut at = ask;
            for _ in 0..5000 {
                at = hub.check_repo(&at, &tag, 1).await.expect("it answers");
                if matches!(at, RepoAsk::Ready(_)) {
                    break;
                }
            }
            assert!(matches!(&at, RepoAsk::Ready(repo) if repo.tag_name == tag), "{at:?}");
        }
    });
}

#[test]
fn a_thousand_tasks_are_followed_with_ten_requests_a_poll() {
    let mock = Mock::start(&["--speed", "0.001"]);
    block_on(async {
        let mut hub = Hub::connect(options(&mock.server), alice()).await.expect("it is there");
        let mut follower = Follower::default();
        let tasks: Vec<MakeTask> = (0..1000)
            .map(|_| MakeTask {
                method: "sleep".to_owned(),
                arglist: vec![Value::Int(1000)],
                ..MakeTask::default()
            })
            .collect();
        let made = hub.call_all(&tasks).await.expect("it answers");
        made.iter().flatten().for_each(|&task| follower.follow(task));
        assert_eq!(follower.len(), 1000);
        for (poll, observations) in [(1, 1000), (2, 0)] {
            let before = hub.requests();
            let seen = follower.poll(&mut hub).await.expect("it answers");
            assert_eq!((hub.requests() - before, seen.len()), (10, observations), "poll {poll}");
        }
        let first = *made[0].as_ref().expect("it is made");
        hub.call(&CancelTask { task_id: first, recurse: None }).await.expect("it is canceled");
        let seen = follower.poll(&mut hub).await.expect("it answers");
        assert_eq!(seen, [Observation::Stands { task: first, state: TaskState::Canceled }]);
        assert_eq!(follower.len(), 999);
    });
}

#[test]
fn many_calls_go_in_few_requests() {
    let mock = Mock::start(&[]);
    block_on(async {
        let mut hub = Hub::connect(options(&mock.server), alice()).await.expect("it is there");
        let tags: Vec<GetTag> = (0..150)
            .map(|at| GetTag { tag: Ref::Id(at), strict: Some(true), ..GetTag::default() })
            .collect();
        let before = hub.requests();
        let answers = hub.call_all(&tags).await.expect("it answers");
        assert_eq!(hub.requests() - before, 2, "a hundred at once");
        assert_eq!(answers.len(), 150);
        assert!(answers[0].is_err() && answers[1].is_ok(), "numbers begin at 1");
        hub.log_out().await;
    });
}

/// What a call that writes leaves at the hub, looked up by another client.
async fn written(hub: &mut Hub, name: &str) -> usize {
    let tag = GetTag { tag: Ref::from(name), ..GetTag::default() };
    let is_there = hub.call(&tag).await.expect("it answers").is_some();
    usize::from(is_there)
}

/// Returns how many `build` tasks have this source.
async fn built(hub: &mut Hub, source: &str) -> usize {
    let opts: Map =
        [("method".to_owned(), "build".into()), ("decode".to_owned(), Value::Bool(true))].into();
    let call = ListTasks { opts: Some(opts), query_opts: None };
    let RowsOrCount::Rows(tasks) = hub.call(&call).await.expect("it answers") else {
        panic!("rows were asked for")
    };
    let of = |task: &modplan::koji::shapes::Task| {
        let request = task.request.as_ref().and_then(Value::as_list);
        request.and_then(|request| request[0].as_str()).is_some_and(|text| text == source)
    };
    tasks.iter().filter(|task| of(task)).count()
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is part of the evidence")]
fn no_write_is_done_twice_or_lost_whatever_the_wire_does() {
    let mock = Mock::start(&["--speed", "0.001"]);
    let mut calls = 0;
    for trouble in Trouble::ALL {
        let wire = Wire::start(&mock.server);
        block_on(async {
            let mut look = Hub::connect(options(&mock.server), alice()).await.expect("there");
            let mut hub = Hub::connect(options(&wire.server), alice()).await.expect("there");
            let name = format!("tag-{trouble:?}");
            wire.trouble(trouble);
            let made = hub.call(&CreateTag { name: name.clone(), ..CreateTag::default() }).await;
            check(trouble, made.map(drop), written(&mut look, &name).await);
            let source = format!("git+https://src.example.org/rpms/{name}#1-1");
            wire.trouble(trouble);
            let build = BuildCall {
                src: source.clone(),
                target: Some(Ref::from("nosuch")),
                ..BuildCall::default()
            };
            let made = hub.call(&build).await;
            check(trouble, made.map(drop), built(&mut look, &source).await);
            wire.trouble(trouble);
            let listed = PackageListAdd {
                tag: Ref::from("platform-build"),
                package: Ref::from(name.as_str()),
                owner: Some(Ref::from("alice")),
                ..PackageListAdd::default()
            };
            let made = hub.call(&listed).await;
            assert!(made.is_ok() || is_unknown(&made), "{trouble:?}: {made:?}");
            calls += 3;
            // Reads end well, or say that the hub was away.
            wire.trouble(trouble);
            let user = hub.call(&GetLoggedInUser::default()).await;
            reads(trouble, user.map(|user| assert_eq!(user.expect("somebody").name, "alice")));
            wire.trouble(trouble);
            reads(
                trouble,
                hub.call(&ListHosts::default()).await.map(|hosts| assert_eq!(hosts.len(), 14)),
            );
            wire.trouble(trouble);
            let target =
                GetBuildTarget { target: Ref::from("nosuch"), ..GetBuildTarget::default() };
            reads(trouble, hub.call(&target).await.map(drop));
            wire.trouble(trouble);
            let task = GetTaskInfo { task_id: OneOrMany::One(1), ..GetTaskInfo::default() };
            reads(trouble, hub.call(&task).await.map(drop));
            wire.trouble(trouble);
            reads(trouble, hub.call(&GetTaskRequest { task_id: 1 }).await.map(drop));
            calls += 5;
        });
    }
    println!("calls through a wire with trouble: {calls}");
}

fn is_unknown<T>(made: &Result<T, HubError>) -> bool {
    matches!(made, Err(HubError::Unknown { .. }))
}

/// A write that is answered is done once; one that is unknown once or not at all; any other not at all.
fn check(trouble: Trouble, made: Result<(), HubError>, found: usize) {
    match made {
        Ok(()) => assert_eq!(found, 1, "{trouble:?}"),
        Err(HubError::Unknown { .. }) => assert!(found <= 1, "{trouble:?}: {found}"),
        Err(HubError::Offline { .. }) => assert_eq!(found, 0, "{trouble:?}"),
        Err(error) => panic!("{trouble:?}: {error}"),
    }
}

fn reads(trouble: Trouble, read: Result<(), HubError>) {
    match read {
        Ok(()) => {}
        Err(HubError::Offline { .. }) if trouble == Trouble::Offline => {}
        Err(error) => panic!("{trouble:?}: {error}"),
    }
}

#[test]
fn what_is_recorded_of_the_mock_is_what_it_was_started_with() {
    let mock = Mock::start(&[]);
    let directory = tempfile::tempdir().expect("a directory");
    let request = KojiRequest {
        options: options(&mock.server),
        since: 0,
        until: 4_000_000_000,
        tag: None,
        directory: directory.path().to_owned(),
        page_size: 700,
        pause: Duration::ZERO,
    };
    let mut notes = Vec::new();
    let recording = record_koji(&request, &mut |step| notes.push(step)).expect("it is recorded");
    assert_eq!(recording.builders, 14);
    assert_eq!(recording.modules, 0);
    let read = |name: &str| std::fs::read(directory.path().join(name)).expect("it is there");
    let own = std::fs::read(TRACE).expect("it is there");
    let history = |bytes: &[u8]| {
        let history = modplan::trace::History::read(&[("trace.csv", bytes)]);
        assert!(!history.is_wrong(), "{:?}", history.findings);
        let mut rows: Vec<_> = history
            .rows()
            .iter()
            .map(|row| {
                let key = (row.package.to_string(), row.method.to_string(), row.arch.to_string());
                (key, row.run, row.outcome, row.queued)
            })
            .collect();
        rows.sort();
        rows
    };
    assert_eq!(history(&read("trace.csv")), history(&own));
    let farm = |bytes: &[u8]| {
        let farm = modplan::farm::Farm::read(bytes, 0).expect("a farm");
        let groups = farm.builders.into_iter();
        groups
            .map(|g| (g.name, g.count, g.arches, g.capacity.to_bits(), g.channels))
            .collect::<Vec<_>>()
    };
    assert_eq!(farm(&read("farm.yaml")), farm(&std::fs::read(FARM).expect("it is there")));

    // The same again reads what ended since, which is nothing.
    let again = KojiRequest { until: 4_000_000_001, ..request };
    let second = record_koji(&again, &mut |_| {}).expect("it is recorded");
    assert_eq!((second.tasks, second.rows), (recording.tasks, recording.rows));
    let other = KojiRequest { tag: Some("m".to_owned()), ..again };
    let error = record_koji(&other, &mut |_| {}).expect_err("another recording");
    assert!(error.to_string().contains("belongs to a recording of"), "{error}");
}
