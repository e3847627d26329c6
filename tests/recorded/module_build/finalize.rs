//! The final documents that the Module Build Service made of recorded tags, against ours: by its
//! rules all are equal; by the corrected rules, those that record a defect differ as listed here.

use std::collections::{BTreeMap, BTreeSet};

use modplan::load::{Component, Requirement, Stream, parse_text, stream_yaml};
use modplan::module_build::contents::{ContentsError, Manner};
use modplan::module_build::finals::{ArchFinals, FinalDocument, Finished, final_documents};
use modplan::module_build::tagged::{RpmHeader, TagContents, TaggedPackage, TaggedRpm};
use modplan::name::{Arch, ComponentKey};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::recorded::mbs::cases;

/// One recorded build: its tag, and the results.
#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) arches: BTreeSet<Arch>,
    pub(super) modulemd: String,
    rpms: Vec<TaggedRpm>,
    builds: Vec<TaggedPackage>,
    headers: BTreeMap<i64, RpmHeader>,
    expected: BTreeMap<String, Value>,
}

impl Case {
    pub(super) fn tag(&self) -> TagContents {
        let Self { rpms, builds, headers, .. } = self;
        TagContents { rpms: rpms.clone(), builds: builds.clone(), headers: headers.clone() }
    }

    pub(super) fn stored(&self) -> Stream {
        let mut snapshot = parse_text(&self.id, &self.modulemd);
        assert_eq!(snapshot.findings, [], "{}", self.id);
        snapshot.streams.remove(0)
    }
}

/// Returns the recorded builds; none if the shared tree is absent.
pub(super) fn recorded() -> Option<Vec<Case>> {
    cases("finalize.json")
}

/// Describes a document in the form of the record.
fn told(document: &FinalDocument<'_>) -> Value {
    let Stream { name, arch, artifacts, about, dependencies, .. } = &document.stream;
    let requires: Vec<BTreeMap<_, _>> = dependencies
        .iter()
        .map(|group| {
            let streams = |requirement: &Requirement| requirement.streams.clone();
            group.requires.iter().map(|(name, needed)| (name.clone(), streams(needed))).collect()
        })
        .collect();
    json!({
        "name": name, "arch": arch, "artifacts": artifacts, "licenses": about.content_licenses,
        "api": about.api, "profiles": about.profiles.keys().collect::<Vec<_>>(), "filter": about.filter,
        "requires": requires,
    })
}

/// Returns the recorded document without its text, and the text in our spelling.
fn split(recorded: &Value) -> (Value, Option<String>) {
    let mut recorded = recorded.clone();
    let text = recorded.as_object_mut().and_then(|members| members.remove("yaml"));
    let respelled = text.as_ref().and_then(Value::as_str).map(|text| {
        let snapshot = parse_text("recorded", text);
        assert_eq!(snapshot.findings, []);
        stream_yaml(&snapshot.streams[0])
    });
    (recorded, respelled)
}

/// Returns the differences between a recorded document and ours, none if they are equal.
fn difference(recorded: &Value, ours: &FinalDocument<'_>) -> Vec<String> {
    let (recorded, text) = split(recorded);
    let mut differences = Vec::new();
    if told(ours) != recorded {
        differences.push(format!("ours {} recorded {recorded}", told(ours)));
    }
    if let Some(text) = text.filter(|text| *text != ours.yaml()) {
        differences.push(format!("ours {} recorded {text}", ours.yaml()));
    }
    differences
}

type Finals<'t> = BTreeMap<Arch, ArchFinals<'t>>;

/// Returns the differences between the record of a case and ours.
fn differences(case: &Case, ours: &Result<Finals<'_>, ContentsError>) -> Vec<String> {
    let recorded = &case.expected;
    let Ok(ours) = ours else {
        let is_error = recorded.contains_key("error");
        return if is_error { Vec::new() } else { vec![format!("{ours:?}")] };
    };
    let arches = |names: Vec<&str>| names.join(" ");
    let own = arches(ours.keys().map(Arch::as_str).collect());
    let theirs = arches(recorded.keys().map(String::as_str).collect());
    if own != theirs {
        return vec![format!("arches {own} recorded {theirs}")];
    }
    let pairs = ours.iter().flat_map(|(arch, finals)| {
        let recorded = &recorded[arch.as_str()];
        [(&recorded["module"], &finals.module), (&recorded["devel"], &finals.devel)]
    });
    pairs.flat_map(|(recorded, ours)| difference(recorded, ours)).collect()
}

