//! Cycles as values: the smallest set of edges to drop so that no cycle is left.

/// Up to this many members, the cut is proven smallest: 2ⁿ sets of members are examined.
pub const PROVEN_MEMBERS_MAX: usize = 12;

/// Beyond this many members the greedy order is not improved.
const IMPROVED_MEMBERS_MAX: usize = 400;

/// Sweeps over the members in search of a better order; each keeps or lowers the number of edges cut.
const SWEEPS_MAX: usize = 20;

/// The edges to leave out of one cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Edges `(from, to)` as positions among the members, sorted; without them no cycle is left.
    pub edges: Vec<(u32, u32)>,
    /// Whether no smaller set of edges would do.
    pub is_proven: bool,
}

/// All edges from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The node built first.
    pub from: u32,
    /// The node that needs it.
    pub to: u32,
    /// How many edges there are: each counts towards the cut.
    pub count: u32,
}

/// Members of a cycle in an order in which few edges lead backward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The members.
    pub members: Vec<u32>,
    /// Whether no order has fewer edges that lead backward.
    pub is_proven: bool,
}

/// Returns a small set of edges without which `edges`, over the nodes `0..members`, have no cycle:
/// the smallest for up to [`PROVEN_MEMBERS_MAX`] members, otherwise the best found.
#[must_use]
pub fn cut(members: usize, edges: &[(u32, u32)]) -> Cut {
    let mut edges = edges.to_vec();
    edges.sort_unstable();
    edges.dedup();
    let counted: Vec<Edge> = edges.iter().map(|&(from, to)| Edge { from, to, count: 1 }).collect();
    let order = order(members, &counted);
    let mut position = vec![0; members];
    for (place, &member) in order.members.iter().enumerate() {
        position[member as usize] = place;
    }
    edges.retain(|&(from, to)| position[from as usize] >= position[to as usize]);
    Cut { edges, is_proven: order.is_proven }
}

/// Returns an order of the nodes `0..members` in which few edges lead backward: the fewest for up
/// to [`PROVEN_MEMBERS_MAX`] members, otherwise the best found. Each pair of nodes occurs once in
/// `edges`.
///
/// The edges that lead backward in some order of the members leave no cycle, and the smallest such
/// set is that of some order. Small cycles use the best order over all sets of members (M. Held and
/// R. Karp, 1962); large ones the greedy order of P. Eades, X. Lin and W. F. Smyth (1993), improved
/// by moving one member at a time.
#[must_use]
pub fn order(members: usize, edges: &[Edge]) -> Order {
    let is_proven = members <= PROVEN_MEMBERS_MAX;
    let members = if is_proven {
        best_order(members, edges)
    } else {
        let greedy = greedy_order(members, edges);
        if members <= IMPROVED_MEMBERS_MAX { improved(greedy, edges) } else { greedy }
    };
    Order { members, is_proven }
}

/// The number of edges from each member to each other.
struct Counts {
    members: usize,
    of: Vec<u32>,
}

impl Counts {
    fn new(members: usize, edges: &[Edge]) -> Self {
        let mut of = vec![0; members * members];
        for edge in edges {
            of[edge.from as usize * members + edge.to as usize] += edge.count;
        }
        Self { members, of }
    }

    fn between(&self, from: u32, to: u32) -> u32 {
        self.of[from as usize * self.members + to as usize]
    }
}

/// Returns an order with the fewest edges leading backward. Among several, each last place goes to
/// the member with the largest number.
fn best_order(members: usize, edges: &[Edge]) -> Vec<u32> {
    let counts = Counts::new(members, edges);
    // The cost of placing a member after a whole set: its edges into the set.
    let cost = |last: usize, set: usize| -> u32 {
        let row = &counts.of[last * members..(last + 1) * members];
        row.iter().enumerate().filter(|(to, _)| set >> to & 1 == 1).map(|(_, count)| count).sum()
    };
    // fewest[set]: edges leading backward among the members of `set`, in their best order.
    let mut fewest = vec![u32::MAX; 1 << members];
    fewest[0] = 0;
    for set in 1_usize..1 << members {
        for last in (0..members).filter(|last| set >> last & 1 == 1) {
            let before = set & !(1 << last);
            fewest[set] = fewest[set].min(fewest[before] + cost(last, before));
        }
    }
    let mut order = Vec::with_capacity(members);
    let mut set = (1 << members) - 1;
    while set != 0 {
        let is_best = |last: &usize| {
            let before = set & !(1 << last);
            set >> last & 1 == 1 && fewest[before] + cost(*last, before) == fewest[set]
        };
        let last = (0..members).rev().find(is_best).expect("the minimum is reached by a member");
        order.push(u32::try_from(last).expect("a dozen members"));
        set &= !(1 << last);
    }
    order.reverse();
    order
}

