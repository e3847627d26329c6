//! Canonical JSON of what was read: keys in order, sets as sorted lists, absent values null,
//! every scalar the text that was written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::load::{
    About, ActiveObsoletes, BuildOpts, Component, Configuration, Defaults, Dependencies, Finding,
    IncludedModule, Minute, Obsoletes, Packager, PackagerDocument, Place, Profile, Requirement,
    Severity, Snapshot, Stream, Translations,
};
use crate::name::{ModuleName, PackageName, StreamName};

/// What is known about one module.
#[derive(Default)]
struct Module<'s> {
    streams: Vec<&'s Stream>,
    defaults: Option<&'s Defaults>,
    obsoletes: Vec<&'s Obsoletes>,
    /// The newest of each stream.
    translations: BTreeMap<&'s StreamName, &'s Translations>,
}

/// Returns the whole snapshot; `now` decides which obsoletes are active.
#[must_use]
pub fn snapshot_json(snapshot: &Snapshot, now: Option<Minute>) -> Value {
    let is_error = |finding: &&Finding| finding.severity() == Severity::Error;
    let failures: Vec<Value> = snapshot
        .findings
        .iter()
        .filter(is_error)
        .map(|finding| failure(finding, snapshot))
        .collect();
    let format = index_format(snapshot);
    let mut modules = Map::new();
    let active = ActiveObsoletes::at(now, &snapshot.obsoletes);
    for (name, module) in modules_of(snapshot) {
        modules.insert(name.to_string(), module_json(&module, format, &active));
    }
    json!({
        "ok": failures.is_empty(),
        "error": null,
        "failures": failures,
        "stream_mdversion": format,
        "modules": modules,
    })
}

fn failure(finding: &Finding, snapshot: &Snapshot) -> Value {
    let Place { input, line, column } = finding.place;
    json!({
        "code": finding.code.as_str(),
        "path": snapshot.inputs.get(input as usize).map(|input| &input.path),
        "line": line,
        "column": column,
        "message": finding.message,
    })
}

/// All streams of an index share a format: one document of format 2, or an end of life, upgrades
/// the rest; 0 where there is none.
fn index_format(snapshot: &Snapshot) -> u8 {
    let streams = snapshot.streams.iter().map(|stream| stream.about.format);
    streams.chain((!snapshot.obsoletes.is_empty()).then_some(2)).max().unwrap_or(0)
}

fn modules_of(snapshot: &Snapshot) -> BTreeMap<&ModuleName, Module<'_>> {
    let mut modules: BTreeMap<&ModuleName, Module<'_>> = BTreeMap::new();
    for stream in &snapshot.streams {
        modules.entry(&stream.name).or_default().streams.push(stream);
    }
    for defaults in &snapshot.defaults {
        modules.entry(&defaults.module).or_default().defaults = Some(defaults);
    }
    for obsoletes in &snapshot.obsoletes {
        modules.entry(&obsoletes.module).or_default().obsoletes.push(obsoletes);
    }
    for texts in &snapshot.translations {
        let module = modules.entry(&texts.module).or_default();
        let newest = module.translations.entry(&texts.stream).or_insert(texts);
        if texts.modified >= newest.modified {
            *newest = texts;
        }
    }
    for module in modules.values_mut() {
        module.streams.sort_by(|left, right| order(left).cmp(&order(right)));
        module.obsoletes.sort_by(|left, right| {
            (&left.stream, &left.context, left.modified).cmp(&(
                &right.stream,
                &right.context,
                right.modified,
            ))
        });
    }
    modules
}

fn order(stream: &Stream) -> impl Ord + '_ {
    (&stream.stream, stream.version, &stream.context, &stream.arch)
}

fn module_json(module: &Module<'_>, format: u8, active: &ActiveObsoletes<'_>) -> Value {
    let streams: Vec<Value> = module
        .streams
        .iter()
        .map(|stream| stream_json(stream, format, active.of(stream).map(obsoletes_json)))
        .collect();
    json!({
        "streams": streams,
        "defaults": module.defaults.map(defaults_json),
        "obsoletes": module.obsoletes.iter().map(|one| obsoletes_json(one)).collect::<Vec<_>>(),
        "translations": translations_json(module),
    })
}

