//! Which of two variants serves the changes that come in better: more of them within the time of their
//! class, or, where a class has none, half of them sooner.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::{
    About, Conclusion, Confounder, Figures, are_comparable, deciding, decision, replications_of,
};
use crate::report::cells::{percent, reached};
use crate::report::figures::{Distribution, Earlier, Share};
use crate::report::variant::Variant;
use crate::sim::{ChangeFigures as Change, RunFigures};

/// The figures of a conclusion about the changes of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeFigures {
    /// The class.
    pub class: String,
    /// The variant that serves it better.
    pub better: String,
    /// The other.
    pub worse: String,
    /// Replications that decide.
    pub decided: usize,
    /// Replications in which each has begun builds for a change of the class.
    pub replications: usize,
    /// The share of the deciding ones that are for `better`.
    pub share_of_decided: Share,
    /// The share of all changes of the class that `better` has ready in time; null where no time is
    /// given.
    pub better_in_time_share: Option<f64>,
    /// The same of `worse`.
    pub worse_in_time_share: Option<f64>,
    /// Seconds after which `better` has half of them ready; null where it never has.
    pub better_p50: Option<f64>,
    /// The same of `worse`.
    pub worse_p50: Option<f64>,
}

/// The rule where the class has a time.
const BY_TIME: &str = "of the replications in which one has a larger share of the changes of the class \
    ready in time, the share of the better variant lies above one half with its whole 95 % interval \
    (Wilson), and the two differ in what their names say alone";
/// The rule where it has none.
const BY_RESPONSE: &str = "of the replications in which one has half of the changes of the class ready \
    sooner (never counts as last), the share of the better variant lies above one half with its whole \
    95 % interval (Wilson), and the two differ in what their names say alone";

/// Concludes for every class of changes what two variants allow; nothing where the rule is not met.
pub(in crate::report) fn of(
    first: &Variant,
    second: &Variant,
    confounders: &[Confounder],
) -> Vec<Conclusion> {
    if !are_comparable(first, second, confounders) {
        return Vec::new();
    }
    let classes: BTreeSet<Arc<str>> = first.runs.changes().map(|change| change.class).collect();
    classes.iter().filter_map(|class| of_class(first, second, class)).collect()
}

fn of_class(first: &Variant, second: &Variant, class: &str) -> Option<Conclusion> {
    let has_time = first.runs.changes().any(|one| *one.class == *class && one.is_in_time.is_some());
    let both = first.runs.iter().zip(second.runs.iter());
    // Where a build that waited took every change along, nothing is known of how soon they were ready.
    let own = both.map(|(a, b)| (own(&a, class), own(&b, class)));
    let pairs: Vec<_> = own.filter(|(a, b)| !a.is_empty() && !b.is_empty()).collect();
    let score = if has_time { late } else { median };
    let scores: Vec<_> = pairs.iter().map(|(a, b)| (score(a), score(b))).collect();
    let is_first = decision(Earlier::of(&scores).first_of_decided, false)?;
    let decided = scores.iter().filter(|(a, b)| a != b).count();
    let (better, worse) = if is_first.is_first { (first, second) } else { (second, first) };
    let of = |variant: &Variant| all_own(variant, class);
    let (of_better, of_worse) = (of(better), of(worse));
    let in_time = |of: &[Change]| has_time.then(|| in_time_share(of)).flatten();
    let figures = ChangeFigures {
        class: class.to_owned(),
        better: better.name.clone(),
        worse: worse.name.clone(),
        decided,
        replications: pairs.len(),
        share_of_decided: is_first.share,
        better_in_time_share: in_time(&of_better),
        worse_in_time_share: in_time(&of_worse),
        better_p50: p50(&of_better),
        worse_p50: p50(&of_worse),
    };
    let (about, rule) =
        if has_time { (About::InTime, BY_TIME) } else { (About::Response, BY_RESPONSE) };
    let sentence = figures.sentence(about);
    Some(Conclusion {
        about,
        sentence,
        rule,
        figures: Figures::Changes(figures),
        hinges: Vec::new(),
    })
}

/// Returns the changes of a class that builds of their own began for.
fn own(run: &RunFigures, class: &str) -> Vec<Change> {
    let is_own = |one: &&Change| *one.class == *class && one.module_builds > 0;
    run.changes.iter().filter(is_own).cloned().collect()
}

fn all_own(variant: &Variant, class: &str) -> Vec<Change> {
    variant.runs.changes().filter(|one| *one.class == *class && one.module_builds > 0).collect()
}

