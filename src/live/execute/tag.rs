//! Tagging builds, by tasks that the hub's policies judge.

use std::collections::{BTreeMap, BTreeSet};

use super::at_hub::{AtHub, read};
use super::stop::Stop;
use crate::koji::calls::{ListTags, TagBuild};
use crate::koji::shapes::TagInfo;
use crate::koji::{Call as _, TaskState, Value};
use crate::module_build::hub_call::HubCall;
use crate::orchestrate::Fault;

/// A build in a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    tag: String,
    nvr: String,
}

impl Place {
    pub(super) fn new(tag: &str, nvr: &str) -> Self {
        Self { tag: tag.to_owned(), nvr: nvr.to_owned() }
    }

    /// Returns where a call tags a build; none of a call that does something else.
    pub(super) fn of(call: &HubCall) -> Option<Self> {
        let text = |at: usize| call.arguments.positional.get(at).and_then(Value::as_str);
        let place = || Some(Self { tag: text(0)?.to_owned(), nvr: text(1)?.to_owned() });
        if call.method == TagBuild::METHOD { place() } else { None }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} into {}", self.nvr, self.tag)
    }
}

impl AtHub {
    /// Makes calls of which some tag builds by a task, and waits until these are over. A build that is in
    /// the tag already is fine: so ends a task whose call was made twice, too.
    pub(super) async fn tag(&self, calls: &[HubCall]) -> Result<(), Stop> {
        let mut tasks: BTreeMap<i64, Place> = BTreeMap::new();
        for (call, answer) in calls.iter().zip(self.each(calls).await?) {
            match (answer, Place::of(call)) {
                (Ok(task), Some(place)) => {
                    tasks.insert(read(call.method, task)?, place);
                }
                (Ok(_), None) => {}
                (Err(fault), _) if fault.text.contains("already tagged") => {}
                (Err(fault), _) => return Err(Stop::of_fault(call.method, &fault)),
            }
        }
        if !tasks.is_empty() {
            // No builder has them yet.
            self.pause().await;
        }
        let numbers: Vec<i64> = tasks.keys().copied().collect();
        let ends = self.ends(&numbers).await?;
        tasks.retain(|task, _| ends.get(task) != Some(&TaskState::Closed));
        let tagged = self.tagged(tasks.values()).await?;
        match tasks.iter().find(|(_, place)| !tagged.contains(place)) {
            None => Ok(()),
            Some((task, place)) => {
                let state = ends.get(task).map_or_else(String::new, ToString::to_string);
                let why = format!("task {task}, which tags {place}, is {state}");
                Err(Stop::failed(Fault::Denied, why))
            }
        }
    }

    /// Drops the calls that tag a build where it is tagged.
    pub(super) async fn not_done(&self, mut calls: Vec<HubCall>) -> Result<Vec<HubCall>, Stop> {
        let places: Vec<Place> = calls.iter().filter_map(Place::of).collect();
        let tagged = self.tagged(&places).await?;
        calls.retain(|call| Place::of(call).is_none_or(|place| !tagged.contains(&place)));
        Ok(calls)
    }

    /// Returns in which tags the builds of some places are. None take no request.
    pub(super) async fn tagged(
        &self,
        places: impl IntoIterator<Item = &Place>,
    ) -> Result<BTreeSet<Place>, Stop> {
        let nvrs: BTreeSet<String> = places.into_iter().map(|place| place.nvr.clone()).collect();
        let look = |nvr: &String| {
            HubCall::look(&ListTags { build: Some(nvr.as_str().into()), ..ListTags::default() })
        };
        let looks: Vec<HubCall> = nvrs.iter().map(look).collect();
        let mut tagged = BTreeSet::new();
        for (nvr, answer) in nvrs.iter().zip(self.all(&looks).await?) {
            let tags: Vec<TagInfo> = read(ListTags::METHOD, answer)?;
            tagged.extend(tags.into_iter().map(|tag| Place { tag: tag.name, nvr: nvr.clone() }));
        }
        Ok(tagged)
    }
}
