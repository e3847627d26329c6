//! Farms on which koji could never build anything, or not as intended: reported before they are
//! used.

use std::collections::BTreeSet;

use super::{ARCHES_MAX, BuilderGroup, Createrepo, Farm, Model};
use crate::load::{Code, Finding};
use crate::name::nearest;
use crate::settings::{Node, Reader, Section, Value};

/// The channels that every build needs: one for its tasks, and one for those of its repos.
const CHANNELS: [(&str, &str); 2] = [("default", "builds"), ("createrepo", "repos")];

/// The channel of koji's tasks of modules. Without a builder in it they go to `default`.
const MODULES: &str = "module";

/// The methods that every module build needs, with the channel of their tasks.
const NEEDED: [(&str, &str); 4] = [
    ("build", "default"),
    ("buildArch", "default"),
    ("newRepo", "createrepo"),
    ("createrepo", "createrepo"),
];

/// Keys that only affect plain builds, chains and dist-repos, which module builds do not make.
const UNUSED_BY_MODULES: [(&str, &[&str]); 3] = [
    ("repo", &["lag", "lag_window"]),
    ("hub", &["tag_priority"]),
    ("weights", &["createdistrepo"]),
];

/// Reports what is wrong with a farm as a whole, and returns warnings about likely mistakes.
pub(super) fn farm(reader: &mut Reader, file: &Section<'_>, farm: &Farm) -> Vec<Finding> {
    let Some(node) = file.find("builders") else { return Vec::new() };
    let count: u64 = farm.builders.iter().map(|group| u64::from(group.count)).sum();
    let is_whole = matches!(&node.value, Value::List(all) if all.len() == farm.builders.len());
    if !is_whole {
        // Their errors are reported; anything missing on a farm without them would follow from
        // those.
        return Vec::new();
    }
    if count == 0 {
        reader.wrong(node.place, "`builders` has no builder: nothing would ever be built");
        return Vec::new();
    }
    arches(reader, file, farm);
    if farm.model == Model::Ideal {
        return Vec::new();
    }
    let mut remarks = unused(file, farm);
    let nodes = reader.items(file, "builders").unwrap_or_default();
    if nodes.len() == farm.builders.len() {
        for (node, group) in nodes.iter().zip(&farm.builders) {
            if let Some(why) = takes_nothing(group, farm) {
                reader.wrong(node.place, format!("builders `{}` take no task: {why}", group.name));
            }
            channels(reader, node, group, &mut remarks);
        }
    }
    served(reader, node, farm);
    refused(reader, node, farm);
    remarks.extend(places(reader, node, farm));
    background(reader, file, farm);
    polls(reader, file, farm);
    remarks.sort_by_key(|remark| remark.place);
    remarks
}

/// Reports the group that exceeds the number of arches that a hub distinguishes. Estimates use
/// koji's model even on an ideal farm.
fn arches(reader: &mut Reader, file: &Section<'_>, farm: &Farm) {
    let nodes = reader.items(file, "builders").unwrap_or_default();
    let mut seen = BTreeSet::new();
    for (node, group) in nodes.iter().zip(&farm.builders) {
        let before = seen.len();
        seen.extend(&group.arches);
        if before <= ARCHES_MAX && seen.len() > ARCHES_MAX {
            let why = format!(
                "with builders `{}` the farm has {} arches; the limit is {ARCHES_MAX}",
                group.name,
                seen.len()
            );
            reader.wrong(node.place, why);
        }
    }
}

/// Reports a channel that builds need but no builder serves.
fn served(reader: &mut Reader, node: &Node, farm: &Farm) {
    let staffed = || farm.builders.iter().filter(|group| group.count > 0);
    for (channel, what) in CHANNELS {
        if !staffed().any(|group| group.channels.iter().any(|known| known == channel)) {
            let why = format!("no builder serves the channel {channel}: no {what} would ever run");
            reader.wrong(node.place, why);
        }
    }
}

/// Reports a method that builds need but every builder of its channel always refuses.
fn refused(reader: &mut Reader, node: &Node, farm: &Farm) {
    for (method, channel) in NEEDED {
        let serves = |group: &&BuilderGroup| {
            group.count > 0 && group.channels.iter().any(|known| known == channel)
        };
        let refuses = |group: &BuilderGroup| {
            group.refuses_until.is_none() && group.refuses.iter().any(|known| known == method)
        };
        let mut serving = farm.builders.iter().filter(serves).peekable();
        if serving.peek().is_some() && serving.all(refuses) {
            let why = format!(
                "every builder of the channel {channel} refuses {method}: nothing would ever be \
                 built"
            );
            reader.wrong(node.place, why);
        }
    }
}

fn takes_nothing(group: &BuilderGroup, farm: &Farm) -> Option<String> {
    if group.capacity <= 0.0 {
        return Some("their capacity is 0".to_owned());
    }
    if group.max_jobs == Some(0) {
        return Some("their max_jobs is 0".to_owned());
    }
    if group.max_jobs.is_none() && farm.hub.max_jobs == 0 {
        return Some("they report no max_jobs, and `hub.max_jobs` is 0".to_owned());
    }
    let background = farm.background_of(group);
    if background >= 1.0 {
        return Some("background load takes all of their capacity".to_owned());
    }
    let (room, least) = (group.capacity * (1.0 - background), farm.hub.least_room());
    (room <= least).then(|| {
        format!(
            "with `hub.capacity_overcommit` {} a task needs more than {least} of free capacity, \
             and they have {room}",
            farm.hub.capacity_overcommit
        )
    })
}

