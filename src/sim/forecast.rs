//! What a rebuild is expected to take: how long in all, and from each point of its course how long the rest, as
//! many simulated runs of it took.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Outcome, Setup, World};
use crate::orchestrate::{ComponentEnd, Event};
use crate::plan::model::Estimate;
use crate::time::{Millis, Timestamp};

/// Into so many parts the course of a run is cut, by the components that are built.
const PARTS: u64 = 20;

/// How far the pace of a run may correct what is left, as a factor and as a part of one.
const PACE_MAX: f64 = 4.0;

/// Two quantiles of a time, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Half of the runs took no longer.
    pub p50: Millis,
    /// Nine in ten took no longer.
    pub p90: Millis,
}

/// What a rebuild is expected to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// How many simulated runs it rests on.
    pub replications: u64,
    /// How long it takes in all.
    pub total: Expected,
    /// Points of its course, evenly spaced by the components that are built: the first before any is, the last
    /// when all are. Empty: it is expected to go on evenly.
    parts: Vec<Part>,
}

/// A point of the course of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    /// When half of the runs had come there.
    reached: Millis,
    /// How long they took from there on.
    left: Expected,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many components are built.
    pub built: u64,
    /// How many there are.
    pub of: u64,
    /// When the last one was built, or a process last started.
    pub since: Timestamp,
}

/// What one simulated run took.
struct Course {
    /// When each component was built, in order.
    built: Vec<Timestamp>,
    makespan: Millis,
}

impl Forecast {
    /// Simulates a rebuild many times; `None` where no run of it comes to a good end. `each` is called after
    /// each run.
    #[must_use]
    pub fn simulated(setup: &Setup, replications: u64, mut each: impl FnMut()) -> Option<Self> {
        let mut world = World::new(setup);
        let mut courses = Vec::new();
        for replication in 0..replications {
            courses.extend(course(&mut world, replication));
            each();
        }
        if courses.is_empty() {
            return None;
        }
        let total = expected(courses.iter().map(|course| course.makespan).collect());
        let parts = (0..=PARTS).map(|number| part(&courses, number)).collect();
        Some(Self { replications: courses.len() as u64, total, parts })
    }

    /// Takes the estimate of a plan; `None` where it has no figure.
    #[must_use]
    pub fn of_estimate(estimate: &Estimate) -> Option<Self> {
        let p50 = Millis::from_secs_f64(estimate.seconds_p50?)?;
        let p90 = estimate.seconds_p90.and_then(Millis::from_secs_f64).unwrap_or(p50);
        let total = Expected { p50, p90 };
        Some(Self { replications: estimate.replications, total, parts: Vec::new() })
    }

    /// Returns when a run is expected to end that is so far at a moment, since its beginning. What is left is what
    /// the simulated runs took from there on. As more of the run is done, its own pace counts more: one that took
    /// twice as long for half of its components is expected to take half as long again for the rest.
    #[must_use]
    pub fn end(&self, progress: Progress, now: Timestamp) -> Expected {
        let share = progress.built as f64 / progress.of.max(1) as f64;
        let Part { reached, left } = self.at(share);
        let pace = match reached {
            Millis::ZERO => 1.0,
            reached => Millis(progress.since.0).as_secs_f64() / reached.as_secs_f64(),
        };
        let factor = 1.0 + (pace.clamp(1.0 / PACE_MAX, PACE_MAX) - 1.0) * share.min(1.0);
        let end = |left: Millis| {
            let left = Millis::from_secs_f64(left.as_secs_f64() * factor).unwrap_or(left);
            Millis((progress.since + left).max(now).0)
        };
        Expected { p50: end(left.p50), p90: end(left.p90) }
    }

    /// Returns the point of the course where a share of the components is built.
    fn at(&self, share: f64) -> Part {
        let share = share.clamp(0.0, 1.0);
        if self.parts.is_empty() {
            let Expected { p50, p90 } = self.total;
            let left = Expected { p50: between(p50, Millis::ZERO, share), p90: between(p90, Millis::ZERO, share) };
            return Part { reached: between(Millis::ZERO, p50, share), left };
        }
        let place = share * (self.parts.len() - 1) as f64;
        let next = self.parts.iter().zip(self.parts.iter().skip(1)).zip(0_u32..);
        for ((first, second), number) in next {
            let within = place - f64::from(number);
            if within <= 1.0 {
                return first.towards(*second, within);
            }
        }
        self.parts.last().copied().unwrap_or_default()
    }
}

impl Part {
    fn towards(self, other: Self, share: f64) -> Self {
        let left = Expected {
            p50: between(self.left.p50, other.left.p50, share),
            p90: between(self.left.p90, other.left.p90, share),
        };
        Self { reached: between(self.reached, other.reached, share), left }
    }
}

