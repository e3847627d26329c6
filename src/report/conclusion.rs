//! What a comparison allows to be said, each sentence by a stated rule: none where the interval does
//! not decide, and none where more than ownership, cascade or the order of submission is different.

mod changes;
mod done;

use serde::{Deserialize, Serialize};

pub use changes::ChangeFigures;
pub(super) use changes::of as of_changes;
pub use done::DoneFigures;
pub(super) use done::all as of_done;

use super::cells::{percent, time, times_apart};
use super::figures::{Distribution, Interval, Paired, Share};
use super::hinge::Hinge;
use super::variant::Variant;
use crate::sim::{Figure, Runs};

/// A setting in which variants differ besides ownership and cascade, so that it, and not they, may
/// explain how they fare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confounder {
    /// The setting, as the scenario names it: `tests.gate`.
    pub key: String,
    /// What koji-owned has.
    pub koji_owned: String,
    /// What orchestrator-owned has.
    pub orchestrator_owned: String,
}

/// What a conclusion is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Which variants are done less often.
    Done,
    /// Which of two ends earlier.
    Ends,
    /// Which of two has more of the changes that come in ready within the time of their class.
    InTime,
    /// Which of two has half of the changes that come in ready sooner.
    Response,
}

/// One sentence with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conclusion {
    /// What it is about.
    pub about: About,
    /// The sentence.
    pub sentence: String,
    /// The rule by which it may be said.
    pub rule: &'static str,
    /// The figures that meet the rule.
    pub figures: Figures,
    /// The settings that decide it: with any one of them taken back it would not hold. Tried for the
    /// pair that the answer rests on, where the scenario has something to take back.
    pub hinges: Vec<Hinge>,
}

/// The figures of a conclusion, by what it is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figures {
    /// Who is done less often.
    Done(DoneFigures),
    /// Who ends earlier.
    Ends(EndFigures),
    /// Whose changes are ready in time, or sooner.
    Changes(ChangeFigures),
}

/// The figures of a conclusion about ends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndFigures {
    /// The variant that ends earlier.
    pub earlier: String,
    /// The other.
    pub later: String,
    /// Replications that decide.
    pub decided: usize,
    /// Replications in all.
    pub replications: usize,
    /// The share of the deciding ones in which `earlier` ended earlier.
    pub share_of_decided: Share,
    /// Replications in which `earlier` is never done.
    pub earlier_never_done: usize,
    /// The same of `later`.
    pub later_never_done: usize,
    /// The median of `earlier` over all runs; null where half of them are never done.
    pub earlier_p50: Option<f64>,
    /// The same of `later`.
    pub later_p50: Option<f64>,
    /// Seconds that `earlier` saves on average where both are done; null where none are, or where the
    /// mean points the other way.
    pub saves_seconds: Option<f64>,
    /// The 95 % interval of that.
    pub saves_ci95: Interval,
}

impl Conclusion {
    /// Says of every setting that decides it what it would be without.
    #[must_use]
    pub fn hinge_lines(&self) -> Vec<String> {
        let Figures::Ends(figures) = &self.figures else { return Vec::new() };
        let pair = (&*figures.earlier, &*figures.later);
        self.hinges.iter().map(|hinge| hinge.line(pair)).collect()
    }

    /// Writes the figures that meet the rule.
    pub(super) fn figures_line(&self) -> String {
        match &self.figures {
            Figures::Done(figures) => figures.line(),
            Figures::Ends(EndFigures {
                decided, replications, share_of_decided, earlier, ..
            }) => deciding((*decided, *replications), *share_of_decided, earlier),
            Figures::Changes(figures) => figures.line(),
        }
    }
}

/// Writes how many replications decide, and how many of them for whom.
fn deciding((decided, replications): (usize, usize), share: Share, name: &str) -> String {
    let interval = match share.ci95 {
        Interval(Some(low), Some(high)) => format!(" ({} to {})", percent(low), percent(high)),
        Interval(..) => String::new(),
    };
    let share = share.share.map_or("-".to_owned(), percent);
    format!("{decided} of {replications} replications decide, {share}{interval} of them for {name}")
}

