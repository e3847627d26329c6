//! The small tables: one input, one answer, equality.

use std::collections::BTreeMap;

use modplan::expand::context::Contexts;
use modplan::expand::{StreamContext, expand_streams};
use modplan::name::{Context, ModuleName, Nsvc, StreamName, Version};
use modplan::plan::batch::{BatchError, Item, batches};
use modplan::plan::names::{Kind, content_nvr, dist_tag, koji_tag, target};
use modplan::plan::platform::Platforms;
use modplan::plan::version::prefixed;
use serde::Deserialize;
use serde_json::Value;

use super::{Tally, cases};

#[derive(Deserialize)]
struct ExpandCase {
    id: String,
    name: ModuleName,
    streams: Vec<StreamName>,
    available: BTreeMap<ModuleName, Vec<StreamName>>,
    base_module_stream_exclusions: Vec<StreamName>,
    default_streams: BTreeMap<ModuleName, StreamName>,
    raise_if_stream_ambigous: bool,
    expected: Value,
}

#[test]
fn cases_mbs_expand_streams() {
    let Some(all) = cases::<Vec<ExpandCase>>("expand_streams.json") else { return };
    let mut tally = Tally::default();
    for case in all {
        let base = Platforms::default().is_base(&case.name);
        let none = Vec::new();
        let context = StreamContext {
            available: case.available.get(&case.name).unwrap_or(&none),
            defaults: &case.default_streams,
            exclusions: if base { &case.base_module_stream_exclusions } else { &[] },
            refuse_ambiguous: case.raise_if_stream_ambigous,
        };
        let ours = match expand_streams(&case.name, &case.streams, &context) {
            Ok(streams) => serde_json::to_value(streams).unwrap(),
            Err(_) => serde_json::json!({"error": "StreamAmbigous"}),
        };
        tally.equal(ours == case.expected, || format!("{}: {ours} not {}", case.id, case.expected));
    }
    tally.finish("expand_streams.json");
}

#[derive(Deserialize)]
struct ContextCase {
    id: String,
    buildrequires: BTreeMap<ModuleName, StreamName>,
    requires_groups: Vec<BTreeMap<ModuleName, Vec<StreamName>>>,
    build_context: String,
    build_context_no_bms: String,
    runtime_context: String,
    context: Context,
}

#[test]
fn cases_mbs_contexts() {
    let Some(all) = cases::<Vec<ContextCase>>("contexts.json") else { return };
    let mut tally = Tally::default();
    for case in all {
        let ours = Contexts::new(&case.buildrequires, &case.requires_groups, &["platform".into()]);
        let expected = Contexts {
            build_context: case.build_context,
            build_context_no_bms: case.build_context_no_bms,
            runtime_context: case.runtime_context,
            context: case.context,
        };
        tally.equal(ours == expected, || format!("{}: {ours:?} not {expected:?}", case.id));
    }
    tally.finish("contexts.json");
}

#[derive(Deserialize)]
struct StreamVersions {
    stream_suffixes: BTreeMap<String, f64>,
    cases: Vec<StreamVersionCase>,
}

#[derive(Deserialize)]
struct StreamVersionCase {
    stream: StreamName,
    no_pad: f64,
    right_pad: f64,
}

#[test]
fn cases_mbs_stream_version() {
    let Some(all) = cases::<StreamVersions>("stream_version.json") else { return };
    let suffixes = all.stream_suffixes.iter().map(|(regex, value)| (regex.as_str(), *value));
    let platforms = Platforms::new(["platform".into()], suffixes).unwrap();
    let mut tally = Tally::default();
    for case in all.cases {
        let ours = [
            platforms.stream_version(&case.stream).value(),
            platforms.padded_stream_version(&case.stream).value(),
        ];
        let expected = [case.no_pad, case.right_pad];
        let equal = ours.map(f64::to_bits) == expected.map(f64::to_bits);
        tally.equal(equal, || format!("{}: {ours:?} not {expected:?}", case.stream));
    }
    tally.finish("stream_version.json");
}