/// Texts in other languages of the streams that are there.
fn translations_json(module: &Module<'_>) -> Value {
    let mut by_stream = Map::new();
    for stream in &module.streams {
        if let Some(texts) = module.translations.get(&stream.stream) {
            let locales: Vec<&str> = texts.locales.keys().map(AsRef::as_ref).collect();
            let value = json!({"modified": texts.modified, "locales": locales});
            by_stream.insert(stream.stream.to_string(), value);
        }
    }
    Value::Object(by_stream)
}

fn stream_json(stream: &Stream, format: u8, active: Option<Value>) -> Value {
    let about = &stream.about;
    let identity = stream.nsvca();
    json!({
        "mdversion": format,
        "name": written(stream.name.as_str()),
        "stream": written(stream.stream.as_str()),
        "version": stream.version,
        "context": stream.context,
        "arch": stream.arch,
        "nsvca": identity,
        "summary": about.summary,
        "description": about.description,
        "static_context": stream.static_context,
        "licenses": {"module": about.module_licenses, "content": about.content_licenses},
        "dependencies": stream.dependencies.iter().map(dependencies_json).collect::<Vec<_>>(),
        "components": {
            "rpms": map(&stream.components, component_json),
            "modules": map(&stream.included, included_json),
        },
        "profiles": map(&about.profiles, profile_json),
        "buildopts": stream.buildopts().as_ref().map(buildopts_json),
        "api": about.api,
        "filter": about.filter,
        "demodularized": about.demodularized,
        "artifacts": stream.artifacts,
        "active_obsoletes": active,
        "references": references_json(about),
        "servicelevels": map(&about.service_levels, |eol| json!({"eol": eol})),
        "rpm_map": rpm_map_json(about),
        "xmd": about.xmd.as_ref().map(any_json),
    })
}

