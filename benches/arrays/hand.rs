//! The hand-written version: arrays of this file only, one pass after the other.

/// Returns how many components there are, and the waves of the condensed graph by node.
pub(crate) fn run(nodes: usize, edges: &[(u32, u32)]) -> (usize, Vec<u32>) {
    let (starts, targets) = rows(nodes, edges);
    let (of, count) = components(&starts, &targets);
    // Numbers of components fall along edges, so rising numbers are handled last.
    let between: Vec<(u32, u32)> = edges
        .iter()
        .map(|&(from, to)| (of[from as usize], of[to as usize]))
        .filter(|(from, to)| from != to)
        .collect();
    let (starts, targets) = rows(count, &between);
    let mut wave = vec![1_u32; count];
    for component in (0..count).rev() {
        let next = wave[component] + 1;
        for &to in &targets[starts[component] as usize..starts[component + 1] as usize] {
            wave[to as usize] = wave[to as usize].max(next);
        }
    }
    (count, of.iter().map(|&component| wave[component as usize]).collect())
}

fn rows(nodes: usize, edges: &[(u32, u32)]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; nodes + 1];
    for &(from, _) in edges {
        starts[from as usize + 1] += 1;
    }
    for node in 0..nodes {
        starts[node + 1] += starts[node];
    }
    let mut next = starts.clone();
    let mut targets = vec![0_u32; edges.len()];
    for &(from, to) in edges {
        targets[next[from as usize] as usize] = to;
        next[from as usize] += 1;
    }
    (starts, targets)
}

/// Tarjan's algorithm with an explicit stack.
fn components(starts: &[u32], targets: &[u32]) -> (Vec<u32>, usize) {
    const NONE: u32 = u32::MAX;
    let nodes = starts.len() - 1;
    let (mut index, mut low, mut of) = (vec![NONE; nodes], vec![0; nodes], vec![NONE; nodes]);
    let (mut open, mut calls): (Vec<u32>, Vec<(u32, u32)>) = (Vec::new(), Vec::new());
    let (mut seen, mut count) = (0_u32, 0_u32);
    for root in 0..nodes {
        if index[root] != NONE {
            continue;
        }
        calls.push((u32::try_from(root).expect("numbered by 32 bits"), starts[root]));
        while let Some(&(node, at)) = calls.last() {
            let here = node as usize;
            if at == starts[here] && index[here] == NONE {
                (index[here], low[here]) = (seen, seen);
                seen += 1;
                open.push(node);
            }
            if at < starts[here + 1] {
                let to = targets[at as usize] as usize;
                calls.last_mut().expect("it is there").1 += 1;
                if index[to] == NONE {
                    calls.push((targets[at as usize], starts[to]));
                } else if of[to] == NONE {
                    low[here] = low[here].min(index[to]);
                }
                continue;
            }
            calls.pop();
            if let Some(&(parent, _)) = calls.last() {
                low[parent as usize] = low[parent as usize].min(low[here]);
            }
            if low[here] == index[here] {
                loop {
                    let member = open.pop().expect("the component is open");
                    of[member as usize] = count;
                    if member == node {
                        break;
                    }
                }
                count += 1;
            }
        }
    }
    (of, count as usize)
}