/// Returns what lies a share of the way from one time to another.
fn between(first: Millis, second: Millis, share: f64) -> Millis {
    let [first, second] = [first, second].map(Millis::as_secs_f64);
    Millis::from_secs_f64(first + (second - first) * share).unwrap_or_default()
}

/// Simulates one run; none where it has no good end.
fn course(world: &mut World<'_>, replication: u64) -> Option<Course> {
    let (mut built, mut seen) = (Vec::new(), BTreeSet::new());
    let run = world.run_through(replication, &mut |orchestrator, event, now, out| {
        if let &Event::ComponentEnded { build, component, end, .. } = event
            && end == ComponentEnd::Complete
            && seen.insert((build, component))
        {
            built.push(now);
        }
        orchestrator.handle(event, now, out);
    });
    let figures = &run.figures;
    (figures.outcome == Outcome::Done).then(|| Course { built, makespan: figures.makespan })
}

/// Returns the point of a number of many courses.
fn part(courses: &[Course], number: u64) -> Part {
    let reached = |course: &Course| {
        let count = (course.built.len() as u64 * number).div_ceil(PARTS);
        let last = usize::try_from(count).ok().and_then(|count| count.checked_sub(1));
        last.and_then(|last| course.built.get(last)).map_or(Millis::ZERO, |at| Millis(at.0))
    };
    let left = |course: &Course| Millis(course.makespan.0.saturating_sub(reached(course).0));
    Part {
        reached: expected(courses.iter().map(reached).collect()).p50,
        left: expected(courses.iter().map(left).collect()),
    }
}

fn expected(mut times: Vec<Millis>) -> Expected {
    times.sort_unstable();
    let quantile = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100);
        times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    };
    Expected { p50: quantile(50), p90: quantile(90) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(minutes: u64) -> Millis {
        Millis::from_secs(60 * minutes)
    }

    fn course(built: &[u64], makespan: u64) -> Course {
        let built = built.iter().map(|&at| Timestamp(minutes(at).0)).collect();
        Course { built, makespan: minutes(makespan) }
    }

    fn forecast(courses: &[Course]) -> Forecast {
        Forecast {
            replications: courses.len() as u64,
            total: expected(courses.iter().map(|course| course.makespan).collect()),
            parts: (0..=PARTS).map(|number| part(courses, number)).collect(),
        }
    }

    fn end(forecast: &Forecast, built: u64, since: u64, now: u64) -> (u64, u64) {
        let progress = Progress { built, of: 4, since: Timestamp(minutes(since).0) };
        let Expected { p50, p90 } = forecast.end(progress, Timestamp(minutes(now).0));
        (p50.0 / 60_000, p90.0 / 60_000)
    }

    #[test]
    fn a_run_as_forecast_ends_when_the_forecast_says() {
        // The last component takes half of the time.
        let forecast = forecast(&[course(&[10, 20, 30, 60], 70)]);
        assert_eq!(forecast.total, Expected { p50: minutes(70), p90: minutes(70) });
        for (built, since) in [(0, 0), (1, 10), (2, 20), (3, 30), (4, 60)] {
            assert_eq!(end(&forecast, built, since, since), (70, 70), "{built} built");
        }
    }

    #[test]
    fn a_run_that_is_late_is_expected_later_and_the_more_so_the_more_is_done() {
        let forecast = forecast(&[course(&[10, 20, 30, 40], 40)]);
        // It took twice as long for a quarter, then for half: of what is left, a quarter and half are added.
        assert_eq!(end(&forecast, 1, 20, 20), (20 + 30 * 5 / 4, 20 + 30 * 5 / 4));
        assert_eq!(end(&forecast, 2, 40, 40), (40 + 20 * 3 / 2, 40 + 20 * 3 / 2));
        // Nothing ends before now.
        assert_eq!(end(&forecast, 4, 50, 55), (55, 55));
    }

    #[test]
    fn quantiles_are_of_many_runs() {
        let courses: Vec<Course> =
            (1..=10).map(|n| course(&[n, 2 * n, 3 * n, 4 * n], 5 * n)).collect();
        let forecast = forecast(&courses);
        assert_eq!(forecast.total, Expected { p50: minutes(25), p90: minutes(45) });
        assert_eq!(end(&forecast, 0, 0, 0), (25, 45));
        assert_eq!(end(&forecast, 4, 20, 20), (25, 29));
    }

    #[test]
    fn an_estimate_is_taken_to_go_on_evenly() {
        let estimate = Estimate {
            seconds_p50: Some(2400.0),
            seconds_p90: Some(3600.0),
            replications: 99,
            no_spread: false,
        };
        let forecast = Forecast::of_estimate(&estimate).expect("it has figures");
        assert_eq!(end(&forecast, 0, 0, 0), (40, 60));
        assert_eq!(end(&forecast, 2, 20, 20), (40, 50));
        assert_eq!(Forecast::of_estimate(&Estimate::default()), None);
    }
}