/// Peels sinks to the back and sources to the front, then the member with the largest surplus of
/// outgoing edges to the front; ties go to the smallest number.
fn greedy_order(members: usize, edges: &[Edge]) -> Vec<u32> {
    // Neighbours of each member with the number of edges: those it leads to, those that lead to it.
    let (mut forward, mut backward) = (vec![Vec::new(); members], vec![Vec::new(); members]);
    for edge in edges {
        forward[edge.from as usize].push((edge.to, i64::from(edge.count)));
        backward[edge.to as usize].push((edge.from, i64::from(edge.count)));
    }
    let degree = |rows: &[Vec<(u32, i64)>]| -> Vec<i64> {
        rows.iter().map(|row| row.iter().map(|(_, count)| count).sum()).collect()
    };
    let (mut outgoing, mut incoming) = (degree(&forward), degree(&backward));
    // The first part ranks sinks, then sources, then by surplus; the second breaks ties.
    let rank = |outgoing: i64, incoming: i64| match (outgoing, incoming) {
        (0, _) => i64::MIN,
        (_, 0) => i64::MIN + 1,
        (outgoing, incoming) => incoming - outgoing,
    };
    let mut queue: std::collections::BTreeSet<(i64, u32)> = (0_u32..)
        .take(members)
        .map(|node| (rank(outgoing[node as usize], incoming[node as usize]), node))
        .collect();
    let (mut front, mut back) = (Vec::with_capacity(members), Vec::new());
    let mut is_left = vec![true; members];
    while let Some((key, node)) = queue.pop_first() {
        is_left[node as usize] = false;
        if key == i64::MIN {
            back.push(node);
        } else {
            front.push(node);
        }
        let mut lower = |row: &[(u32, i64)], is_forward: bool| {
            for &(next, count) in row.iter().filter(|(next, _)| is_left[*next as usize]) {
                let at = next as usize;
                queue.remove(&(rank(outgoing[at], incoming[at]), next));
                if is_forward {
                    incoming[at] -= count;
                } else {
                    outgoing[at] -= count;
                }
                queue.insert((rank(outgoing[at], incoming[at]), next));
            }
        };
        lower(&forward[node as usize], true);
        lower(&backward[node as usize], false);
    }
    back.reverse();
    front.append(&mut back);
    front
}

/// Moves one member at a time to the place with the fewest backward edges, until no move helps.
fn improved(mut order: Vec<u32>, edges: &[Edge]) -> Vec<u32> {
    let members = order.len();
    let counts = Counts::new(members, edges);
    for _ in 0..SWEEPS_MAX {
        let mut is_better = false;
        for member in (0_u32..).take(members) {
            let at =
                order.iter().position(|&other| other == member).expect("every member is in it");
            order.remove(at);
            let edges = |other| (counts.between(member, other), counts.between(other, member));
            let place = best_place(&order, edges, at);
            is_better |= place != at;
            order.insert(place, member);
        }
        if !is_better {
            break;
        }
    }
    order
}

/// Returns the new place of a member at place `at`: `at` itself unless another is strictly better.
fn best_place(order: &[u32], edges: impl Fn(u32) -> (u32, u32), at: usize) -> usize {
    // In front of all others, only the edges to the member lead backward.
    let mut cost: i64 = order.iter().map(|&other| i64::from(edges(other).1)).sum();
    let mut costs = vec![cost];
    for &other in order {
        let (to_other, from_other) = edges(other);
        cost += i64::from(to_other) - i64::from(from_other);
        costs.push(cost);
    }
    let least = *costs.iter().min().expect("there is a place before all others");
    if costs[at] == least { at } else { costs.iter().position(|&c| c == least).unwrap_or(at) }
}

#[cfg(test)]
mod tests;
