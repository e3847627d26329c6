//! Items of a Module Build Service: its pages list builds, each with the exact builds it was built with.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::pdc::Outcome;
use super::problem::Code;
use super::row::{RowIdentity, RowReader, require};
use super::{Component, Dependencies, Lock, Origin, Stream};
use crate::name::Version;

/// What a page says of a build; short pages leave out all but the identity.
#[derive(Deserialize)]
struct Item {
    name: String,
    stream: String,
    version: Value,
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

/// Reads one item. Builds that are not ready, and scratch builds, are of no use to others.
pub(super) fn read(text: &str, reader: &mut RowReader<'_>) -> Outcome {
    let item: Item = match serde_json::from_str(text) {
        Ok(item) => item,
        Err(error) => {
            reader.tell(Code::BadRow, format!("an MBS item that cannot be read: {error}"));
            return Outcome::Bad;
        }
    };
    let Some(version) = number(&item.version) else {
        reader.tell(
            Code::BadRow,
            format!("an MBS item whose version is no whole number: {}", item.version),
        );
        return Outcome::Bad;
    };
    let is_ready = item.state_name.as_deref().is_none_or(|state| state == "ready");
    if !is_ready || item.scratch == Some(true) {
        return Outcome::Inactive;
    }
    Outcome::Stream(Box::new(stream(&item, version, reader)))
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn stream(item: &Item, version: u64, reader: &mut RowReader<'_>) -> Stream {
    let identity = RowIdentity {
        name: &item.name,
        stream: &item.stream,
        version,
        context: item.context.as_deref(),
    };
    let modulemd = item.modulemd.as_deref().unwrap_or_default();
    let (mut stream, has_modulemd) = reader.stream(identity, (Origin::Mbs, modulemd));
    let Some(buildrequires) = &item.buildrequires else {
        if !has_modulemd {
            let message = format!(
                "{}:{}:{version} does not say what it was built with: taken to depend on nothing",
                item.name, item.stream
            );
            reader.tell(Code::UnknownDependencies, message);
        }
        return stream;
    };
    lock(&mut stream, buildrequires, reader);
    if !has_modulemd {
        let mut group = Dependencies::default();
        for (module, built_with) in buildrequires {
            require(&mut group.buildrequires, (module, &built_with.stream), reader);
        }
        stream.dependencies = vec![group];
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
    /// Made by the service itself for each build: no component of the module.
    const MACROS: &str = "module-build-macros";
    let tasks = item.tasks.as_ref().and_then(|tasks| tasks.rpms.as_ref());
    for package in tasks.into_iter().flat_map(BTreeMap::keys).filter(|package| *package != MACROS) {
        let component = Component {
            package: reader.names.name(package),
            place: reader.place,
            ..Component::default()
        };
        stream.components.insert(reader.names.name(package), component);
    }
}
