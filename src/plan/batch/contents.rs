//! The components of a module together with those of the modules it includes, in order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{BatchError, Batches, Item, batches, levels};
use crate::load::{Component, IncludedModule, Place, Stream};
use crate::name::{ComponentKey, NameStream};

/// The maximum depth of included modules: more is a mistake, or a cycle.
const INCLUDED_DEPTH_MAX: usize = 8;

/// The contents of a module.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// Its own components.
    pub components: &'a BTreeMap<ComponentKey, Component>,
    /// The modules whose components are built with it.
    pub included: &'a BTreeMap<ComponentKey, IncludedModule>,
}

impl<'a> From<&'a Stream> for Contents<'a> {
    fn from(stream: &'a Stream) -> Self {
        Self { components: &stream.components, included: &stream.included }
    }
}

impl<'a> Contents<'a> {
    /// Finds the contents of an included module among loaded documents: in the newest version of
    /// its stream, the first context, and of that the first arch of the best source.
    pub fn newest(
        streams: impl IntoIterator<Item = &'a Stream>,
        wanted: &NameStream,
    ) -> Option<Self> {
        let of_stream = streams.into_iter().filter(|stream| stream.name_stream() == *wanted);
        let newest = of_stream.min_by_key(|stream| {
            let Stream { version, context, origin, arch, place, .. } = stream;
            (Reverse(*version), context.clone(), *origin, arch.clone(), *place)
        });
        newest.map(Self::from)
    }
}

/// An unavailable included module, whose components are missing from the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingInclude {
    /// The module, and the stream that its ref names.
    pub wanted: NameStream,
    /// The modules through which it is included, outermost first; empty if included directly.
    pub via: Vec<NameStream>,
    /// The place where the module includes it, or the outermost of these modules.
    pub place: Place,
    /// Whether it is included beyond the maximum depth, for example by a module that includes
    /// itself.
    pub is_too_deep: bool,
}

impl std::fmt::Display for MissingInclude {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let NameStream { name, stream } = &self.wanted;
        for outer in self.via.iter().take(1) {
            write!(f, "in {outer} ")?;
        }
        if self.is_too_deep {
            return write!(f, "{name} is included more than {INCLUDED_DEPTH_MAX} modules deep");
        }
        match stream.as_str() {
            "" => write!(f, "{name} is included without a ref, so its stream is unknown"),
            stream => write!(f, "{name}:{stream} is included, but no document of it is loaded"),
        }
    }
}

/// All components of a module, including those of included modules, with their batches.
#[derive(Clone, Debug, Default)]
pub struct Ordered<'a> {
    /// The components, by key.
    pub components: BTreeMap<&'a ComponentKey, &'a Component>,
    /// Their batches, or with `buildafter` their levels in its graph.
    pub batches: Batches,
    /// With `buildafter`, the components that each waits for: the component graph.
    pub graph: Option<BTreeMap<String, BTreeSet<String>>>,
    /// The included modules whose components are not in it.
    pub missing: Vec<MissingInclude>,
}

/// Looks up the contents of an included module, by name and ref.
pub type Find<'f, 'a> = &'f dyn Fn(&NameStream) -> Option<Contents<'a>>;

/// Orders the components of a module and of its included modules, which `find` looks up by name and
/// ref.
///
/// If any component names others in `buildafter`, a graph orders all components. Components of a
/// module with `buildafter` wait for the named ones; an included module is independent of them and
/// waits for nothing outside. A module without `buildafter` has its batches as barriers, with those
/// of an included module between them.
///
/// # Errors
/// If a key occurs twice, or `buildafter` has a cycle.
pub fn order<'a>(contents: Contents<'a>, find: Find<'_, 'a>) -> Result<Ordered<'a>, BatchError> {
    let mut missing = Vec::new();
    let tree = Tree::new(contents, find, &mut missing, &[]);
    let mut components = BTreeMap::new();
    let items = tree.items(&mut components);
    let counted = batches(&items)?;
    if components.values().all(|component| component.buildafter.is_empty()) {
        return Ok(Ordered { components, batches: counted, graph: None, missing });
    }
    let mut graph = BTreeMap::new();
    tree.add_edges(&BTreeSet::new(), &mut graph);
    Ok(Ordered { components, batches: levels(&graph)?, graph: Some(graph), missing })
}

/// A module with the modules it includes.
struct Tree<'a> {
    contents: Contents<'a>,
    /// The included modules that were found, each with its buildorder.
    included: Vec<(i64, Self)>,
}

