//! The rules of the module graph once more, as naively as they can be written: from the loaded
//! snapshot to nodes, edges, dangling and self-requirements, cycles and waves, with texts and sets
//! in place of indices, and every definition taken literally. Nothing here calls the graph.

use std::collections::{BTreeMap, BTreeSet};

use modplan::load::{Dependencies, Requirement, Snapshot, Stream};
use modplan::name::ModuleName;

/// Which versions of a stream count in each platform line, `platform` being the base module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newest {
    /// All contexts of the newest version.
    OfStream,
    /// The newest version of each context.
    OfContext,
    /// Every version counts, and is a source of its own.
    Every,
}

/// What is submitted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Submitted {
    /// The contexts of a stream in a platform line.
    Sources,
    /// Each context by itself.
    Contexts,
}

/// What should be true of the newest modules of a snapshot.
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
    /// The version, where each is a source of its own.
    version: Option<String>,
    groups: Vec<Dependencies>,
    /// The platform lines in which it is current; none: every one.
    lines: BTreeSet<String>,
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
    pub(crate) fn new(snapshot: &Snapshot, newest: Newest) -> Self {
        let mut oracle = Self { nodes: nodes(snapshot, newest), ..Self::default() };
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
        let lines = &self.nodes[id].lines;
        let is_near = |node: &OracleNode| meet(&node.lines, lines) && fits(&node.groups, group);
        let fitting: Vec<&String> =
            contexts.iter().filter(|context| is_near(&self.nodes[*context])).collect();
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

    /// Returns what is submitted with a node: its stream and platform line, or itself.
    pub(crate) fn submission(&self, id: &str, submitted: Submitted) -> String {
        let node = &self.nodes[id];
        let first = |node: &OracleNode| node.lines.iter().next().cloned();
        let others =
            || self.nodes.values().filter(|other| other.name_stream() == node.name_stream());
        let line = first(node).or_else(|| others().filter_map(first).min());
        match submitted {
            Submitted::Contexts => id.to_owned(),
            Submitted::Sources => {
                format!("{}:{}:{:?} {line:?}", node.name, node.stream, node.version)
            }
        }
    }

    /// Returns the cycles and the wave of each of `members`, over the edges among them: those of one
    /// submission share a wave.
    pub(crate) fn shape(&self, members: &BTreeSet<String>, submitted: Submitted) -> Shape {
        let edges: BTreeSet<(String, String)> = self
            .edges
            .iter()
            .filter(|(from, to)| members.contains(from) && members.contains(to))
            .cloned()
            .collect();
        let of: BTreeMap<&String, String> =
            members.iter().map(|id| (id, self.submission(id, submitted))).collect();
        let submissions: BTreeSet<String> = of.values().cloned().collect();
        let between: BTreeSet<(String, String)> =
            edges.iter().map(|(from, to)| (of[from].clone(), of[to].clone())).collect();
        let reach = closure(&submissions, &between);
        let reaches = |a: &String, b: &String| reach.contains(&(a.clone(), b.clone()));
        let together = |a: &String, b: &String| a == b || (reaches(a, b) && reaches(b, a));
        let mut waves: BTreeMap<&String, u32> = submissions.iter().map(|id| (id, 1)).collect();
        loop {
            let before = waves.clone();
            for (from, to) in between.iter().filter(|(from, to)| !together(from, to)) {
                let least = waves[from] + 1;
                // A rise of one member is a rise of its whole cycle.
                for member in submissions.iter().filter(|member| together(member, to)) {
                    let wave = waves.get_mut(member).unwrap();
                    *wave = least.max(*wave);
                }
            }
            if before == waves {
                break;
            }
        }
        let with = |id: &String| -> BTreeSet<String> {
            members.iter().filter(|other| together(&of[id], &of[*other])).cloned().collect()
        };
        let cycles = members.iter().filter(|id| reaches(&of[*id], &of[*id])).map(with).collect();
        let waves = members.iter().map(|id| (id.clone(), waves[&of[id]])).collect();
        Shape { edges, waves, cycles }
    }

    /// Returns the least number of edges without which the submissions of a cycle do not go round,
    /// over all their orders; none for more submissions than have orders that can be tried.
    pub(crate) fn smallest_cut(
        &self,
        members: &BTreeSet<String>,
        submitted: Submitted,
    ) -> Option<usize> {
        let submissions: BTreeSet<String> =
            members.iter().map(|id| self.submission(id, submitted)).collect();
        let edges: Vec<(String, String)> = self
            .edges
            .iter()
            .filter(|(from, to)| members.contains(from) && members.contains(to))
            .map(|(from, to)| (self.submission(from, submitted), self.submission(to, submitted)))
            .collect();
        let place = |order: &[String], id: &String| order.iter().position(|other| other == id);
        let backward = |order: &Vec<String>| {
            edges.iter().filter(|(from, to)| place(order, from) > place(order, to)).count()
        };
        (submissions.len() <= 7)
            .then(|| orders(submissions.into_iter().collect()).iter().map(backward).min())
            .flatten()
    }
}

