//! Small worlds drawn from a seed: a handful of modules, a small farm, and a schedule of trouble.

use std::sync::Arc;

use modplan::farm::{BuilderGroup, Farm, Model};
use modplan::orchestrate::{
    Approach, Cascade, Catalog, CatalogBuilder, ComponentParts, Dispatch, Gates, ModuleIx,
    ModuleParts, RepoMaker, TaskParts,
};
use modplan::scenario::{Bus, Fault, FaultKind, Hears, People, Quantiles, Tests};
use modplan::sim::{
    Changes, Conditions, DurationMode, HubSetup, Outcomes, Setup, Slots, SlotsGroup, Subjects,
};
use modplan::time::Millis;
use modplan::trace::{BUILD_ARCH, History, Row, RowOutcome, Samples};
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

/// A world and what its checkers must know of it.
pub(super) struct World {
    pub(super) setup: Setup,
}

/// Draws small numbers.
struct Dice(Pcg64Mcg);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0.next_u64() % count
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn seconds(&mut self, from: u64, to: u64) -> Millis {
        Millis::from_secs(from + self.below(to - from))
    }

    /// A share that is nothing half the time.
    fn share(&mut self, percent_max: u64) -> f64 {
        if self.chance(50) { 0.0 } else { self.below(percent_max + 1) as f64 / 100.0 }
    }
}

const ARCHES: [&str; 2] = ["aarch64", "x86_64"];

/// Draws the world of a seed.
pub(super) fn world(seed: u64) -> World {
    let mut dice = Dice(Pcg64Mcg::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed));
    let approach = dice.one(&[Approach::KojiOwned, Approach::OrchestratorOwned]);
    let cascade = dice.one(&[Cascade::Literal, Cascade::Coalesced, Cascade::Planned]);
    let (catalog, subjects) = catalog(&mut dice);
    let samples = (0..4).map(|_| samples(&mut dice)).collect();
    let slots = slots(&mut dice);
    let outcomes = match dice.below(3) {
        0 => Outcomes::History,
        1 => Outcomes::AlwaysPass,
        _ => Outcomes::Rate { failure_rate: dice.share(30), flaky_share: dice.share(100) },
    };
    let mut conditions = conditions(&mut dice, (&slots, &catalog));
    if cascade != Cascade::Planned && dice.chance(25) {
        conditions.changes = changes(&mut dice, &catalog);
    }
    let mut setup = Setup {
        catalog: Arc::new(catalog),
        subjects: Arc::new(subjects),
        samples: Arc::new(samples),
        slots,
        hub: None,
        approach,
        cascade,
        dispatch: dice.one(&[Dispatch::Graph, Dispatch::Batch, Dispatch::Wave]),
        submit_limit: dice.one(&[1, 3, u32::MAX]),
        builds_max: dice.one(&[4, 12, 40, 40]),
        durations: dice.one(&[DurationMode::Replay, DurationMode::Resample]),
        outcomes,
        conditions,
        seed,
    };
    // Drawn last, so that all else stays as it was before there was a choice.
    setup.conditions.repo = dice.one(&[RepoMaker::Koji, RepoMaker::Orchestrator]);
    if dice.chance(8) {
        setup.conditions.faults.push(sources_down(&mut dice));
    }
    if dice.chance(8) {
        let missing = source_missing(&mut dice, &setup.catalog);
        setup.conditions.faults.push(missing);
    }
    World { setup }
}

