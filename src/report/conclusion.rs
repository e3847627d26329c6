//! What a comparison allows to be said, each sentence by a stated rule: none where the interval does
//! not decide, and none where more than ownership, cascade or the order of submission is different.

mod changes;
mod done;
mod ends;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use changes::ChangeFigures;
pub(super) use changes::of as of_changes;
pub use done::DoneFigures;
pub(super) use done::all as of_done;
pub use ends::EndFigures;
pub(super) use ends::of;

use super::cells::percent;
use super::figures::{Distribution, Interval, Share};
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

impl Conclusion {
    /// Says of every setting that decides it what it would be without.
    #[must_use]
    pub fn hinge_lines(&self) -> Vec<String> {
        let Figures::Ends(figures) = &self.figures else { return Vec::new() };
        let line = |hinge: &Hinge| hinge.line(&figures.earlier, &figures.later);
        self.hinges.iter().map(line).collect()
    }

    /// Writes the figures that meet the rule.
    pub(super) fn figures_line(&self) -> String {
        match &self.figures {
            Figures::Done(figures) => figures.line(),
            Figures::Ends(EndFigures {
                decided, replications, share_of_decided, earlier, ..
            }) => deciding(*decided, *replications, *share_of_decided, earlier),
            Figures::Changes(figures) => figures.line(),
        }
    }
}

/// Writes how many replications decide, and how many of them for whom.
fn deciding(decided: usize, replications: usize, share: Share, name: &str) -> String {
    let interval = match share.ci95 {
        Interval(Some(low), Some(high)) => format!(" ({} to {})", percent(low), percent(high)),
        Interval(..) => String::new(),
    };
    let share = share.share.map_or("-".to_owned(), percent);
    format!("{decided} of {replications} replications decide, {share}{interval} of them for {name}")
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
fn are_comparable(first: &Variant, second: &Variant, confounders: &[Confounder]) -> bool {
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

/// Says in words what is different besides ownership and cascade, and what separates the effects.
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