/// The rule where luck was drawn.
const BY_INTERVAL: &str = "of the replications in which one ended earlier (never done counts as \
    last), the share of the earlier variant lies above one half with its whole 95 % interval \
    (Wilson), and the two differ in what their names say alone";
/// The rule where none was.
const BY_ONE_RUN: &str = "nothing is drawn, so every run of a variant would equal its one run: this \
    holds for these inputs alone, and the two differ in what their names say alone";

/// Concludes what two variants allow; nothing where the rule is not met. Where nothing `is_drawn`, the
/// one run of each decides.
pub(super) fn of(
    (first, second): (&Variant, &Variant),
    paired: &Paired,
    confounders: &[Confounder],
    is_drawn: bool,
) -> Option<Conclusion> {
    if !are_comparable((first, second), confounders) {
        return None;
    }
    let is_one_run = !is_drawn;
    let Decision { is_first, share: share_of_decided } =
        decision(paired.earlier_share.first_of_decided, is_one_run)?;
    let replications = first.runs.len().min(second.runs.len());
    let decided = decided(paired, replications);
    let (earlier, later) = if is_first { (first, second) } else { (second, first) };
    let saves = paired.mean_difference.map(|mean| if is_first { -mean } else { mean });
    let saves_seconds = saves.filter(|saves| *saves >= 0.0);
    let Interval(from, to) = paired.ci95;
    let saves_ci95 = match (from, to, is_one_run || saves_seconds.is_none()) {
        (Some(from), Some(to), false) if is_first => Interval(Some(-to), Some(-from)),
        (Some(from), Some(to), false) => Interval(Some(from), Some(to)),
        _ => Interval::default(),
    };
    let figures = EndFigures {
        earlier: earlier.name.clone(),
        later: later.name.clone(),
        decided,
        replications,
        share_of_decided,
        earlier_never_done: never_done(earlier),
        later_never_done: never_done(later),
        earlier_p50: median(earlier),
        later_p50: median(later),
        saves_seconds,
        saves_ci95,
    };
    let rule = if is_one_run { BY_ONE_RUN } else { BY_INTERVAL };
    let sentence = sentence(&figures, is_one_run);
    let figures = Figures::Ends(figures);
    Some(Conclusion { about: About::Ends, sentence, rule, figures, hinges: Vec::new() })
}

/// For which of two the replications decide.
struct Decision {
    is_first: bool,
    /// The share of those that decide which are for it.
    share: Share,
}

/// Decides by the share of the first in the replications that decide; `None` where its interval holds
/// one half, unless one run is all there is.
fn decision(first: Share, is_one_run: bool) -> Option<Decision> {
    let Share { share: Some(share), ci95: Interval(Some(low), Some(high)) } = first else {
        return None;
    };
    if !is_one_run && low <= 0.5 && high >= 0.5 {
        return None;
    }
    if share > 0.5 {
        return Some(Decision { is_first: true, share: first });
    }
    let turned = |end: f64| ((1.0 - end) * 1e6).round() / 1e6;
    let ci95 = Interval(Some(turned(high)), Some(turned(low)));
    Some(Decision { is_first: false, share: Share { share: Some(turned(share)), ci95 } })
}

/// Returns whether two variants differ in what their names say alone.
fn are_comparable((first, second): (&Variant, &Variant), confounders: &[Confounder]) -> bool {
    confounders.is_empty() || owner(first) == owner(second)
}

/// Names the replications that decide.
fn replications_of(decided: usize, replications: usize) -> String {
    if decided == replications {
        format!("{replications} replications")
    } else {
        format!("the {decided} of {replications} replications that decide")
    }
}

fn never_done(variant: &Variant) -> usize {
    variant.runs.len() - variant.makespans_done().len()
}

/// Returns the median over all runs in seconds.
fn median(variant: &Variant) -> Option<f64> {
    Distribution::of_finished(&variant.makespans_done(), variant.runs.len(), 1000).p50
}

