//! Whether a site builds what the request of a `moduleBuild` task asks for.
//!
//! The hub's plug-in only checks that a plan is whole; whoever may ask can put anything into it. So nothing in
//! a plan is believed: the platform, the arches, the tags and the destination are those of the site's own
//! configuration, name, stream, version and context must be those of the document, a context must be the
//! hash that follows from the document unless its author wrote it, and sources must be allowed, with full
//! commits. All problems are returned, so that one answer has them all.

use std::collections::{BTreeMap, BTreeSet};

use super::task_request::{RequestedComponent, TaskRequest};
use crate::expand::context::Contexts;
use crate::load::{Severity, Stream, parse_text};
use crate::name::{Arch, ComponentKey, ModuleName, Nsvc, PackageName, StreamName, Version};
use crate::plan::platform::Platforms;
use crate::plan::reuse::commit_of;
use crate::site::{Platform, Site};

/// A module that a site builds.
#[derive(Clone, Debug)]
pub struct CheckedModule<'s> {
    /// Its identity.
    pub nsvc: Nsvc,
    /// Its document.
    pub stored: Stream,
    /// The stream of the base module that it is built on.
    pub base: StreamName,
    /// What the site has for it.
    pub platform: &'s Platform,
    /// Its components, batch by batch.
    pub batches: Vec<Vec<CheckedComponent>>,
}

/// A component that a site builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedComponent {
    /// Its key in the document.
    pub key: ComponentKey,
    /// Its package.
    pub package: PackageName,
    /// Its source: an allowed address with a full commit.
    pub source: String,
}

/// Checks a request against what a site decides.
///
/// # Errors
/// Every reason why the site does not build it, in words.
pub fn check<'s>(request: &TaskRequest, site: &'s Site) -> Result<CheckedModule<'s>, Vec<String>> {
    let mut problems = Vec::new();
    check_names(request, &mut problems);
    let Some(stored) = document(request, &mut problems) else { return Err(problems) };
    let Some(nsvc) = identity(request, &stored, &mut problems) else { return Err(problems) };
    context(&stored, &mut problems);
    let platform = platform(request, &stored, site, &mut problems);
    components(request, &stored, site, &mut problems);
    match platform {
        Some((base, platform)) if problems.is_empty() => {
            let batches = request.batches.iter().map(|batch| batch.iter().map(checked).collect());
            Ok(CheckedModule { nsvc, stored, base, platform, batches: batches.collect() })
        }
        Some(_) | None => Err(problems),
    }
}

/// Names go into tags, files and directories.
fn check_names(request: &TaskRequest, problems: &mut Vec<String>) {
    let TaskRequest { name, stream, context, .. } = request;
    let own = [("name", name), ("stream", stream), ("context", context)];
    let packages = request.components().map(|component| ("package", &component.name));
    let keys = request.components().filter_map(|one| Some(("component", one.component.as_ref()?)));
    for (what, text) in own.into_iter().chain(packages).chain(keys) {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.+~".contains(c);
        let is_odd = text.is_empty() || text.starts_with(['-', '.']) || text.contains("..");
        if is_odd || !text.chars().all(is_fine) {
            problems.push(format!("the {what} {text:?} must be letters, digits and `-_.+~`"));
        }
    }
}

fn document(request: &TaskRequest, problems: &mut Vec<String>) -> Option<Stream> {
    let mut snapshot = parse_text("modulemd", &request.modulemd);
    let errors = snapshot.findings.iter().filter(|one| one.severity() == Severity::Error);
    problems.extend(errors.map(|one| format!("the document is invalid: {}", one.message)));
    match (snapshot.streams.pop(), snapshot.streams.is_empty()) {
        (Some(stored), true) => Some(stored),
        (Some(_), false) => {
            problems.push("the modulemd holds several documents".to_owned());
            None
        }
        (None, _) => {
            problems.push("the modulemd holds no document of a module build".to_owned());
            None
        }
    }
}

/// Returns the identity, which must be that of the document.
fn identity(request: &TaskRequest, stored: &Stream, problems: &mut Vec<String>) -> Option<Nsvc> {
    let version = request.version.parse().ok().filter(|version: &u64| *version > 0);
    let Some(version) = version.map(Version) else {
        problems.push(format!("the version {:?} is not a number above 0", request.version));
        return None;
    };
    let nsvc = Nsvc {
        name: request.name.as_str().into(),
        stream: request.stream.as_str().into(),
        version,
        context: request.context.as_str().into(),
    };
    let is_own = stored.name == nsvc.name
        && stored.stream == nsvc.stream
        && stored.version == nsvc.version
        && stored.context.as_ref() == Some(&nsvc.context);
    if !is_own {
        let own = stored.nsvca().unwrap_or_default();
        problems.push(format!("the plan is for {nsvc}, and its document is of {own}"));
    }
    Some(nsvc)
}

