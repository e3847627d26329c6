//! The duration of a plan: bounds with their proof, the planned schedule, the cost of barriers.

mod work;

pub(super) use self::work::Shape;
use self::work::{Barriers, Work};
use super::components::Planned;
use super::model::{Bounds, Certificate, CertificateTask, CriticalStep};
use super::schedule::{self, CertificateKind, Effort, Margins, Problem, Schedule, Times};
use crate::farm::Farm;
use crate::time::Millis;
use crate::time::seconds::Seconds;

/// A schedule with barriers only answers what they would cost, so a tenth of the effort is enough.
const BARRIERS_SHARE: u64 = 10;

/// Times of a plan.
pub(super) struct Durations {
    /// By module.
    pub(super) modules: Vec<ModuleTimes>,
    pub(super) bounds: Bounds,
    pub(super) critical_path: Vec<CriticalStep>,
}

/// Times of one module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ModuleTimes {
    pub(super) earliest_start: Millis,
    pub(super) earliest_finish: Millis,
    /// Its end in the planned schedule; `None` without a schedule.
    pub(super) finish: Option<Millis>,
    pub(super) slack: Millis,
}

/// Computes the times of a plan on a farm, and sets time and builder of its tasks.
pub(super) fn durations(
    planned: &mut [Planned],
    shape: &Shape,
    farm: &Farm,
    effort: Effort,
    id: &impl Fn(u32) -> String,
) -> Durations {
    let work = Work::new(planned, shape, Barriers::None);
    let problem = work.problem(farm);
    let times = problem.times();
    let proof = schedule::bound(&problem, &times);
    let schedule = problem.is_served().then(|| {
        let barriers = |kind| {
            let problem = Work::new(planned, shape, kind).problem(farm);
            let times = problem.times();
            let bound_ms = schedule::bound(&problem, &times).bound_ms;
            schedule::improve(&problem, &times, bound_ms, effort.share(BARRIERS_SHARE)).end_ms
        };
        let [waves, batches] = [Barriers::Waves, Barriers::Batches].map(barriers);
        let best = schedule::improve(&problem, &times, proof.bound_ms, effort);
        Scheduled::new(&problem, best, [waves, batches])
    });
    let named = Named { work: &work, problem: &problem, planned, id };
    let bounds = named.bounds(&times, &proof, schedule.as_ref());
    let critical_path = named.critical_path(&times);
    let modules = work.module_times(&times, schedule.as_ref().map(|found| &found.margins));
    if let Some(found) = &schedule {
        found.write(&work, &problem, planned, farm);
    }
    Durations { modules, bounds, critical_path }
}

/// The planned schedule, and the schedules with barriers.
struct Scheduled {
    schedule: Schedule,
    margins: Margins,
    waves_ms: u64,
    batches_ms: u64,
}

impl Scheduled {
    fn new(problem: &Problem, schedule: Schedule, barriers: [u64; 2]) -> Self {
        let margins = schedule::margins(problem, &schedule);
        let [waves_ms, batches_ms] = barriers.map(|end| end.max(schedule.end_ms));
        Self { schedule, margins, waves_ms, batches_ms }
    }

    /// Sets time and builder of each task.
    fn write(&self, work: &Work, problem: &Problem, planned: &mut [Planned], farm: &Farm) {
        for job in work.components() {
            let origin = work.origin(job).expect("a component");
            let component = origin.component_mut(planned);
            for (task, number) in component.tasks.iter_mut().zip(problem.tasks_of(job)) {
                let margin = self.margins.tasks[number];
                let group = &farm.builders[self.schedule.groups[number] as usize];
                let held = farm.tasks_held(group).max(1);
                let builder = self.schedule.places[number] / held + 1;
                task.builder = Some(format!("{}/{builder}", group.name));
                task.start = Some(Millis(self.schedule.starts[number]));
                task.slack = Some(Millis(margin.slack_ms));
                task.drag = Some(Millis(margin.drag_ms));
            }
        }
    }
}

