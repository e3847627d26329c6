//! Farms on which koji could never build anything, or not what is meant: told before they are used.

use super::{BuilderGroup, Farm};
use crate::settings::{Reader, Section};

/// What every build needs: a channel for its tasks, and one for those of its repos.
const CHANNELS: &[(&str, &str)] = &[("default", "builds"), ("createrepo", "repos")];

/// Tells what is wrong with a farm of koji's model as a whole.
pub(super) fn farm(reader: &mut Reader, file: &Section<'_>, farm: &Farm) {
    let Some(node) = file.find("builders") else { return };
    let count: u32 = farm.builders.iter().map(|group| group.count).sum();
    if count == 0 {
        reader.wrong(node.place, "`builders` hold no builder: nothing would ever be built");
        return;
    }
    let staffed = || farm.builders.iter().filter(|group| group.count > 0);
    for (channel, what) in CHANNELS {
        if !staffed().any(|group| group.channels.iter().any(|known| known == channel)) {
            let why = format!("no builder serves the channel {channel}: no {what} would ever run");
            reader.wrong(node.place, why);
        }
    }
    let nodes = reader.items(file, "builders").unwrap_or_default();
    if nodes.len() == farm.builders.len() {
        for (node, group) in nodes.iter().zip(&farm.builders) {
            if let Some(why) = takes_nothing(group, farm.background_of(group)) {
                reader.wrong(node.place, format!("builders `{}` take no task: {why}", group.name));
            }
        }
    }
    let hub = &farm.hub;
    let period = hub.builder_sleep + hub.builder_turn;
    if let Some(node) = file.find("hub").filter(|_| period > hub.ready_timeout) {
        let why = format!(
            "a builder that polls every {period} is silent for longer than `hub.ready_timeout`, \
             {}: the hub would give it nothing",
            hub.ready_timeout
        );
        reader.wrong(node.place, why);
    }
}

fn takes_nothing(group: &BuilderGroup, background: f64) -> Option<&'static str> {
    if group.capacity <= 0.0 {
        return Some("their capacity is 0");
    }
    if group.max_jobs == Some(0) {
        return Some("their max_jobs is 0");
    }
    (background >= 1.0).then_some("others take all of their capacity")
}