#[derive(Deserialize)]
struct NameCase {
    name: ModuleName,
    stream: StreamName,
    version: String,
    context: Context,
    id: u64,
    scratch: bool,
    koji_tag: String,
    target: String,
}

#[test]
fn cases_mbs_koji_names() {
    let Some(all) = cases::<Vec<NameCase>>("koji_names.json") else { return };
    let mut tally = Tally::default();
    for case in all {
        let nsvc = Nsvc {
            name: case.name,
            stream: case.stream,
            version: Version(case.version.parse().unwrap()),
            context: case.context,
        };
        let kind = if case.scratch { Kind::Scratch { id: case.id } } else { Kind::Module };
        let ours = [koji_tag(&nsvc, kind), target(&nsvc, kind)];
        let expected = [case.koji_tag, case.target];
        tally.equal(ours == expected, || format!("{nsvc}: {ours:?} not {expected:?}"));
    }
    tally.finish("koji_names.json");
}

#[derive(Deserialize)]
struct DistTagCase {
    disttag_marking: Option<String>,
    koji_nvr: String,
    module: String,
    module_build_id: u64,
    platform: StreamName,
    prefixed_version: u64,
    rpm_release: String,
    scratch: bool,
}

#[test]
fn cases_mbs_disttag_version() {
    let Some(all) = cases::<Vec<DistTagCase>>("disttag_version.json") else { return };
    let mut tally = Tally::default();
    for case in all {
        let nsvc = super::resolver::nsvc(&case.module);
        let id = case.module_build_id;
        let kind = if case.scratch { Kind::Scratch { id } } else { Kind::Module };
        let marking = case.disttag_marking.as_deref().unwrap_or(case.platform.as_str());
        let number = Platforms::default().stream_version(&case.platform);
        let ours = (
            content_nvr(&nsvc),
            dist_tag(&nsvc, kind, marking, id),
            prefixed(nsvc.version, Some(number)).0,
        );
        let expected = (case.koji_nvr, case.rpm_release, case.prefixed_version);
        tally.equal(ours == expected, || format!("{nsvc}: {ours:?} not {expected:?}"));
    }
    tally.finish("disttag_version.json");
}

#[derive(Deserialize)]
struct BatchCase {
    id: String,
    rpms: Vec<BatchComponent>,
    modules: Vec<BatchModule>,
    expected: BatchExpected,
}

#[derive(Clone, Deserialize)]
struct BatchComponent {
    name: String,
    #[serde(default)]
    buildorder: i64,
}

#[derive(Deserialize)]
struct BatchModule {
    name: String,
    #[serde(default)]
    buildorder: i64,
    components: Vec<BatchComponent>,
}

#[derive(Deserialize)]
struct BatchExpected {
    batches: Option<BTreeMap<String, u32>>,
    last_batch: Option<u32>,
    #[serde(default)]
    message: String,
}

/// Lists components and included modules as in the documents: each by name.
fn items(mut rpms: Vec<BatchComponent>, mut modules: Vec<BatchModule>) -> Vec<Item> {
    rpms.sort_by(|a, b| a.name.cmp(&b.name));
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    let components =
        rpms.into_iter().map(|rpm| Item::Component { key: rpm.name, buildorder: rpm.buildorder });
    let included = modules.into_iter().map(|module| Item::Included {
        buildorder: module.buildorder,
        items: items(module.components, Vec::new()),
    });
    components.chain(included).collect()
}

#[test]
fn cases_mbs_batches() {
    let Some(all) = cases::<Vec<BatchCase>>("batches.json") else { return };
    let mut tally = Tally::default();
    for case in all {
        let BatchExpected { batches: expected, last_batch, message } = case.expected;
        let agrees = match batches(&items(case.rpms, case.modules)) {
            Ok(ours) => Some(ours.of) == expected && Some(ours.last) == last_batch,
            // A conflict names the components that the service names.
            Err(BatchError::Repeated { keys }) => {
                expected.is_none() && keys.iter().all(|key| message.contains(key.as_str()))
            }
            Err(_) => false,
        };
        tally.equal(agrees, || case.id.clone());
    }
    tally.finish("batches.json");
}
