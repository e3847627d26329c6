//! What is rebuilt: one module of two components, the second after the first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use modplan::koji::calls::Map;
use modplan::live::execute::{FailuresMax, Limits, ModuleWork, PartWork, SourceRpm, Work};
use modplan::load::{Stream, parse_text};
use modplan::module_build::import::{Generator, Host, Origin};
use modplan::module_build::tag_plan::{ForTags, Required, SiteTags, TagPlan};
use modplan::name::{Arch, ComponentKey, Nsvc};
use modplan::orchestrate::{ComponentDefinition, Definition, TaskDefinition};
use modplan::plan::names::{Kind, Names};

/// The module.
pub(super) const TOOL: &str = "tool:1:c0ffee00";
/// Who drives the run.
pub(super) const USER: &str = "alice";

/// A module that is rebuilt: its name, its stream, and its components with their batches.
#[derive(Clone, Copy)]
pub(super) struct Rebuilt<'a> {
    pub(super) name: &'a str,
    pub(super) stream: &'a str,
    pub(super) components: &'a [(&'a str, u32)],
}

/// Returns the module [`TOOL`] in a stream.
fn the_tool(stream: &str) -> Rebuilt<'_> {
    Rebuilt { name: "tool", stream, components: &[("lib", 2), ("tool", 3)] }
}

impl Rebuilt<'_> {
    /// Returns its `name:stream:context`.
    pub(super) fn id(&self) -> String {
        format!("{}:{}:c0ffee00", self.name, self.stream)
    }

    fn document(&self) -> Stream {
        let Rebuilt { name, stream, components } = self;
        let component = |(name, order): &(&str, u32)| {
            format!("{name}: {{rationale: It is needed., buildorder: {order}}}")
        };
        let components: Vec<_> = components.iter().map(component).collect();
        let text = format!(
            "document: modulemd\nversion: 2\ndata:\n  {{name: {name}, stream: '{stream}', \
             version: 8020020260101000000, context: c0ffee00, summary: A tool, \
             description: A tool and its library., license: {{module: [MIT]}}, \
             dependencies: [{{buildrequires: {{platform: [el8]}}, requires: {{platform: [el8]}}}}], \
             profiles: {{default: {{rpms: [{name}]}}}}, api: {{rpms: [{name}]}}, \
             filter: {{rpms: [{name}-tests]}}, components: {{rpms: {{{}}}}}}}\n",
            components.join(", ")
        );
        let mut snapshot = parse_text("module.yaml", &text);
        assert_eq!(snapshot.findings, []);
        snapshot.streams.remove(0)
    }
}

fn component(name: &str, batch: u32) -> ComponentDefinition {
    let task = |arch: &str| TaskDefinition {
        method: "buildArch".to_owned(),
        arch: arch.into(),
        estimate_ms: 60_000,
    };
    ComponentDefinition {
        component: name.into(),
        package: name.into(),
        source: None,
        reference: None,
        batch,
        after: Vec::new(),
        reused: false,
        tasks: ["aarch64", "x86_64"].map(task).into(),
    }
}

/// What the journal is headed with.
pub(super) fn definitions(stream: &str) -> Vec<Definition> {
    definitions_of(&[the_tool(stream)])
}

/// What the journal of a run of some modules is headed with.
pub(super) fn definitions_of(modules: &[Rebuilt<'_>]) -> Vec<Definition> {
    let definition = |module: &Rebuilt<'_>| Definition {
        id: module.id(),
        wave: Some(1),
        is_start: true,
        components: module.components.iter().map(|&(name, batch)| component(name, batch)).collect(),
        ..Definition::default()
    };
    modules.iter().map(definition).collect()
}

/// Returns the id of the module in a stream.
pub(super) fn id(stream: &str) -> String {
    TOOL.replace(":1:", &format!(":{stream}:"))
}

/// What the run builds.
pub(super) fn work(stream: &str, since_seconds: i64) -> Work {
    work_of(since_seconds, &[the_tool(stream)])
}

/// What a run of some modules builds.
pub(super) fn work_of(since_seconds: i64, modules: &[Rebuilt<'_>]) -> Work {
    Work {
        run: "r1".to_owned(),
        since_seconds,
        modules: modules.iter().map(|one| (one.id(), module(one))).collect(),
        priority: 5,
        poll: Duration::from_millis(10),
        spool: None,
        takes_over: BTreeSet::new(),
        final_repos: None,
        limits: limits(),
        gate: None,
        canary: None,
    }
}

/// Limits that no run of a few components meets.
pub(super) fn limits() -> Limits {
    Limits {
        repos_in_flight: 4,
        submit_interval_ms: 0,
        failures: FailuresMax { share: 0.2, from: 100 },
        farm_load_max: None,
    }
}

fn module(rebuilt: &Rebuilt<'_>) -> ModuleWork {
    let stored = rebuilt.document();
    let nsvc = Nsvc {
        name: stored.name.clone(),
        stream: stored.stream.clone(),
        version: stored.version,
        context: stored.context.clone().expect("it has one"),
    };
    let names = Names::new(&nsvc, Kind::Module, Some(("el8".to_owned(), Some(7))));
    let arches: BTreeSet<Arch> = ["aarch64", "x86_64"].map(Arch::from).into();
    let site = SiteTags { arches: arches.clone(), owner: USER.to_owned(), ..SiteTags::default() };
    let (platform, profiles) = ("platform".into(), BTreeMap::new());
    let required = Required {
        name: &platform,
        tag: Some("platform-build"),
        is_base: true,
        profiles: &profiles,
    };
    let marker = Map::from([("run".to_owned(), "r1".into())]);
    let tags = ForTags {
        names: &names,
        stored: &stored,
        required: &[required],
        included: &BTreeSet::new(),
        marker: Some(&marker),
    };
    let tags = TagPlan::new(tags, &site).expect("it fits");
    let parts = rebuilt.components.iter().map(|(name, _)| (ComponentKey::from(*name), part(name)));
    let macros = names.macros_package.clone().expect("it has a dist tag");
    ModuleWork {
        macros: SourceRpm { name: format!("{macros}.src.rpm"), bytes: b"macros".to_vec() },
        later_macros: None,
        origin: origin(),
        parts: parts.collect(),
        included: BTreeMap::new(),
        lock: format!("module-lock-{}-{}", rebuilt.name, rebuilt.stream),
        publish_to: Some("modular-updates-candidate".to_owned()),
        nsvc,
        names,
        tags,
        stored,
        arches,
    }
}

fn part(name: &str) -> PartWork {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    PartWork {
        package: name.into(),
        source: format!("git+https://src.example.org/rpms/{name}#{commit}"),
        arches: None,
        is_build_only: false,
    }
}

fn origin() -> Origin {
    Origin {
        generator: Generator { name: "module-build-service".to_owned(), version: "1".to_owned() },
        host: Host { arch: "x86_64".to_owned(), os: "Linux".to_owned() },
        owner: Some(USER.to_owned()),
        ..Origin::default()
    }
}
