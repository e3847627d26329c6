//! The plan's record of its basis: the selection and every assumed value.

use super::given::Given;
use super::model::{Assumed, Plan, PlanAlias, PlanBuilders, PlanFarm, PlanSelection};
use super::selection::{Selection, Unit};
use crate::farm::{DEFAULT_BUILDERS, Farm, Model};
use crate::graph::{Follow, Versions};
use crate::name::{Arch, PackageName, Selector};
use crate::trace::{BUILD_ARCH, EstimateFrom};

/// Records the basis of a plan.
pub(super) fn record(plan: &mut Plan, given: Given<'_>, asked: &Selection, farm: &Farm) {
    let options = given.graph.options();
    plan.selection = selection(asked, options);
    plan.aliases = options
        .aliases
        .iter()
        .map(|alias| PlanAlias { written: alias.written(), meant: alias.meant() })
        .collect();
    plan.farm = PlanFarm {
        path: None,
        sha256: None,
        model: match farm.model {
            Model::Ideal => "ideal".to_owned(),
            Model::Koji => "koji".to_owned(),
        },
        builders: farm
            .builders
            .iter()
            .map(|group| PlanBuilders {
                name: group.name.clone(),
                count: group.count,
                arches: group.arches.clone(),
                capacity: group.capacity,
            })
            .collect(),
    };
    plan.assumed = assumed(plan, given);
}

fn selection(asked: &Selection, options: &crate::graph::GraphOptions) -> PlanSelection {
    let texts = |ids: &[Selector]| ids.iter().map(Selector::to_string).collect();
    let platforms = options.only_platforms.iter().map(|stream| format!("platform:{stream}"));
    let only: Vec<String> = texts(&asked.only);
    PlanSelection {
        changed: texts(&asked.changed),
        built: texts(&asked.built),
        changed_package: asked.changed_packages.clone(),
        since: asked.since.as_ref().map(|since| since.inputs.clone()).unwrap_or_default(),
        all: asked.all,
        only: only.into_iter().chain(platforms).collect(),
        exclude: texts(&asked.exclude),
        given: texts(&asked.given),
        skip_eol: asked.skips_eol,
        follow: match options.follow {
            Follow::Build => "build",
            Follow::Runtime => "runtime",
            Follow::Both => "both",
        }
        .to_owned(),
        unit: match asked.unit {
            Unit::Source => "source",
            Unit::Context => "context",
        }
        .to_owned(),
        versions: match options.versions {
            Versions::Newest => "newest",
            Versions::NewestPerContext => "newest-per-context",
            Versions::All => "all",
        }
        .to_owned(),
    }
}

/// Returns the assumed values behind the plan.
fn assumed(plan: &Plan, given: Given<'_>) -> Vec<Assumed> {
    let mut assumed = Vec::new();
    if given.farm.is_none() {
        assumed.push(Assumed::new("builders", format!("{DEFAULT_BUILDERS} per arch"), "no --farm"));
    }
    let unknown = PackageName::from("");
    let (run, _) = given.history.estimate(BUILD_ARCH, &unknown, &"noarch".into());
    let is_default = |from: EstimateFrom| from == EstimateFrom::Default;
    let built = || plan.components().filter(|component| !component.reused);
    let count = built().filter(|component| is_default(component.estimate_from)).count();
    if given.history.rows().is_empty() {
        let value = format!("{run} per {BUILD_ARCH} task");
        assumed.push(Assumed::new("durations", value, "no --trace"));
    } else if count > 0 {
        let value = format!("{run} per {BUILD_ARCH} task of {count} components");
        assumed.push(Assumed::new("durations", value, "not in the trace"));
    }
    if given.arches.is_empty() {
        let arches: Vec<&str> = plan.arches.iter().map(Arch::as_str).collect();
        assumed.push(Assumed::new("arches", arches.join(", "), "no --arches"));
    }
    assumed
}