fn sentence(figures: &EndFigures, is_one_run: bool) -> String {
    let EndFigures { earlier, later, decided, replications, .. } = figures;
    let span = |seconds: f64| time(Some(seconds));
    let saves = match (figures.saves_seconds, figures.saves_ci95) {
        (Some(mean), Interval(Some(from), Some(to))) if from > 0.0 => {
            format!(
                ", by {} on average ({} to {}) where both are done",
                span(mean),
                span(from),
                span(to)
            )
        }
        (Some(mean), Interval(None, None)) if is_one_run => format!(", by {}", span(mean)),
        (None, _) if is_one_run => ", as the other is never done".to_owned(),
        _ => String::new(),
    };
    if is_one_run {
        return format!("{earlier} ends earlier than {later} in the one run there is{saves}.");
    }
    let share = percent(figures.share_of_decided.share.unwrap_or_default());
    let of = replications_of(*decided, *replications);
    let are = |never: usize| if never == 1 { "is" } else { "are" };
    let own = match figures.earlier_never_done {
        0 => String::new(),
        never => format!(" ({never} of whose {replications} runs {} never done)", are(never)),
    };
    let other = match figures.later_never_done {
        0 => String::new(),
        never if never == *replications => {
            format!(", none of whose {replications} runs is ever done,")
        }
        never => format!(", {never} of whose {replications} runs {} never done,", are(never)),
    };
    let medians = medians(figures);
    format!("{earlier}{own} ends earlier than {later}{other} in {share} of {of}{saves}.{medians}")
}

/// Says where the medians over all runs point the other way.
fn medians(figures: &EndFigures) -> String {
    let (earlier, later) = (figures.earlier_p50, figures.later_p50);
    let is_contrary = match (earlier, later) {
        (Some(earlier), Some(later)) => earlier > later,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    if !is_contrary {
        return String::new();
    }
    let apart = times_apart(&[earlier, later]);
    let median = |at: usize, of: Option<f64>| if of.is_some() { &*apart[at] } else { "never" };
    format!(
        " The medians over all runs point the other way: {} against {}.",
        median(0, earlier),
        median(1, later)
    )
}

fn owner(variant: &Variant) -> &str {
    variant.name.split('/').next().unwrap_or_default()
}

/// Returns whether all runs of a variant are equal.
pub(super) fn is_equal(variant: &Variant) -> bool {
    are_equal(&variant.runs)
}

/// Returns whether all runs ended alike and at the same time.
pub(super) fn are_equal(runs: &Runs) -> bool {
    let mut outcomes = runs.outcomes();
    let first = outcomes.next();
    let is_same = outcomes.all(|outcome| Some(outcome) == first);
    is_same && Distribution::of(&runs.all(Figure::Makespan), 1000).has_no_spread()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a count of replications"
)]
fn decided(paired: &Paired, replications: usize) -> usize {
    let together = paired.earlier_share.together.share.unwrap_or(1.0);
    ((1.0 - together) * replications as f64).round() as usize
}

/// Says in words what is different besides ownership and cascade, and what tells it apart.
pub(super) fn confounded(confounders: &[Confounder]) -> String {
    let each = confounders.iter().map(|one| {
        let Confounder { key, koji_owned, orchestrator_owned } = one;
        format!(
            "{key} is {koji_owned} for koji-owned and {orchestrator_owned} for orchestrator-owned"
        )
    });
    let each: Vec<String> = each.collect();
    format!(
        "the approaches are given different settings ({}): what differs between them may be due to \
         that, and nothing is concluded; `modplan compare --ablate` changes one setting at a time",
        each.join("; ")
    )
}

