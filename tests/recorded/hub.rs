//! Schedules of a real koji hub, recorded with all their inputs, against the simulated one.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use modplan::farm::{self, BuilderGroup, Farm};
use modplan::hub::scheduler::{BuilderView, FreeTask, Scheduler};
use modplan::hub::{
    ArchSet, BuildRepo, BuildSpec, Hub, Phases, RepoWork, Request, Settings, Tagging, TaskArch,
    TaskInfo, Work,
};
use modplan::koji::TaskState;
use modplan::time::Millis;
use serde::Deserialize;

use crate::support;

#[derive(Deserialize)]
struct Recording {
    hosts: Vec<Host>,
    host_channels: Vec<HostChannel>,
    tasks: Vec<Task>,
    runs: Vec<Run>,
    /// Time, caller, and call.
    polls: Vec<(f64, String, String)>,
}

#[derive(Deserialize)]
struct Host {
    id: u32,
    arches: String,
    capacity: f64,
    maxjobs: u32,
}

#[derive(Deserialize)]
struct HostChannel {
    host_id: u32,
    channel_id: u32,
}

#[derive(Deserialize)]
struct Task {
    id: u32,
    method: String,
    arch: String,
    channel_id: u32,
    parent: Option<u32>,
    priority: i32,
    weight: f64,
    create: f64,
    start: f64,
    completion: f64,
}

#[derive(Deserialize)]
struct Run {
    task_id: u32,
    host_id: u32,
    ts: f64,
}

