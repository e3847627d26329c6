//! One run for each `name:stream` on a hub, whoever started it: a tag that is there while the run lasts.

use std::collections::BTreeSet;

use super::Request;
use super::builds::ModuleBuild;
use super::check::Checks;
use super::knowledge::Knowledge;
use super::naming::Naming;
use crate::koji::Value;
use crate::koji::calls::{CreateTag, DeleteTag, GetTag, Map};
use crate::koji::shapes::TagInfo;
use crate::module_build::hub_call::{HubCall, Permission};
use crate::name::NameStream;

/// Checks that no other run holds a stream. Returns the runs whose locks are taken over, since nobody drives
/// them any more.
pub(super) fn check(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) -> BTreeSet<String> {
    let streams: BTreeSet<NameStream> = builds.iter().map(ModuleBuild::name_stream).collect();
    let (mut problems, mut left) = (Vec::new(), BTreeSet::new());
    for stream in &streams {
        let Some(found) = find(request, stream, known) else { continue };
        match left_behind(request, &found) {
            Some(run) => drop(left.insert(run.to_owned())),
            None => problems.push(held(stream, &found)),
        }
    }
    let free = format!("{} free", super::check::counted(streams.len(), "stream"));
    let runs: Vec<&str> = left.iter().map(String::as_str).collect();
    let good = match runs.is_empty() {
        true => free,
        false => format!("{free}; nobody drives {}, whose locks are taken over", runs.join(", ")),
    };
    checks.all("locks", problems, good);
    left
}

/// Returns the lock of a stream, where the hub has one.
fn find(request: Request<'_>, stream: &NameStream, known: &mut Knowledge) -> Option<TagInfo> {
    let tag = Naming::of(request).lock(stream);
    let call = GetTag { tag: tag.as_str().into(), ..GetTag::default() };
    known.find(&call)?
}

/// Returns the run that left a lock behind, if nobody drives it.
fn left_behind<'t>(request: Request<'_>, found: &'t TagInfo) -> Option<&'t str> {
    let run = found.extra.as_ref()?.get("modplan")?.get("run")?.as_str()?;
    request.earlier.undriven.contains(run).then_some(run)
}

/// Returns whether the lock of a stream is there and is taken over.
pub(super) fn is_left_behind(
    request: Request<'_>,
    stream: &NameStream,
    known: &mut Knowledge,
) -> bool {
    find(request, stream, known).is_some_and(|found| left_behind(request, &found).is_some())
}

fn held(stream: &NameStream, found: &TagInfo) -> String {
    let mark = found.extra.as_ref().and_then(|extra| extra.get("modplan"));
    let member = |name: &str| mark.and_then(|mark| mark.get(name)?.as_str());
    match (member("run"), member("holder")) {
        (Some(run), Some(holder)) => {
            format!(
                "{stream} is being rebuilt by the run {run} of {holder}: the tag {} is there",
                found.name
            )
        }
        (Some(run), None) => {
            format!("{stream} is being rebuilt by the run {run}: the tag {} is there", found.name)
        }
        (None, _) => format!("the tag {} is there, and is not a lock of modplan", found.name),
    }
}

/// Returns the call that takes the lock of a stream.
pub(super) fn take(naming: Naming<'_>, stream: &NameStream) -> HubCall {
    let members = [("run", "{run}"), ("holder", "{holder}")];
    let mark: Map =
        members.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    let extra = Map::from([("modplan".to_owned(), Value::Struct(mark))]);
    let call = CreateTag { name: naming.lock(stream), extra: Some(extra), ..CreateTag::default() };
    HubCall::of(&call, Permission::TagAdmin)
}

/// Returns the call that gives it back.
pub(super) fn release(naming: Naming<'_>, stream: &NameStream) -> HubCall {
    let call = DeleteTag { tag: naming.lock(stream).as_str().into() };
    HubCall::of(&call, Permission::TagAdmin)
}
