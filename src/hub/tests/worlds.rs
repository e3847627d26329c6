//! Random worlds: in every one, polls that are left out change nothing.

use super::modules::{Module, Modules, advance_with, run_with};
use super::*;
use crate::farm::Opening;

/// A world and what is done to it, from one seed.
struct World {
    modules: Modules,
    random: Pcg64Mcg,
    farm: Farm,
    phases: Phases,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut farm = Farm { model: Model::Koji, ..Farm::default() };
        farm.hub.run_interval = Millis(below(&mut random, 90) * 1000);
        farm.hub.builder_turn = Millis(1 + below(&mut random, 100));
        farm.hub.submit_interval = Millis(below(&mut random, 3) * 700);
        farm.hub.capacity_overcommit = [0.0, 0.4, 5.0][index(&mut random, 3)];
        farm.hub.max_jobs = [1, 15][index(&mut random, 2)];
        farm.hub.ready_timeout = secs([20, 180][index(&mut random, 2)]);
        farm.hub.assign_timeout = secs([40, 300][index(&mut random, 2)]);
        farm.hub.host_timeout = secs([60, 900][index(&mut random, 2)]);
        farm.hub.soft_refusal_timeout = secs([10, 900][index(&mut random, 2)]);
        farm.repo.retries = [0, 2][index(&mut random, 2)];
        farm.repo.tasks_max = [1, 2, 10][index(&mut random, 3)];
        farm.repo.wait_poll = secs([7, 60][index(&mut random, 2)]);
        farm.repo.wait_timeout = secs([100, 7200][index(&mut random, 2)]);
        farm.background = (0..below(&mut random, 2))
            .map(|_| Background {
                arch: "x86_64".into(),
                channel: "default".into(),
                load: [0.2, 0.7][index(&mut random, 2)],
            })
            .collect();
        for group in 0..1 + below(&mut random, 3) {
            let arches = ["aarch64", "x86_64"];
            let which = below(&mut random, 3);
            let arches = arches.iter().zip(0..).filter(|&(_, at)| which == 2 || which == at);
            let arches = arches.map(|(arch, _)| (*arch).into()).collect();
            let count = u32::try_from(1 + below(&mut random, 3)).unwrap();
            let mut builders = BuilderGroup::new(format!("g{group}"), count, arches);
            builders.capacity = [0.5, 2.0, 3.3, 6.0][index(&mut random, 4)];
            builders.max_jobs = [None, Some(10), Some(3)][index(&mut random, 3)];
            builders.cpus = [None, Some(1), Some(4)][index(&mut random, 3)];
            builders.speed = [1.0, 1.7][index(&mut random, 2)];
            let channels: [&[&str]; 5] = [
                &["default", "createrepo"],
                &["default", "createrepo"],
                &["createrepo"],
                &["default"],
                &["default", "module"],
            ];
            let channels = channels[index(&mut random, 5)].iter().map(|&name| name.to_owned());
            builders.channels = channels.collect();
            farm.builders.push(builders);
        }
        let phases = Phases {
            builders: (0..9).map(|_| Millis(below(&mut random, 15_000))).collect(),
            manager: Millis(below(&mut random, 15_000)),
            run_age: Millis(below(&mut random, 60_000)),
            autoregen: Millis(below(&mut random, 15_000)),
        };
        for builders in &mut farm.builders {
            let methods: [&[&str]; 5] =
                [&[], &[], &["buildArch"], &["createrepo", "build"], &["waitrepo", "tagBuild"]];
            let methods = methods[index(&mut random, 5)].iter().map(|&word| word.to_owned());
            builders.refuses = methods.collect();
            builders.refuses_until = [None, Some(secs(5000))][index(&mut random, 2)];
        }
        farm.repo.auto = below(&mut random, 2) == 0;
        farm.repo.auto_lag = secs([0, 300, 7200][index(&mut random, 3)]);
        farm.repo.auto_interval = secs([15, 40][index(&mut random, 2)]);
        farm.repo.lag_window = secs([60, 600][index(&mut random, 2)]);
        farm.module_task.open = [Opening::Assigned, Opening::Free][index(&mut random, 2)];
        Self { modules: Modules::new(), random, farm, phases }
    }

    fn hub(&self, polling: Polling) -> Hub {
        let asked = ["aarch64", "x86_64"].map(crate::name::Arch::from);
        let settings = Settings { polling, ..Settings::of(&self.farm, asked) };
        Hub::new(Arc::new(settings), &self.phases)
    }

    fn work(&mut self) -> Work {
        let run = [0, 1, 20_000, 400_000, 3_000_000][index(&mut self.random, 5)];
        let is_ok = below(&mut self.random, 12) > 0;
        Work { run: Millis(run + below(&mut self.random, 1000)), is_ok }
    }

    fn spec(&mut self, tag: TagId) -> Arc<BuildSpec> {
        let arches = [vec![TaskArch::Noarch], vec![TaskArch::Arch(0), TaskArch::Arch(1)]];
        let arches = arches[index(&mut self.random, 2)].clone();
        let tagging = match below(&mut self.random, 4) {
            0 => Tagging::Within,
            1 => Tagging::None,
            _ => Tagging::Task(self.work()),
        };
        Arc::new(BuildSpec {
            tag,
            srpm: (below(&mut self.random, 5) > 0).then(|| self.work()),
            arches: arches.into_iter().map(|arch| (arch, self.work())).collect(),
            tagging,
            mean_build: Millis(below(&mut self.random, 40_000_000)),
            repo: [BuildRepo::Given, BuildRepo::Lagging, BuildRepo::Fresh]
                [index(&mut self.random, 3)],
            subject: None,
        })
    }

    /// Draws a request, and what it builds where it is for a task of a module.
    fn request(&mut self, tag: TagId) -> (Request, Option<Module>) {
        let levels = |world: &mut Self| -> Arc<[Vec<Arc<BuildSpec>>]> {
            let levels = 1 + below(&mut world.random, 2);
            (0..levels)
                .map(|_| (0..1 + below(&mut world.random, 3)).map(|_| world.spec(tag)).collect())
                .collect()
        };
        let request = match below(&mut self.random, 7) {
            0 => Request::Build(self.spec(tag)),
            1 => Request::ChainBuild { tag, levels: levels(self) },
            2 => {
                let createrepo = self.work();
                let module = Module { tag, batches: levels(self), createrepo };
                return (Request::ModuleBuild, Some(module));
            }
            3 => Request::DistRepo { arches: vec![self.work(), self.work()] },
            4 => Request::WaitRepo { tag },
            5 => Request::TagBuild { tag, work: self.work() },
            _ => Request::Task {
                method: Method::Other,
                arch: TaskArch::Arch(u32::try_from(below(&mut self.random, 2)).unwrap()),
                work: self.work(),
            },
        };
        (request, None)
    }

    /// Notes what the task of a module builds.
    fn builds(&mut self, task: TaskId, module: Option<Module>) {
        self.modules.extend(module.map(|module| (task, module)));
    }

    /// Does one thing to every hub alike.
    fn act(&mut self, hubs: &mut [Hub; 2], tags: &[TagId]) {
        let tag = tags[index(&mut self.random, tags.len())];
        let builder = below(&mut self.random, u64::from(hubs[0].builders.count()));
        let builder = u32::try_from(builder).unwrap();
        let task = below(&mut self.random, 1 + hubs[0].task_count());
        let task = TaskId(u32::try_from(task).unwrap());
        let is_there = u64::from(task.0) < hubs[0].task_count();
        let what = below(&mut self.random, 16);
        let (request, module) = self.request(tag);
        for hub in hubs {
            match what {
                0..=7 => {
                    let task = hub.submit(request.clone(), 0);
                    self.builds(task, module.clone());
                }
                8 => drop(hub.request_repo(tag)),
                9 if is_there => hub.cancel(task),
                10 if is_there => {
                    if let Some(task) = hub.resubmit(task, request.clone()) {
                        self.builds(task, module.clone());
                    }
                }
                11 => hub.lose(builder),
                12 => hub.recover(builder),
                13 => hub.go_offline(),
                14 => hub.go_online(),
                15 => hub.set_broken(Method::Createrepo, below(&mut self.random.clone(), 2) == 0),
                _ => {}
            }
        }
    }

    /// Ends every trouble, so that what can end does.
    fn heal(hub: &mut Hub) {
        hub.go_online();
        hub.set_broken(Method::Createrepo, false);
        for builder in 0..hub.builders.count() {
            hub.recover(builder);
        }
    }
}

