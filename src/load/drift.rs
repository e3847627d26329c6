//! Differences between the documents of one build for several arches.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Code, Finding};
use super::row::{flat, shown};
use super::{Component, Dependencies, Input, Place, Requirement, Snapshot, Stream};
use crate::name::{ComponentKey, ModuleName};

/// Returns the differences between the documents of each build, comparing every document with the
/// first.
#[must_use]
pub fn arch_drifts(snapshot: &Snapshot) -> Vec<Finding> {
    let mut firsts = BTreeMap::new();
    let mut findings = Vec::new();
    for stream in &snapshot.streams {
        let build = (&stream.name, &stream.stream, stream.version, &stream.context);
        let first = *firsts.entry(build).or_insert(stream);
        if !std::ptr::eq(first, stream) {
            findings.extend(arch_drift(first, stream, &snapshot.inputs));
        }
    }
    findings
}

/// Returns the differences of a document from the first of its build: a finding for every
/// dependency and every component, with both places.
#[must_use]
pub fn arch_drift(first: &Stream, other: &Stream, inputs: &[Input]) -> Vec<Finding> {
    let mut drift = Drift { first, other, inputs, findings: Vec::new() };
    drift.requirements("buildrequires", |group| &group.buildrequires);
    drift.requirements("requires", |group| &group.requires);
    drift.combinations();
    drift.keys("components", [&*first.components, &*other.components], |one| one.place);
    drift.keys("included modules", [&first.included, &other.included], |one| one.place);
    for (key, component) in other.components.iter() {
        if let Some(known) = first.components.get(key) {
            drift.component(key, known, component);
        }
    }
    drift.findings
}

struct Drift<'s> {
    first: &'s Stream,
    other: &'s Stream,
    inputs: &'s [Input],
    findings: Vec<Finding>,
}

impl Drift<'_> {
    fn report(&mut self, here: Place, there: Place, what: &str, [other, first]: [&str; 2]) {
        let input = self.inputs.get(there.input as usize);
        let path = input.map_or("-", |input| input.path.as_str());
        let arch = self.first.arch.as_ref().map_or("another arch", |arch| arch.as_str());
        let Stream { name, stream, version, context, .. } = self.other;
        let context = context.as_ref().map(|context| format!(":{context}")).unwrap_or_default();
        let message = format!(
            "{name}:{stream}:{version}{context}: {what}: {other} here, {first} for {arch} at {path}:{}:{}",
            there.line, there.column
        );
        self.findings.push(Finding::new(Code::ArchDrift, here, message));
    }

    fn requirements(
        &mut self,
        field: &str,
        side: fn(&Dependencies) -> &BTreeMap<ModuleName, Requirement>,
    ) {
        let first = flat(&self.first.dependencies, side);
        let other = flat(&self.other.dependencies, side);
        let modules: BTreeSet<&ModuleName> = first.keys().chain(other.keys()).collect();
        for module in modules {
            let (one, two) = (first.get(module), other.get(module));
            let is_same = one.zip(two).is_some_and(|(one, two)| one.streams == two.streams);
            if !is_same {
                let here = two.map_or(self.other.place, |two| two.place);
                let there = one.map_or(self.first.place, |one| one.place);
                let text = |side: Option<&Requirement>| side.map_or("nothing".to_owned(), shown);
                let what = format!("{field} of {module}");
                self.report(here, there, &what, [&text(two), &text(one)]);
            }
        }
    }

    /// Reports that the same streams are combined differently.
    fn combinations(&mut self) {
        let (first, other) = (&self.first.dependencies, &self.other.dependencies);
        let is_same = first.len() == other.len()
            && first.iter().zip(other.iter()).all(|(one, two)| one.names_the_same(two));
        if !is_same && self.findings.is_empty() {
            let counts = [other, first].map(|groups| match groups.len() {
                1 => "1 combination".to_owned(),
                count => format!("{count} combinations"),
            });
            let [here, there] = [self.other.place, self.first.place];
            self.report(here, there, "dependencies", [&counts[0], &counts[1]]);
        }
    }

    /// Reports the keys that only one side has.
    fn keys<T>(
        &mut self,
        what: &str,
        [first, other]: [&BTreeMap<ComponentKey, T>; 2],
        place: fn(&T) -> Place,
    ) {
        let only = |one: &BTreeMap<ComponentKey, T>, two: &BTreeMap<ComponentKey, T>| {
            let keys = one.iter().filter(|(key, _)| !two.contains_key(*key));
            let names: Vec<&str> = keys.clone().map(|(key, _)| key.as_str()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            (keys.map(|(_, value)| place(value)).next(), names)
        };
        let ((there, first_names), (here, other_names)) = (only(first, other), only(other, first));
        if here.is_some() || there.is_some() {
            let here = here.unwrap_or(self.other.place);
            let there = there.unwrap_or(self.first.place);
            let what = format!("{what} of only one");
            self.report(here, there, &what, [&other_names, &first_names]);
        }
    }

    /// Compares what is built, ignoring rationales.
    fn component(&mut self, key: &ComponentKey, first: &Component, other: &Component) {
        for ((field, one), (_, two)) in fields(first).into_iter().zip(fields(other)) {
            if one != two {
                let what = format!("{field} of component {key}");
                self.report(other.place, first.place, &what, [&two, &one]);
            }
        }
    }
}