/// Returns the share of changes that are not ready in time, in millionths.
fn late(changes: &[Change]) -> Option<u64> {
    let late = changes.iter().filter(|one| one.is_in_time != Some(true)).count();
    Some(late as u64 * 1_000_000 / changes.len().max(1) as u64)
}

/// Returns after how many milliseconds half of the changes are ready; `None` is never.
fn median(changes: &[Change]) -> Option<u64> {
    let mut responses: Vec<u64> = changes.iter().filter_map(|one| Some(one.response?.0)).collect();
    responses.sort_unstable();
    responses.get(changes.len().div_ceil(2).max(1) - 1).copied()
}

fn in_time_share(changes: &[Change]) -> Option<f64> {
    let in_time = changes.iter().filter(|one| one.is_in_time == Some(true)).count();
    Share::of(in_time, changes.len()).share
}

fn p50(changes: &[Change]) -> Option<f64> {
    let responses: Vec<u64> = changes.iter().filter_map(|one| Some(one.response?.0)).collect();
    Distribution::of_finished(&responses, changes.len(), 1000).p50
}

impl ChangeFigures {
    fn sentence(&self, about: About) -> String {
        let Self { class, better, worse, decided, replications, .. } = self;
        let share = self.share_of_decided.share.map_or("-".to_owned(), percent);
        let of = replications_of(*decided, *replications);
        let half = format!(
            "half of them after {} against {}",
            reached(self.better_p50),
            reached(self.worse_p50)
        );
        if about == About::Response {
            return format!(
                "{better} has half of the changes of class {class} ready sooner than {worse} in {share} \
                 of {of}; over all, {half}."
            );
        }
        let in_time = |share: Option<f64>| share.map_or("-".to_owned(), percent);
        format!(
            "{better} has more changes of class {class} ready in time than {worse} in {share} of {of}; \
             over all, {} of them against {}, and {half}.",
            in_time(self.better_in_time_share),
            in_time(self.worse_in_time_share)
        )
    }

    /// Writes how many replications decide.
    pub(super) fn line(&self) -> String {
        deciding(self.decided, self.replications, self.share_of_decided, &self.better)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::sim::Outcome::Done;
    use crate::time::{Millis, Timestamp};

    /// A variant of ten runs; in each, three changes come in that are ready after so many
    /// seconds; 60 s are in time where the class has a time.
    fn variant(name: &str, ready: [Option<u64>; 3], has_time: bool) -> Variant {
        let change = |seconds: Option<u64>| Change {
            class: "security".into(),
            came: Timestamp(5),
            module_builds: 1,
            response: seconds.map(Millis::from_secs),
            is_in_time: has_time.then(|| seconds.is_some_and(|seconds| seconds <= 60)),
        };
        let run = |_| {
            // The end of the run says nothing: the last change decides it.
            let mut run = sample::run(100, 5, Done);
            run.changes = ready.map(change).to_vec();
            run
        };
        Variant { name: name.to_owned(), runs: (0..10).map(run).collect() }
    }

    #[test]
    fn who_has_more_changes_in_time_serves_them_better() {
        let koji = variant("koji-owned/coalesced", [Some(50), Some(70), None], true);
        let owned = variant("orchestrator-owned/coalesced", [Some(55), Some(58), Some(90)], true);
        let [one] = &of(&koji, &owned, &[])[..] else { panic!("one class, one conclusion") };
        assert_eq!(one.about, About::InTime);
        assert_eq!(
            one.sentence,
            "orchestrator-owned/coalesced has more changes of class security ready in time than \
             koji-owned/coalesced in 100 % of 10 replications; over all, 67 % of them against 33 %, and \
             half of them after 58.0s against 1m 10s."
        );
        assert_eq!(of(&koji, &koji, &[]), []);
    }

    #[test]
    fn without_a_time_of_the_class_half_of_its_changes_decide() {
        let koji = variant("koji-owned/coalesced", [Some(50), None, None], false);
        let owned = variant("orchestrator-owned/coalesced", [Some(90), Some(80), None], false);
        let [one] = &of(&koji, &owned, &[])[..] else { panic!("one class, one conclusion") };
        assert_eq!((one.about, one.rule), (About::Response, BY_RESPONSE));
        assert_eq!(
            one.sentence,
            "orchestrator-owned/coalesced has half of the changes of class security ready sooner than \
             koji-owned/coalesced in 100 % of 10 replications; over all, half of them after 1m 30s \
             against never."
        );
        // Of one that a build took along nothing is known.
        let mut along = koji.clone();
        let taken = |mut run: RunFigures| {
            run.changes.iter_mut().for_each(|one| one.module_builds = 0);
            run
        };
        along.runs = koji.runs.iter().map(taken).collect();
        assert_eq!(of(&along, &owned, &[]), []);
    }
}