/// A recorded build with its document and tag, as read.
struct Read {
    stored: Stream,
    tag: TagContents,
    included: BTreeMap<ComponentKey, Component>,
}

impl Read {
    fn new(case: &Case) -> Self {
        Self { stored: case.stored(), tag: case.tag(), included: of_included_modules(case) }
    }

    fn finals<'t>(&'t self, case: &'t Case, manner: Manner) -> Result<Finals<'t>, ContentsError> {
        let Self { stored, tag, included } = self;
        let arches = &case.arches;
        final_documents(Finished { stored, included, arches, tag, manner })
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the agreement is what a run shows")]
fn final_documents_by_the_service_s_rules_equal_all_of_its_own() {
    let Some(all) = recorded() else { return };
    let mut wrong = Vec::new();
    for case in &all {
        let read = Read::new(case);
        let ours = read.finals(case, Manner::AsMbs);
        let differences = differences(case, &ours);
        wrong.extend(differences.into_iter().map(|text| format!("{}: {text}", case.id)));
    }
    println!("finalize.json: {} of {} equal", all.len() - wrong.len(), all.len());
    assert!(all.len() >= 45, "{}", all.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The cases that record a defect, the arch that shows it, and what the corrected rules list there
/// for the module and for `-devel`, without the version that all share.
const MENDED: [(&str, &str, &[&str], &[&str]); 5] = [
    // A tag's arch is a base arch, its RPMs carry the exact one.
    ("armhfp", "armhfp", &["a.armv7hl", "a.src", "a-doc.noarch"], &[]),
    ("i386", "i386", &["a.i686", "a.src"], &[]),
    // `noarch` names no arch that a tag has, so `ExcludeArch: noarch` keeps nothing out.
    ("exclude-noarch", "x86_64", &["a.src", "a.x86_64", "a-doc.noarch"], &[]),
    // Sources are counted by source: the second RPM of one name does not push out the first one's.
    ("same-name", "x86_64", &["a.src", "b.src", "common.x86_64", "common.x86_64"], &[]),
    // Packages of an included module belong to the module that includes it.
    ("included-module", "x86_64", &["a.src", "a.x86_64", "incpkg.src", "incpkg.x86_64"], &[]),
];

/// Returns artifacts as `name.arch`.
fn short(document: &FinalDocument<'_>) -> Vec<String> {
    document.rpms.iter().map(|rpm| format!("{}.{}", rpm.name, rpm.arch)).collect()
}

fn of_included_modules(case: &Case) -> BTreeMap<ComponentKey, Component> {
    let package = "incpkg";
    let component = Component { package: package.into(), ..Component::default() };
    let is_it = case.id == "included-module";
    is_it.then(|| (package.into(), component)).into_iter().collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "the agreement is what a run shows")]
fn final_documents_differ_from_the_service_s_by_named_defects_alone() {
    let Some(all) = recorded() else { return };
    let mut mended = BTreeSet::new();
    for case in &all {
        let read = Read::new(case);
        let ours = read.finals(case, Manner::Mended);
        let rule = MENDED.iter().find(|(id, ..)| *id == case.id);
        let found = differences(case, &ours);
        assert_eq!(found.is_empty(), rule.is_none(), "{}: {}", case.id, found.join("\n"));
        let Some((id, arch, module, devel)) = rule else { continue };
        let finals = &ours.expect("it has documents")[*arch];
        assert_eq!(short(&finals.module), *module, "{id}");
        assert_eq!(short(&finals.devel), *devel, "{id}");
        mended.insert(*id);
    }
    assert_eq!(mended.len(), MENDED.len());
    println!("finalize.json: {} equal, {} mended", all.len() - mended.len(), mended.len());
}

#[test]
fn a_build_without_source_is_named() {
    let Some(all) = recorded() else { return };
    let case = all.iter().find(|case| case.id == "no-srpm").expect("it is recorded");
    // The service dies of a missing key here.
    let read = Read::new(case);
    let error = read.finals(case, Manner::Mended).expect_err("it has no source");
    assert_eq!(error.to_string(), "the build a-1.0-1.module+f40+7+0a1b2c3d has no source RPM");
}
