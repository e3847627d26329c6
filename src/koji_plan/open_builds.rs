//! Builds that run for a stream that is to be rebuilt: a Module Build Service, or a run without its lock.

use std::collections::BTreeSet;

use super::Request;
use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::knowledge::Knowledge;
use crate::koji::calls::{ListTasks, Map};
use crate::koji::shapes::Task;
use crate::koji::{RowsOrCount, Value};
use crate::name::NameStream;

/// koji's numbers of the states free, open and assigned.
pub(super) const OPEN_STATES: [i64; 3] = [0, 1, 4];

/// Checks that no `build` task is open whose target is one of a stream's. Targets whose name is a hash cannot
/// be told from others.
pub(super) fn check(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    let opts = Map::from([
        ("method".to_owned(), "build".into()),
        ("state".to_owned(), Value::List(OPEN_STATES.map(Value::Int).into())),
        ("decode".to_owned(), Value::Bool(true)),
    ]);
    let call = ListTasks { opts: Some(opts), query_opts: None };
    let Some(RowsOrCount::Rows(tasks)) = known.find(&call) else { return };
    let streams: BTreeSet<NameStream> = builds.iter().map(ModuleBuild::name_stream).collect();
    let prefix = &request.site.names.tag_prefix;
    let mut problems = Vec::new();
    for task in &tasks {
        let Some(target) = target(task) else { continue };
        let is_of = |stream: &&NameStream| {
            target.starts_with(&format!("{prefix}{}-{}-", stream.name, stream.stream))
        };
        if let Some(stream) = streams.iter().find(is_of) {
            let owner = task.owner_name.as_deref().unwrap_or("somebody");
            problems.push(format!(
                "{stream} is being built: the task {} of {owner} builds for {target}",
                task.id
            ));
        }
    }
    let good = format!("none of {} is for these streams", counted(tasks.len(), "open build"));
    checks.all("open builds", problems, good);
}

/// Returns the target that a `build` task names.
fn target(task: &Task) -> Option<&str> {
    task.request.as_ref()?.as_list()?.get(1)?.as_str()
}
