//! Other settings, one at a time: which worlds `--ablate` and the sensitivity of an answer try.

use modplan::farm::Farm;
use modplan::report::{Probe, Variant};
use modplan::scenario::Scenario;
use modplan::sim::{DurationMode, Runs, Setup};
use modplan::time::Millis;
use modplan::trace::BUILD_ARCH;

use super::status::Refusal;
use super::subject::Subject;
use super::sweeping::Sweeper;
use super::variant::VariantArg;
use super::vary::Varied;

mod unsaid;
mod worlds;

pub(super) use worlds::is_troubled;
use worlds::{Other, ablations, assumed, calm, troubles};

/// More replications of each world are not made, nor more than so many component builds.
const RUNS_MAX: u64 = 40;
const BUILDS: u64 = 20_000;

/// What is probed: variants on a farm.
pub(crate) struct Probing<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) sweeper: &'a Sweeper<'a>,
    pub(crate) variants: Vec<VariantArg>,
    pub(crate) farm: &'a Farm,
    pub(crate) durations: DurationMode,
    pub(crate) seed: u64,
    pub(crate) deadline: Option<Millis>,
    /// Builders of groups that --vary gave.
    pub(crate) varied: Varied,
}

impl Probing<'_> {
    /// Takes back one setting at a time.
    pub(crate) fn ablate(&self) -> Result<Vec<Probe>, Refusal> {
        let scenario = &self.subject.world.scenario;
        self.probe(ablations(self.farm, scenario), scenario)
    }

    /// Tries one trouble at a time, in a world that has none.
    pub(crate) fn trouble(&self) -> Result<Vec<Probe>, Refusal> {
        let calm = calm(&self.subject.world.scenario);
        let given = self.run(self.farm, &calm)?;
        self.probe(troubles(self.farm, &calm, third(&given)), &calm)
    }

    /// Tries another value for every assumed one: numbers are halved and doubled.
    pub(crate) fn sensitivity(&self) -> Result<Vec<Probe>, Refusal> {
        let scenario = &self.subject.world.scenario;
        let open = self.open();
        let third = third(&self.run(self.farm, scenario)?);
        let mut probes = self.probe(assumed(self.farm, scenario, &open, third), scenario)?;
        probes.sort_by(Probe::by_weight);
        Ok(probes)
    }

    /// Names every assumed number of the farm.
    fn open(&self) -> Vec<String> {
        let mut open: Vec<String> = Vec::new();
        for one in &self.subject.world.assumed {
            match &*one.key {
                "trace" => open.push(format!("fallback.{BUILD_ARCH}")),
                "builders" => {
                    let groups = self.farm.builders.iter();
                    let open_groups = groups.filter(|group| !self.varied.contains_key(&group.name));
                    open.extend(open_groups.map(|group| format!("builders.{}.count", group.name)));
                }
                key if key.starts_with("fallback.") => open.push(key.to_owned()),
                _ => {}
            }
        }
        open.extend(self.farm.not_given().into_iter().map(|(name, _)| name));
        open
    }

    fn probe(&self, others: Vec<Other>, given: &Scenario) -> Result<Vec<Probe>, Refusal> {
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let names = self.variants.iter().map(|variant| variant.name());
        let runs = self.run(self.farm, given)?.into_iter();
        if self.sweeper.is_interrupted() {
            return Ok(Vec::new());
        }
        let given: Vec<Variant> =
            names.zip(runs).map(|(name, runs)| Variant { name, runs }).collect();
        let mut probes = Vec::new();
        for other in others {
            let tried = self.run(&other.farm, &other.scenario)?;
            // What Ctrl-C cut short says nothing about a setting.
            if self.sweeper.is_interrupted() {
                break;
            }
            probes.push(Probe::of(other.trial, &given, &tried, self.deadline));
        }
        Ok(probes)
    }

    fn run(&self, farm: &Farm, scenario: &Scenario) -> Result<Vec<Runs>, Refusal> {
        let setup = |variant: &VariantArg| {
            self.subject.setup_of(*variant, farm, scenario, self.durations, self.seed)
        };
        let setups: Vec<Setup> = self.variants.iter().map(setup).collect::<Result<_, _>>()?;
        let components = setups.iter().flat_map(|setup| &setup.catalog.modules);
        let components: u64 = components.map(|module| module.components.len() as u64).sum();
        let runs = (BUILDS / components.max(1)).clamp(1, RUNS_MAX);
        Ok(self.sweeper.run_first(&setups, runs))
    }
}

/// Returns the third of the longest run that is done.
fn third(runs: &[Runs]) -> Millis {
    Millis(runs.iter().flat_map(Runs::makespans_done).max().unwrap_or(0) / 3)
}

/// Of two approaches under one cascade the last such pair, which the answer rests on; else all. An
/// order of submission of its own is passed over where it can be.
pub(crate) fn pair(wanted: &[VariantArg]) -> Vec<VariantArg> {
    let (own, usual): (Vec<&VariantArg>, Vec<&VariantArg>) =
        wanted.iter().partition(|variant| variant.dispatch().is_some());
    for first in usual.into_iter().rev().chain(own.into_iter().rev()) {
        let same = |other: &&VariantArg| {
            other.parts().1 == first.parts().1 && other.parts().0 < first.parts().0
        };
        if let Some(other) = wanted.iter().find(same) {
            return vec![*other, *first];
        }
    }
    wanted.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_rests_on_two_approaches_under_one_cascade() {
        use VariantArg::{KojiLiteral, KojiPlanned, OwnerLiteral, OwnerPlanned};
        let all = [KojiLiteral, KojiPlanned, OwnerLiteral, OwnerPlanned];
        assert_eq!(pair(&all), [KojiPlanned, OwnerPlanned]);
        assert_eq!(pair(&[KojiLiteral]), [KojiLiteral]);
        let wave = VariantArg::OwnerPlannedWave;
        assert_eq!(pair(&[KojiPlanned, OwnerPlanned, wave]), [KojiPlanned, OwnerPlanned]);
        assert_eq!(pair(&[KojiPlanned, wave]), [KojiPlanned, wave]);
    }
}
