//! Ending a task: its result, or the fault of what failed in it.

use std::collections::BTreeMap;

use super::core::Core;
use super::steps::Steps;
use crate::koji::calls::{GetBuild, HostCloseTask, HostFailTask, ListTagged, Map};
use crate::koji::shapes::Build;
use crate::koji::{Fault, FaultKind, TaskState, Value, codec};
use crate::live::execute::stop::Stop;
use crate::live::hub::HubError;
use crate::orchestrate::{Answer, Fault as Why, Reply};

impl Steps {
    /// Ends the task, unless it is over. One that is not this host's any more is left alone.
    pub(super) async fn end(&self, is_ok: bool, is_look: bool) -> Result<Answer, Stop> {
        let info = self.info().await?;
        if info.state.is_final() {
            let is_as_wanted = (info.state == TaskState::Closed) == is_ok;
            self.state.borrow_mut().end = is_as_wanted.then_some(is_ok);
            return Ok(Answer::Done(Reply::Nothing));
        }
        if info.state != TaskState::Open || info.host_id != Some(self.core.host) {
            let why = format!("the task {} is not this host's any more", self.task);
            return Err(Stop::failed(Why::Denied, why));
        }
        if is_look {
            return Ok(Answer::Absent);
        }
        let task_id = self.task;
        if is_ok {
            let response = codec::write_answer(Ok(self.result().await?));
            self.at.ask(&HostCloseTask { task_id, response }).await?;
        } else {
            let failure = self.state.borrow().failure.clone();
            let usual = || Fault::of(FaultKind::Build, "the module could not be built");
            let response = codec::write_answer(Err(failure.unwrap_or_else(usual)));
            self.at.ask(&HostFailTask { task_id, response }).await?;
        }
        self.state.borrow_mut().end = Some(is_ok);
        Ok(Answer::Done(Reply::Nothing))
    }

    /// Returns the result of a module that is built: its build, its tag, and what is in it.
    async fn result(&self) -> Result<Value, Stop> {
        let nvr = &self.module.names.content_nvr;
        let call = GetBuild { build: nvr.as_str().into(), strict: None };
        let build: Option<Build> = self.at.ask(&call).await?;
        let Some(build) = build else {
            return Err(Stop::failed(Why::Missing, format!("{nvr} is not imported")));
        };
        let tag = &self.module.tags.tag;
        let call = ListTagged { tag: tag.as_str().into(), ..ListTagged::default() };
        let tagged = self.at.ask(&call).await?;
        let nvrs: BTreeMap<&str, &str> =
            tagged.iter().map(|build| (build.package_name.as_str(), build.nvr.as_str())).collect();
        let mut places: Vec<_> = self.places.iter().map(|(key, place)| (place, key)).collect();
        places.sort_unstable();
        let components = places.into_iter().filter_map(|(_, key)| {
            let part = self.module.parts.get(key)?;
            nvrs.get(part.package.as_str()).map(|nvr| Value::from(*nvr))
        });
        Ok(Value::Struct(Map::from([
            ("nvr".to_owned(), nvr.as_str().into()),
            ("build_id".to_owned(), Value::Int(build.build_id)),
            ("tag".to_owned(), tag.as_str().into()),
            ("components".to_owned(), Value::List(components.collect())),
        ])))
    }
}

/// Fails a task that cannot be built at all. What is not this host's any more is fine.
pub(super) async fn fail(core: &Core, task_id: i64, fault: &Fault) -> Result<(), HubError> {
    let response = codec::write_answer(Err(fault.clone()));
    match core.hub().await.call(&HostFailTask { task_id, response }).await {
        Err(HubError::Fault { fault, .. }) if fault.kind == FaultKind::NotAllowed => Ok(()),
        // If it was not done, the next turn finds the task open, and reads it again.
        Err(HubError::Unknown { .. }) => Ok(()),
        other => other,
    }
}
