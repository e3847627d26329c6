//! The mock hub as a program, and modplan's own client against it through a connection that loses,
//! doubles and delays requests.

mod matrix;
pub(super) mod wire;

use std::time::Duration;

use modplan::koji::calls::{
    CancelTask, CreateTag, GetTag, ListHosts, MakeTask, RemoveHostFromChannel,
};
use modplan::koji::shapes::Secret;
use modplan::koji::{Ref, TaskState, Value};
use modplan::live::hub::{
    Abilities, Follower, Hub, Login, Observation, Options, Patience, RepoAsk,
};
use modplan::live::{KojiRequest, KojiStep, record_koji};

use crate::support::program::{Program, Serving, modplan};

pub(super) const TRACE: &str = "fixtures/el8-perl/trace.csv";
pub(super) const FARM: &str = "fixtures/el8-perl/farm-koji.yaml";

/// A mock hub that runs.
pub(super) struct Mock {
    /// Its address.
    pub(super) server: String,
    _serving: Serving,
}

impl Mock {
    /// Starts a mock hub with the user alice and more arguments.
    pub(super) fn start(arguments: &[&str]) -> Self {
        let given = ["--farm", FARM, "--user", "alice:secret"];
        let trace: &[&str] = match arguments.contains(&"--trace") {
            true => &[],
            false => &["--trace", TRACE],
        };
        Self::with(&[trace, &given, arguments].concat())
    }

    /// Starts a mock hub with only the given arguments.
    pub(super) fn with(arguments: &[&str]) -> Self {
        let serving = Serving::start(["mock-koji"].iter().chain(arguments), 2);
        let server =
            serving.lines[0].strip_prefix("listening on ").expect("the address comes first");
        assert!(serving.lines[1].starts_with("poll "), "{:?}", serving.lines);
        Self { server: server.to_owned(), _serving: serving }
    }
}

pub(super) fn options(server: &str) -> Options {
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

pub(super) fn alice() -> Login {
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
        // A hub before 1.34 only knows tasks.
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

    // Running it again reads newer tasks, of which there are none.
    let again = KojiRequest { until: 4_000_000_001, ..request };
    let second = record_koji(&again, &mut |_| {}).expect("it is recorded");
    assert_eq!((second.tasks, second.rows), (recording.tasks, recording.rows));
    // A clock that was set back, and then right again, loses nothing and doubles nothing.
    for until in [1_000_000_000, 4_000_000_002] {
        let set = KojiRequest { until, ..again.clone() };
        let third = record_koji(&set, &mut |_| {}).expect("it is recorded");
        assert_eq!((third.tasks, third.rows), (recording.tasks, recording.rows), "{until}");
    }
    let other = KojiRequest { tag: Some("m".to_owned()), ..again };
    let error = record_koji(&other, &mut |_| {}).expect_err("another recording");
    assert!(error.to_string().contains("belongs to a recording of"), "{error}");
}

#[test]
fn a_hub_without_builders_gives_no_farm_and_says_so() {
    let hub = super::raw_hub::RawHub::start(|request| {
        let answer = match request.method().as_str() {
            "listTasks" if request.body.contains("countOnly") => Value::Int(0),
            "listTasks" | "listHosts" | "listChannels" | "listBuilds" | "listBTypes" => {
                Value::List(Vec::new())
            }
            _ => Value::Nil,
        };
        super::raw_hub::Answer::koji(Ok(answer))
    });
    let directory = tempfile::tempdir().expect("a directory");
    let arguments = ["record", "koji", "--server", &hub.server, "--since", "30d", "--pause", "0"];
    let out = directory.path().to_str().expect("UTF-8");
    let said = Program::new(arguments.iter().chain(&["-o", out])).run();
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("no enabled builders: no farm.yaml is written"), "{}", said.err);
    assert!(!directory.path().join("farm.yaml").exists());
    assert!(said.out.contains("--farm FARM"), "{}", said.out);
}

#[test]
fn builders_that_make_no_repos_give_no_farm_and_the_recording_says_why() {
    let mock = Mock::start(&[]);
    block_on(async {
        let mut hub = Hub::connect(options(&mock.server), alice()).await.expect("it is there");
        for host in hub.call(&ListHosts::default()).await.expect("it answers") {
            let hostname = Ref::Name(host.name);
            let call = RemoveHostFromChannel { hostname, channel: "createrepo".to_owned() };
            // Some are not in it.
            drop(hub.call(&call).await);
        }
    });
    let directory = tempfile::tempdir().expect("a directory");
    let request = KojiRequest {
        options: options(&mock.server),
        since: 0,
        until: 4_000_000_000,
        tag: None,
        directory: directory.path().to_owned(),
        page_size: 100,
        pause: Duration::ZERO,
    };
    let mut notes = Vec::new();
    let recording = record_koji(&request, &mut |step| match step {
        KojiStep::Note(note) => notes.push(note),
        KojiStep::Tasks { .. } => {}
    });
    assert_eq!(recording.expect("it is recorded").builders, 0);
    assert!(!directory.path().join("farm.yaml").exists());
    let why = "no module can be built: no builder serves the channel createrepo";
    assert!(notes.iter().any(|note| note.contains(why)), "{notes:?}");
}

#[test]
fn keys_that_plain_builds_heed_are_not_called_unused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("farm.yaml");
    let text = std::fs::read_to_string(FARM).expect("it is there");
    let text = text.replace("\nrepo: {", "\nrepo: {lag: 30m, auto_lag: 1h, ");
    std::fs::write(&path, text).expect("it is written");
    let farm = path.to_str().expect("UTF-8");
    // With an address that cannot be listened on it ends when everything is read.
    let said = modplan(&["mock-koji", "--trace", TRACE, "--farm", farm, "--listen", "nowhere"]);
    assert!(said.err.contains("--listen"), "{}", said.err);
    let warned = said.err.lines().filter(|line| line.contains("setting-unused"));
    let warned: Vec<&str> = warned.filter_map(|line| line.split('`').nth(1)).collect();
    assert_eq!(warned, ["repo.auto_lag"]);
}
