//! What a sweep says below its table where it is not the number of builders that misses a deadline,
//! or where there is none at all.

use std::fmt::Write as _;

use super::super::cells::{percent, spans_apart, time};
use super::{Capacity, Limit, Point, count};
use crate::sim::Outcome;
use crate::time::Millis;

/// How many farms are named of those that lack the same.
const FARMS_NAMED: usize = 4;

/// Says on which farms nobody builds an arch that is needed, a line for each set of arches.
pub(super) fn unserved(capacity: &Capacity) -> String {
    let mut lacking: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for point in capacity.points.iter().filter(|point| !point.without_builder.is_empty()) {
        let arches: Vec<&str> = point.without_builder.iter().map(|arch| arch.as_str()).collect();
        let farm = point.farm();
        match lacking.iter_mut().find(|(known, _)| *known == arches) {
            Some((_, farms)) if farms.contains(&farm) => {}
            Some((_, farms)) => farms.push(farm),
            None => lacking.push((arches, vec![farm])),
        }
    }
    let mut text = String::new();
    for (arches, farms) in lacking {
        let more = match farms.len().saturating_sub(FARMS_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named: Vec<&str> = farms.iter().take(FARMS_NAMED).map(String::as_str).collect();
        let (arches, farms) = (arches.join(", "), named.join("; "));
        writeln!(text, "no builder for {arches} at {farms}{more}: its tasks wait forever")
            .expect("a string takes all");
    }
    text
}

/// Says what to do where no point meets the deadline: more builders only where builders are what a
/// run waits for.
pub(super) fn advice(capacity: &Capacity) -> String {
    let Some(at) = capacity.best() else {
        return "give every arch that is needed a builder with --vary or in the farm\n".to_owned();
    };
    let best = &capacity.points[at];
    let (reaches, _) = capacity.time_of(best);
    // One that misses the deadline by little is not written as if it met it.
    let reaches = (reaches < u64::MAX).then_some(Millis(reaches));
    let nearest = format!(
        "nearest: {} under {}, {} of runs done by {}\n",
        best.farm(),
        best.approach,
        percent(capacity.confidence),
        spans_apart(&[reaches, Some(capacity.deadline)])[0]
    );
    match capacity.limit(at) {
        Limit::Failures => failures(capacity, best),
        Limit::Path { .. } => format!(
            "{nearest}{}\nmore builders help only where a module has more components than they take at once; \
             none goes below the critical path, which `modplan plan` shows: try more of them with \
             --vary where it is shorter than the deadline, else give a later --deadline\n",
            limit(capacity, at)
        ),
        Limit::Builders { .. } => format!(
            "{nearest}the limit there is {}\ntry more of them with --vary, or a later --deadline\n",
            limit(capacity, at)
        ),
        Limit::Chain { .. } => chain(capacity, at, &nearest),
    }
}

/// Says what to do where no group of builders works for most of the time: one more of a group may help
/// all the same, since tasks come in bursts.
fn chain(capacity: &Capacity, at: usize, nearest: &str) -> String {
    let limit = limit(capacity, at);
    let why = "builds wait for each other, for repos, tests and people; `modplan plan` shows the \
               critical path";
    match capacity.next_builder(at) {
        Some((group, _)) => format!(
            "{nearest}no group of builders works for most of the time: {limit}\n{why}\ntry more of \
             {group} with --vary, or a later --deadline\n"
        ),
        // Nothing is known of more builders.
        None if !capacity.is_more_tried(at) => {
            format!("{nearest}no group of builders works for most of the time: {limit}\n{why}\n")
        }
        None => {
            format!(
                "{nearest}builders are not the limit: {limit}\n{why}; give a later --deadline\n"
            )
        }
    }
}

/// Says what keeps a point from being faster.
pub(in crate::report) fn limit(capacity: &Capacity, at: usize) -> String {
    match capacity.limit(at) {
        Limit::Failures => {
            "failures: too many runs are never done, with any number of builders".to_owned()
        }
        Limit::Path { seconds, runs } => format!(
            "what builds wait for besides builders and repos takes {}{}, longer than the deadline",
            time(seconds),
            if runs == 1 { String::new() } else { format!(" on average over {runs} runs") }
        ),
        Limit::Builders { name, utilization } => {
            format!("builders of {name}, which work for {} of the time", percent(utilization))
        }
        Limit::Chain { busiest, utilization } => {
            let busy = busiest.map_or("nothing is known of any".to_owned(), |name| {
                format!(
                    "the busiest, those of {name}, work for {} of the time",
                    percent(utilization)
                )
            });
            let more = match capacity.next_builder(at) {
                Some((group, saved)) => {
                    format!("one more of {group} saves {} on average", time(Some(saved)))
                }
                None if !capacity.is_more_tried(at) => UNTRIED.to_owned(),
                None => "one builder more of any group saves nothing for certain".to_owned(),
            };
            format!("{busy}, and {more}")
        }
    }
}

/// Says that one builder more was not tried.
const UNTRIED: &str = "one builder more was not tried: Ctrl-C came before";

/// Says why no builder is named as the next one of the answer.
pub(super) fn none_more(capacity: &Capacity) -> &'static str {
    let is_tried = capacity.answer().is_none_or(|at| capacity.is_more_tried(at));
    if is_tried { "none, one more of any group saves nothing for certain" } else { UNTRIED }
}

/// Says how runs end where even the best point has too few of them done, at any time.
fn failures(capacity: &Capacity, best: &Point) -> String {
    let ends = |outcome: Outcome| {
        let number = best.runs.outcomes().filter(|one| *one == outcome).count();
        (number > 0).then(|| format!("{number} {}", outcome.as_str()))
    };
    let ends: Vec<String> =
        [Outcome::Failed, Outcome::Stuck, Outcome::Capped].into_iter().filter_map(ends).collect();
    let mut parts = best.approach.split('/');
    let (approach, cascade) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let seed = capacity.seed;
    // What is executed is the first run of a seed.
    let seed = match best.runs.outcomes().next() {
        Some(Outcome::Done) | None => format!("N` shows how one ends, with another N than {seed}"),
        Some(Outcome::Failed | Outcome::Stuck | Outcome::Capped) => {
            format!("{seed}` shows how the first ended")
        }
    };
    format!(
        "builders are not the limit: at best {} of runs are done, for any deadline; of {} at {} \
         under {} {}\n\
         see the failures in the trace, and builds, tests and faults of the scenario; on that farm \
         `modplan execute --approach {approach} --cascade {cascade} --durations {} --seed {seed}\n",
        percent(done_share(best)),
        best.runs.len(),
        best.farm(),
        best.approach,
        ends.join(", "),
        capacity.durations.mode,
    )
}

fn done_share(point: &Point) -> f64 {
    count(point.makespans_done().len()) / count(point.runs.len()).max(1.0)
}

impl Point {
    /// Names the farm by what was varied.
    fn farm(&self) -> String {
        super::amount::named(&self.builders)
    }

    /// Names farm and variant.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} under {}", self.farm(), self.approach)
    }
}