/// Returns every order of some texts.
fn orders(texts: Vec<String>) -> Vec<Vec<String>> {
    if texts.is_empty() {
        return vec![Vec::new()];
    }
    let with_first = |first: usize| {
        let mut rest = texts.clone();
        let first = rest.remove(first);
        let tails = orders(rest).into_iter();
        tails.map(|tail| [vec![first.clone()], tail].concat()).collect::<Vec<_>>()
    };
    (0..texts.len()).flat_map(with_first).collect()
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

fn nodes(snapshot: &Snapshot, newest: Newest) -> BTreeMap<String, OracleNode> {
    let every: BTreeSet<String> = snapshot.streams.iter().flat_map(lines_of).collect();
    let mut kept: Vec<(&Stream, BTreeSet<String>)> = Vec::new();
    for document in &snapshot.streams {
        let of_stream = || {
            let streams = snapshot.streams.iter();
            streams.filter(|other| other.name == document.name && other.stream == document.stream)
        };
        let newest_version = of_stream().map(|other| other.version).max().unwrap();
        let is_lost = newest != Newest::Every
            && snapshot
                .unreadable
                .iter()
                .any(|lost| lost.module == document.name_stream() && lost.version > newest_version);
        // Of several formats that tell of one build, modulemd comes first.
        let build = |of: &Stream| -> Vec<&Stream> {
            let same =
                || of_stream().filter(|o| o.version == of.version && o.context == of.context);
            let best = same().map(|other| other.origin).min();
            same().filter(|other| Some(other.origin) == best).collect()
        };
        let build_lines = |of: &Stream| -> BTreeSet<String> {
            build(of).into_iter().flat_map(lines_of).collect()
        };
        if is_lost || build(document).iter().all(|other| other.origin != document.origin) {
            continue;
        }
        let own = build_lines(document);
        let mut candidates = if own.is_empty() { every.clone() } else { own.clone() };
        if every.is_empty() {
            candidates.insert(String::new());
        }
        let is_newest = |line: &&String| {
            newest == Newest::Every
                || of_stream()
                    .filter(|other| newest == Newest::OfStream || other.context == document.context)
                    .filter(|other| other.version > document.version)
                    .all(|other| {
                        let lines = build_lines(other);
                        !lines.is_empty() && !lines.contains(*line)
                    })
        };
        let current: BTreeSet<String> = candidates.iter().filter(is_newest).cloned().collect();
        if !current.is_empty() {
            kept.push((document, if current == candidates { own } else { current }));
        }
    }
    let mut nodes: BTreeMap<String, OracleNode> = BTreeMap::new();
    for (document, lines) in &kept {
        add_node(&mut nodes, (document, lines), &kept, newest);
    }
    nodes
}

/// Adds one document to the node that it is of.
fn add_node(
    nodes: &mut BTreeMap<String, OracleNode>,
    (document, lines): (&Stream, &BTreeSet<String>),
    kept: &[(&Stream, BTreeSet<String>)],
    newest: Newest,
) {
    let is_same = |other: &Stream| {
        other.name == document.name
            && other.stream == document.stream
            && other.context == document.context
    };
    let versions: BTreeSet<_> =
        kept.iter().filter(|(other, _)| is_same(other)).map(|(other, _)| other.version).collect();
    let is_named = versions.len() > 1 || newest == Newest::Every;
    let version = if is_named { format!(":{}", document.version) } else { String::new() };
    let context = document.context.as_ref().map(|c| format!(":{c}")).unwrap_or_default();
    let node = nodes
        .entry(format!("{}:{}{version}{context}", document.name, document.stream))
        .or_default();
    node.name = document.name.to_string();
    node.stream = document.stream.to_string();
    node.version = (newest == Newest::Every).then(|| document.version.to_string());
    node.lines = lines.clone();
    node.groups.extend(document.dependencies.iter().cloned());
    node.components.extend(document.components.keys().map(ToString::to_string));
    node.arches.extend(document.arch.iter().map(ToString::to_string));
}

/// Returns the platform lines of one document: those it names, else those it was built with.
fn lines_of(document: &Stream) -> BTreeSet<String> {
    let line = |stream: &str| stream.split('.').next().unwrap().to_owned();
    if document.name.as_str() == "platform" {
        return BTreeSet::from([line(document.stream.as_str())]);
    }
    let named =
        |part: fn(&Dependencies) -> &BTreeMap<ModuleName, Requirement>| -> BTreeSet<String> {
            let platforms =
                document.dependencies.iter().filter_map(|group| part(group).get("platform"));
            let streams = platforms.flat_map(|requirement| &requirement.streams);
            let streams = streams.map(|stream| stream.as_str());
            streams.filter(|stream| !stream.starts_with('-')).map(line).collect()
        };
    let [build, run] = [named(|group| &group.buildrequires), named(|group| &group.requires)];
    if !build.is_empty() {
        build
    } else if !run.is_empty() {
        run
    } else {
        document.locks.get("platform").map(|lock| line(lock.stream.as_str())).into_iter().collect()
    }
}

fn meet(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    a.is_empty() || b.is_empty() || !a.is_disjoint(b)
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
