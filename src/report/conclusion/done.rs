//! Which variants are done less often than others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{About, Conclusion, Confounder, Figures, are_comparable};
use crate::report::cells::percent;
use crate::report::figures::{Interval, Share};
use crate::report::variant::Variant;

/// The figures of a conclusion about the share of runs that are done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DoneFigures {
    /// The variant that is done less often.
    pub fewer: String,
    /// Those that are done more often.
    pub more: Vec<String>,
    /// The share of all runs of each that is done.
    pub done: BTreeMap<String, Share>,
    /// Replications of each.
    pub replications: usize,
}

/// The rule.
const BY_SHARES: &str = "the 95 % intervals (Wilson) of the shares of all runs that are done do not \
    overlap, and the variants differ in what their names say alone";

/// Concludes of every variant than which others it is done less often; nothing where luck is not drawn,
/// as one run gives no share.
pub(in crate::report) fn all(
    variants: &[Variant],
    confounders: &[Confounder],
    is_drawn: bool,
) -> Vec<Conclusion> {
    if !is_drawn {
        return Vec::new();
    }
    let share = |one: &Variant| Share::of(one.makespans_done().len(), one.runs.len());
    let shares: Vec<Share> = variants.iter().map(share).collect();
    let mut conclusions = Vec::new();
    for (variant, own) in variants.iter().zip(&shares) {
        let others = variants.iter().zip(&shares).filter(|(other, share)| {
            is_below(*own, **share) && are_comparable(variant, other, confounders)
        });
        let more: Vec<String> = others.map(|(other, _)| other.name.clone()).collect();
        if !more.is_empty() {
            let names = variants.iter().map(|one| one.name.clone()).zip(shares.iter().copied());
            let done = names.filter(|(name, _)| *name == variant.name || more.contains(name));
            conclusions.push(conclusion(DoneFigures {
                fewer: variant.name.clone(),
                done: done.collect(),
                more,
                replications: variant.runs.len(),
            }));
        }
    }
    conclusions
}

/// Returns whether a share lies below another with its whole interval.
fn is_below(low: Share, high: Share) -> bool {
    matches!((low.ci95.1, high.ci95.0), (Some(end), Some(begin)) if end < begin)
}

fn conclusion(figures: DoneFigures) -> Conclusion {
    let DoneFigures { more, fewer, replications, .. } = &figures;
    let against: Vec<String> = more.iter().map(|name| figures.share(name)).collect();
    let sentence = format!(
        "{fewer} is done less often than {}: in {} of {replications} replications, against {}.",
        listed(more),
        figures.share(fewer),
        listed(&against)
    );
    let figures = Figures::Done(figures);
    Conclusion { about: About::Done, sentence, rule: BY_SHARES, figures, hinges: Vec::new() }
}

/// Writes names one after the other: `a, b and c`.
fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

impl DoneFigures {
    fn share(&self, name: &str) -> String {
        let of = self.done.get(name).and_then(|of| of.share);
        of.map_or("-".to_owned(), percent)
    }

    /// Writes the share of each with its interval.
    pub(super) fn line(&self) -> String {
        let one = |name: &String| match self.done[name].ci95 {
            Interval(Some(low), Some(high)) => {
                format!("{name} {} ({} to {})", self.share(name), percent(low), percent(high))
            }
            Interval(..) => format!("{name} {}", self.share(name)),
        };
        let all: Vec<String> = std::iter::once(&self.fewer).chain(&self.more).map(one).collect();
        format!("done: {}", all.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::sim::Outcome::{Done, Failed};

    /// A variant of 40 runs; so many are done.
    fn variant(name: &str, done: u64) -> Variant {
        let run = |n| sample::run(100, 10, if n < done { Done } else { Failed });
        Variant { name: name.to_owned(), runs: (0..40).map(run).collect() }
    }

    fn gates() -> Vec<Confounder> {
        vec![Confounder {
            key: "tests.gate".to_owned(),
            koji_owned: "module".to_owned(),
            orchestrator_owned: "both".to_owned(),
        }]
    }

    #[test]
    fn who_is_done_less_often_is_said_where_the_intervals_are_apart() {
        // Wilson: 26 of 40 are 49.5 to 77.9 %, 33 of 40 68.1 to 91.3 %, 40 of 40 91.2 to 100 %.
        let koji = variant("koji-owned/planned", 26);
        let some = variant("orchestrator-owned/literal", 33);
        let all_done = variant("orchestrator-owned/planned", 40);
        let said = |variants: &[Variant]| all(variants, &[], true);
        assert_eq!(said(&[koji.clone(), some.clone()]), []);
        let [one] = &said(&[koji, all_done.clone()])[..] else { panic!("one is said") };
        assert_eq!(
            one.sentence,
            "koji-owned/planned is done less often than orchestrator-owned/planned: in 65 % of 40 \
             replications, against 100 %."
        );
        assert_eq!((one.about, one.rule), (About::Done, BY_SHARES));
        assert_eq!(
            one.figures_line(),
            "done: koji-owned/planned 65 % (50 % to 78 %), orchestrator-owned/planned 100 % (91 % to \
             100 %)"
        );
        // All that one is done less often than are in one sentence.
        let variants = [variant("koji-owned/planned", 4), some, all_done];
        let [one] = &said(&variants)[..] else { panic!("one is said") };
        let others =
            "than orchestrator-owned/literal and orchestrator-owned/planned: in 10 % of 40";
        assert!(one.sentence.contains(others), "{}", one.sentence);
        assert!(one.sentence.ends_with("against 82 % and 100 %."), "{}", one.sentence);
    }

    #[test]
    fn nothing_is_said_of_one_run_or_of_other_gates() {
        let variants =
            [variant("koji-owned/planned", 0), variant("orchestrator-owned/planned", 40)];
        assert_eq!(all(&variants, &gates(), true), []);
        assert_eq!(all(&variants, &[], false), []);
        let same = [variant("koji-owned/planned", 0), variant("koji-owned/literal", 40)];
        let [one] = &all(&same, &gates(), true)[..] else { panic!("one owner has one gate") };
        assert!(one.sentence.starts_with("koji-owned/planned is done"), "{}", one.sentence);
    }
}
