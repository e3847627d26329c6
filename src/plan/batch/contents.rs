//! The components of a module together with those of the modules it includes, in order.

use std::collections::{BTreeMap, BTreeSet};

use super::{BatchError, Batches, Item, batches, levels};
use crate::load::{Component, IncludedModule, Stream};
use crate::name::{ComponentKey, NameStream};

/// How deep modules may include modules: more is a mistake, or a way round.
const INCLUDED_DEPTH_MAX: usize = 8;

/// What a module is made of.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// Its own components.
    pub components: &'a BTreeMap<ComponentKey, Component>,
    /// The modules whose components are built along.
    pub included: &'a BTreeMap<ComponentKey, IncludedModule>,
}

impl<'a> From<&'a Stream> for Contents<'a> {
    fn from(stream: &'a Stream) -> Self {
        Self { components: &stream.components, included: &stream.included }
    }
}

/// All components of a module, those of included modules among them, with their batches.
#[derive(Clone, Debug, Default)]
pub struct Ordered<'a> {
    /// The components, by key.
    pub components: BTreeMap<&'a ComponentKey, &'a Component>,
    /// Their batches; where `buildafter` is used, their levels in its graph.
    pub batches: Batches,
    /// What each waits for, where `buildafter` is used: the component graph.
    pub graph: Option<BTreeMap<String, BTreeSet<String>>>,
}

/// Looks up what an included module is made of, by name and ref.
pub type Find<'f, 'a> = &'f dyn Fn(&NameStream) -> Option<Contents<'a>>;

/// Components gathered so far, by key.
type Gathered<'a> = BTreeMap<&'a ComponentKey, &'a Component>;

/// Orders the components of a module and of what it includes, which `find` looks up by name and ref.
///
/// Where a component names others in `buildafter`, the graph of these orders the module's own
/// components, and an included module stands in it with its batches, waiting for nothing outside.
///
/// # Errors
/// Where a key stands twice, or `buildafter` goes round.
pub fn order<'a>(contents: Contents<'a>, find: Find<'_, 'a>) -> Result<Ordered<'a>, BatchError> {
    let mut components = Gathered::new();
    let items = items(contents, (&mut components, find), 0);
    let counted = batches(&items)?;
    if contents.components.values().all(|component| component.buildafter.is_empty()) {
        return Ok(Ordered { components, batches: counted, graph: None });
    }
    let text = |key: &ComponentKey| key.as_str().to_owned();
    let own = contents.components.iter().map(|(key, component)| {
        (text(key), component.buildafter.iter().map(text).collect::<BTreeSet<_>>())
    });
    let mut graph: BTreeMap<String, BTreeSet<String>> = own.collect();
    for item in &items {
        if let Item::Included { items, .. } = item {
            let inner = batches(items)?.of;
            for (key, batch) in &inner {
                let before = inner.iter().filter(|(_, other)| *other < batch);
                graph.insert(key.clone(), before.map(|(key, _)| key.clone()).collect());
            }
        }
    }
    Ok(Ordered { components, batches: levels(&graph)?, graph: Some(graph) })
}

fn items<'a>(
    contents: Contents<'a>,
    (components, find): (&mut Gathered<'a>, Find<'_, 'a>),
    depth: usize,
) -> Vec<Item> {
    let mut listed = Vec::with_capacity(contents.components.len());
    for (key, component) in contents.components {
        components.entry(key).or_insert(component);
        let (key, buildorder) = (key.as_str().to_owned(), component.buildorder);
        listed.push(Item::Component { key, buildorder });
    }
    for (key, included) in contents.included {
        let stream = included.reference.as_deref().unwrap_or_default();
        let found = (depth < INCLUDED_DEPTH_MAX)
            .then(|| find(&NameStream::new(key.as_str(), stream)))
            .flatten();
        let items =
            found.map_or_else(Vec::new, |inner| items(inner, (components, find), depth + 1));
        listed.push(Item::Included { buildorder: included.buildorder, items });
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::parse_text;

    fn module(name: &str, components: &str) -> String {
        format!(
            "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"1\"\n  summary: s\n  \
             description: d\n  license: {{module: [MIT]}}\n  components: {components}\n"
        )
    }

    fn ordered(text: &str) -> (Vec<(String, u32)>, bool) {
        let snapshot = parse_text("modules.yaml", text);
        assert!(snapshot.findings.is_empty(), "{:?}", snapshot.findings);
        let find = |wanted: &NameStream| {
            let stream = snapshot.streams.iter().find(|stream| stream.name_stream() == *wanted);
            stream.map(Contents::from)
        };
        let ordered = order(Contents::from(&snapshot.streams[0]), &find).unwrap();
        assert_eq!(ordered.components.len(), ordered.batches.of.len());
        (ordered.batches.of.into_iter().collect(), ordered.graph.is_some())
    }

    #[test]
    fn an_included_module_counts_on_from_where_its_includer_is() {
        let text =
            module(
                "outer",
                "{rpms: {a: {rationale: r}, z: {rationale: r, buildorder: 5}}, \
             modules: {inner: {rationale: r, ref: \"1\", buildorder: 2}}}",
            ) + &module("inner", "{rpms: {i1: {rationale: r}, i2: {rationale: r, buildorder: 9}}}");
        let (numbers, has_graph) = ordered(&text);
        let expected = [("a", 2), ("i1", 4), ("i2", 5), ("z", 6)];
        assert_eq!(numbers, expected.map(|(key, batch)| (key.to_owned(), batch)));
        assert!(!has_graph);
    }

    #[test]
    fn an_included_module_stands_beside_a_component_graph() {
        let text =
            module(
                "outer",
                "{rpms: {a: {rationale: r}, b: {rationale: r, buildafter: [a]}}, \
             modules: {inner: {rationale: r, ref: \"1\"}}}",
            ) + &module("inner", "{rpms: {i1: {rationale: r}, i2: {rationale: r, buildorder: 9}}}");
        let (numbers, has_graph) = ordered(&text);
        let expected = [("a", 2), ("b", 3), ("i1", 2), ("i2", 3)];
        assert_eq!(numbers, expected.map(|(key, batch)| (key.to_owned(), batch)));
        assert!(has_graph);
    }
}
