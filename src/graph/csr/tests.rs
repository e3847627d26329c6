//! Waves and components against hand-made graphs and against petgraph.

use petgraph::graph::DiGraph;
use proptest::prelude::*;

use super::*;

#[test]
fn a_diamond_has_three_waves_and_a_cycle_shares_one() {
    let diamond = Csr::new(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]);
    assert_eq!(waves(&diamond, &components(&diamond)), [1, 2, 2, 3]);
    let cycle = Csr::new(5, &[(0, 1), (1, 2), (2, 1), (2, 3), (4, 3)]);
    assert_eq!(waves(&cycle, &components(&cycle)), [1, 2, 2, 3, 1]);
}

#[test]
fn a_chain_of_a_million_nodes_needs_no_deep_stack() {
    let nodes = 1_000_000_u32;
    let edges: Vec<(u32, u32)> = (1..nodes).map(|node| (node - 1, node)).collect();
    let chain = Csr::new(nodes as usize, &edges);
    let found = components(&chain);
    assert_eq!(found.len(), nodes as usize);
    assert_eq!(waves(&chain, &found).last(), Some(&nodes));
    assert_eq!(topological_order(&chain).unwrap().last(), Some(&(nodes - 1)));
}

#[test]
fn a_cycle_has_no_topological_order() {
    assert_eq!(topological_order(&Csr::new(2, &[(0, 1), (1, 0)])), None);
    assert_eq!(topological_order(&Csr::new(3, &[(2, 0), (0, 1)])), Some(vec![2, 0, 1]));
}

fn graphs() -> impl Strategy<Value = (usize, Vec<(u32, u32)>)> {
    (1_usize..20).prop_flat_map(|nodes| {
        let node = 0..u32::try_from(nodes).unwrap();
        (Just(nodes), prop::collection::vec((node.clone(), node), 0..50))
    })
}

proptest! {
    #[test]
    fn components_are_those_of_petgraph((nodes, edges) in graphs()) {
        let mut oracle = DiGraph::<(), ()>::new();
        (0..nodes).for_each(|_| { oracle.add_node(()); });
        oracle.extend_with_edges(&edges);
        let mut expected: Vec<Vec<u32>> = petgraph::algo::kosaraju_scc(&oracle)
            .into_iter()
            .map(|members| members.into_iter().map(|m| u32::try_from(m.index()).unwrap()).collect())
            .collect();
        let found = components(&Csr::new(nodes, &edges));
        let mut actual: Vec<Vec<u32>> =
            (0..found.len()).map(|component| found.members(component).to_vec()).collect();
        for members in expected.iter_mut().chain(&mut actual) {
            members.sort_unstable();
        }
        expected.sort();
        actual.sort();
        prop_assert_eq!(actual, expected);
        for &(from, to) in &edges {
            prop_assert!(found.of[to as usize] <= found.of[from as usize]);
        }
    }

    #[test]
    fn every_edge_between_components_rises_and_no_wave_could_be_smaller((nodes, edges) in graphs()) {
        let graph = Csr::new(nodes, &edges);
        let found = components(&graph);
        let wave = waves(&graph, &found);
        let crosses = |&&(from, to): &&(u32, u32)| found.of[from as usize] != found.of[to as usize];
        for component in 0..found.len() {
            let members = found.members(component);
            let longest = edges
                .iter()
                .filter(crosses)
                .filter(|(_, to)| members.contains(to))
                .map(|(from, _)| wave[*from as usize])
                .max();
            for &member in members {
                prop_assert_eq!(wave[member as usize], longest.unwrap_or(0) + 1);
            }
        }
    }
}
