//! Directed graphs as two plain arrays, with fast algorithms without recursion.
//!
//! A [`Csr`] (compressed sparse rows) keeps the targets of node `n` at
//! `targets[starts[n]..starts[n + 1]]`: one cache line after another, so that waves over 100 000
//! modules take only milliseconds.

/// A directed graph over the nodes `0..len`, walkable in the direction of its edges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csr {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Csr {
    /// Makes the graph of edges `(from, to)`; targets keep the order of the given edges.
    ///
    /// # Panics
    ///
    /// When an edge names a node that is not below `nodes`, or there are 2³² edges or more.
    #[must_use]
    pub fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        Self::of(nodes, edges, |&(from, to)| (from, to))
    }

    fn of(nodes: usize, edges: &[(u32, u32)], ends: impl Fn(&(u32, u32)) -> (u32, u32)) -> Self {
        u32::try_from(edges.len()).expect("a graph has fewer than four billion edges");
        let mut starts = vec![0_u32; nodes + 1];
        for edge in edges {
            starts[ends(edge).0 as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut targets = vec![0_u32; edges.len()];
        for edge in edges {
            let (from, to) = ends(edge);
            let slot = &mut next[from as usize];
            targets[*slot as usize] = to;
            *slot += 1;
        }
        Self { starts, targets }
    }

    /// Returns how many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns whether the graph has no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the targets of a node's edges.
    #[must_use]
    pub fn targets(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.targets[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

/// A directed graph walkable both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adjacency {
    /// From predecessors to successors.
    pub forward: Csr,
    /// From successors to predecessors.
    pub backward: Csr,
}

impl Adjacency {
    /// Makes the graph of edges `(from, to)` over the nodes `0..nodes`.
    #[must_use]
    pub fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let backward = Csr::of(nodes, edges, |&(from, to)| (to, from));
        Self { forward: Csr::new(nodes, edges), backward }
    }
}

/// The strongly connected components of a graph: two nodes share one when each reaches the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Components {
    /// The component of each node. An edge between components leads to a smaller number.
    pub of: Vec<u32>,
    /// Every node, the members of a component side by side, components in rising order.
    pub members: Vec<u32>,
    /// The start of each component in `members`, and the end of the last.
    pub starts: Vec<u32>,
}

impl Components {
    /// Returns how many components there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns whether there are no components.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the nodes of a component, in no stated order.
    #[must_use]
    pub fn members(&self, component: usize) -> &[u32] {
        &self.members[self.starts[component] as usize..self.starts[component + 1] as usize]
    }
}

const UNSEEN: u32 = u32::MAX;

/// The node's component is found. Not smaller than any number of an open node, so that nodes that
/// reach it are unaffected.
const CLOSED: u32 = u32::MAX - 1;

/// The state of Tarjan's algorithm with its call stack as data.
struct Search<'a> {
    graph: &'a Csr,
    /// The order in which nodes were first seen; while a node is open, the smallest such number
    /// that it is known to reach; then [`CLOSED`]. One read per edge, because scattered reads
    /// dominate the cost of large graphs.
    low: Vec<u32>,
    open: Vec<u32>,
    /// Nodes on the way down: node, next edge, and when it was seen.
    path: Vec<(u32, u32, u32)>,
    seen: u32,
    found: Components,
}

/// Finds the strongly connected components (R. Tarjan, 1972), iteratively: a chain of a million
/// nodes needs no deeper call stack than one node.
#[must_use]
pub fn components(graph: &Csr) -> Components {
    let nodes = graph.len();
    let found =
        Components { of: vec![UNSEEN; nodes], members: Vec::with_capacity(nodes), starts: vec![0] };
    let (low, open, path) = (vec![UNSEEN; nodes], Vec::new(), Vec::new());
    let mut search = Search { graph, low, open, path, seen: 0, found };
    for node in 0..nodes {
        let node = u32::try_from(node).expect("edges name nodes by 32 bits");
        if search.low[node as usize] == UNSEEN {
            search.enter(node);
            search.walk();
        }
    }
    search.found
}

impl Search<'_> {
    fn enter(&mut self, node: u32) {
        self.low[node as usize] = self.seen;
        self.path.push((node, self.graph.starts[node as usize], self.seen));
        self.open.push(node);
        self.seen += 1;
    }

    fn walk(&mut self) {
        while let Some((node, next, seen)) = self.path.last_mut() {
            if *next == self.graph.starts[*node as usize + 1] {
                let (node, seen) = (*node, *seen);
                self.leave(node, seen);
                continue;
            }
            let target = self.graph.targets[*next as usize];
            *next += 1;
            let reached = self.low[target as usize];
            if reached == UNSEEN {
                self.enter(target);
            } else {
                let node = *node as usize;
                self.low[node] = self.low[node].min(reached);
            }
        }
    }

    /// Ends a node: its parent reaches what it reaches. If it reaches nothing older, the nodes
    /// opened since it was entered are one component.
    fn leave(&mut self, node: u32, seen: u32) {
        self.path.pop();
        let low = self.low[node as usize];
        if let Some((parent, ..)) = self.path.last() {
            let parent = *parent as usize;
            self.low[parent] = self.low[parent].min(low);
        }
        if low < seen {
            return;
        }
        let number = u32::try_from(self.found.len()).expect("no more components than nodes");
        loop {
            let member = self.open.pop().expect("a node is open until its component is found");
            self.found.of[member as usize] = number;
            self.low[member as usize] = CLOSED;
            self.found.members.push(member);
            if member == node {
                break;
            }
        }
        let end = u32::try_from(self.found.members.len()).expect("no more members than nodes");
        self.found.starts.push(end);
    }
}

/// Returns the wave of each node: 1 + the longest chain of components before it, so that the
/// members of a cycle share theirs and no wave could be smaller.
#[must_use]
pub fn waves(graph: &Csr, components: &Components) -> Vec<u32> {
    let mut wave = vec![1_u32; graph.len()];
    // Edges lead to smaller numbers, so from the largest down every chain is complete in time.
    for component in (0..components.len()).rev() {
        let members = components.members(component);
        if let &[member] = members {
            let next = wave[member as usize] + 1;
            for &target in graph.targets(member).iter().filter(|&&target| target != member) {
                wave[target as usize] = wave[target as usize].max(next);
            }
            continue;
        }
        let own = members.iter().map(|&member| wave[member as usize]).max().unwrap_or(1);
        for &member in members {
            wave[member as usize] = own;
            for &target in graph.targets(member) {
                if components.of[target as usize] as usize != component {
                    wave[target as usize] = wave[target as usize].max(own + 1);
                }
            }
        }
    }
    wave
}

/// Returns the nodes in an order in which every edge leads forward, or `None` if there is a cycle.
/// Among free nodes, the one that became free first comes first.
#[must_use]
pub fn topological_order(graph: &Csr) -> Option<Vec<u32>> {
    let mut waits = vec![0_u32; graph.len()];
    for &target in &graph.targets {
        waits[target as usize] += 1;
    }
    let mut order = Vec::with_capacity(graph.len());
    order.extend((0_u32..).zip(&waits).filter(|(_, waits)| **waits == 0).map(|(node, _)| node));
    let mut done = 0;
    while let Some(&node) = order.get(done) {
        done += 1;
        for &target in graph.targets(node) {
            waits[target as usize] -= 1;
            if waits[target as usize] == 0 {
                order.push(target);
            }
        }
    }
    (order.len() == graph.len()).then_some(order)
}

#[cfg(test)]
mod tests;
