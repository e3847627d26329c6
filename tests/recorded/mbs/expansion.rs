//! Stream expansion as a whole: a document and the existing builds.

use std::collections::{BTreeMap, BTreeSet};

use modplan::expand::resolve::Candidate;
use modplan::expand::{
    Build, Collection, Document, Expanded, Expansion, Group, Loaded, Settings, expand,
};
use modplan::load::parse_text;
use modplan::name::{Context, ModuleName, StreamName, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::checker::{Checker, Needs};
use super::resolver::{Judge, Judgement, nsvc};
use super::{Tally, cases};

#[derive(Deserialize)]
struct File {
    allow_only_compatible_base_modules: bool,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Vec<CaseGroup>,
    modules: Vec<Module>,
    expected: Expected,
}

#[derive(Clone, Deserialize, Serialize)]
struct CaseGroup {
    #[serde(default)]
    buildrequires: Needs,
    #[serde(default)]
    requires: Needs,
}

#[derive(Deserialize)]
struct Module {
    nsvc: String,
    base_module: Option<String>,
    #[serde(default)]
    dependencies: Vec<CaseGroup>,
    #[serde(default)]
    virtual_streams: Vec<StreamName>,
}

#[derive(Deserialize)]
struct Expected {
    mmds: Option<Vec<Mmd>>,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Mmd {
    context: Context,
    build_context: String,
    build_context_no_bms: String,
    runtime_context: String,
    dependencies: Vec<CaseGroup>,
    xmd_buildrequires: BTreeMap<ModuleName, String>,
}

/// One expanded document, in a form that compares.
type Form = (String, Vec<Group>, BTreeMap<ModuleName, String>, [String; 3]);

impl From<CaseGroup> for Group {
    fn from(group: CaseGroup) -> Self {
        Self { buildrequires: group.buildrequires, requires: group.requires }
    }
}

impl From<&Mmd> for Form {
    fn from(mmd: &Mmd) -> Self {
        let groups = mmd.dependencies.iter().cloned().map(Group::from).collect();
        let Mmd { build_context, build_context_no_bms, runtime_context, .. } = mmd;
        let hashes = [build_context, build_context_no_bms, runtime_context].map(String::clone);
        (mmd.context.to_string(), groups, mmd.xmd_buildrequires.clone(), hashes)
    }
}

fn form(document: &Expanded) -> Form {
    let contexts = document.contexts.clone();
    let buildroot = document.buildroot.iter().map(|(name, nsvc)| (name.clone(), nsvc.to_string()));
    let hashes = [contexts.build_context, contexts.build_context_no_bms, contexts.runtime_context];
    let dependencies = document.dependencies.clone();
    (document.context.to_string(), dependencies, buildroot.collect(), hashes)
}

fn build((added, module): (u64, &Module)) -> Build {
    let base = module.base_module.as_deref().map(nsvc);
    let built_against = base.iter().map(|base| (base.name.clone(), base.stream.clone())).collect();
    let requires = module.dependencies.iter().map(|group| group.requires.clone()).collect();
    let candidate = Candidate {
        nsvc: nsvc(&module.nsvc),
        requires,
        built_against,
        virtual_streams: module.virtual_streams.clone(),
        added: Some(added),
    };
    Build { candidate, base, is_garbage: false, is_assumed: false }
}

#[test]
fn cases_mbs_mse() {
    judge("mse.json", &|case, settings| {
        let collection: Collection = (0..).zip(&case.modules).map(build).collect();
        let document = Document {
            name: "app".into(),
            stream: "1".into(),
            version: Version(0),
            groups: case.input.iter().cloned().map(Group::from).collect(),
            static_contexts: Vec::new(),
            changes: Vec::new(),
        };
        expand(&document, &collection, settings)
    });
}

/// The same cases as people have them: builds and document written as modulemd and read again.
#[test]
fn cases_mbs_mse_as_modulemd() {
    judge("mse.json", &|case, settings| {
        let builds: String = case.modules.iter().map(modulemd_of).collect();
        let against = parse_text("against.yaml", &builds);
        assert!(against.findings.is_empty(), "{}: {:?}", case.id, against.findings);
        let loaded = Loaded::new(&against, &settings.platforms);
        let groups = serde_json::to_value(&case.input).unwrap();
        let file = parse_text("app.yaml", &document_of(["app", "1", "0", "c"], &groups, "{}"));
        assert!(file.findings.is_empty(), "{}: {:?}", case.id, file.findings);
        let document = Document::of(&file.streams[0]).unwrap();
        expand(&document, &loaded.collection, settings)
    });
}

fn modulemd_of(module: &Module) -> String {
    let nsvc = nsvc(&module.nsvc);
    let mut mbs = serde_json::json!({"virtual_streams": module.virtual_streams});
    if let Some(base) = &module.base_module {
        let parts: Vec<&str> = base.split(':').collect();
        let lock =
            serde_json::json!({"stream": parts[1], "version": parts[2], "context": parts[3]});
        mbs["buildrequires"] = serde_json::json!({parts[0]: lock});
    }
    let identity = [
        nsvc.name.as_str(),
        nsvc.stream.as_str(),
        &nsvc.version.to_string(),
        nsvc.context.as_str(),
    ];
    let groups = serde_json::to_value(&module.dependencies).unwrap();
    document_of(identity, &groups, &serde_json::json!({"mbs": mbs}).to_string())
}

/// Writes a modulemd document; JSON is YAML.
fn document_of([name, stream, version, context]: [&str; 4], groups: &Value, xmd: &str) -> String {
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"{stream}\"\n  \
         version: {version}\n  context: \"{context}\"\n  summary: s\n  description: d\n  \
         license: {{module: [MIT]}}\n  dependencies: {groups}\n  xmd: {xmd}\n"
    )
}

/// Prints buildroots as solutions of the resolver: with the input, by the group that each answers.
fn solution(group: usize, buildroot: &BTreeMap<ModuleName, String>) -> Vec<String> {
    let builds = buildroot.values().map(|nsvc| format!("{nsvc}:x86_64"));
    builds.chain(std::iter::once(format!("app:1:0:{group}:src"))).collect()
}

/// Finds the group of a recorded document: the others are unchanged in it.
fn answered(mmd: &Mmd, input: &[CaseGroup]) -> usize {
    let (_, others) = mmd.dependencies.split_last().expect("the pinned group stands last");
    let sets = |needs: &Needs| -> BTreeMap<ModuleName, BTreeSet<StreamName>> {
        let set = |streams: &Vec<StreamName>| streams.iter().cloned().collect();
        needs.iter().map(|(name, streams)| (name.clone(), set(streams))).collect()
    };
    let written = |group: &CaseGroup| (sets(&group.buildrequires), sets(&group.requires));
    let is_it = |at: &usize| {
        let rest = input.iter().enumerate().filter(|(other, _)| other != at);
        rest.map(|(_, group)| written(group)).eq(others.iter().map(written))
    };
    (0..input.len()).find(is_it).expect("a document answers one of the groups")
}

/// Decides by rule how a case is judged, and judges it: if the rules leave no choice of buildroots,
/// every document has to be equal; otherwise the buildroots have to be valid and of the recorded
/// keys.
fn agrees(case: &Case, expansion: &Expansion, mmds: &[Mmd]) -> (Judgement, bool) {
    let [part] = expansion.parts.as_slice() else { return (Judgement::Equal, false) };
    let groups: Vec<Needs> =
        part.expanded.iter().map(|group| group.buildrequires.clone()).collect();
    let recorded: Vec<Vec<String>> = mmds
        .iter()
        .map(|mmd| solution(answered(mmd, &case.input), &mmd.xmd_buildrequires))
        .collect();
    let print = |document: &Expanded| {
        let builds = document.buildroot.iter();
        let buildroot = builds.map(|(name, nsvc)| (name.clone(), nsvc.to_string())).collect();
        solution(document.group, &buildroot)
    };
    let ours: BTreeSet<Vec<String>> = expansion.documents.iter().map(print).collect();
    let checker = Checker::new(part.universe.candidates());
    let judge = Judge { checker, groups: &groups, nsv: "app:1:0" };
    let judgement = judge.judgement(&recorded);
    let accepted = judge.accepts(&ours, &recorded);
    (judgement, accepted)
}

fn judge(file_name: &str, solve: &dyn Fn(&Case, &Settings) -> Expansion) {
    let Some(file) = cases::<File>(file_name) else { return };
    let settings = Settings {
        only_compatible_bases: file.allow_only_compatible_base_modules,
        ..Settings::default()
    };
    let mut tally = Tally::default();
    for case in file.cases {
        let expansion = solve(&case, &settings);
        let mut ours: Vec<Form> = expansion.documents.iter().map(form).collect();
        ours.sort();
        let problems: Vec<String> = expansion.problems.iter().map(ToString::to_string).collect();
        let message = &case.expected.message;
        let Some(mmds) = &case.expected.mmds else {
            tally.equal(expansion.has_errors(), || format!("{}: no error: {message}", case.id));
            continue;
        };
        let mut recorded: Vec<Form> = mmds.iter().map(Form::from).collect();
        recorded.sort();
        let wrong = || format!("{}: {ours:?}\n  recorded: {recorded:?}\n  {problems:?}", case.id);
        match agrees(&case, &expansion, mmds) {
            (Judgement::Equal, _) => tally.equal(ours == recorded, wrong),
            (Judgement::Valid, accepted) => tally.valid(accepted, wrong),
        }
    }
    tally.finish(file_name);
}
