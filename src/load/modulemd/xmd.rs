//! `xmd`: free-form data of build systems; a plan uses a few of its fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Reader;
use crate::load::problem::Code;
use crate::load::{Lock, Value};
use crate::name::{ModuleName, StreamName, Version};
use crate::yaml::{Kind, Node};

/// Reads `xmd`: a map or a text, never a list.
pub(super) fn read(node: Node<'_, '_>, reader: &mut Reader<'_>) -> Option<Value> {
    if node.kind() == Kind::List {
        reader.refuse(Code::WrongShape, node.mark(), "`xmd` must be a map, not a list");
        return None;
    }
    Some(value(node, reader))
}

fn value(node: Node<'_, '_>, reader: &mut Reader<'_>) -> Value {
    match node.kind() {
        Kind::Scalar => Value::Text(node.text().unwrap_or_default().into()),
        Kind::List => Value::List(node.children().map(|item| value(item, reader)).collect()),
        Kind::Map => {
            let entries = node.entries();
            let mut map: Box<[_]> =
                entries.map(|(key, _, node)| (reader.name(key), value(node, reader))).collect();
            map.sort_by(|(left, _): &(Arc<str>, Value), (right, _)| left.cmp(right));
            Value::Map(map)
        }
    }
}

/// Reads `xmd.mbs.buildrequires`, the lock of the build that was made. Entries without stream,
/// version or context are ignored.
pub(super) fn locks(xmd: &Value, reader: &mut Reader<'_>) -> BTreeMap<ModuleName, Lock> {
    let Some(Value::Map(modules)) = xmd.get("mbs").and_then(|mbs| mbs.get("buildrequires")) else {
        return BTreeMap::new();
    };
    modules
        .iter()
        .filter_map(|(name, lock)| Some((reader.name(name), lock_of(lock, reader)?)))
        .collect()
}

fn lock_of(lock: &Value, reader: &mut Reader<'_>) -> Option<Lock> {
    let text = |field| lock.get(field).and_then(Value::text).filter(|text| !text.is_empty());
    Some(Lock {
        stream: reader.name(text("stream")?),
        version: Version(text("version")?.parse().ok()?),
        context: reader.name(text("context")?),
    })
}

/// Reads `xmd.mbs.virtual_streams`.
pub(super) fn virtual_streams(xmd: &Value, reader: &mut Reader<'_>) -> BTreeSet<StreamName> {
    match xmd.get("mbs").and_then(|mbs| mbs.get("virtual_streams")) {
        Some(Value::List(streams)) => {
            streams.iter().filter_map(Value::text).map(|text| reader.name(text)).collect()
        }
        Some(Value::Text(_) | Value::Map(_)) | None => BTreeSet::new(),
    }
}