fn below(random: &mut Pcg64Mcg, limit: u64) -> u64 {
    random.next_u64() % limit
}

fn index(random: &mut Pcg64Mcg, limit: usize) -> usize {
    usize::try_from(below(random, limit as u64)).unwrap()
}

/// Checks that a task was on a builder of its arch and channel, by the farm file.
fn check_place(task: &TaskInfo, farm: &Farm, hub: &Hub) {
    let Some(builder) = task.builder else { return };
    let groups = farm.builders.iter().flat_map(|group| (0..group.count).map(move |_| group));
    let group = groups.into_iter().nth(builder as usize).unwrap();
    let of_repo = ["newRepo", "createrepo", "distRepo", "createdistrepo"];
    let channel = if of_repo.contains(&task.method.as_str()) { "createrepo" } else { "default" };
    assert!(group.channels.iter().any(|known| known == channel), "{task:?} on {group:?}");
    if let Some(arch) = task.arch {
        let arch = &hub.settings.arches[arch as usize];
        assert!(group.arches.contains(arch), "{task:?} on {group:?}");
    }
}

/// Checks what must hold of any run, from what the hub says of its tasks alone.
fn check(hub: &Hub, farm: &Farm) {
    let tasks: Vec<TaskInfo> = hub.tasks().collect();
    for task in &tasks {
        let moments = [Some(task.created), task.assigned, task.opened, task.ended];
        let known: Vec<_> = moments.into_iter().flatten().collect();
        assert!(known.is_sorted(), "{task:?}");
        assert_eq!(task.ended.is_some(), task.state.is_final());
        if let Some(parent) = task.parent.map(|parent| tasks[parent.0 as usize]) {
            assert_eq!(task.priority, parent.priority - 1);
            // A build that lost its builder may find its repo there when it begins again.
            let outlives = task.method != Method::WaitRepo
                && parent.state == TaskState::Closed
                && parent.ended < task.ended;
            assert!(!outlives, "a parent closes after its children: {task:?} {parent:?}");
        }
    }
    for task in &tasks {
        check_place(task, farm, hub);
    }
    for (number, builder) in hub.builders.iter().enumerate() {
        let group = &farm.builders[builder.settings.group as usize];
        let mut open = 0_u32;
        let mut changes: Vec<(Timestamp, bool)> = Vec::new();
        // One that took no time held its place for none.
        let here = |task: &&TaskInfo| {
            task.builder.is_some_and(|at| at as usize == number) && task.opened != task.ended
        };
        for task in tasks.iter().filter(here) {
            changes.extend(task.opened.map(|time| (time, true)));
            changes.extend(task.opened.and(task.ended).map(|time| (time, false)));
        }
        changes.sort_unstable();
        for (_, opens) in changes {
            open = if opens { open + 1 } else { open - 1 };
            assert!(open <= group.max_jobs.unwrap_or(u32::MAX), "{open} tasks on one builder");
        }
    }
}

