//! The rules of the module graph once more, as naively as they can be written: from the loaded
//! snapshot to nodes, edges, dangling and self-requirements, cycles and waves, with texts and sets
//! in place of indices, and every definition taken literally. Nothing here calls the graph.

use std::collections::{BTreeMap, BTreeSet};

use modplan::load::{Dependencies, Requirement, Snapshot, Stream};

/// What should be true of the newest modules of a snapshot, `platform` being the base module.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    /// Every node, by id.
    pub(crate) nodes: BTreeMap<String, OracleNode>,
    /// From what is built first to what needs it.
    pub(crate) edges: BTreeSet<(String, String)>,
    /// Module, what it requires, why that has no edge.
    pub(crate) dangling: BTreeSet<(String, String, &'static str)>,
    /// Module, and the stream of itself that it requires.
    pub(crate) self_requires: BTreeSet<(String, String)>,
}

/// One node.
#[derive(Debug, Default)]
pub(crate) struct OracleNode {
    name: String,
    stream: String,
    groups: Vec<Dependencies>,
    pub(crate) components: BTreeSet<String>,
    pub(crate) arches: BTreeSet<String>,
}

impl OracleNode {
    pub(crate) fn is_base(&self) -> bool {
        self.name == "platform"
    }

    pub(crate) fn name_stream(&self) -> (String, String) {
        (self.name.clone(), self.stream.clone())
    }
}

impl Oracle {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let mut oracle = Self { nodes: nodes(snapshot), ..Self::default() };
        let ids: Vec<String> = oracle.nodes.keys().cloned().collect();
        for id in ids {
            if oracle.is_by_product(&id) {
                continue;
            }
            for group in oracle.nodes[&id].groups.clone() {
                for (name, requirement) in &group.buildrequires {
                    for stream in oracle.asked_streams(name.as_str(), requirement) {
                        oracle.require(&id, (name.as_str(), &stream), &group);
                    }
                }
            }
        }
        oracle
    }

    /// Returns the streams a list means: those listed, or every loaded one that is not denied.
    fn asked_streams(&self, name: &str, requirement: &Requirement) -> BTreeSet<String> {
        let listed: BTreeSet<String> = requirement.streams.iter().map(|s| s.to_string()).collect();
        if listed.iter().any(|stream| !stream.starts_with('-')) {
            return listed;
        }
        let loaded = self.nodes.values().filter(|node| node.name == name);
        let matched: BTreeSet<String> = loaded
            .map(|node| node.stream.clone())
            .filter(|stream| !listed.contains(&format!("-{stream}")))
            .collect();
        if matched.is_empty() { BTreeSet::from(["*".to_owned()]) } else { matched }
    }

    fn require(&mut self, id: &str, (name, stream): (&str, &str), group: &Dependencies) {
        let own = self.nodes[id].name.clone();
        let required = format!("{name}:{stream}");
        let contexts = self.contexts_that_answer(name, stream);
        let is_made_by_itself = contexts.iter().any(|context| self.nodes[context].name == own);
        if name == own || is_made_by_itself {
            self.self_requires.insert((id.to_owned(), required));
            return;
        }
        let fitting: Vec<&String> =
            contexts.iter().filter(|context| fits(&self.nodes[*context].groups, group)).collect();
        for from in &fitting {
            self.edges.insert(((*from).clone(), id.to_owned()));
        }
        if fitting.is_empty() && name != "platform" {
            let reason = if contexts.is_empty() { "not loaded" } else { "no compatible context" };
            self.dangling.insert((id.to_owned(), required, reason));
        }
    }

    /// Returns the nodes of a stream, or those of the stream whose build makes it.
    fn contexts_that_answer(&self, name: &str, stream: &str) -> Vec<String> {
        let of = |name: &str| -> Vec<String> {
            let nodes = self.nodes.iter();
            nodes
                .filter(|(_, node)| node.name == name && node.stream == stream)
                .map(|(id, _)| id.clone())
                .collect()
        };
        let own = of(name);
        let maker = name.strip_suffix("-devel").unwrap_or(name);
        if !own.is_empty() && self.is_by_product(&own[0]) { of(maker) } else { own }
    }

    /// Returns whether every context of a node's stream repeats components of the module it is
    /// named after.
    pub(crate) fn is_by_product(&self, id: &str) -> bool {
        let (name, stream) = self.nodes[id].name_stream();
        let Some(maker) = name.strip_suffix("-devel") else { return false };
        let of = |name: &str| -> Vec<&OracleNode> {
            self.nodes.values().filter(|n| n.name == name && n.stream == stream).collect()
        };
        let makers = of(maker);
        of(&name).iter().all(|devel| {
            !devel.components.is_empty()
                && makers.iter().any(|maker| devel.components.is_subset(&maker.components))
        })
    }

    /// Returns the cycles and the wave of each of `members`, over the edges among them.
    pub(crate) fn shape(&self, members: &BTreeSet<String>) -> Shape {
        let edges: BTreeSet<(String, String)> = self
            .edges
            .iter()
            .filter(|(from, to)| members.contains(from) && members.contains(to))
            .cloned()
            .collect();
        let reach = closure(members, &edges);
        let reaches = |a: &String, b: &String| reach.contains(&(a.clone(), b.clone()));
        let together = |a: &String, b: &String| a == b || (reaches(a, b) && reaches(b, a));
        let mut waves: BTreeMap<String, u32> = members.iter().map(|id| (id.clone(), 1)).collect();
        loop {
            let before = waves.clone();
            for (from, to) in edges.iter().filter(|(from, to)| !together(from, to)) {
                let least = waves[from] + 1;
                // A rise of one member is a rise of its whole cycle.
                for member in members.iter().filter(|member| together(member, to)) {
                    let wave = waves.get_mut(member).unwrap();
                    *wave = least.max(*wave);
                }
            }
            if before == waves {
                break;
            }
        }
        let cycles = members
            .iter()
            .filter(|id| reaches(id, id))
            .map(|id| members.iter().filter(|other| together(id, other)).cloned().collect())
            .collect();
        Shape { edges, waves, cycles }
    }
}

