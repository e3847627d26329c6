//! `xmd.mbs`: what a build was built in and from, as the Module Build Service writes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::load::Value;
use crate::serve::Buildrequire;

/// What is written.
pub(super) struct Facts<'a> {
    /// What the author wrote.
    pub(super) written: Option<&'a Value>,
    /// The modules of the buildroot.
    pub(super) buildrequires: &'a BTreeMap<String, Buildrequire>,
    /// Where the document is from.
    pub(super) scmurl: Option<&'a str>,
    /// Its commit.
    pub(super) commit: Option<&'a str>,
    /// Whether the author wrote the context.
    pub(super) is_static: bool,
}

/// Returns the `xmd` of a build: the author's, with `mbs` of this build.
pub(super) fn of_build(facts: Facts<'_>) -> Value {
    let mut all: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    if let Some(Value::Map(entries)) = facts.written {
        all.extend(entries.iter().cloned());
    }
    if let Some(options) = all.remove("mbs_options").map(without_contexts)
        && options != Value::Map(Box::default())
    {
        all.insert("mbs_options".into(), options);
    }
    all.insert("mbs".into(), mbs(&facts));
    Value::Map(all.into_iter().collect())
}

fn without_contexts(options: Value) -> Value {
    let Value::Map(entries) = options else { return options };
    Value::Map(entries.into_iter().filter(|(key, _)| &**key != "contexts").collect())
}

fn mbs(facts: &Facts<'_>) -> Value {
    let locks = facts.buildrequires.iter().map(|(name, one)| {
        let mut fields = vec![
            ("context", text(&one.context)),
            ("stream", text(&one.stream)),
            ("version", text(&one.version.to_string())),
        ];
        fields.extend(one.koji_tag.as_ref().map(|tag| ("koji_tag", text(tag))));
        (Arc::from(name.as_str()), map(fields))
    });
    let locks = locks.collect::<BTreeMap<Arc<str>, Value>>();
    let mut fields =
        vec![("buildrequires", Value::Map(locks.into_iter().collect())), ("mse", text("true"))];
    fields.extend(facts.commit.map(|commit| ("commit", text(commit))));
    fields.extend(facts.scmurl.map(|scmurl| ("scmurl", text(scmurl))));
    fields.extend(facts.is_static.then(|| ("static_context", text("true"))));
    map(fields)
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// Makes a map, in the order of its keys.
pub(super) fn map(fields: Vec<(&str, Value)>) -> Value {
    let sorted: BTreeMap<Arc<str>, Value> =
        fields.into_iter().map(|(key, value)| (Arc::from(key), value)).collect();
    Value::Map(sorted.into_iter().collect())
}
