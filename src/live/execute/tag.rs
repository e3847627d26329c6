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
    /// Returns where a call tags a build; none of a call that does something else.
    pub(super) fn of(call: &HubCall) -> Option<Self> {
        let text = |at: usize| call.arguments.positional.get(at).and_then(Value::as_str);
        let place = || Some(Self { tag: text(0)?.to_owned(), nvr: text(1)?.to_owned() });
        if call.method == TagBuild::METHOD { place() } else { None }
    }
}

impl AtHub {
    /// Makes calls of which some tag builds by a task, and waits until these are over. A build that is in
    /// the tag already is fine: so ends a task whose call was made twice, too.
    pub(super) async fn tag(&self, calls: &[HubCall]) -> Result<(), Stop> {
        let mut tasks: BTreeMap<i64, HubCall> = BTreeMap::new();
        for (call, answer) in calls.iter().zip(self.each(calls).await?) {
            match answer {
                Ok(task) if Place::of(call).is_some() => {
                    tasks.insert(read(call.method, task)?, call.clone());
                }
                Ok(_) => {}
                Err(fault) if fault.text.contains("already tagged") => {}
                Err(fault) => return Err(Stop::of_fault(call.method, &fault)),
            }
        }
        let numbers: Vec<i64> = tasks.keys().copied().collect();
        let ends = self.ends(&numbers).await?;
        tasks.retain(|task, _| ends.get(task) != Some(&TaskState::Closed));
        let failed: Vec<HubCall> = tasks.values().cloned().collect();
        let tagged = self.tagged(&failed).await?;
        let missing = tasks.iter().find_map(|(task, call)| {
            Place::of(call).filter(|place| !tagged.contains(place)).map(|place| (task, place))
        });
        match missing {
            None => Ok(()),
            Some((task, Place { tag, nvr })) => {
                let state = ends.get(task).map_or_else(String::new, ToString::to_string);
                let why = format!("task {task}, which tags {nvr} into {tag}, is {state}");
                Err(Stop::failed(Fault::Denied, why))
            }
        }
    }

    /// Returns in which tags the builds are that some calls tag.
    pub(super) async fn tagged(&self, calls: &[HubCall]) -> Result<BTreeSet<Place>, Stop> {
        let nvrs: BTreeSet<String> =
            calls.iter().filter_map(Place::of).map(|place| place.nvr).collect();
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
