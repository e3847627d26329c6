//! The document that a build system stores with a module build: what a packager wrote, with version and
//! context, pinned requirements, and what is in the buildroot.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::expand::{Document, Expanded, Group};
use crate::load::{Dependencies, Lock, Requirement, Stream, Value};
use crate::name::{ModuleName, Nsvc};

/// Returns the stored document of one answer of a stream expansion. `written` is the document that was
/// expanded, or the configuration of it that the answer is for.
#[must_use]
pub fn stored_document(written: &Stream, document: &Document, expanded: &Expanded) -> Stream {
    let mut stored = written.clone();
    stored.name = document.name.clone();
    stored.stream = document.stream.clone();
    stored.version = expanded.version;
    stored.context = Some(expanded.context.clone());
    stored.static_context = expanded.is_static;
    stored.dependencies = Arc::new(expanded.dependencies.iter().map(dependencies).collect());
    stored.locks =
        expanded.buildroot.iter().map(|(name, nsvc)| (name.clone(), lock(nsvc))).collect();
    let buildroot = expanded.buildroot.iter().map(|(name, nsvc)| (name.as_str(), entry(nsvc)));
    let xmd = stored.about.xmd.take();
    stored.about.xmd = Some(with_mbs(xmd, "buildrequires", map(buildroot)));
    stored
}

/// Returns a document whose context is kept from an earlier build: it does not follow from its requirements,
/// and says so where only build systems read.
#[must_use]
pub fn with_kept_context(stored: &Stream) -> Stream {
    let mut kept = stored.clone();
    if !kept.static_context {
        let is_kept = Value::Text("True".into());
        kept.about.xmd = Some(with_mbs(kept.about.xmd.take(), "static_context", is_kept));
    }
    kept
}

fn dependencies(group: &Group) -> Dependencies {
    let needs = |needs: &crate::expand::resolve::Needs| -> BTreeMap<ModuleName, Requirement> {
        let requirement = |streams: &Vec<crate::name::StreamName>| Requirement {
            streams: streams.iter().cloned().collect(),
            ..Requirement::default()
        };
        needs.iter().map(|(name, streams)| (name.clone(), requirement(streams))).collect()
    };
    Dependencies { buildrequires: needs(&group.buildrequires), requires: needs(&group.requires) }
}

fn lock(nsvc: &Nsvc) -> Lock {
    let Nsvc { stream, version, context, .. } = nsvc.clone();
    Lock { stream, version, context }
}

fn entry(nsvc: &Nsvc) -> Value {
    let text = |text: &str| Value::Text(text.into());
    map([
        ("context", text(nsvc.context.as_str())),
        ("stream", text(nsvc.stream.as_str())),
        ("version", text(&nsvc.version.to_string())),
    ])
}

fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let mut entries: Vec<(Arc<str>, Value)> =
        entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    Value::Map(entries.into())
}

/// Sets one member of `xmd.mbs`.
fn with_mbs(xmd: Option<Value>, key: &str, value: Value) -> Value {
    let entries = |value: Option<&Value>| -> BTreeMap<Arc<str>, Value> {
        match value {
            Some(Value::Map(entries)) => entries.iter().cloned().collect(),
            Some(Value::Text(_) | Value::List(_)) | None => BTreeMap::new(),
        }
    };
    let mut mbs = entries(xmd.as_ref().and_then(|xmd| xmd.get("mbs")));
    mbs.insert(key.into(), value);
    let mut all = entries(xmd.as_ref());
    all.insert("mbs".into(), Value::Map(mbs.into_iter().collect()));
    Value::Map(all.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{parse_text, stream_yaml};

    const TEXT: &str = "document: modulemd\nversion: 2\ndata:\n  {name: tool, stream: '1', version: 7, \
        context: c0, summary: S, description: D, license: {module: [MIT]}, \
        xmd: {other: kept, mbs: {koji_tag: t}}}\n";

    #[test]
    fn a_kept_context_is_said_in_xmd_and_nothing_else_changes() {
        let mut snapshot = parse_text("module.yaml", TEXT);
        let stored = snapshot.streams.remove(0);
        let kept = with_kept_context(&stored);
        let again = parse_text("module.yaml", &stream_yaml(&kept));
        assert_eq!(again.findings, []);
        let xmd = again.streams[0].about.xmd.as_ref().expect("it has one");
        let of_mbs = |key: &str| xmd.get("mbs").and_then(|mbs| mbs.get(key)?.text());
        assert_eq!((of_mbs("static_context"), of_mbs("koji_tag")), (Some("True"), Some("t")));
        assert_eq!(xmd.get("other").and_then(Value::text), Some("kept"));
        assert_eq!(kept.context, stored.context);
    }
}