/// Reports channels that no task uses: a misspelling, or idle builders.
fn channels(reader: &mut Reader, node: &Node, group: &BuilderGroup, remarks: &mut Vec<Finding>) {
    let names = [CHANNELS[0].0, CHANNELS[1].0, MODULES];
    let is_known = |channel: &String| names.contains(&channel.as_str());
    for channel in group.channels.iter().filter(|channel| !is_known(channel)) {
        if let Some(near) = nearest(channel, names) {
            let why = format!(
                "builders `{}` serve a channel `{channel}`, which no task goes to; did you mean \
                 `{near}`?",
                group.name
            );
            reader.wrong(node.place, why);
        }
    }
    if !group.channels.iter().any(is_known) {
        let message = format!(
            "builders `{}` serve neither default, createrepo nor module: no task goes to them",
            group.name
        );
        remarks.push(Finding::new(Code::FarmIdle, node.place, message));
    }
}

/// A parent keeps its place while its children run: if each builder has one place, parents can fill
/// all of them.
fn places(reader: &mut Reader, node: &Node, farm: &Farm) -> Option<Finding> {
    let builds = || farm.builders.iter().filter(|group| farm.takes_builds(group));
    let jobs = |group: &BuilderGroup| group.max_jobs.unwrap_or(farm.hub.max_jobs);
    let places: u64 = builds().map(|group| u64::from(group.count) * u64::from(jobs(group))).sum();
    if places == 1 {
        let why = "all builders together run one task: a build takes that place, and its own \
                   tasks wait for ever";
        reader.wrong(node.place, why);
        return None;
    }
    let is_tight = places > 0 && builds().all(|group| jobs(group) <= 1);
    is_tight.then(|| {
        let message = "every builder runs one task: builds that wait for their own tasks can take \
                       all places for ever";
        Finding::new(Code::FarmFull, node.place, message)
            .hint("koji's builders run up to 10 tasks (`max_jobs`)")
    })
}

/// Reports background load that applies to no builder.
fn background(reader: &mut Reader, file: &Section<'_>, farm: &Farm) {
    let nodes = if file.find("background").is_some() {
        reader.items(file, "background").unwrap_or_default()
    } else {
        return;
    };
    if nodes.len() != farm.background.len() {
        return;
    }
    for (node, other) in nodes.iter().zip(&farm.background) {
        let bears = |group: &BuilderGroup| {
            group.arches.contains(&other.arch) && group.channels.contains(&other.channel)
        };
        if !farm.builders.iter().any(bears) {
            let why = format!(
                "no builders have arch {} and channel {}: this load has no effect",
                other.arch, other.channel
            );
            reader.wrong(node.place, why);
        }
    }
}

fn polls(reader: &mut Reader, file: &Section<'_>, farm: &Farm) {
    let hub = &farm.hub;
    let period = hub.builder_sleep + hub.builder_turn;
    if let Some(node) = file.find("hub").filter(|_| period > hub.ready_timeout) {
        let why = format!(
            "a builder that polls every {period} is silent for longer than `hub.ready_timeout` \
             ({}): the hub would never assign it a task",
            hub.ready_timeout
        );
        reader.wrong(node.place, why);
    }
}

/// Returns a warning for each key that no build of a module heeds.
pub(super) fn unused_by_modules(file: &Section<'_>, farm: &Farm) -> Vec<Finding> {
    let mut remarks = Vec::new();
    if farm.model == Model::Ideal {
        return remarks;
    }
    for (section, keys) in UNUSED_BY_MODULES {
        // The window is that of `auto_lag` as well.
        let heeded = |key: &&&str| **key == "lag_window" && farm.repo.auto;
        for key in keys.iter().filter(|key| !heeded(key)) {
            if let Some(place) = file.place_below(section, key) {
                let message =
                    format!("`{section}.{key}` has no effect: module builds do not use it");
                remarks.push(Finding::new(Code::SettingUnused, place, message));
            }
        }
    }
    remarks.sort_by_key(|remark| remark.place);
    remarks
}

fn unused(file: &Section<'_>, farm: &Farm) -> Vec<Finding> {
    let mut remarks = Vec::new();
    let auto = ["auto_lag", "auto_interval", "auto_priority"];
    for key in auto.into_iter().filter(|_| !farm.repo.auto) {
        if let Some(place) = file.place_below("repo", key) {
            let message = format!("`repo.{key}` has no effect: `repo.auto` is not set");
            remarks.push(Finding::new(Code::SettingUnused, place, message));
        }
    }
    if farm.repo.createrepo != Createrepo::Trace
        && let Some(place) = file.place_below("fallback", "createrepo")
    {
        let message = "`fallback.createrepo` has no effect: `repo.createrepo` sets that time";
        remarks.push(Finding::new(Code::SettingUnused, place, message));
    }
    remarks
}