impl Recording {
    fn read(name: &str) -> Option<Self> {
        let path = support::shared(&format!("data/traces/koji-scheduler/{name}"))?;
        Some(serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
    }

    /// Returns the runs of the scheduler: time and assignments.
    fn runs(&self) -> Vec<(f64, BTreeMap<u32, u32>)> {
        let mut runs: Vec<(f64, BTreeMap<u32, u32>)> = Vec::new();
        for run in &self.runs {
            match runs.last_mut() {
                Some((ts, map)) if ts.to_bits() == run.ts.to_bits() => {
                    map.insert(run.task_id, run.host_id);
                }
                _ => runs.push((run.ts, BTreeMap::from([(run.task_id, run.host_id)]))),
            }
        }
        runs
    }

    /// Returns the assignment of a task: its place among all of them, and when.
    fn assigned(&self, task: u32) -> (usize, f64) {
        let at = self.runs.iter().position(|run| run.task_id == task).unwrap();
        (at, self.runs[at].ts)
    }

    /// A parent waits from the creation of its first child to the end of its last: the recording
    /// has no more detail.
    fn is_waiting(&self, task: u32, now: f64) -> bool {
        let children = || self.tasks.iter().filter(|child| child.parent == Some(task));
        let first = children().map(|child| child.create).fold(f64::INFINITY, f64::min);
        let last = children().map(|child| child.completion).fold(0.0, f64::max);
        first <= now && now < last
    }

    fn builders(&self, now: f64) -> Vec<BuilderView> {
        let view = |host: &Host| {
            let mut view = BuilderView {
                is_ready: true,
                capacity: host.capacity,
                max_jobs: host.maxjobs,
                load: 0.0,
                tasks: 0,
            };
            let is_here = |run: &&Run| run.host_id == host.id && run.ts < now;
            for run in self.runs.iter().filter(is_here) {
                let task = self.tasks.iter().find(|task| task.id == run.task_id).unwrap();
                if task.completion > now {
                    view.tasks += 1;
                    if !self.is_waiting(task.id, now) {
                        view.load += if task.start <= now { task.weight } else { 1.0 };
                    }
                }
            }
            view
        };
        self.hosts.iter().map(view).collect()
    }

    fn bin(&self, task: &Task) -> Vec<u32> {
        let is_in = |host: &Host| {
            let arches = host.arches.split(' ').chain(["noarch"]);
            let in_channel = |entry: &HostChannel| {
                entry.host_id == host.id && entry.channel_id == task.channel_id
            };
            arches.into_iter().any(|arch| arch == task.arch)
                && self.host_channels.iter().any(in_channel)
        };
        (0..).zip(&self.hosts).filter(|(_, host)| is_in(host)).map(|(at, _)| at).collect()
    }

    /// Runs the scheduler on its recorded input at `now`. koji guarantees no order among tasks of
    /// equal priority created by one call: they are taken in the order in which the recording
    /// assigned them. All 40 tasks of trace A were created by one call.
    fn replay(&self, now: f64) -> BTreeMap<u32, u32> {
        let is_free = |task: &&Task| task.create < now && self.assigned(task.id).1 >= now;
        let mut free: Vec<&Task> = self.tasks.iter().filter(is_free).collect();
        free.sort_by(|a, b| {
            let by_time = a.create.total_cmp(&b.create);
            let place = |task: &Task| self.assigned(task.id).0;
            a.priority.cmp(&b.priority).then(by_time).then_with(|| place(a).cmp(&place(b)))
        });
        let bins: Vec<Vec<u32>> = free.iter().map(|task| self.bin(task)).collect();
        let tasks: Vec<FreeTask<'_>> = free
            .iter()
            .zip(&bins)
            .map(|(task, bin)| FreeTask { id: task.id, bin, refused: &[] })
            .collect();
        let mut out = Vec::new();
        Scheduler::new(&farm::Hub::default()).assign(&mut self.builders(now), &tasks, &mut out);
        out.into_iter().map(|(task, at)| (task, self.hosts[at as usize].id)).collect()
    }
}

#[test]
fn recorded_runs_of_a_real_hub_are_given_out_as_recorded() {
    let wanted = [("A", "koji-trace-A.json", 14, 15), ("B", "koji-trace-B.json", 9, 11)];
    let idle = ("C", "koji-trace-C-defaults.json", 12, 12);
    for (name, file, least, count) in wanted.into_iter().chain([idle]) {
        let Some(recording) = Recording::read(file) else { return };
        let runs = recording.runs();
        let same = runs.iter().filter(|(ts, map)| recording.replay(*ts) == *map).count();
        #[expect(clippy::print_stdout, reason = "the figure shows in the run's output")]
        {
            println!("trace {name}: {same} of {} runs agree", runs.len());
        }
        assert_eq!(runs.len(), count);
        assert!(same >= least, "trace {name}: {same} of {count}");
    }
}

/// The time of each method on the recorded builders, without waiting: nearly nothing.
fn work(recording: &Recording, method: &str) -> Work {
    let task = recording.tasks.iter().find(|task| task.method == method).unwrap();
    Work::ok(millis(task.completion - task.start))
}

fn millis(seconds: f64) -> Millis {
    Millis::from_secs_f64(seconds).unwrap()
}

/// Returns when each builder and the repo manager first polled after the start, and how long before
/// it the scheduler had run: at the last poll that lies an interval before the first recorded run.
fn phases(recording: &Recording) -> Phases {
    let first = |session: &str, call: &str| {
        let is_first =
            |(ts, by, what): &&(f64, String, String)| *ts >= 0.0 && by == session && what == call;
        millis(recording.polls.iter().find(is_first).unwrap().0)
    };
    let session_of = |host: &Host| {
        let run = recording.runs.iter().find(|run| run.host_id == host.id).unwrap();
        let start = recording.tasks.iter().find(|task| task.id == run.task_id).unwrap().start;
        let opens = |(ts, _, what): &&(f64, String, String)| {
            what == "host.openTask" && (ts - start).abs() < 0.01
        };
        recording.polls.iter().find(opens).unwrap().1.clone()
    };
    let manager = recording.polls.iter().find(|(_, _, what)| what == "repo.checkQueue").unwrap();
    let due = recording.runs[0].ts - 60.0;
    let mut before =
        recording.polls.iter().filter(|(ts, _, what)| what == "host.getTasks" && *ts <= due);
    Phases {
        builders: recording
            .hosts
            .iter()
            .map(|host| first(&session_of(host), "host.getHostTasks"))
            .collect(),
        manager: first(&manager.1, "repo.checkQueue"),
        run_age: millis(-before.next_back().unwrap().0),
        ..Phases::default()
    }
}

fn idle_farm(recording: &Recording) -> Settings {
    let group = |host: &Host| BuilderGroup {
        capacity: host.capacity,
        max_jobs: Some(host.maxjobs),
        ..BuilderGroup::new(format!("builder-{}", host.id), 1, vec![host.arches.as_str().into()])
    };
    let farm = Farm { builders: recording.hosts.iter().map(group).collect(), ..Farm::default() };
    Settings::of(&farm, [])
}

/// Submits the chain build of the recording to an idle hub and lets it run to its end.
fn run_chain(recording: &Recording) -> Vec<TaskInfo> {
    let settings = idle_farm(recording);
    let arch = |name: &str| settings.arch(&name.into()).unwrap();
    let arches: Vec<TaskArch> = ["x86_64", "aarch64"].map(arch).to_vec();
    let mut hub = Hub::new(Arc::new(settings), &phases(recording));
    let both = ArchSet::default().with(0).with(1);
    let tag = hub.add_tag(both, RepoWork::growing(work(recording, "createrepo").run, Millis::ZERO));
    hub.add_repo(tag);
    let build = BuildSpec {
        tag,
        srpm: Some(work(recording, "buildSRPMFromSCM")),
        arches: arches.iter().map(|&arch| (arch, work(recording, "buildArch"))).collect(),
        tagging: Tagging::Task(work(recording, "tagBuild")),
        mean_build: Millis::ZERO,
        repo: BuildRepo::Lagging,
        subject: None,
    };
    let levels = Arc::new([vec![Arc::new(build.clone())], vec![Arc::new(build)]]);
    hub.submit(Request::ChainBuild { tag, levels }, 0);
    let mut notices = Vec::new();
    while let Some(time) = hub.next_time() {
        hub.advance(time, &mut notices);
    }
    assert_eq!(hub.live_tasks(), 0);
    assert_eq!(hub.stuck(), []);
    hub.tasks().collect()
}

#[test]
fn recorded_latency_of_an_idle_hub_shows_in_a_free_run() {
    let Some(recording) = Recording::read("koji-trace-C-defaults.json") else { return };
    let mut recorded: Vec<&Task> = recording.tasks.iter().collect();
    recorded.sort_by(|a, b| a.method.cmp(&b.method).then(a.create.total_cmp(&b.create)));
    let mut simulated = run_chain(&recording);
    simulated.sort_by_key(|task| (task.method.as_str(), task.created));
    assert_eq!(recorded.len(), simulated.len());
    let mut worst: f64 = 0.0;
    for (real, task) in recorded.iter().zip(&simulated) {
        assert_eq!(real.method, task.method.as_str());
        assert_eq!(task.state, TaskState::Closed);
        let moments = [
            (real.create, task.created),
            (recording.assigned(real.id).1, task.assigned.unwrap()),
            (real.start, task.opened.unwrap()),
            (real.completion, task.ended.unwrap()),
        ];
        for (real, simulated) in moments {
            worst = worst.max((real - simulated.as_secs_f64()).abs());
        }
    }
    let span = |method: &str| {
        let task = simulated.iter().find(|task| task.method.as_str() == method).unwrap();
        (task.ended.unwrap() - task.created).as_secs_f64()
    };
    let figures = [("chainbuild", 797.0), ("build", 256.0), ("waitrepo", 225.0)];
    for (method, expected) in figures {
        let seconds = span(method);
        #[expect(clippy::print_stdout, reason = "the figure shows in the run's output")]
        {
            println!("trace C, free run: {method} {seconds:.1} s, recorded {expected} s");
        }
        assert!((seconds / expected - 1.0).abs() <= 0.1, "{method}: {seconds}");
    }
    #[expect(clippy::print_stdout, reason = "the figure shows in the run's output")]
    {
        println!("trace C, free run: no moment of a task is off by more than {worst:.1} s");
    }
    // A recorded poll is off its lattice by its own work: 0.6 s over the whole run.
    assert!(worst <= 2.0, "{worst}");
}