/// Says that other settings were not tried.
pub(super) const UNTRIED: &str = "Ctrl-C came before other settings were tried one at a time: what would \
    make a conclusion another is not known.";

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::sim::Outcome::{self, Done, Failed};

    fn variant(name: &str, runs: &[(u64, Outcome)]) -> Variant {
        let run = |&(seconds, outcome)| sample::run(seconds, 10, outcome);
        Variant { name: name.to_owned(), runs: runs.iter().map(run).collect() }
    }

    /// Returns the figures of a conclusion about ends.
    fn ends_of(conclusion: &Conclusion) -> &EndFigures {
        let Figures::Ends(figures) = &conclusion.figures else { panic!("it is about ends") };
        figures
    }

    fn concluded(
        koji: &[(u64, Outcome)],
        owned: &[(u64, Outcome)],
        confounders: &[Confounder],
    ) -> Option<Conclusion> {
        let first = variant("koji-owned/planned", koji);
        let second = variant("orchestrator-owned/planned", owned);
        let paired = Paired::of_ends(&super::super::variant::ends(&first.runs, &second.runs));
        of((&first, &second), &paired, confounders, true)
    }

    fn concluded_of_one(koji: (u64, Outcome), owned: (u64, Outcome)) -> Option<Conclusion> {
        let first = variant("koji-owned/planned", &[koji]);
        let second = variant("orchestrator-owned/planned", &[owned]);
        let paired = Paired::of_ends(&super::super::variant::ends(&first.runs, &second.runs));
        of((&first, &second), &paired, &[], false)
    }

    fn gates() -> Vec<Confounder> {
        vec![Confounder {
            key: "tests.gate".to_owned(),
            koji_owned: "module".to_owned(),
            orchestrator_owned: "both".to_owned(),
        }]
    }

    #[test]
    fn one_that_is_earlier_in_every_replication_is_said_to_be() {
        // Ten replications, each 100 s apart: Wilson's interval of 10 of 10 is 72.2 to 100 %.
        let koji: Vec<_> = (1..=10).map(|n| (1000 + 50 * n, Done)).collect();
        let owned: Vec<_> = (1..=10).map(|n| (900 + 50 * n, Done)).collect();
        let said = concluded(&koji, &owned, &[]).unwrap();
        assert_eq!(ends_of(&said).earlier, "orchestrator-owned/planned");
        assert_eq!((ends_of(&said).decided, ends_of(&said).saves_seconds), (10, Some(100.0)));
        assert_eq!(ends_of(&said).share_of_decided.ci95.0, Some(0.722_467));
        assert_eq!(said.rule, BY_INTERVAL);
        assert_eq!(
            said.sentence,
            "orchestrator-owned/planned ends earlier than koji-owned/planned in 100 % of 10 \
             replications, by 1m 40s on average (1m 40s to 1m 40s) where both are done."
        );
    }

    #[test]
    fn nothing_is_said_where_the_interval_spans_a_half() {
        // Six of ten: 31.3 to 83.2 %.
        let koji: Vec<_> = (0..10).map(|n| (if n < 6 { 50 } else { 200 }, Done)).collect();
        let owned: Vec<_> = (0..10).map(|n| (100 + n, Done)).collect();
        assert_eq!(concluded(&koji, &owned, &[]), None);
        // Three of three are too few: 43.9 to 100 %.
        let three: Vec<_> = (0..3).map(|n| (50 + n, Done)).collect();
        assert_eq!(concluded(&three, &owned[..3], &[]), None);
    }

    #[test]
    fn other_gates_leave_nothing_to_say_of_ownership() {
        let koji: Vec<_> = (1..=10).map(|n| (1000 + n, Done)).collect();
        let owned: Vec<_> = (1..=10).map(|n| (900 + n, Done)).collect();
        assert_eq!(concluded(&koji, &owned, &gates()), None);
        let said = confounded(&gates());
        assert!(said.contains("tests.gate is module for koji-owned and both for"), "{said}");
        assert!(said.contains("`modplan compare --ablate` changes"), "{said}");
    }

    #[test]
    fn the_favourite_of_the_survivors_loses() {
        // koji-owned is faster where it is done, which is 3 times in 10; the other always is.
        let koji: Vec<_> = (0..10).map(|n| (100 + n, if n < 3 { Done } else { Failed })).collect();
        let owned: Vec<_> = (0..10).map(|n| (200 + n, Done)).collect();
        // 3 against 7: 39.7 to 89.2 %, undecided; 30 against 70: 60.4 to 78.1 %.
        assert_eq!(concluded(&koji, &owned, &[]), None);
        let said = concluded(&koji.repeat(10), &owned.repeat(10), &[]).unwrap();
        assert_eq!(ends_of(&said).earlier, "orchestrator-owned/planned");
        assert_eq!(ends_of(&said).share_of_decided.share, Some(0.7));
        // Where both are done it is the slower one: no gain is claimed, in figures nor in words.
        assert_eq!(ends_of(&said).saves_seconds, None);
        assert_eq!(ends_of(&said).saves_ci95, Interval(None, None));
        // What decides is said: the other is never done.
        assert_eq!(
            said.sentence,
            "orchestrator-owned/planned ends earlier than koji-owned/planned, 70 of whose 100 runs \
             are never done, in 70 % of 100 replications."
        );
        let never: Vec<_> = (0..100).map(|n| (n, Failed)).collect();
        let said = concluded(&never, &owned.repeat(10), &[]).unwrap();
        let none = "koji-owned/planned, none of whose 100 runs is ever done, in 100 % of 100";
        assert!(said.sentence.contains(none), "{}", said.sentence);
    }

    #[test]
    fn medians_that_point_the_other_way_and_losses_of_the_earlier_one_are_said() {
        // In 60 of 100 koji-owned ends at 900 s against 1000 s; in 36 it takes 950 s against 100 s,
        // and in 4 it fails. So half of its runs are done by 900 s, half of the others by 1000 s.
        let koji = |n: u64| match n {
            0..60 => (900, Done),
            60..96 => (950, Done),
            _ => (950, Failed),
        };
        let owned = |n: u64| (if n < 60 { 1000 } else { 100 }, Done);
        let both = || (0..100).map(koji).collect::<Vec<_>>();
        let said = concluded(&both(), &(0..100).map(owned).collect::<Vec<_>>(), &[]).unwrap();
        assert_eq!(ends_of(&said).earlier, "koji-owned/planned");
        let lost = "koji-owned/planned (4 of whose 100 runs are never done) ends earlier than";
        assert!(said.sentence.starts_with(lost), "{}", said.sentence);
        assert!(!said.sentence.contains("point the other way"), "{}", said.sentence);
        // The same pairs, but the medians are 1000 s against 100 s where they are paired otherwise.
        let first: Vec<_> = (0..100).map(|n| (if n < 40 { 10 } else { 500 }, Done)).collect();
        let second: Vec<_> = (0..100)
            .map(|n| {
                if n < 40 {
                    (11, Done)
                } else if n < 70 {
                    (501, Done)
                } else {
                    (100, Done)
                }
            })
            .collect();
        let said = concluded(&first, &second, &[]).unwrap();
        assert_eq!(ends_of(&said).earlier, "koji-owned/planned");
        let contrary = "The medians over all runs point the other way: 8m 20s against 1m 40s.";
        assert!(said.sentence.ends_with(contrary), "{}", said.sentence);
    }

    #[test]
    fn where_nothing_is_drawn_one_run_of_each_decides() {
        let said = concluded_of_one((300, Done), (200, Done)).unwrap();
        assert_eq!(said.rule, BY_ONE_RUN);
        assert_eq!(ends_of(&said).saves_ci95, Interval(None, None));
        assert_eq!(
            said.sentence,
            "orchestrator-owned/planned ends earlier than koji-owned/planned in the one run there \
             is, by 1m 40s."
        );
        assert_eq!(concluded_of_one((300, Done), (300, Done)), None);
        let never = concluded_of_one((300, Failed), (200, Done)).unwrap();
        assert!(never.sentence.ends_with("as the other is never done."), "{}", never.sentence);
    }

    #[test]
    fn one_run_of_a_world_with_luck_decides_nothing() {
        assert_eq!(concluded(&[(300, Done)], &[(200, Done)], &[]), None);
        assert_eq!(concluded(&[(300, Failed)], &[(200, Done)], &[]), None);
    }
}