#[test]
fn polls_left_out_change_nothing_in_any_world() {
    let mut skipped = 0;
    let mut literal = 0;
    for seed in 0..300 {
        let mut world = World::new(seed);
        let mut hubs = [world.hub(Polling::Skipped), world.hub(Polling::Literal)];
        let mut tags = Vec::new();
        for hub in &mut hubs {
            let both = ArchSet::default().with(0).with(1);
            tags = vec![
                hub.add_tag(both, RepoWork::growing(secs(60), Millis(100))),
                hub.add_tag(ArchSet::default().with(1), RepoWork::growing(secs(5), Millis::ZERO)),
            ];
            hub.add_repo(tags[0]);
        }
        let mut time = 0;
        for step in 0..60 {
            world.act(&mut hubs, &tags);
            time += [0, 1000, 20_000, 600_000][index(&mut world.random, 4)]
                + below(&mut world.random, 3000);
            let to = Timestamp(time);
            let told = hubs.each_mut().map(|hub| advance_with(hub, to, &world.modules));
            assert_eq!(told[0], told[1], "seed {seed}, step {step}");
        }
        hubs.iter_mut().for_each(World::heal);
        for _ in 0..12 {
            time += 60 * MINUTE;
            let to = Timestamp(time);
            let told = hubs.each_mut().map(|hub| advance_with(hub, to, &world.modules));
            assert_eq!(told[0], told[1], "seed {seed}, healed");
        }
        let tasks = hubs.each_ref().map(|hub| hub.tasks().collect::<Vec<_>>());
        assert_eq!(tasks[0], tasks[1], "seed {seed}");
        check(&hubs[0], &world.farm);
        skipped += hubs[0].events();
        literal += hubs[1].events();
    }
    assert!(skipped * 2 < literal, "{skipped} events for {literal}: idle polls were left out");
}

#[test]
fn every_run_ends_and_says_why_it_is_stuck() {
    let (mut done, mut stuck) = (0, 0);
    for seed in 1000..1400 {
        let mut world = World::new(seed);
        let mut hub = world.hub(Polling::Skipped);
        let tag = hub
            .add_tag(ArchSet::default().with(0).with(1), RepoWork::growing(secs(60), Millis::ZERO));
        for _ in 0..8 {
            let (request, module) = world.request(tag);
            let task = hub.submit(request, 0);
            world.builds(task, module);
        }
        if seed % 3 == 0 {
            hub.lose(0);
        }
        run_with(&mut hub, &world.modules);
        check(&hub, &world.farm);
        let why = hub.stuck();
        if hub.live_tasks() == 0 {
            done += 1;
            assert_eq!(why, [], "seed {seed}");
        } else {
            stuck += 1;
            assert!(!why.is_empty(), "seed {seed}: {} tasks left and no reason", hub.live_tasks());
        }
    }
    assert!(done > 50 && stuck > 50, "{done} done, {stuck} stuck: both kinds were seen");
}
