//! The calls that the Module Build Service makes at the hub for one module, against ours.
//!
//! Every method whose count differs is in [`DIFFERENCES`] with the reason; all others must be equal.

use std::collections::{BTreeMap, BTreeSet};

use modplan::koji::calls::Map;
use modplan::module_build::batch_calls::{
    Built, Submission, build, builds_of_ours, check_repo, counted, last_change, request_repo,
    tag_built,
};
use modplan::module_build::hub_call::{HubCall, requests};
use modplan::module_build::tag_calls::{Found, changes, looks};
use modplan::module_build::tag_plan::TagPlan;
use modplan::name::PackageName;
use serde::Deserialize;

use crate::recorded::mbs::cases;

/// How many calls the client puts into one request.
const AT_ONCE_MAX: usize = 100;

#[derive(Deserialize)]
struct Step {
    calls: usize,
    http_requests: usize,
    methods: BTreeMap<String, usize>,
}

type Recorded = BTreeMap<String, BTreeMap<String, Step>>;

/// Our replacements for steps of the service.
struct Ours {
    name: &'static str,
    /// The starts of the names of its steps.
    steps: &'static [&'static str],
    calls: Vec<HubCall>,
    /// Requests that are made one after another, since one needs the answers of the other.
    requests: usize,
}

/// Why the count of a method differs, by step and method.
const DIFFERENCES: [(&str, &str, &str); 18] = [
    ("connect", "getTag", "each tag is asked for once, by name"),
    ("connect", "getAllPerms", "createTag takes the permission by its name"),
    ("connect", "editTag2", "createTag takes arches, permission and extra itself"),
    ("connect", "packageListAdd", "rule 3: the macros package is in the build tag alone"),
    ("connect", "getBuildTarget", "the target is asked for once"),
    ("connect", "getTagExternalRepos", "external repos are part of the plan"),
    ("reconnect", "getTag", "rule 18: nothing is connected again, the journal knows the tags"),
    ("reconnect", "editTag2", "rule 18"),
    ("reconnect", "listPackages", "rule 18"),
    ("reconnect", "getTagGroups", "rule 18"),
    ("reconnect", "getBuildTarget", "rule 18"),
    ("batch", "getRepo", "rule 6: the request for the repo says when it is ready"),
    ("batch", "getBuild", "rule 6"),
    ("batch", "listTagged", "rule 23: tasks are looked for by their marker, once for the batch"),
    ("batch", "untaggedBuilds", "rule 23"),
    ("batch", "listPackages", "packages are listed with the tags"),
    ("tag", "getTag", "the journal knows the tags"),
    ("tag", "listTagged", "the journal knows what was tagged"),
];

fn plan(components: usize) -> TagPlan {
    let group = |count: usize| (0..count).map(|at| format!("rpm{at}")).collect::<BTreeSet<_>>();
    TagPlan {
        tag: "module-m".to_owned(),
        build_tag: "module-m-build".to_owned(),
        target: "module-m".to_owned(),
        arches: ["x86_64".into()].into(),
        permission: Some("admin".to_owned()),
        extra: Map::new(),
        parents: vec!["platform-build".to_owned()],
        groups: [("build".to_owned(), group(24)), ("srpm-build".to_owned(), group(8))].into(),
        packages: (0..components).map(package).collect(),
        owner: "packager".to_owned(),
        blocked: BTreeSet::new(),
        external: Vec::new(),
    }
}

fn package(at: usize) -> PackageName {
    format!("package{at}").as_str().into()
}

fn connect(plan: &TagPlan) -> Ours {
    let asked = looks(plan);
    let parents = plan.parents.iter().cloned().zip(7..).collect();
    let written = changes(plan, &Found { parents, ..Found::default() }).expect("nothing is there");
    let requests = requests(&asked, AT_ONCE_MAX) + requests(&written, AT_ONCE_MAX);
    let steps = &["first create_from_module", "buildroot_add_repos"];
    Ours { name: "connect", steps, calls: asked.into_iter().chain(written).collect(), requests }
}

