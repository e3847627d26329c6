//! One run for each `name:stream` on a hub, whoever started it: a tag that is there while the run lasts.

use std::collections::BTreeSet;

use super::Request;
use super::builds::ModuleBuild;
use super::check::Checks;
use super::knowledge::Knowledge;
use crate::koji::Value;
use crate::koji::calls::{CreateTag, DeleteTag, GetTag, Map};
use crate::koji::shapes::TagInfo;
use crate::module_build::hub_call::{HubCall, Permission};
use crate::name::NameStream;

/// Returns the tag that locks a stream.
pub(super) fn lock(prefix: &str, stream: &NameStream) -> String {
    format!("{prefix}lock-{}-{}", stream.name, stream.stream)
}

/// Checks that no other run holds a stream.
pub(super) fn check(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    let streams: BTreeSet<NameStream> = builds.iter().map(ModuleBuild::name_stream).collect();
    let mut problems = Vec::new();
    for stream in &streams {
        let tag = lock(&request.site.names.tag_prefix, stream);
        let call = GetTag { tag: tag.as_str().into(), ..GetTag::default() };
        if let Some(Some(found)) = known.find(&call) {
            problems.push(held(stream, &found));
        }
    }
    let good = format!("{} free", super::check::counted(streams.len(), "stream"));
    checks.all("locks", problems, good);
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
pub(super) fn take(prefix: &str, stream: &NameStream) -> HubCall {
    let members = [("run", "{run}"), ("holder", "{holder}")];
    let mark: Map =
        members.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    let extra = Map::from([("modplan".to_owned(), Value::Struct(mark))]);
    let call = CreateTag { name: lock(prefix, stream), extra: Some(extra), ..CreateTag::default() };
    HubCall::of(&call, Permission::TagAdmin)
}

/// Returns the call that gives it back.
pub(super) fn release(prefix: &str, stream: &NameStream) -> HubCall {
    let call = DeleteTag { tag: lock(prefix, stream).as_str().into() };
    HubCall::of(&call, Permission::TagAdmin)
}
