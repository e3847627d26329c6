//! The section `platforms`: one entry for each line of a base module, or for one stream of it.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{any_text, arch, koji_name};
use super::keys::{EXTERNAL_REPO, GROUPS, PLATFORM};
use super::{ExternalRepo, MergeMode, Platform};
use crate::name::Arch;
use crate::settings::{self, Node, Reader, Section, Value};

/// Reads all platforms.
pub(super) fn platforms(reader: &mut Reader, node: &Node) -> BTreeMap<String, Platform> {
    let mut platforms = BTreeMap::new();
    for (key, entry) in reader.entries(node, "platforms") {
        if let Some(platform) = platform(reader, entry) {
            platforms.insert(key.text.clone(), platform);
        }
    }
    platforms
}

fn platform(reader: &mut Reader, node: &Node) -> Option<Platform> {
    let section = reader.section(node, "platforms.NAME", PLATFORM);
    let tag = reader.required(&section, "tag", koji_name);
    let publish_to = reader.required(&section, "publish_to", koji_name);
    if tag.is_some() && tag == publish_to {
        reader
            .wrong(node.place, "`platforms.NAME.publish_to` must not be the tag that is built on");
    }
    reader.require(&section, "arches");
    let arches = reader.values(&section, "arches", arch);
    if section.find("arches").is_some_and(|node| node.value == Value::List(Vec::new())) {
        reader.wrong(node.place, "`platforms.NAME.arches` is empty: nothing could be built");
    }
    let arches: BTreeSet<Arch> = arches.unwrap_or_default().into_iter().collect();
    let multilib = section.find("multilib").map(|node| multilib(reader, node, &arches));
    let marking = reader.value(&section, "marking", any_text).filter(|text| !text.is_empty());
    let platform = Platform {
        multilib: multilib.unwrap_or_default(),
        marking,
        version_prefix: reader.value(&section, "version_prefix", settings::positive_count),
        groups: section.find("groups").map(|node| groups(reader, node)).unwrap_or_default(),
        external_repos: external_repos(reader, &section),
        tag: tag?,
        arches,
        publish_to: publish_to?,
    };
    Some(platform)
}

fn multilib(
    reader: &mut Reader,
    node: &Node,
    arches: &BTreeSet<Arch>,
) -> BTreeMap<Arch, BTreeSet<Arch>> {
    let mut multilib = BTreeMap::new();
    for (key, entry) in reader.entries(node, "platforms.NAME.multilib") {
        if !arches.contains(key.text.as_str()) {
            let message = format!("`{}` is not among `platforms.NAME.arches`", key.text);
            reader.wrong(key.place, message);
        }
        let others = reader.list(entry, "platforms.NAME.multilib", arch);
        multilib.insert(key.text.as_str().into(), others.into_iter().collect());
    }
    multilib
}

fn groups(reader: &mut Reader, node: &Node) -> BTreeMap<String, BTreeSet<String>> {
    let section = reader.section(node, "platforms.NAME.groups", GROUPS);
    let mut groups = BTreeMap::new();
    for name in GROUPS {
        if let Some(packages) = reader.values(&section, name, settings::text) {
            groups.insert((*name).to_owned(), packages.into_iter().collect());
        }
    }
    groups
}

fn external_repos(reader: &mut Reader, section: &Section<'_>) -> Vec<ExternalRepo> {
    let mut repos: Vec<ExternalRepo> = Vec::new();
    for (at, node) in (0..).zip(reader.items(section, "external_repos").unwrap_or_default()) {
        if let Some(repo) = external_repo(reader, node, at) {
            if repos.iter().any(|other| other.name == repo.name) {
                reader.wrong(node.place, format!("external repo `{}` is given twice", repo.name));
            }
            repos.push(repo);
        }
    }
    repos
}

/// Reads a repository: its name alone, or with its priority and merge mode.
fn external_repo(reader: &mut Reader, node: &Node, at: u32) -> Option<ExternalRepo> {
    let priority = at.saturating_mul(10);
    if let Value::Text(name) = &node.value {
        let merge_mode = MergeMode::default();
        return Some(ExternalRepo { name: name.clone(), priority, merge_mode });
    }
    let section = reader.section(node, "platforms.NAME.external_repos", EXTERNAL_REPO);
    let modes = [MergeMode::Bare, MergeMode::Koji, MergeMode::Simple];
    let modes = modes.map(|mode| (mode.as_str(), mode));
    let mode = reader.value(&section, "merge_mode", |text| settings::word(text, &modes));
    let given = reader.value(&section, "priority", settings::count);
    Some(ExternalRepo {
        name: reader.required(&section, "name", settings::text)?,
        priority: given.unwrap_or(priority),
        merge_mode: mode.unwrap_or_default(),
    })
}
