use super::*;
use crate::load::parse_text;
use crate::name::Nsvc;
use crate::plan::names::Kind;

const DOCUMENT: &str = "document: modulemd\nversion: 2\ndata:\n  {name: m, stream: a, version: 3, context: c0, \
    summary: s, description: d, license: {module: [MIT]}, OPTIONS \
    components: {rpms: {a: {rationale: r}, k: {rationale: r, name: b}}}}\n";

fn document(options: &str) -> Stream {
    let mut snapshot = parse_text("m", &DOCUMENT.replace("OPTIONS", options));
    assert_eq!(snapshot.findings, []);
    snapshot.streams.remove(0)
}

fn names(stored: &Stream) -> Names {
    let nsvc = Nsvc {
        name: stored.name.clone(),
        stream: stored.stream.clone(),
        version: stored.version,
        context: stored.context.clone().expect("it has one"),
    };
    Names::new(&nsvc, Kind::Module, Some(("el8".to_owned(), Some(7))))
}

fn site() -> SiteTags {
    let arches = ["aarch64", "x86_64"].map(Into::into).into();
    SiteTags { arches, owner: "packager".to_owned(), ..SiteTags::default() }
}

fn plan(stored: &Stream, required: &[Required<'_>]) -> Result<TagPlan, TagPlanError> {
    let (names, included) = (names(stored), BTreeSet::from(["inc".into()]));
    let build = ForTags { names: &names, stored, required, included: &included, marker: None };
    TagPlan::new(build, &site())
}

#[test]
fn modules_come_before_the_platform_sorted_by_name() {
    let (stored, none) = (document(""), BTreeMap::new());
    let [zed, alpha, platform, bare] = ["zed", "alpha", "platform", "bare"].map(ModuleName::from);
    let module = |name, tag| Required { name, tag, is_base: false, profiles: &none };
    let required = [
        Required { is_base: true, ..module(&platform, Some("el8-build")) },
        module(&zed, Some("module-alpha-0")),
        module(&alpha, Some("module-zed-0")),
        module(&bare, None),
    ];
    let plan = plan(&stored, &required).expect("it fits");
    assert_eq!(plan.parents, ["module-zed-0", "module-alpha-0", "el8-build"]);
    assert_eq!([0, 1, 2].map(TagPlan::priority), [0, 10, 20]);
    assert_eq!(plan.arches_text(), "aarch64 x86_64");
    assert_eq!(
        (plan.tag.as_str(), plan.build_tag.as_str()),
        ("module-m-a-3-c0", "module-m-a-3-c0-build")
    );
    assert_eq!(plan.packages, ["a", "b", "inc"].map(PackageName::from).into());
}

#[test]
fn groups_are_the_union_of_the_profiles_else_the_site_s() {
    let stored = document("");
    let profile = |rpms: &[&str]| Profile {
        rpms: rpms.iter().map(|rpm| PackageName::from(*rpm)).collect(),
        ..Profile::default()
    };
    let one = BTreeMap::from([("buildroot".into(), profile(&["bash", "gcc"]))]);
    let two = BTreeMap::from([("buildroot".into(), profile(&["gcc", "make"]))]);
    let name = ModuleName::from("platform");
    let of = |profiles| Required { name: &name, tag: None, is_base: true, profiles };
    let names = names(&stored);
    let required = [of(&one), of(&two)];
    let included = BTreeSet::new();
    let build = ForTags {
        names: &names,
        stored: &stored,
        required: &required,
        included: &included,
        marker: None,
    };
    let own = |rpm: &str| BTreeSet::from([rpm.to_owned()]);
    let groups = ["build", "srpm-build"].map(|group| (group.to_owned(), own("own"))).into();
    let plan = TagPlan::new(build, &SiteTags { groups, ..site() }).expect("it fits");
    assert_eq!(plan.groups["build"], ["bash", "gcc", "make"].map(str::to_owned).into());
    assert_eq!(plan.groups["srpm-build"], own("own"));
}

#[test]
fn options_of_the_document_change_the_tags() {
    let options = "xmd: {mbs_options: {repo_include_all: false, dynamic_buildrequires: true, \
                   blocked_packages: [glibc, bash]}}, buildopts: {arches: [x86_64], rpms: {whitelist: [scl-a]}},";
    let plan = plan(&document(options), &[]).expect("it fits");
    assert_eq!(plan.extra["repo_include_all"], Value::Bool(false));
    assert_eq!(plan.extra["dynamic_buildrequires"], Value::Bool(true));
    assert_eq!(plan.extra["mock.package_manager"], "dnf".into());
    assert_eq!(plan.blocked, ["bash", "glibc"].map(PackageName::from).into());
    assert_eq!(plan.packages, ["scl-a".into()].into());
    assert_eq!(plan.arches_text(), "x86_64");
}

#[test]
fn arches_that_the_platform_lacks_are_refused() {
    let error =
        plan(&document("buildopts: {arches: [s390x, x86_64]},"), &[]).expect_err("no s390x");
    let said = "buildopts.arches asks for s390x, which the platform does not have";
    assert_eq!(error.to_string(), said);
}
