//! The ideal model against queueing theory and against hand-computed schedules.
//!
//! Every statistical test has a fixed seed and fails beyond four standard errors. A seed is never
//! changed to make one pass. Queues are built from the model's own parts: a chain of tasks on a
//! separate arch is the clock of arrivals, and each of them releases one task for the builders
//! under test.

use modplan::orchestrate::{Approach, CatalogBuilder, ComponentParts, ModuleParts, TaskParts};
use modplan::sim::{Bar, Outcome, Outcomes, Setup, World};
use modplan::time::Millis;
use modplan::trace::Family;

use crate::support::plain::plain;

/// Mean service time in milliseconds: long enough for rounding to whole milliseconds to be
/// negligible.
const SERVICE: f64 = 1_000_000.0;
const Z_MAX: f64 = 4.0;

fn exponential(mean: f64) -> Family {
    Family::Gamma { shape: 1.0, scale: mean }
}

fn constant(ms: u64) -> Family {
    Family::Constant { run: Millis(ms) }
}

/// A task on an arch.
fn task(arch: &str, estimate_ms: u64) -> TaskParts {
    TaskParts { arch: arch.into(), estimate_ms }
}

/// How modules are run whose tasks follow the laws in turn.
fn setup(modules: &[ModuleParts], laws: &[Family], builders: &[(&str, u32)]) -> Setup {
    let mut builder = CatalogBuilder::default();
    modules.iter().for_each(|module| builder.push(module));
    let rows = (0..u32::try_from(laws.len()).expect("small")).cycle();
    plain((builder, rows), laws.iter().copied(), builders)
}

/// One module of components, each with its predecessors and its task.
fn module(components: Vec<(String, u32, Vec<u32>, TaskParts)>) -> ModuleParts {
    let components = components.into_iter();
    ModuleParts {
        id: "queue:1:00000000".to_owned(),
        wave: Some(1),
        is_start: true,
        is_graph: true,
        components: components
            .map(|(name, batch, after, task)| ComponentParts::new(&name, batch, after, vec![task]))
            .collect(),
        ..ModuleParts::default()
    }
}

/// An open queue: customers come at exponential gaps and are served first come, first served.
struct Queue {
    servers: u32,
    /// Offered load, as a share of the servers' capacity.
    load: f64,
    service: Family,
}

const CUSTOMERS: u32 = 2500;
/// Customers before the queue has forgotten that it began empty.
const WARM_UP: usize = 500;

impl Queue {
    fn setup(&self) -> Setup {
        let gap = self.service.mean() / (self.load * f64::from(self.servers));
        let mut components = Vec::new();
        for n in 0..CUSTOMERS {
            let before = if n == 0 { Vec::new() } else { vec![2 * (n - 1)] };
            components.push((format!("a{n:05}"), n, before, task("clock", 1000)));
            components.push((format!("s{n:05}"), n + 1, vec![2 * n], task("x86_64", 1000)));
        }
        let laws = [exponential(gap), self.service];
        setup(&[module(components)], &laws, &[("clock", 1), ("x86_64", self.servers)])
    }

    /// Runs replications, and measures each by `figure` of the customers after the warm-up.
    fn measure(&self, replications: u64, figure: impl Fn(&[Customer]) -> f64) -> Estimate {
        let setup = self.setup();
        let mut world = World::new(&setup);
        let run = |replication| {
            let run = world.run_in_full(replication);
            assert_eq!(run.figures.outcome, Outcome::Done);
            figure(&customers(&run.bars)[WARM_UP..])
        };
        Estimate::of(&(0..replications).map(run).collect::<Vec<f64>>())
    }
}

/// When a customer arrived, was served, and left, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Customer {
    came: u64,
    taken: u64,
    left: u64,
}

