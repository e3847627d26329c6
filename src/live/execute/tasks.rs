//! Tasks of the run at the hub, found by their marker.

use super::at_hub::AtHub;
use super::stop::Stop;
use crate::koji::calls::GetTaskInfo;
use crate::koji::shapes::Task;
use crate::koji::{OneOrMany, RowsOrCount, Value};
use crate::module_build::batch_calls;

/// A task that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted<'a> {
    /// `name:stream:version:context`.
    pub(super) module: &'a str,
    /// The key of the component, or the name of the macros package.
    pub(super) component: &'a str,
    /// Which attempt, from 1; none: any.
    pub(super) attempt: Option<u32>,
}

impl AtHub {
    /// Finds tasks of this run by their markers, in one request: for each the newest one, running or over.
    pub(super) async fn find_tasks(
        &self,
        wanted: &[Wanted<'_>],
    ) -> Result<Vec<Option<Task>>, Stop> {
        let call = batch_calls::builds_of_ours(self.user, self.work.since_seconds);
        let rows: RowsOrCount<Task> = self.one(&call).await?;
        let RowsOrCount::Rows(rows) = rows else {
            return Err(Stop::strange(call.method, "a count"));
        };
        let is_ours = |marker: &Marker| marker.run == self.work.run;
        let ours =
            rows.into_iter().filter_map(|task| Some((Marker::of(&task).filter(is_ours)?, task)));
        let ours: Vec<(Marker, Task)> = ours.collect();
        let find = |wanted: &Wanted<'_>| {
            let is_it = |(marker, _): &&(Marker, Task)| marker.is(*wanted);
            ours.iter().filter(is_it).map(|(_, task)| task).max_by_key(|task| task.id).cloned()
        };
        Ok(wanted.iter().map(find).collect())
    }

    /// Returns what a task is marked with, if it is a build that modplan asked for.
    pub(super) async fn marker_of(&self, task: i64) -> Result<Option<Marker>, Stop> {
        let task_id = OneOrMany::One(task);
        let call = GetTaskInfo { task_id, request: Some(true), strict: None };
        Ok(match self.ask(&call).await? {
            OneOrMany::One(Some(task)) => Marker::of(&task),
            OneOrMany::One(None) | OneOrMany::Many(_) => None,
        })
    }
}

/// What a task is marked with.
#[derive(Debug)]
pub(super) struct Marker {
    run: String,
    module: String,
    component: String,
    attempt: u32,
}

impl Marker {
    fn of(task: &Task) -> Option<Self> {
        let request = task.request.as_ref()?.as_list()?;
        let marker = request.get(2)?.get("custom_user_metadata")?.get("modplan")?;
        let text = |name: &str| marker.get(name).and_then(Value::as_str).map(str::to_owned);
        let attempt = marker.get("attempt").and_then(Value::as_int)?;
        Some(Self {
            run: text("run")?,
            module: text("module")?,
            component: text("component")?,
            attempt: u32::try_from(attempt).ok()?,
        })
    }

    pub(super) fn is(&self, wanted: Wanted<'_>) -> bool {
        self.module == wanted.module
            && self.component == wanted.component
            && wanted.attempt.is_none_or(|attempt| attempt == self.attempt)
    }
}
