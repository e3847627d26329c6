//! The fields of a request's body, each of its type.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::name::{ModuleName, StreamName};
use crate::serve::api::Refusal;

/// Reads a text; null is none.
pub(super) fn text(fields: &Map<String, Value>, key: &str) -> Result<Option<String>, Refusal> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::bad(format!("The \"{key}\" parameter must be a string"))),
    }
}

/// Reads yes or no; null is no.
pub(super) fn flag(fields: &Map<String, Value>, key: &str) -> Result<bool, Refusal> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(Refusal::bad(format!("The \"{key}\" parameter must be a boolean"))),
    }
}

/// Reads streams by module.
pub(super) fn needs(
    fields: &Map<String, Value>,
    key: &str,
) -> Result<BTreeMap<ModuleName, Vec<StreamName>>, Refusal> {
    let wrong = || {
        Refusal::bad(format!(
            "The \"{key}\" parameter must be an object with the keys as module names and the values as \
             arrays of streams"
        ))
    };
    let mut needs = BTreeMap::new();
    for (name, value) in map(fields, key).ok_or_else(wrong)? {
        let streams = value.as_array().ok_or_else(wrong)?;
        let streams: Option<Vec<StreamName>> =
            streams.iter().map(|stream| stream.as_str().map(StreamName::from)).collect();
        needs.insert(name.as_str().into(), streams.ok_or_else(wrong)?);
    }
    Ok(needs)
}

/// Reads a commit or branch by component.
pub(super) fn refs(
    fields: &Map<String, Value>,
    key: &str,
) -> Result<BTreeMap<String, String>, Refusal> {
    let wrong = || {
        Refusal::bad(format!(
            "The \"{key}\" parameter must be an object with the keys as component names and the values as \
             commits or branches"
        ))
    };
    let of = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    map(fields, key).ok_or_else(wrong)?.map(of).collect::<Option<_>>().ok_or_else(wrong)
}

/// Returns the entries of a map; none of one that is left out.
fn map<'f>(fields: &'f Map<String, Value>, key: &str) -> Option<serde_json::map::Iter<'f>> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match fields.get(key) {
        None | Some(Value::Null) => Some(NONE.iter()),
        Some(Value::Object(map)) => Some(map.iter()),
        Some(_) => None,
    }
}
