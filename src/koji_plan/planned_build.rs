//! What a run keeps of each module build: all that was decided before it began, so that a process that
//! comes back decides nothing again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::naming::Naming;
use super::reused::ReusedBuild;
use super::settled::Settled;
use super::tags::TagWork;
use crate::load::stream_yaml;
use crate::module_build::conflicts::KeptOut;
use crate::module_build::tag_plan::TagPlan;
use crate::name::{Arch, ComponentKey, PackageName};
use crate::plan::model::PlanComponent;
use crate::plan::names::Names;

/// One module build of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedBuild {
    /// Its id in the plan, `name:stream:context`.
    pub id: String,
    /// Its document with the new version, as modulemd.
    pub document: String,
    /// The names that follow from its identity.
    pub names: Names,
    /// Its tags and its target.
    pub tags: TagPlan,
    /// The components, by key.
    pub parts: BTreeMap<ComponentKey, PlannedPart>,
    /// The arches of its final documents.
    pub arches: BTreeSet<Arch>,
    /// Where it is tagged when it is finished.
    pub publish_to: String,
    /// The content generator that imports it.
    pub generator: String,
    /// The tag that keeps its stream to one run.
    pub lock: String,
    /// What the store knows its stream by: `name:stream`, with `(scratch)` for scratch builds.
    pub stream: String,
    /// Whether it is a scratch build, which is neither imported nor published.
    #[serde(default)]
    pub is_scratch: bool,
    /// The index in its dist tag.
    pub index: u64,
    /// What its macros package keeps out of the buildroot.
    #[serde(default)]
    pub kept_out: KeptOut,
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedPart {
    /// Its package.
    pub package: PackageName,
    /// Its address with a full commit; empty where an earlier build is taken over.
    pub source: String,
    /// The earlier build that is taken over; `None`: it is built.
    #[serde(default)]
    pub reused: Option<ReusedBuild>,
    /// Whether it is for the build only, and not shipped.
    pub is_build_only: bool,
}

/// Returns what a run keeps of its builds.
pub(super) fn planned_builds(settled: Settled<'_, '_, '_>) -> Vec<PlannedBuild> {
    let names = &settled.request.site.names;
    let naming = Naming::of(settled.request);
    let planned = |work: &TagWork<'_, '_>| PlannedBuild {
        id: work.build.row.id.clone(),
        document: stream_yaml(&work.build.stored),
        names: work.names.clone(),
        tags: work.plan.clone(),
        parts: parts(work, settled),
        arches: work.plan.arches.clone(),
        publish_to: work.build.platform.publish_to.clone(),
        generator: names.content_generator.clone(),
        lock: naming.lock(&work.build.name_stream()),
        stream: naming.claim(&work.build.name_stream()),
        is_scratch: naming.is_scratch(),
        index: settled.indexes[&work.build.row.id],
        kept_out: settled.kept_out.get(&work.build.row.id).cloned().unwrap_or_default(),
    };
    settled.works.iter().map(planned).collect()
}

fn parts(
    work: &TagWork<'_, '_>,
    settled: Settled<'_, '_, '_>,
) -> BTreeMap<ComponentKey, PlannedPart> {
    let row = work.build.row;
    let components = row.batches.iter().flat_map(|batch| &batch.components);
    let documents = &work.build.stored.components;
    let part = |component: &PlanComponent| {
        let key = component.component.clone();
        let reused = settled.reused.of(&row.id, &key).cloned();
        let source = settled.sources.url(&row.id, &key).map(str::to_owned);
        // What is neither has failed a check.
        let source = if reused.is_some() { String::new() } else { source? };
        let is_build_only = documents.get(&key).is_some_and(|document| document.buildonly);
        let package = component.package.clone();
        Some((key, PlannedPart { package, source, reused, is_build_only }))
    };
    components.filter_map(part).collect()
}