/// Returns the fields that define a component, as text.
fn fields(component: &Component) -> [(&'static str, String); 11] {
    let text = |text: Option<&str>| text.unwrap_or("nothing").to_owned();
    [
        ("name", component.package.to_string()),
        ("ref", text(component.reference.as_deref())),
        ("repository", text(component.repository.as_deref())),
        ("cache", text(component.cache.as_deref())),
        ("buildorder", component.buildorder.to_string()),
        ("buildafter", listed(&component.buildafter)),
        ("arches", listed(&component.arches)),
        ("multilib", listed(&component.multilib)),
        ("buildonly", component.buildonly.to_string()),
        ("buildroot", component.buildroot.to_string()),
        ("srpm-buildroot", component.srpm_buildroot.to_string()),
    ]
}

fn listed<T: ToString>(set: &BTreeSet<T>) -> String {
    format!("[{}]", set.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::arch_drifts;
    use crate::load::parse_text;

    fn document(arch: &str, more: &str) -> String {
        format!(
            "---\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  stream: b\n  version: 7\n  context: c\n  \
             arch: {arch}\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n{more}"
        )
    }

    fn drifts(first: &str, other: &str) -> Vec<(u32, String)> {
        let text = document("x86_64", first) + &document("aarch64", other);
        let snapshot = parse_text("x.yaml", &text);
        assert_eq!((snapshot.findings.as_slice(), snapshot.streams.len()), (&[][..], 2));
        let drifts = arch_drifts(&snapshot).into_iter();
        drifts.map(|finding| (finding.place.line, finding.message)).collect()
    }

    #[test]
    fn every_dependency_and_component_that_differs_is_named_with_both_places() {
        let with =
            |streams: &str| format!("  dependencies:\n  - buildrequires: {{go: [{streams}]}}\n");
        assert_eq!(drifts(&with("1"), &with("1")), []);
        let told = "a:b:7:c: buildrequires of go: [2] here, [1] for x86_64 at x.yaml:14:21";
        assert_eq!(drifts(&with("1"), &with("2")), [(28, told.to_owned())]);
        let two = format!("{}  - buildrequires: {{go: [2]}}\n", with("1"));
        let told =
            "a:b:7:c: dependencies: 1 combination here, 2 combinations for x86_64 at x.yaml:2:1";
        assert_eq!(drifts(&two, &with("1, 2")), [(17, told.to_owned())]);

        let built = |keys: &str| format!("  components:\n    rpms: {{{keys}}}\n");
        let told = "a:b:7:c: components of only one: none here, q for x86_64 at x.yaml:14:17";
        assert_eq!(
            drifts(&built("p: {}, q: {}"), &built("p: {}"))[0].1,
            told.replace(":17", ":19")
        );
        let told = "a:b:7:c: ref of component p: y here, x for x86_64 at x.yaml:14:12";
        assert_eq!(drifts(&built("p: {ref: x}"), &built("p: {ref: y}")), [(28, told.to_owned())]);
    }
}