/// Checks that the context follows from the buildroot that the document records. A context that its author
/// wrote follows from nothing.
fn context(stored: &Stream, problems: &mut Vec<String>) {
    if is_static(stored) {
        return;
    }
    if stored.locks.is_empty() {
        problems.push(
            "the document records no buildroot (`xmd.mbs.buildrequires`), and its context is not static"
                .to_owned(),
        );
        return;
    }
    let buildroot: BTreeMap<ModuleName, StreamName> =
        stored.locks.iter().map(|(name, lock)| (name.clone(), lock.stream.clone())).collect();
    let requires: Vec<BTreeMap<ModuleName, Vec<StreamName>>> = (stored.dependencies.iter())
        .map(|group| {
            let streams = |one: &crate::load::Requirement| one.streams.iter().cloned().collect();
            group.requires.iter().map(|(name, one)| (name.clone(), streams(one))).collect()
        })
        .collect();
    let follows = Contexts::new(&buildroot, &requires, &Platforms::default().names).context;
    if let Some(context) = stored.context.as_ref().filter(|context| **context != follows) {
        problems
            .push(format!("the context {context} does not follow from the document: {follows}"));
    }
}

/// Returns whether the context of a document was written by its author, or is kept from an earlier build.
fn is_static(stored: &Stream) -> bool {
    let mbs = stored.about.xmd.as_ref().and_then(|xmd| xmd.get("mbs"));
    let kept = mbs.and_then(|mbs| mbs.get("static_context")).and_then(|value| value.text());
    stored.static_context || kept.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Returns what the site has for the platform of a document.
fn platform<'s>(
    request: &TaskRequest,
    stored: &Stream,
    site: &'s Site,
    problems: &mut Vec<String>,
) -> Option<(StreamName, &'s Platform)> {
    let Some(base) = base(stored) else {
        problems.push("the document is not built on one stream of the platform".to_owned());
        return None;
    };
    let Some(platform) = site.platform(&base) else {
        problems.push(format!("this site builds nothing on the platform {base}"));
        return None;
    };
    if platform.tag != request.platform_tag {
        let (asked, own) = (&request.platform_tag, &platform.tag);
        problems.push(format!("the platform {base} has the tag {own}, not {asked}"));
    }
    let asked: BTreeSet<Arch> = request.arches.iter().map(|arch| arch.as_str().into()).collect();
    let own = match stored.build_arches.is_empty() {
        true => &platform.arches,
        false => &stored.build_arches,
    };
    if asked != *own || !own.is_subset(&platform.arches) {
        let listed = |arches: &BTreeSet<Arch>| {
            arches.iter().map(Arch::as_str).collect::<Vec<_>>().join(", ")
        };
        let (asked, known) = (listed(&asked), listed(&platform.arches));
        problems.push(format!("the plan is for {asked}; the platform {base} has {known}"));
    }
    Some((base, platform))
}

/// Returns the stream of the base module that a document is pinned to.
fn base(stored: &Stream) -> Option<StreamName> {
    let platforms = Platforms::default();
    let locked = platforms.names.iter().find_map(|name| stored.locks.get(name));
    if let Some(lock) = locked {
        return Some(lock.stream.clone());
    }
    let pinned = stored.dependencies.last()?;
    let needed = platforms.names.iter().find_map(|name| pinned.buildrequires.get(name))?;
    let mut streams = needed.streams.iter();
    streams.next().filter(|_| streams.next().is_none()).cloned()
}

fn components(request: &TaskRequest, stored: &Stream, site: &Site, problems: &mut Vec<String>) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for component in request.components() {
        let key = component.key();
        if !seen.insert(key) {
            problems.push(format!("the component {key} stands twice in the plan"));
        }
        match stored.components.get(key) {
            Some(known) if known.package.as_str() != component.name => problems.push(format!(
                "the component {key} builds {}, not {}",
                known.package, component.name
            )),
            Some(_) => {}
            // Components of included modules are not in the document.
            None if !stored.included.is_empty() => {}
            None => problems.push(format!("the document has no component {key}")),
        }
        source(component, site, problems);
    }
    let missing: Vec<&str> = (stored.components.keys())
        .map(ComponentKey::as_str)
        .filter(|key| !seen.contains(key))
        .collect();
    if !missing.is_empty() {
        problems.push(format!("the plan leaves out components: {}", missing.join(", ")));
    }
}

fn source(component: &RequestedComponent, site: &Site, problems: &mut Vec<String>) {
    let (key, url) = (component.key(), &component.url);
    if commit_of(url).is_none() {
        problems.push(format!("the source of {key} has no full commit: {url}"));
    }
    if !site.scm.allows(url) || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        problems.push(format!("the source of {key} is not below `scm.allow`: {url}"));
    }
}

fn checked(component: &RequestedComponent) -> CheckedComponent {
    CheckedComponent {
        key: component.key().into(),
        package: component.name.as_str().into(),
        source: component.url.clone(),
    }
}

#[cfg(test)]
mod tests;