impl Work {
    fn module_times(&self, times: &[Times], margins: Option<&Margins>) -> Vec<ModuleTimes> {
        let module = |&(start, end): &(u32, u32)| {
            let (start, last) = (times[start as usize], times[end as usize]);
            let slack = last.latest_finish_ms - last.earliest_finish_ms;
            let end = end as usize;
            ModuleTimes {
                earliest_start: Millis(start.earliest_start_ms),
                earliest_finish: Millis(last.earliest_finish_ms),
                finish: margins.map(|margins| Millis(margins.ends_ms[end])),
                slack: Millis(margins.map_or(slack, |margins| margins.jobs_ms[end])),
            }
        };
        self.borders().iter().map(module).collect()
    }
}

/// Maps jobs and tasks back to modules and components.
struct Named<'a, I> {
    work: &'a Work,
    problem: &'a Problem,
    planned: &'a [Planned],
    id: &'a I,
}

impl<I: Fn(u32) -> String> Named<'_, I> {
    fn bounds(
        &self,
        times: &[Times],
        proof: &schedule::Certificate,
        found: Option<&Scheduled>,
    ) -> Bounds {
        let critical = times.iter().map(|t| t.earliest_finish_ms).max().unwrap_or(0);
        let capacity = schedule::capacity_ms(self.problem);
        let rows = self.work.arches().iter().cloned().zip(capacity);
        let capacity = rows
            .filter(|(arch, _)| arch.as_str() != "noarch")
            .map(|(arch, ms)| (arch, ms.map(|ms| Seconds(Millis(ms)))))
            .collect();
        let end = found.map(|found| found.schedule.end_ms);
        Bounds {
            critical_path: Millis(critical),
            capacity,
            lower_bound: Millis(proof.bound_ms),
            schedule: end.map(Millis),
            wave_barrier: found.map(|found| Millis(found.waves_ms)),
            batch_barrier: found.map(|found| Millis(found.batches_ms)),
            is_optimal: end == Some(proof.bound_ms),
            certificate: Some(self.certificate(proof)),
        }
    }

    fn certificate(&self, proof: &schedule::Certificate) -> Certificate {
        let arch = |number: u32| self.work.arches()[number as usize].clone();
        let of_kind = match proof.kind {
            CertificateKind::Path => {
                Certificate { kind: "path".to_owned(), ..Certificate::default() }
            }
            CertificateKind::Energy { arch: of, head_ms, tail_ms, work_ms, places } => {
                Certificate {
                    kind: "energy".to_owned(),
                    arch: Some(arch(of)),
                    arches: schedule::confined(self.problem, of).map(arch).collect(),
                    head: Millis(head_ms),
                    tail: Millis(tail_ms),
                    capacity: Some(places),
                    work: Millis(work_ms),
                    ..Certificate::default()
                }
            }
        };
        let granularity = Millis(schedule::granularity_ms(self.problem));
        // Tasks of one component are side by side.
        let by_job =
            proof.tasks.chunk_by(|&a, &b| self.problem.job_of(a) == self.problem.job_of(b));
        let tasks = by_job.map(|tasks| self.certificate_task(tasks)).collect();
        Certificate { granularity, tasks, ..of_kind }
    }

    fn certificate_task(&self, tasks: &[u32]) -> CertificateTask {
        let job = self.problem.job_of(tasks[0]);
        let origin = self.work.origin(job).expect("junctions have no task");
        CertificateTask {
            module: (self.id)(origin.module),
            component: origin.component(self.planned).component.clone(),
            time: Millis(tasks.iter().map(|&task| self.problem.least_ms(task)).sum()),
        }
    }

    /// Returns the components of a longest path, in order.
    fn critical_path(&self, times: &[Times]) -> Vec<CriticalStep> {
        let path = self.problem.longest_path(times).into_iter();
        let step = |job| {
            let origin = self.work.origin(job)?;
            let component = origin.component(self.planned);
            Some(CriticalStep {
                module: (self.id)(origin.module),
                package: component.package.clone(),
                time: Millis(self.problem.longest_ms(job)),
            })
        };
        path.filter_map(step).collect()
    }
}
