//! What a run keeps of each module build: all that was decided before it began, so that a process that
//! comes back decides nothing again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Request;
use super::locks;
use super::sources::Sources;
use super::tags::TagWork;
use crate::load::{Stream, parse_text, stream_yaml};
use crate::module_build::conflicts::KeptOut;
use crate::module_build::tag_plan::TagPlan;
use crate::name::{Arch, ComponentKey, PackageName};
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
    /// The components that are built, by key.
    pub parts: BTreeMap<ComponentKey, PlannedPart>,
    /// The arches of its final documents.
    pub arches: BTreeSet<Arch>,
    /// Where it is tagged when it is finished.
    pub publish_to: String,
    /// The content generator that imports it.
    pub generator: String,
    /// The tag that keeps its stream to one run.
    pub lock: String,
    /// Its `name:stream`.
    pub stream: String,
    /// The index in its dist tag.
    pub index: u64,
    /// What its macros package keeps out of the buildroot.
    #[serde(default)]
    pub kept_out: KeptOut,
}

impl PlannedBuild {
    /// Reads its document; `None` if it cannot be read.
    #[must_use]
    pub fn stored(&self) -> Option<Stream> {
        parse_text(&self.id, &self.document).streams.pop()
    }
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedPart {
    /// Its package.
    pub package: PackageName,
    /// Its address with a full commit.
    pub source: String,
    /// Whether it is for the build only, and not shipped.
    pub is_build_only: bool,
}

/// Returns what a run keeps of its builds.
pub(super) fn planned_builds(
    request: Request<'_>,
    works: &[TagWork<'_, '_>],
    indexes: &BTreeMap<String, u64>,
    sources: &Sources,
    kept_out: &BTreeMap<String, KeptOut>,
) -> Vec<PlannedBuild> {
    let names = &request.site.names;
    let planned = |work: &TagWork<'_, '_>| PlannedBuild {
        id: work.build.row.id.clone(),
        document: stream_yaml(&work.build.stored),
        names: work.names.clone(),
        tags: work.plan.clone(),
        parts: parts(work, sources),
        arches: work.plan.arches.clone(),
        publish_to: work.build.platform.publish_to.clone(),
        generator: names.content_generator.clone(),
        lock: locks::lock(&names.tag_prefix, &work.build.name_stream()),
        stream: work.build.name_stream().to_string(),
        index: indexes[&work.build.row.id],
        kept_out: kept_out.get(&work.build.row.id).cloned().unwrap_or_default(),
    };
    works.iter().map(planned).collect()
}

fn parts(work: &TagWork<'_, '_>, sources: &Sources) -> BTreeMap<ComponentKey, PlannedPart> {
    let row = work.build.row;
    let components = row.batches.iter().flat_map(|batch| &batch.components);
    let documents = &work.build.stored.components;
    let part = |component: &crate::plan::model::PlanComponent| {
        let key = component.component.clone();
        let source = sources.url(&row.id, &key)?.to_owned();
        let is_build_only = documents.get(&key).is_some_and(|document| document.buildonly);
        let package = component.package.clone();
        Some((key, PlannedPart { package, source, is_build_only }))
    };
    components.filter_map(part).collect()
}
