//! The cut against hand-made cycles and against every set of edges.

use proptest::prelude::*;

use super::super::csr::{Csr, topological_order};
use super::*;

fn is_acyclic_without(members: usize, edges: &[(u32, u32)], cut: &[(u32, u32)]) -> bool {
    let rest: Vec<_> = edges.iter().copied().filter(|edge| !cut.contains(edge)).collect();
    topological_order(&Csr::new(members, &rest)).is_some()
}

fn ring(members: u32) -> Vec<(u32, u32)> {
    (0..members).map(|member| (member, (member + 1) % members)).collect()
}

#[test]
fn two_members_lose_the_edge_back_to_the_first() {
    assert_eq!(cut(2, &[(0, 1), (1, 0)]), Cut { edges: vec![(1, 0)], is_proven: true });
}

#[test]
fn a_ring_loses_one_edge_whatever_its_size() {
    for members in [3, 12, 13, 40, 500] {
        let found = cut(members as usize, &ring(members));
        assert_eq!(found.edges.len(), 1, "{members}");
        assert_eq!(found.is_proven, members <= 12, "{members}");
        assert!(is_acyclic_without(members as usize, &ring(members), &found.edges));
    }
}

#[test]
fn a_complete_cycle_keeps_one_direction_of_each_pair() {
    let members = 14_u32;
    let edges: Vec<(u32, u32)> = (0..members)
        .flat_map(|from| (0..members).filter(move |to| *to != from).map(move |to| (from, to)))
        .collect();
    let found = cut(members as usize, &edges);
    assert_eq!(found.edges.len(), 14 * 13 / 2);
    assert!(is_acyclic_without(members as usize, &edges, &found.edges));
}

fn graphs(members: std::ops::Range<usize>) -> impl Strategy<Value = (usize, Vec<(u32, u32)>)> {
    members.prop_flat_map(|members| {
        let node = 0..u32::try_from(members).unwrap();
        let edge = (node.clone(), node).prop_filter("no self edge", |(from, to)| from != to);
        let edges = prop::collection::btree_set(edge, 0..9);
        (Just(members), edges.prop_map(|edges| edges.into_iter().collect()))
    })
}

proptest! {
    #[test]
    fn a_proven_cut_is_as_small_as_the_smallest_of_all_sets((members, edges) in graphs(2..6)) {
        let found = cut(members, &edges);
        prop_assert!(is_acyclic_without(members, &edges, &found.edges));
        let smallest = (0_u32..1 << edges.len())
            .filter(|set| {
                let left_out: Vec<_> = edges
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| set >> at & 1 == 1)
                    .map(|(_, edge)| *edge)
                    .collect();
                is_acyclic_without(members, &edges, &left_out)
            })
            .map(u32::count_ones)
            .min();
        prop_assert_eq!(u32::try_from(found.edges.len()).ok(), smallest);
    }

    #[test]
    fn a_large_cut_leaves_no_cycle(
        edges in prop::collection::btree_set((0_u32..30, 0_u32..30), 0..120)
    ) {
        let edges: Vec<_> = edges.into_iter().filter(|(from, to)| from != to).collect();
        let found = cut(30, &edges);
        prop_assert!(!found.is_proven);
        prop_assert!(is_acyclic_without(30, &edges, &found.edges));
    }
}
