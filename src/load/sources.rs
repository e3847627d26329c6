//! One build described by several sources: modulemd has precedence, then PDC, then the Module Build
//! Service.

use std::collections::BTreeMap;

use super::problem::{Code, Finding};
use super::row::{Disagreement, disagreements, shown};
use super::{Snapshot, Stream};
use crate::name::{Context, NameStream, Version};

/// The context that PDC writes for a build without one.
const NO_CONTEXT: &str = "00000000";

type Build = (NameStream, Version, Option<Context>);

fn build_of(stream: &Stream) -> Build {
    let context = stream.context.clone().filter(|context| context.as_str() != NO_CONTEXT);
    (stream.name_stream(), stream.version, context)
}

/// Drops builds that a better source also describes, with a finding for every dependency on which
/// the two disagree.
pub(super) fn reconcile(snapshot: &mut Snapshot) {
    let mut best: BTreeMap<Build, usize> = BTreeMap::new();
    if snapshot.streams.windows(2).all(|pair| pair[0].origin == pair[1].origin) {
        return;
    }
    for (index, stream) in snapshot.streams.iter().enumerate() {
        let taken = best.entry(build_of(stream)).or_insert(index);
        if stream.origin < snapshot.streams[*taken].origin {
            *taken = index;
        }
    }
    let mut kept = Vec::with_capacity(snapshot.streams.len());
    for stream in &snapshot.streams {
        let taken = &snapshot.streams[best[&build_of(stream)]];
        let is_kept = stream.origin == taken.origin;
        kept.push(is_kept);
        if !is_kept {
            compare(taken, stream, &snapshot.inputs, &mut snapshot.findings);
        }
    }
    let mut kept = kept.into_iter();
    snapshot.streams.retain(|_| kept.next().expect("one answer a stream"));
}

fn compare(
    taken: &Stream,
    left_out: &Stream,
    inputs: &[super::Input],
    findings: &mut Vec<Finding>,
) {
    for Disagreement { field, module, sides: [better, worse] } in
        disagreements(&taken.dependencies, &taken.about, &left_out.dependencies, &left_out.about)
    {
        let place = if better.streams.is_empty() { taken.place } else { better.place };
        let path = &inputs[place.input as usize].path;
        let message = format!(
            "{}:{}: {field} of {module}: {} here, {} at {path}:{}:{}, which is used",
            taken.name_stream(),
            taken.version,
            shown(&worse),
            shown(&better),
            place.line,
            place.column
        );
        let here = if worse.streams.is_empty() { left_out.place } else { worse.place };
        findings.push(Finding::new(Code::SourceDisagreement, here, message));
    }
}