fn batch(plan: &TagPlan, packages: &[PackageName]) -> Ours {
    let submission = |package| Submission {
        package,
        source: "git+https://src.example.org/rpms/p#0123456789012345678901234567890123456789",
        repo_id: Some(1),
        arches: None,
        marker: None,
        priority: 5,
    };
    let mut calls = vec![builds_of_ours(1, 0)];
    calls.extend(packages.iter().map(|package| build(plan, submission(package))));
    let requests = 1 + requests(&calls[1..], AT_ONCE_MAX);
    Ours { name: "batch", steps: &["start_next_batch_build"], calls, requests }
}

fn tag(plan: &TagPlan, packages: &[PackageName]) -> Ours {
    let built: Vec<Built<'_>> = packages
        .iter()
        .map(|package| Built { package, nvr: "n-1-1", is_build_only: false })
        .collect();
    let calls = tag_built(plan, &built);
    let requests = requests(&calls, AT_ONCE_MAX);
    Ours { name: "tag", steps: &["buildroot_add_artifacts", "tag_artifacts"], calls, requests }
}

/// Returns differences without a reason, and records the reasons that were used.
fn unexplained(
    ours: &Ours,
    recorded: &BTreeMap<String, Step>,
    used: &mut BTreeSet<(&str, &str)>,
) -> Vec<String> {
    let mut theirs: BTreeMap<&str, usize> = BTreeMap::new();
    let is_part = |name: &str| ours.steps.iter().any(|start| name.starts_with(start));
    for (_, step) in recorded.iter().filter(|(name, _)| is_part(name)) {
        assert_eq!(step.calls, step.methods.values().sum::<usize>());
        assert!(step.http_requests <= step.calls);
        for (method, count) in &step.methods {
            *theirs.entry(method).or_default() += count;
        }
    }
    assert!(!theirs.is_empty(), "{}", ours.name);
    let counts = counted(&ours.calls);
    let methods: BTreeSet<&str> = theirs.keys().copied().chain(counts.keys().copied()).collect();
    let mut wrong = Vec::new();
    for method in methods {
        let [own, their] =
            [counts.get(method), theirs.get(method)].map(|count| count.copied().unwrap_or(0));
        let reason = DIFFERENCES.iter().find(|(step, of, _)| *step == ours.name && *of == method);
        match reason {
            _ if own == their => {}
            Some((step, method, _)) => drop(used.insert((*step, *method))),
            None => wrong.push(format!("{}: {method} {own} recorded {their}", ours.name)),
        }
    }
    wrong
}

#[test]
#[expect(clippy::print_stdout, reason = "the agreement is what a run shows")]
fn calls_of_a_module_are_the_service_s_but_for_named_rules() {
    let Some(recorded) = cases::<Recorded>("koji_hub_calls.json") else { return };
    let (mut used, mut wrong) = (BTreeSet::new(), Vec::new());
    for count in [1, 10, 100] {
        let steps = &recorded[&format!("components={count}")];
        let plan = plan(count);
        let packages: Vec<PackageName> = (0..count).map(package).collect();
        let again = Ours {
            name: "reconnect",
            steps: &["each later create_from_module"],
            calls: Vec::new(),
            requests: 0,
        };
        let all = [connect(&plan), again, batch(&plan, &packages), tag(&plan, &packages)];
        for ours in &all {
            wrong.extend(unexplained(ours, steps, &mut used));
        }
        let [theirs, own] = [
            steps.values().map(|step| step.http_requests).sum::<usize>(),
            all.iter().map(|ours| ours.requests).sum(),
        ];
        println!("{count} components: {own} requests, the service {theirs}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(used.len(), DIFFERENCES.len(), "every reason is needed: {used:?}");
}

#[test]
fn a_batch_of_a_hundred_takes_few_requests() {
    let Some(recorded) = cases::<Recorded>("koji_hub_calls.json") else { return };
    let plan = plan(100);
    let packages: Vec<PackageName> = (0..100).map(package).collect();
    let repo = [last_change(&plan), request_repo(&plan, 1), check_repo(1)];
    let own = batch(&plan, &packages).requests + tag(&plan, &packages).requests + repo.len();
    let theirs = &recorded["components=100"]["start_next_batch_build (submit whole batch)"];
    assert_eq!(theirs.http_requests, 603);
    assert!(own <= 30, "{own}");
}
