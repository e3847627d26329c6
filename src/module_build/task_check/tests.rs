use super::*;

const SITE: &str = "\
platforms:
  el8: {tag: el8-build, arches: [aarch64, x86_64], publish_to: el8-candidate}
scm: {allow: [\"https://src.example.org/\"]}
";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn site() -> Site {
    Site::read(SITE.as_bytes(), 0).expect("it is valid")
}

/// A document with a computed context, and what it records of its buildroot.
const DOCUMENT: &str = "\
document: modulemd
version: 2
data:
  name: tool
  stream: '1'
  version: 8020020260101000000
  context: CONTEXT
  summary: A tool
  description: A tool and its library.
  license: {module: [MIT]}
  dependencies: [{buildrequires: {platform: [el8]}, requires: {platform: [el8]}}]
  components:
    rpms:
      lib: {rationale: It is needed.}
      tool: {rationale: It is the tool., buildorder: 1}
  xmd: {mbs: {buildrequires: {platform: {stream: el8, version: '1', context: '00000000'}}}}
";

/// The hash that follows from it.
fn context() -> String {
    let buildroot = BTreeMap::from([("platform".into(), "el8".into())]);
    let requires = [BTreeMap::from([("platform".into(), vec!["el8".into()])])];
    Contexts::new(&buildroot, &requires, &["platform".into()]).context.to_string()
}

fn component(name: &str) -> RequestedComponent {
    let url = format!("git+https://src.example.org/rpms/{name}#{COMMIT}");
    RequestedComponent { name: name.to_owned(), component: None, url }
}

fn request() -> TaskRequest {
    TaskRequest {
        name: "tool".to_owned(),
        stream: "1".to_owned(),
        version: "8020020260101000000".to_owned(),
        context: context(),
        platform_tag: "el8-build".to_owned(),
        arches: ["aarch64", "x86_64"].map(str::to_owned).into(),
        modulemd: DOCUMENT.replace("CONTEXT", &context()),
        batches: vec![vec![component("lib")], vec![component("tool")]],
        source: None,
    }
}

#[test]
fn a_plan_that_follows_from_its_document_is_built() {
    let site = site();
    let checked = check(&request(), &site).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(checked.nsvc.to_string(), request().id());
    assert_eq!(
        (checked.base.as_str(), checked.platform.publish_to.as_str()),
        ("el8", "el8-candidate")
    );
    let keys: Vec<_> = checked.batches.iter().map(|batch| batch[0].key.as_str()).collect();
    assert_eq!(keys, ["lib", "tool"]);
}

#[test]
fn a_context_of_the_author_is_kept() {
    let mut request = request();
    request.context = "kept".to_owned();
    let document = DOCUMENT.replace("CONTEXT", "kept");
    request.modulemd = document.replace("  summary", "  static_context: true\n  summary");
    assert!(check(&request, &site()).is_ok());
    // A rebuild keeps the context that an earlier build has, and says so where only build systems read.
    let none = "xmd: {mbs: {static_context: 'True'}}";
    let (before, _) = document.split_once("xmd:").expect("it has one");
    request.modulemd = format!("{before}{none}\n");
    assert!(check(&request, &site()).is_ok());
    request.modulemd = before.trim_end().to_owned();
    let problems = check(&request, &site()).expect_err("nothing says where it is from");
    assert!(problems[0].contains("records no buildroot"), "{problems:?}");
}

/// Plans that want something of a site that is not theirs, each with what is said of it.
type Hostile = (&'static str, fn(&mut TaskRequest));

const HOSTILE: &[Hostile] = &[
    ("has the tag el8-build, not f99-build", |plan| plan.platform_tag = "f99-build".to_owned()),
    ("builds nothing on the platform el9", |plan| {
        plan.modulemd = plan.modulemd.replace("el8", "el9");
        let buildroot = BTreeMap::from([("platform".into(), "el9".into())]);
        let requires = [BTreeMap::from([("platform".into(), vec!["el9".into()])])];
        let context = Contexts::new(&buildroot, &requires, &["platform".into()]).context;
        plan.modulemd = plan.modulemd.replace(&plan.context, context.as_str());
        plan.context = context.to_string();
    }),
    ("is not built on one stream of the platform", |plan| {
        let xmd = plan.modulemd.find("  xmd:").expect("it has one");
        plan.modulemd.truncate(xmd);
        plan.modulemd = plan.modulemd.replace("[el8]", "[]");
    }),
    ("the plan is for aarch64; the platform el8 has aarch64, x86_64", |plan| {
        plan.arches.truncate(1);
    }),
    ("the plan is for aarch64, s390x, x86_64;", |plan| plan.arches.push("s390x".to_owned())),
    ("and its document is of tool:1:", |plan| plan.name = "bash".to_owned()),
    ("and its document is of tool:1:", |plan| plan.stream = "2".to_owned()),
    ("and its document is of tool:1:", |plan| plan.version = "9".to_owned()),
    ("is not a number above 0", |plan| plan.version = "0".to_owned()),
    ("is not a number above 0", |plan| plan.version = "1e9".to_owned()),
    ("does not follow from the document", |plan| {
        plan.modulemd = plan.modulemd.replace(&plan.context, "c0ffee00");
        plan.context = "c0ffee00".to_owned();
    }),
    ("must be letters, digits", |plan| plan.stream = "1/../..".to_owned()),
    ("must be letters, digits", |plan| plan.name = "tool tag=x".to_owned()),
    ("must be letters, digits", |plan| plan.batches[0][0].name = "--force".to_owned()),
    ("is not below `scm.allow`: git+https://evil.example.net/lib", |plan| {
        plan.batches[0][0].url = format!("git+https://evil.example.net/lib#{COMMIT}");
    }),
    ("is not below `scm.allow`: git+https://src.example.org/../x", |plan| {
        plan.batches[0][0].url = format!("git+https://src.example.org/../x#{COMMIT}");
    }),
    ("is not below `scm.allow`: file:///etc/passwd", |plan| {
        plan.batches[0][0].url = format!("file:///etc/passwd#{COMMIT}");
    }),
    ("is not below `scm.allow`", |plan| {
        plan.batches[0][0].url = format!("git+https://src.example.org/rpms/lib x#{COMMIT}");
    }),
    ("has no full commit", |plan| {
        plan.batches[0][0].url = "git+https://src.example.org/rpms/lib#main".to_owned();
    }),
    ("has no full commit", |plan| {
        plan.batches[0][0].url = "git+https://src.example.org/rpms/lib#0123456".to_owned();
    }),
    ("the document has no component rootkit", |plan| {
        plan.batches[0].push(component("rootkit"));
    }),
    ("the component lib stands twice", |plan| plan.batches[1].push(component("lib"))),
    ("builds lib, not bash", |plan| {
        plan.batches[0][0].name = "bash".to_owned();
        plan.batches[0][0].component = Some("lib".to_owned());
    }),
    ("leaves out components: tool", |plan| drop(plan.batches.pop())),
    ("holds no document of a module build", |plan| plan.modulemd.clear()),
    ("holds several documents", |plan| {
        let other = plan.modulemd.replace("name: tool", "name: other");
        plan.modulemd = format!("---\n{}---\n{other}", plan.modulemd);
    }),
    ("the document is invalid", |plan| {
        plan.modulemd = plan.modulemd.replace("summary: A tool", "summary: [a, b]");
    }),
];

#[test]
fn a_hostile_plan_is_refused_in_words() {
    for (words, change) in HOSTILE {
        let mut plan = request();
        change(&mut plan);
        let problems = check(&plan, &site()).expect_err(words);
        assert!(problems.iter().any(|problem| problem.contains(words)), "{words}: {problems:?}");
    }
}

#[test]
fn every_problem_is_returned() {
    let mut plan = request();
    plan.platform_tag = "f99-build".to_owned();
    plan.arches.clear();
    plan.batches[0][0].url = "https://evil.example.net/".to_owned();
    let problems = check(&plan, &site()).expect_err("three things");
    assert_eq!(problems.len(), 4, "{problems:?}");
}