impl Customer {
    fn waited(self) -> f64 {
        ms(self.taken - self.came)
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53 milliseconds")]
fn ms(time: u64) -> f64 {
    time as f64
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn count(number: usize) -> f64 {
    number as f64
}

fn customers(bars: &[Bar]) -> Vec<Customer> {
    let mut customers = vec![Customer::default(); bars.len() / 2];
    for bar in bars {
        let (kind, number) = bar.package.as_str().split_at(1);
        let customer = &mut customers[number.parse::<usize>().expect("numbered")];
        if kind == "a" {
            customer.came = bar.end.0;
        } else {
            (customer.taken, customer.left) = (bar.start.0, bar.end.0);
        }
    }
    customers
}

fn mean_wait(customers: &[Customer]) -> f64 {
    customers.iter().map(|customer| customer.waited()).sum::<f64>() / count(customers.len())
}

/// A mean over replications with its standard error.
#[derive(Debug)]
struct Estimate {
    mean: f64,
    error: f64,
}

impl Estimate {
    fn of(values: &[f64]) -> Self {
        let n = count(values.len());
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, error: (squares / (n - 1.0) / n).sqrt() }
    }

    /// Fails if the exact value is more than four standard errors away, or if the estimate is so
    /// wide that it would agree with anything.
    fn agrees_with(&self, exact: f64) {
        let z = (self.mean - exact) / self.error;
        assert!(z.abs() < Z_MAX, "{self:?} against {exact}: z = {z:.2}");
        assert!(self.error < 0.05 * exact, "{self:?} says too little about {exact}");
    }
}

/// Returns the chance that a customer of M/M/c waits, by Erlang's C formula.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let offered = load * f64::from(servers);
    let mut term = 1.0;
    let mut sum = 0.0;
    for k in 0..servers {
        sum += term;
        term *= offered / f64::from(k + 1);
    }
    let waiting = term / (1.0 - load);
    waiting / (sum + waiting)
}

#[test]
fn one_exponential_server_makes_customers_wait_as_long_as_theory_says() {
    let queue = Queue { servers: 1, load: 0.7, service: exponential(SERVICE) };
    queue.measure(40, mean_wait).agrees_with(0.7 / 0.3 * SERVICE);
}

#[test]
fn several_exponential_servers_follow_erlang() {
    // Erlang C of 4 servers at 80 % is 0.5964, printed in every table.
    let exact = erlang_c(4, 0.8);
    assert!((exact - 0.5964).abs() < 5e-5, "{exact}");
    let queue = Queue { servers: 4, load: 0.8, service: exponential(SERVICE) };
    queue.measure(40, mean_wait).agrees_with(exact * SERVICE / (4.0 * 0.2));
    let share_waiting = |customers: &[Customer]| {
        count(customers.iter().filter(|customer| customer.taken > customer.came).count())
            / count(customers.len())
    };
    queue.measure(40, share_waiting).agrees_with(exact);
}

#[test]
fn a_constant_server_halves_the_wait() {
    let queue = Queue { servers: 1, load: 0.7, service: constant(1_000_000) };
    queue.measure(40, mean_wait).agrees_with(0.7 / (2.0 * 0.3) * SERVICE);
}

#[test]
fn a_lognormal_server_follows_pollaczek_and_khinchine() {
    let (sigma, load) = (0.8_f64, 0.6);
    let service = Family::Lognormal { mu: SERVICE.ln() - sigma * sigma / 2.0, sigma };
    let queue = Queue { servers: 1, load, service };
    // Half of rate times the mean square, over the idle share.
    let exact = load / SERVICE * SERVICE.powi(2) * (sigma * sigma).exp() / (2.0 * (1.0 - load));
    queue.measure(40, mean_wait).agrees_with(exact);
}

#[test]
fn littles_law_and_utilisation_hold_exactly_on_the_runs_own_log() {
    let queue = Queue { servers: 3, load: 0.9, service: exponential(SERVICE) };
    let setup = queue.setup();
    let run = World::new(&setup).run_in_full(0);
    let customers = customers(&run.bars);
    // The number in the system, integrated over time by walking through arrivals and departures.
    let mut steps: Vec<(u64, bool)> = customers.iter().map(|c| (c.came, true)).collect();
    steps.extend(customers.iter().map(|c| (c.left, false)));
    steps.sort_unstable();
    let (mut inside, mut last, mut area) = (0_u64, 0_u64, 0_u64);
    for (at, comes) in steps {
        area += inside * (at - last);
        last = at;
        inside = if comes { inside + 1 } else { inside - 1 };
    }
    assert_eq!(inside, 0);
    // L·T = λ·T·W, in whole milliseconds.
    assert_eq!(area, customers.iter().map(|c| c.left - c.came).sum::<u64>());
    let served: u64 = customers.iter().map(|c| c.left - c.taken).sum();
    let busy = run.figures.busy.iter().find(|(arch, _)| arch.as_str() == "x86_64").unwrap().1;
    assert_eq!(busy.0, served);
    // Never more are served at once than there are servers.
    let mut steps: Vec<(u64, i32)> = customers.iter().map(|c| (c.taken, 1)).collect();
    steps.extend(customers.iter().map(|c| (c.left, -1)));
    steps.sort_unstable();
    let most = steps.iter().scan(0, |busy, (_, step)| {
        *busy += step;
        Some(*busy)
    });
    assert_eq!(most.max(), Some(3));
}

/// Independent jobs of exponential length on some builders.
fn jobs(jobs: u32, builders: u32) -> Setup {
    let component = |n| (format!("j{n:05}"), 0, Vec::new(), task("x86_64", 1000));
    let module = module((0..jobs).map(component).collect());
    setup(&[module], &[exponential(SERVICE)], &[("x86_64", builders)])
}

fn makespans(setup: &Setup, replications: u64) -> Estimate {
    let mut world = World::new(setup);
    let runs = (0..replications).map(|replication| ms(world.run(replication).makespan.0));
    Estimate::of(&runs.collect::<Vec<f64>>())
}

fn harmonic(number: u32) -> f64 {
    (1..=number).map(|k| f64::from(k).recip()).sum()
}

#[test]
fn the_longest_of_several_exponential_jobs_is_a_harmonic_number() {
    for number in [2, 5, 20] {
        makespans(&jobs(number, number), 3000).agrees_with(harmonic(number) * SERVICE);
    }
}

#[test]
fn more_jobs_than_builders_take_their_share_and_then_the_last_few() {
    for (number, builders) in [(20, 4), (50, 7), (6, 5)] {
        let rest = f64::from(number - builders) / f64::from(builders);
        let exact = (rest + harmonic(builders)) * SERVICE;
        makespans(&jobs(number, builders), 3000).agrees_with(exact);
    }
}

#[test]
fn attempts_until_a_flaky_build_passes_are_geometric() {
    const JOBS: u32 = 100;
    for rate in [0.1, 0.5] {
        let mut setup = jobs(JOBS, JOBS);
        setup.outcomes = Outcomes::Rate { failure_rate: rate, flaky_share: 1.0 };
        setup.conditions.retries = 1000;
        let mut world = World::new(&setup);
        let attempts = (0..100).map(|replication| {
            let figures = world.run(replication);
            assert_eq!(figures.outcome, Outcome::Done);
            ms(figures.component_builds) / f64::from(JOBS)
        });
        Estimate::of(&attempts.collect::<Vec<f64>>()).agrees_with(1.0 / (1.0 - rate));
    }
}

/// Jobs with their predecessors, each a module of one component, with constant times in seconds.
fn graph(jobs: &[(u64, &[u32])], builders: u32, approach: Approach) -> u64 {
    let mut modules: Vec<ModuleParts> = (0_u32..)
        .zip(jobs)
        .map(|(at, (seconds, before))| ModuleParts {
            id: format!("m{at:03}:1:00000000"),
            wave: Some(1),
            is_start: before.is_empty(),
            components: vec![ComponentParts::new(
                "p",
                0,
                Vec::new(),
                vec![task("x86_64", seconds * 1000)],
            )],
            ..ModuleParts::default()
        })
        .collect();
    for (at, (_, before)) in (0_u32..).zip(jobs) {
        for &before in *before {
            modules[before as usize].dependants.push(at);
            modules[before as usize].planned_dependants.push(at);
        }
    }
    let laws: Vec<Family> = jobs.iter().map(|(seconds, _)| constant(seconds * 1000)).collect();
    let mut setup = setup(&modules, &laws, &[("x86_64", builders)]);
    setup.approach = approach;
    let figures = World::new(&setup).run(0);
    assert_eq!(figures.outcome, Outcome::Done);
    figures.makespan.0 / 1000
}

#[test]
fn grahams_example_takes_longer_on_more_builders_when_it_is_first_come() {
    // Graham (1969), figure 2: nine jobs, one waits for the first, four for the fourth.
    let jobs: [(u64, &[u32]); 9] = [
        (3, &[]),
        (2, &[]),
        (2, &[]),
        (2, &[]),
        (4, &[3]),
        (4, &[3]),
        (4, &[3]),
        (4, &[3]),
        (9, &[0]),
    ];
    assert_eq!(graph(&jobs, 3, Approach::KojiOwned), 12);
    assert_eq!(graph(&jobs, 4, Approach::KojiOwned), 15);
    // By critical path the long job goes before the last short one.
    assert_eq!(graph(&jobs, 4, Approach::OrchestratorOwned), 12);
}

#[test]
fn one_builder_takes_the_sum_and_builders_without_end_the_critical_path() {
    let jobs: [(u64, &[u32]); 8] = [
        (7, &[]),
        (3, &[0]),
        (11, &[0]),
        (2, &[1, 2]),
        (5, &[]),
        (13, &[4]),
        (1, &[3, 5]),
        (4, &[3]),
    ];
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        assert_eq!(graph(&jobs, 1, approach), 46);
        // 7 + 11 + 2 + 4.
        assert_eq!(graph(&jobs, 100, approach), 24);
    }
}