impl<'a> Tree<'a> {
    fn new(
        contents: Contents<'a>,
        find: Find<'_, 'a>,
        missing: &mut Vec<MissingInclude>,
        via: &[(NameStream, Place)],
    ) -> Self {
        let mut included = Vec::with_capacity(contents.included.len());
        for (key, module) in contents.included {
            let stream = module.reference.as_deref().unwrap_or_default();
            let wanted = NameStream::new(key.as_str(), stream);
            let is_too_deep = via.len() >= INCLUDED_DEPTH_MAX;
            let place = via.first().map_or(module.place, |(_, place)| *place);
            match find(&wanted).filter(|_| !is_too_deep) {
                Some(inner) => {
                    let mut via = via.to_vec();
                    via.push((wanted, place));
                    let tree = Self::new(inner, find, missing, &via);
                    included.push((module.buildorder, tree));
                }
                None => {
                    let via = via.iter().map(|(outer, _)| outer.clone()).collect();
                    missing.push(MissingInclude { wanted, via, place, is_too_deep });
                }
            }
        }
        Self { contents, included }
    }

    /// Lists everything for counting batches, and collects the components.
    fn items(&self, components: &mut BTreeMap<&'a ComponentKey, &'a Component>) -> Vec<Item> {
        let mut items = Vec::with_capacity(self.contents.components.len());
        for (key, component) in self.contents.components {
            components.entry(key).or_insert(component);
            let (key, buildorder) = (key.as_str().to_owned(), component.buildorder);
            items.push(Item::Component { key, buildorder });
        }
        for (buildorder, tree) in &self.included {
            let items_inside = tree.items(components);
            items.push(Item::Included { buildorder: *buildorder, items: items_inside });
        }
        items
    }

    /// Sets the components that each one waits for: `before`, and those named by its own module.
    /// Returns all keys.
    fn add_edges(
        &self,
        before: &BTreeSet<String>,
        graph: &mut BTreeMap<String, BTreeSet<String>>,
    ) -> BTreeSet<String> {
        let text = |key: &ComponentKey| key.as_str().to_owned();
        let own = self.contents.components;
        let mut keys = BTreeSet::new();
        if own.values().any(|component| !component.buildafter.is_empty()) {
            for (key, component) in own {
                let after = component.buildafter.iter().map(text).chain(before.iter().cloned());
                graph.insert(text(key), after.collect());
                keys.insert(text(key));
            }
            for (_, tree) in &self.included {
                keys.extend(tree.add_edges(before, graph));
            }
            return keys;
        }
        let own_orders = own.values().map(|component| component.buildorder);
        let orders = own_orders.chain(self.included.iter().map(|(order, _)| *order));
        let mut before = before.clone();
        for order in orders.collect::<BTreeSet<i64>>() {
            let mut now = BTreeSet::new();
            for (key, _) in own.iter().filter(|(_, component)| component.buildorder == order) {
                graph.insert(text(key), before.clone());
                now.insert(text(key));
            }
            for (_, tree) in self.included.iter().filter(|(other, _)| *other == order) {
                now.extend(tree.add_edges(&before, graph));
            }
            before.extend(now.iter().cloned());
            keys.extend(now);
        }
        keys
    }
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
        let find = |wanted: &NameStream| Contents::newest(&snapshot.streams, wanted);
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

    #[test]
    fn buildafter_of_an_included_module_counts_too() {
        let text = module(
            "outer",
            "{rpms: {a: {rationale: r}, z: {rationale: r, buildorder: 5}}, \
             modules: {inner: {rationale: r, ref: \"1\", buildorder: 2}}}",
        ) + &module(
            "inner",
            "{rpms: {i1: {rationale: r, buildafter: [i2]}, i2: {rationale: r}, i3: {rationale: r}}}",
        );
        let (numbers, has_graph) = ordered(&text);
        let expected = [("a", 2), ("i1", 4), ("i2", 3), ("i3", 3), ("z", 5)];
        assert_eq!(numbers, expected.map(|(key, batch)| (key.to_owned(), batch)));
        assert!(has_graph);
    }

    #[test]
    fn an_included_module_that_nobody_loaded_is_told_with_its_place() {
        let text = module(
            "outer",
            "{rpms: {a: {rationale: r}}, modules: {inner: {rationale: r, ref: \"7\"}}}",
        );
        let snapshot = parse_text("modules.yaml", &text);
        let ordered = order(Contents::from(&snapshot.streams[0]), &|_| None).unwrap();
        let [missing] = ordered.missing.as_slice() else { panic!("{:?}", ordered.missing) };
        assert_eq!(missing.to_string(), "inner:7 is included, but no document of it is loaded");
        assert_eq!((missing.place.line, missing.is_too_deep), (10, false));
    }
}
