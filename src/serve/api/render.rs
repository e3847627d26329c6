//! Module builds and components as JSON, with as many fields as are asked for.

use serde_json::{Map, Value, json};

use super::{Query, Version};
use crate::serve::{Book, ComponentBuild, ModuleBuild, Step, moment_text};

/// How many fields are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The identity and the state.
    Short,
    /// The usual ones.
    Normal,
    /// Every field.
    Extended,
}

impl Level {
    /// Reads `verbose` and `short`; who asks for both gets the short form.
    #[must_use]
    pub fn of(query: &Query) -> Self {
        match (query.flag("short"), query.flag("verbose")) {
            (true, _) => Self::Short,
            (false, true) => Self::Extended,
            (false, false) => Self::Normal,
        }
    }
}

/// Renders a module build.
#[must_use]
pub fn module_json(build: &ModuleBuild, book: &Book, level: Level, version: Version) -> Value {
    let mut fields = short(build);
    if level >= Level::Normal {
        normal(&mut fields, build, book);
    }
    if level >= Level::Extended {
        extended(&mut fields, build, book, version);
    }
    Value::Object(fields)
}

fn short(build: &ModuleBuild) -> Map<String, Value> {
    let fields = json!({
        "id": build.id,
        "name": build.name,
        "stream": build.stream,
        "version": build.version.to_string(),
        "context": build.context,
        "scratch": build.scratch,
        "state": build.state.number(),
        "state_name": build.state.as_str(),
    });
    object(fields)
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value { fields } else { Map::new() }
}

fn normal(fields: &mut Map<String, Value>, build: &ModuleBuild, book: &Book) {
    let rpms: Map<String, Value> = (build.components.iter())
        .map(|one| {
            let task = json!({
                "task_id": one.task_id,
                "state": one.state.map(|state| state.number()),
                "state_reason": one.state_reason,
                "nvr": one.nvr,
            });
            (one.package.clone(), task)
        })
        .collect();
    let tasks = if rpms.is_empty() { json!({}) } else { json!({ "rpms": rpms }) };
    let buildrequires: Map<String, Value> = (build.buildrequires.iter())
        .map(|(name, one)| {
            let fields = json!({
                "ref": if one.context == NO_CONTEXT { Some("virtual") } else { None },
                "stream": one.stream,
                "version": one.version.to_string(),
                "context": one.context,
                "koji_tag": one.koji_tag,
                "filtered_rpms": [],
            });
            (name.clone(), fields)
        })
        .collect();
    let components: Vec<u64> = build.components.iter().map(|one| one.id).collect();
    fields.extend(object(json!({
        "batch": build.batch(),
        "component_builds": components,
        "koji_tag": build.koji_tag,
        "owner": build.owner,
        "new_repo_task_id": null,
        "rebuild_strategy": build.rebuild_strategy,
        "scmurl": build.scmurl,
        "srpms": [],
        "siblings": book.siblings(build),
        "state_reason": build.state_reason,
        "time_submitted": moment_text(build.submitted),
        "time_modified": moment_text(build.modified),
        "time_completed": build.completed.map(moment_text),
        "buildrequires": buildrequires,
        "tasks": tasks,
    })));
}

/// The context of what was imported without one.
const NO_CONTEXT: &str = "00000000";

fn extended(fields: &mut Map<String, Value>, build: &ModuleBuild, book: &Book, version: Version) {
    let bases = build.base_modules.iter().filter_map(|id| book.get(*id));
    let base = |base: &std::sync::Arc<ModuleBuild>| {
        let mut fields = short(base);
        fields.insert("stream_version".to_owned(), json!(base.stream_version));
        Value::Object(fields)
    };
    let bases: Vec<Value> = bases.map(base).collect();
    let step = |step: &Step<crate::serve::State>| {
        json!({
            "time": moment_text(step.time),
            "state": step.state.number(),
            "state_name": step.state.as_str(),
            "reason": step.reason,
        })
    };
    let trace: Vec<Value> = build.trace.iter().map(step).collect();
    fields.extend(object(json!({
        "base_module_buildrequires": bases,
        "build_context": build.build_context,
        "build_context_no_bms": build.build_context_no_bms,
        "runtime_context": build.runtime_context,
        "modulemd": build.modulemd,
        "reused_module_id": null,
        "state_trace": trace,
        "state_url": format!("{}module-builds/{}", version.path(), build.id),
        "stream_version": build.stream_version,
        "virtual_streams": build.virtual_streams,
        "arches": build.arches,
    })));
}

/// Renders a component.
#[must_use]
pub fn component_json(
    build: &ModuleBuild,
    component: &ComponentBuild,
    is_verbose: bool,
    version: Version,
) -> Value {
    let mut fields = object(json!({
        "id": component.id,
        "package": component.package,
        "format": "rpms",
        "task_id": component.task_id,
        "state": component.state.map(|state| state.number()),
        "state_name": component.state.map(|state| state.as_str()),
        "state_reason": component.state_reason,
        "module_build": build.id,
        "nvr": component.nvr,
    }));
    if is_verbose {
        let step = |step: &Step<crate::serve::PackageState>| {
            json!({
                "time": moment_text(step.time),
                "state": step.state.number(),
                "state_name": step.state.as_str(),
                "reason": step.reason,
            })
        };
        let trace: Vec<Value> = component.trace.iter().map(step).collect();
        fields.extend(object(json!({
            "batch": component.batch,
            "state_trace": trace,
            "state_url": format!("{}component-builds/{}", version.path(), component.id),
        })));
    }
    Value::Object(fields)
}