/// Draws the world of a seed, with its builds going through a hub whose settings differ from world to
/// world, and with steps that fail now and then.
pub(super) fn world_on_hub(seed: u64) -> World {
    let mut setup = world(seed).setup;
    // A source of its own: the world without a hub stays as it is.
    let mut dice = Dice(Pcg64Mcg::seed_from_u64(!seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let mut farm = Farm { model: Model::Koji, ..Farm::default() };
    for group in &setup.slots.groups {
        let mut builders = BuilderGroup::new(group.name.clone(), group.count, group.arches.clone());
        builders.capacity = dice.one(&[1.0, 2.0, 6.0]);
        builders.max_jobs = dice.one(&[Some(10), Some(4), None]);
        builders.cpus = dice.one(&[None, Some(1), Some(4)]);
        farm.builders.push(builders);
    }
    let secs = Millis::from_secs;
    farm.hub.run_interval = secs(dice.one(&[1, 15, 60]));
    farm.hub.submit_interval = Millis(dice.one(&[0, 700]));
    farm.hub.capacity_overcommit = dice.one(&[0.1, 5.0]);
    farm.hub.assign_timeout = secs(dice.one(&[60, 300]));
    farm.hub.host_timeout = secs(dice.one(&[120, 900]));
    farm.hub.soft_refusal_timeout = secs(dice.one(&[30, 900]));
    farm.repo.check_interval = secs(dice.one(&[5, 15]));
    farm.repo.tasks_max = dice.one(&[1, 10]);
    farm.repo.retries = dice.one(&[0, 2]);
    farm.repo.wait_timeout = secs(dice.one(&[600, 7200]));
    let mut step = |package: &str, method: &str| Row {
        package: package.into(),
        method: method.into(),
        arch: "noarch".into(),
        ..row(&mut dice)
    };
    let mut rows = vec![step("", "createrepo"), step("", "createrepo"), step("", "createrepo")];
    for package in ["p0", "p1", "p2", "module-build-macros"] {
        for method in ["buildSRPMFromSCM", "tagBuild"] {
            rows.extend([step(package, method), step(package, method)]);
        }
    }
    let history = History::from_rows(rows);
    setup.hub = HubSetup::of(&farm, &setup.catalog, &history).map(Arc::new);
    setup.conditions.hears = dice.one(&[Hears::Bus, Hears::Polls]);
    World { setup }
}

/// Draws two to six modules; an edge goes from an earlier to a later one, but now and then a
/// literal cascade finds one that goes back.
fn catalog(dice: &mut Dice) -> (Catalog, Subjects) {
    let count = 2 + u32::try_from(dice.below(5)).unwrap();
    let mut planned = vec![Vec::new(); count as usize];
    for from in 0..count {
        for to in from + 1..count {
            if dice.chance(35) {
                planned[from as usize].push(to);
            }
        }
    }
    let mut waves = vec![1; count as usize];
    for from in 0..count as usize {
        for &to in &planned[from] {
            waves[to as usize] = waves[to as usize].max(waves[from] + 1);
        }
    }
    let (mut builder, mut rows) = (CatalogBuilder::default(), Vec::new());
    let goes_back = dice.chance(8).then(|| u32::try_from(dice.below(u64::from(count))).unwrap());
    for at in 0..count {
        let mut dependants = planned[at as usize].clone();
        if goes_back == Some(at) && at > 0 {
            dependants.push(u32::try_from(dice.below(u64::from(at))).unwrap());
        }
        let superseded = (0..count)
            .filter(|to| *to != at && !dependants.contains(to) && dice.chance(6))
            .collect();
        let is_graph = dice.chance(50);
        let components =
            (0..dice.below(5)).map(|c| component(dice, c, is_graph, &mut rows)).collect();
        builder.push(&ModuleParts {
            // Streams share names two by two: a dependency service that mixes them up is found out.
            id: format!("m{}:{at}:c", at / 2),
            wave: Some(waves[at as usize]),
            is_start: waves[at as usize] == 1,
            dependants,
            superseded_dependants: superseded,
            planned_dependants: planned[at as usize].clone(),
            is_graph,
            components,
        });
    }
    let catalog = builder.finish();
    let subjects = Subjects::new(&catalog, rows);
    (catalog, subjects)
}

/// Draws a component, and adds the row of samples of each of its tasks.
fn component(dice: &mut Dice, number: u64, is_graph: bool, rows: &mut Vec<u32>) -> ComponentParts {
    let number = u32::try_from(number).unwrap();
    let after: Vec<u32> =
        if is_graph { (0..number).filter(|_| dice.chance(40)).collect() } else { Vec::new() };
    let both = dice.chance(40);
    let arches: &[&str] = if both { &ARCHES } else { &ARCHES[1..] };
    let row = u32::try_from(dice.below(4)).unwrap();
    rows.extend(arches.iter().map(|_| row));
    let task = |arch: &&str| TaskParts { arch: (*arch).into(), estimate_ms: 60_000 };
    let batch = u32::try_from(dice.below(3)).unwrap();
    ComponentParts::new(&format!("p{number}"), batch, after, arches.iter().map(task).collect())
}

fn samples(dice: &mut Dice) -> Samples {
    let rows = 1 + dice.below(3);
    let history = (0..rows).map(|_| row(dice)).collect();
    History::from_rows(history).samples(BUILD_ARCH, &"p".into(), &"x86_64".into())
}

fn row(dice: &mut Dice) -> Row {
    Row {
        package: "p".into(),
        method: BUILD_ARCH.into(),
        arch: "x86_64".into(),
        run: dice.seconds(1, 900),
        outcome: if dice.chance(15) { RowOutcome::Failed } else { RowOutcome::Closed },
        queued: None,
        started_at: None,
        module: None,
        nvr: None,
        source: None,
    }
}

/// One to three builders an arch; now and then an arch that nobody builds.
fn slots(dice: &mut Dice) -> Slots {
    let has_both = !dice.chance(4);
    let mut groups = Vec::new();
    for arch in ARCHES {
        if has_both || arch == "x86_64" {
            let count = 1 + u32::try_from(dice.below(3)).unwrap();
            groups.push(SlotsGroup { name: arch.to_owned(), count, arches: vec![arch.into()] });
        }
    }
    Slots { groups }
}

fn quantiles(dice: &mut Dice, seconds: u64) -> Quantiles {
    let p50 = dice.seconds(1, seconds);
    Quantiles { p50, p90: p50 + dice.seconds(0, seconds) }
}

fn conditions(dice: &mut Dice, on: (&Slots, &Catalog)) -> Conditions {
    let has_tests = dice.chance(60);
    let tests = Tests {
        defect_rate: dice.share(30),
        detect_component: dice.share(100),
        detect_module: dice.share(100),
        false_alarm: dice.share(20),
        component: dice.chance(60).then(|| quantiles(dice, 600)),
        module: dice.chance(60).then(|| quantiles(dice, 1200)),
        workers: dice.chance(50).then(|| 1 + u32::try_from(dice.below(3)).unwrap()),
        missing: if dice.chance(20) { dice.share(40) } else { 0.0 },
        timeout: dice.chance(50).then(|| dice.seconds(600, 7200)),
        ..Tests::default()
    };
    let people =
        dice.chance(40).then(|| People { fix: people(dice), waive_share: dice.share(100) });
    let bus = if dice.chance(50) {
        Bus::default()
    } else {
        Bus {
            delay: dice.seconds(0, 10),
            jitter: dice.seconds(0, 600),
            loss: if dice.chance(50) { dice.share(25) } else { 0.0 },
            duplicate: dice.share(40),
        }
    };
    let gates =
        Gates { component: has_tests && dice.chance(60), module: has_tests && dice.chance(70) };
    let crash_after = if dice.chance(25) {
        let mut after: Vec<u64> = (0..=dice.below(3)).map(|_| 1 + dice.below(60)).collect();
        after.sort_unstable();
        after.dedup();
        after
    } else {
        Vec::new()
    };
    let faults = if dice.chance(50) { faults(dice, on) } else { Vec::new() };
    Conditions {
        changes: Vec::new(),
        retries: dice.one(&[0, 0, 1, 2]),
        gates,
        tests,
        people,
        bus,
        poll: dice.seconds(60, 1200),
        repo: RepoMaker::Koji,
        hears: Hears::Bus,
        faults,
        crash_after,
        torn_writes: Vec::new(),
        call_faults: Vec::new(),
    }
}

/// People take hours; some are faster than a message that is late.
fn people(dice: &mut Dice) -> Quantiles {
    let slowest = dice.one(&[300, 20_000]);
    quantiles(dice, slowest)
}

/// Changes of one or two kinds, over some builds' time.
fn changes(dice: &mut Dice, catalog: &Catalog) -> Vec<Changes> {
    let modules = catalog.modules.len() as u64;
    let one = |dice: &mut Dice| Changes {
        every: dice.seconds(200, 3000),
        modules: vec![ModuleIx(u32::try_from(dice.below(modules)).unwrap())],
        class: "security".into(),
        within: dice.chance(50).then(|| dice.seconds(100, 5000)),
        lasts: dice.seconds(500, 8000),
    };
    (0..=dice.below(2)).map(|_| one(dice)).collect()
}

/// The source server is away, now and then for half a day or for ever.
fn sources_down(dice: &mut Dice) -> Fault {
    let longest = dice.one(&[3000, 3000, 60_000]);
    Fault {
        at: dice.seconds(0, 1000),
        after: None,
        kind: FaultKind::SourcesDown,
        builders: None,
        count: None,
        module: None,
        lasts: (!dice.chance(10)).then(|| dice.seconds(1, longest)),
        line: 9,
    }
}

/// The modulemd of one module is gone, mostly for a while.
fn source_missing(dice: &mut Dice, catalog: &Catalog) -> Fault {
    let at = usize::try_from(dice.below(catalog.modules.len() as u64)).unwrap();
    Fault {
        at: dice.seconds(0, 1000),
        after: None,
        kind: FaultKind::SourceMissing,
        builders: None,
        count: None,
        module: Some(catalog.modules[at].id.to_string()),
        lasts: (!dice.chance(30)).then(|| dice.seconds(1, 5000)),
        line: 9,
    }
}

/// One to three faults; most end. What came to be a fault later is drawn by itself.
fn faults(dice: &mut Dice, on: (&Slots, &Catalog)) -> Vec<Fault> {
    let (slots, catalog) = on;
    let mut faults: Vec<Fault> = Vec::new();
    for line in 0..=u32::try_from(dice.below(3)).unwrap() {
        let (_, kind) = dice.one(&FaultKind::ALL[..10]);
        let mut fault = Fault {
            at: dice.seconds(0, 3000),
            after: None,
            kind,
            builders: None,
            count: None,
            module: None,
            lasts: (!dice.chance(10)).then(|| dice.seconds(1, 5000)),
            line,
        };
        if kind == FaultKind::BuildersDown {
            let at = usize::try_from(dice.below(slots.groups.len() as u64)).unwrap();
            fault.builders = Some(slots.groups[at].name.clone());
            fault.count = dice.chance(50).then_some(1);
        }
        if kind == FaultKind::ModuleCanceled {
            let at = usize::try_from(dice.below(catalog.modules.len() as u64)).unwrap();
            fault.module = Some(catalog.modules[at].id.to_string());
            fault.lasts = None;
        }
        let is_crash = kind == FaultKind::OrchestratorCrash;
        if !(is_crash && faults.iter().any(|other| other.kind == kind)) {
            faults.push(fault);
        }
    }
    faults
}
