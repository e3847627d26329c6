//! Items of a Module Build Service: its pages list builds, each with the exact builds it was built with.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::pdc::Outcome;
use super::problem::Code;
use super::row::{RowIdentity, RowReader, require};
use super::{Component, Dependencies, Lock, Origin, Stated, Stream};
use crate::name::Version;

/// A build in a page; short pages only have the identity.
#[derive(Deserialize)]
struct Item {
    name: Option<String>,
    stream: Option<String>,
    version: Option<Value>,
    context: Option<String>,
    state_name: Option<String>,
    scratch: Option<bool>,
    modulemd: Option<String>,
    buildrequires: Option<BTreeMap<String, Buildrequire>>,
    tasks: Option<Tasks>,
}

#[derive(Deserialize)]
struct Buildrequire {
    stream: String,
    version: Option<Value>,
    context: Option<String>,
}

#[derive(Deserialize)]
struct Tasks {
    rpms: Option<BTreeMap<String, serde::de::IgnoredAny>>,
}

/// Reads one item. Builds that are not ready, and scratch builds, are not usable by others. Builds
/// on a base module that is garbage by now still count, so such base modules are kept separately.
pub(super) fn read(text: &str, reader: &mut RowReader<'_>) -> Outcome {
    let Some(item) = reader.fields::<Item>(text, "an MBS item") else { return Outcome::Bad };
    let identity = match identity(&item) {
        Ok(identity) => identity,
        Err(missing) => {
            reader.report(Code::BadRow, format!("an MBS item without {missing}"));
            return Outcome::Bad;
        }
    };
    if item.scratch == Some(true) {
        return Outcome::Inactive;
    }
    let is_garbage = match item.state_name.as_deref() {
        None | Some("ready") => false,
        Some("garbage") => true,
        Some(_) => return Outcome::Inactive,
    };
    if !reader.is_named_well(&identity) {
        return Outcome::Bad;
    }
    let stream = Box::new(stream(&item, identity, reader));
    if is_garbage { Outcome::Garbage(stream) } else { Outcome::Stream(stream) }
}

fn identity(item: &Item) -> Result<RowIdentity<'_>, &'static str> {
    Ok(RowIdentity {
        name: item.name.as_deref().filter(|name| !name.is_empty()).ok_or("a name")?,
        stream: item.stream.as_deref().filter(|stream| !stream.is_empty()).ok_or("a stream")?,
        version: item
            .version
            .as_ref()
            .and_then(number)
            .ok_or("a version that is a whole number")?,
        context: item.context.as_deref(),
    })
}

pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn stream(item: &Item, identity: RowIdentity<'_>, reader: &mut RowReader<'_>) -> Stream {
    let modulemd = item.modulemd.as_deref().unwrap_or_default();
    let (mut stream, has_modulemd) = reader.stream(identity, Origin::Mbs, modulemd);
    if !has_modulemd {
        let is_said = item.buildrequires.is_some();
        stream.about.buildrequires = if is_said { Stated::AsBuilt } else { Stated::Not };
        stream.about.requires = Stated::Not;
    }
    let Some(buildrequires) = &item.buildrequires else {
        if !has_modulemd {
            let message = format!(
                "{}:{}:{} does not say what it was built with: assumed to have no dependencies",
                identity.name, identity.stream, identity.version
            );
            reader.report(Code::UnknownDependencies, message);
        }
        return stream;
    };
    lock(&mut stream, buildrequires, reader);
    if !has_modulemd {
        let mut group = Dependencies::default();
        for (module, built_with) in buildrequires {
            require(&mut group.buildrequires, module, &built_with.stream, reader);
        }
        stream.dependencies = Arc::new(vec![group]);
        components(&mut stream, item, reader);
    }
    stream
}

/// The exact builds it was built with are the lock that modulemd keeps in `xmd`.
fn lock(
    stream: &mut Stream,
    built_with: &BTreeMap<String, Buildrequire>,
    reader: &mut RowReader<'_>,
) {
    for (module, exact) in built_with {
        let version = exact.version.as_ref().and_then(number);
        if let (Some(version), Some(context)) = (version, &exact.context) {
            let lock = Lock {
                stream: reader.names.name(&exact.stream),
                version: Version(version),
                context: reader.names.name(context),
            };
            stream.locks.insert(reader.names.name(module), lock);
        }
    }
}

fn components(stream: &mut Stream, item: &Item, reader: &mut RowReader<'_>) {
    /// Made by the service itself for each build, so not a component of the module.
    const MACROS: &str = "module-build-macros";
    let tasks = item.tasks.as_ref().and_then(|tasks| tasks.rpms.as_ref());
    for package in tasks.into_iter().flat_map(BTreeMap::keys).filter(|package| *package != MACROS) {
        let component = Component {
            package: reader.names.name(package),
            place: reader.place,
            ..Component::default()
        };
        let components = Arc::make_mut(&mut stream.components);
        components.insert(reader.names.name(package), component);
    }
}