/// Cycles and waves of some of the nodes.
pub(crate) struct Shape {
    pub(crate) edges: BTreeSet<(String, String)>,
    pub(crate) waves: BTreeMap<String, u32>,
    pub(crate) cycles: BTreeSet<BTreeSet<String>>,
}

/// Returns every pair of which the first reaches the second over one edge or more.
fn closure(
    members: &BTreeSet<String>,
    edges: &BTreeSet<(String, String)>,
) -> BTreeSet<(String, String)> {
    let mut reach = BTreeSet::new();
    for start in members {
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for (_, to) in edges.iter().filter(|(from, _)| from == at) {
                if reach.insert((start.clone(), to.clone())) {
                    open.push(to);
                }
            }
        }
    }
    reach
}

/// Returns whether no cycle is left among `edges`.
pub(crate) fn is_acyclic(edges: &BTreeSet<(String, String)>) -> bool {
    let members: BTreeSet<String> =
        edges.iter().flat_map(|(from, to)| [from.clone(), to.clone()]).collect();
    let reach = closure(&members, edges);
    members.iter().all(|member| !reach.contains(&(member.clone(), member.clone())))
}

fn nodes(snapshot: &Snapshot) -> BTreeMap<String, OracleNode> {
    let mut nodes: BTreeMap<String, OracleNode> = BTreeMap::new();
    for document in &snapshot.streams {
        let is_same_stream =
            |other: &Stream| other.name == document.name && other.stream == document.stream;
        let newest = snapshot.streams.iter().filter(|other| is_same_stream(other));
        let newest = newest.map(|other| other.version).max().unwrap();
        let is_lost = snapshot
            .unreadable
            .iter()
            .any(|lost| lost.module == document.name_stream() && lost.version > newest);
        if document.version < newest || is_lost {
            continue;
        }
        // Of several formats that tell of one build, modulemd comes first.
        let best = snapshot
            .streams
            .iter()
            .filter(|other| is_same_stream(other) && other.version == newest)
            .filter(|other| other.context == document.context)
            .map(|other| other.origin)
            .min();
        if Some(document.origin) != best {
            continue;
        }
        let context = document.context.as_ref().map(|c| format!(":{c}")).unwrap_or_default();
        let node =
            nodes.entry(format!("{}:{}{context}", document.name, document.stream)).or_default();
        node.name = document.name.to_string();
        node.stream = document.stream.to_string();
        node.groups.extend(document.dependencies.iter().cloned());
        node.components.extend(document.components.keys().map(ToString::to_string));
        node.arches.extend(document.arch.iter().map(ToString::to_string));
    }
    nodes
}

/// Returns whether one of the groups of a context requires nothing that contradicts `needing`.
fn fits(groups: &[Dependencies], needing: &Dependencies) -> bool {
    groups.is_empty()
        || groups.iter().any(|group| {
            group.requires.iter().filter(|(name, _)| name.as_str() != "platform").all(
                |(name, theirs)| {
                    needing.buildrequires.get(name).is_none_or(|ours| share(theirs, ours))
                },
            )
        })
}

/// Returns whether some stream is allowed by both lists: any stream either of them names, or one
/// that neither names.
fn share(a: &Requirement, b: &Requirement) -> bool {
    let named = a.streams.iter().chain(&b.streams).map(|s| s.as_str().trim_start_matches('-'));
    named.chain(["\u{0}a stream nobody names"]).any(|stream| allows(a, stream) && allows(b, stream))
}

fn allows(list: &Requirement, stream: &str) -> bool {
    let positive = list.streams.iter().any(|item| !item.as_str().starts_with('-'));
    if positive {
        return list.streams.iter().any(|item| item.as_str() == stream);
    }
    !list.streams.iter().any(|item| item.as_str() == format!("-{stream}"))
}
