//! The versions of the rebuilt modules of a plan.
//!
//! A version is the platform's number and the time of a submission. A submission is a source, with all
//! its contexts, or with `--unit context` one context; those of one stream are a second apart, so that
//! no two are the same build. The time is given: nothing here reads a clock.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Plan;
use super::platform::Platforms;
use super::selection::Unit;
use super::version::rebuild_version;
use crate::load::Snapshot;
use crate::name::{NameStream, Version};

/// The time and unit of the submissions of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The time of the first submission of each stream, in whole seconds.
    pub at: Timestamp,
    /// What is submitted together.
    pub unit: Unit,
    /// The platform to build on; `None`: each module's own.
    pub platform: Option<&'a NameStream>,
}

/// Gives every built module a version above all loaded versions of its stream.
pub fn give_versions(plan: &mut Plan, loaded: &Snapshot, submission: Submission<'_>) {
    let mut known: BTreeMap<NameStream, Version> = BTreeMap::new();
    for stream in &loaded.streams {
        let latest = known.entry(stream.name_stream()).or_default();
        *latest = stream.version.max(*latest);
    }
    let platforms = Platforms::default();
    // By stream, the number of submissions and the greatest assigned version.
    let mut given: BTreeMap<NameStream, (i64, Version)> = BTreeMap::new();
    for row in plan.modules.iter_mut().filter(|row| !row.pass_through) {
        let stream = NameStream::new(row.name.as_str(), row.stream.as_str());
        let before = known.get(&stream).copied().unwrap_or_default();
        let (count, latest) = given.entry(stream).or_insert((0, before));
        let (seconds, above) = match submission.unit {
            Unit::Source => (0, before),
            Unit::Context => (*count, *latest),
        };
        let moment = submission.at.saturating_add(SignedDuration::from_secs(seconds));
        let moment = moment.unwrap_or(submission.at);
        let base = submission.platform.map(|base| base.stream.clone());
        let base = base.or_else(|| row.platform.as_deref().map(Into::into));
        let number = base.map(|stream| platforms.stream_version(&stream));
        let version = rebuild_version(moment, number, above);
        *count += 1;
        *latest = version.max(*latest);
        row.new_version = Some(version.to_string());
    }
}