fn written(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Returns a JSON map of texts to the results of `value`.
fn map<K: ToString, V>(entries: &BTreeMap<K, V>, value: impl Fn(&V) -> Value) -> Value {
    Value::Object(entries.iter().map(|(key, one)| (key.to_string(), value(one))).collect())
}

fn dependencies_json(group: &Dependencies) -> Value {
    json!({
        "buildrequires": requirements_json(&group.buildrequires),
        "requires": requirements_json(&group.requires),
    })
}

fn requirements_json(requirements: &BTreeMap<ModuleName, Requirement>) -> Value {
    map(requirements, |requirement| json!(requirement.streams))
}

/// A configuration names one stream of each module.
fn single_json(requirements: &BTreeMap<ModuleName, Requirement>) -> Value {
    map(requirements, |requirement| json!(requirement.streams.first()))
}

fn component_json(component: &Component) -> Value {
    json!({
        "name": component.package,
        "rationale": component.rationale,
        "ref": component.reference,
        "repository": component.repository,
        "cache": component.cache,
        "arches": component.arches,
        "multilib": component.multilib,
        "buildorder": component.buildorder,
        "buildafter": component.buildafter,
        "buildonly": component.buildonly,
        "buildroot": component.buildroot,
        "srpm-buildroot": component.srpm_buildroot,
    })
}

fn included_json(included: &IncludedModule) -> Value {
    json!({
        "rationale": included.rationale,
        "ref": included.reference,
        "repository": included.repository,
        "buildorder": included.buildorder,
        "buildonly": included.buildonly,
    })
}

fn profile_json(profile: &Profile) -> Value {
    json!({
        "description": profile.description,
        "rpms": profile.rpms,
        "default": profile.is_default,
    })
}

fn buildopts_json(opts: &BuildOpts) -> Value {
    let whitelist: &BTreeSet<PackageName> = &opts.whitelist;
    json!({"macros": opts.macros, "whitelist": whitelist, "arches": opts.arches})
}

fn references_json(about: &About) -> Value {
    json!({
        "community": about.community,
        "documentation": about.documentation,
        "tracker": about.tracker,
    })
}

fn rpm_map_json(about: &About) -> Value {
    map(&about.rpm_map, |sums| {
        map(sums, |rpm| {
            json!({
                "name": rpm.name,
                "epoch": rpm.epoch,
                "version": rpm.version,
                "release": rpm.release,
                "arch": rpm.arch,
                "nevra": rpm.nevra,
            })
        })
    })
}

fn any_json(value: &crate::load::Value) -> Value {
    match value {
        crate::load::Value::Text(text) => json!(text),
        crate::load::Value::List(items) => items.iter().map(any_json).collect(),
        crate::load::Value::Map(entries) => {
            let entries = entries.iter().map(|(key, one)| (key.to_string(), any_json(one)));
            Value::Object(entries.collect())
        }
    }
}

fn defaults_json(defaults: &Defaults) -> Value {
    json!({
        "mdversion": 1,
        "module": defaults.module,
        "modified": defaults.modified,
        "stream": defaults.stream,
        "profiles": map(&defaults.profiles, |profiles| json!(profiles)),
        "intents": map(&defaults.intents, |intent| json!({
            "stream": intent.stream,
            "profiles": map(&intent.profiles, |profiles| json!(profiles)),
        })),
    })
}

fn obsoletes_json(obsoletes: &Obsoletes) -> Value {
    let by = obsoletes.obsoleted_by.as_ref();
    json!({
        "module": obsoletes.module,
        "stream": obsoletes.stream,
        "context": obsoletes.context,
        "modified": obsoletes.modified.number(),
        "eol_date": obsoletes.eol_date.map(Minute::number),
        "reset": obsoletes.is_reset,
        "message": obsoletes.message,
        "obsoleted_by": by.map(|by| json!({"module": by.name, "stream": by.stream})),
    })
}

/// Returns one packager document, with both of its conversions.
#[must_use]
pub fn packager_json(document: &PackagerDocument, snapshot: &Snapshot) -> Value {
    let ok = snapshot.findings.iter().all(|finding| finding.severity() != Severity::Error);
    let mut value = match document {
        PackagerDocument::Packager(packager) => packager_v3_json(packager),
        PackagerDocument::Stream(stream) => stream_like_json(stream, snapshot),
    };
    value["ok"] = json!(ok);
    value
}

fn stream_like_json(stream: &Stream, snapshot: &Snapshot) -> Value {
    let mut value = json!({
        "type": "modulemd-v2-like",
        "stream": stream_json(stream, stream.about.format, None),
    });
    if let Some(first) = snapshot.findings.first() {
        value["validate_error"] = json!({"code": first.code.as_str(), "message": first.message});
    }
    value
}

fn packager_v3_json(packager: &Packager) -> Value {
    let common = &packager.common;
    let shared = stream_json(common, 2, None);
    let mut value = json!({
        "type": "modulemd-packager-v3",
        "name": written(common.name.as_str()),
        "stream": written(common.stream.as_str()),
        "summary": shared["summary"],
        "description": shared["description"],
        "components": shared["components"],
        "profiles": shared["profiles"],
        "configurations": packager.configurations.iter().map(configuration_json).collect::<Vec<_>>(),
    });
    match packager.streams() {
        Ok(streams) => {
            let index = Snapshot {
                streams,
                defaults: packager.defaults().into_iter().collect(),
                ..Snapshot::default()
            };
            let index = snapshot_json(&index, None);
            value["index"] =
                json!({"modules": index["modules"], "stream_mdversion": index["stream_mdversion"]});
        }
        Err(error) => value["index_error"] = json!({"message": error.to_string()}),
    }
    match packager.stream() {
        Ok(stream) => value["stream_v2"] = stream_json(&stream, 2, None),
        Err(error) => value["stream_v2_error"] = json!({"message": error.to_string()}),
    }
    value
}

fn configuration_json(configuration: &Configuration) -> Value {
    json!({
        "context": configuration.context,
        "platform": configuration.platform,
        "buildrequires": single_json(&configuration.buildrequires),
        "requires": single_json(&configuration.requires),
        "buildopts": configuration.buildopts.as_ref().map(buildopts_json),
    })
}
