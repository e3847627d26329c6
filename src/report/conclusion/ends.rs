//! Which of two variants ends earlier: the rule, its figures, and the sentence.

use serde::Serialize;

use super::super::cells::{percent, time, times_apart};
use super::super::figures::{Distribution, Interval, Paired, Share};
use super::super::variant::Variant;
use super::{
    About, Conclusion, Confounder, Decision, Figures, are_comparable, decision, replications_of,
};

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

/// The rule where luck was drawn.
pub(super) const BY_INTERVAL: &str = "of the replications in which one ended earlier (never done counts as \
    last), the share of the earlier variant lies above one half with its whole 95 % interval \
    (Wilson), and the two differ in what their names say alone";

/// The rule where none was.
pub(super) const BY_ONE_RUN: &str = "nothing is drawn, so every run of a variant would equal its one run: this \
    holds for these inputs alone, and the two differ in what their names say alone";

/// Concludes what two variants allow; nothing where the rule is not met. Where nothing `is_drawn`, the
/// one run of each decides.
pub(in crate::report) fn of(
    first: &Variant,
    second: &Variant,
    paired: &Paired,
    confounders: &[Confounder],
    is_drawn: bool,
) -> Option<Conclusion> {
    if !are_comparable(first, second, confounders) {
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
