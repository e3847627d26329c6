//! Tasks of the run at the hub, found by their marker.

use super::at_hub::AtHub;
use super::stop::Stop;
use crate::koji::shapes::Task;
use crate::koji::{RowsOrCount, Value};
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
        let ours = rows.into_iter().filter_map(|task| Some((self.marked(&task)?, task)));
        let ours: Vec<(Marker, Task)> = ours.collect();
        let find = |wanted: &Wanted<'_>| {
            let is_it = |(marker, _): &&(Marker, Task)| marker.is(*wanted);
            ours.iter().filter(is_it).map(|(_, task)| task).max_by_key(|task| task.id).cloned()
        };
        Ok(wanted.iter().map(find).collect())
    }

    /// Reads the marker of a task of this run.
    fn marked(&self, task: &Task) -> Option<Marker> {
        let request = task.request.as_ref()?.as_list()?;
        let marker = request.get(2)?.get("custom_user_metadata")?.get("modplan")?;
        let text = |name: &str| marker.get(name).and_then(Value::as_str).map(str::to_owned);
        let attempt = marker.get("attempt").and_then(Value::as_int)?;
        (text("run")? == self.work.run).then_some(Marker {
            module: text("module")?,
            component: text("component")?,
            attempt: u32::try_from(attempt).ok()?,
        })
    }
}

/// What a task of this run is marked with.
#[derive(Debug)]
struct Marker {
    module: String,
    component: String,
    attempt: u32,
}

impl Marker {
    fn is(&self, wanted: Wanted<'_>) -> bool {
        self.module == wanted.module
            && self.component == wanted.component
            && wanted.attempt.is_none_or(|attempt| attempt == self.attempt)
    }
}
