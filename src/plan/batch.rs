//! Batches, as the Module Build Service counts them, and levels of a component graph.
//!
//! Components and included modules are ordered by rising `buildorder`, equals in the given order.
//! Batch 1 is the macros package's; each change of `buildorder` opens the next. An included module
//! continues from the current batch, with its own orders, and returns the last batch it used; if
//! its first order differs from its includer's, an empty batch remains. That is the recorded
//! behaviour of MBS 3.9.2, and the batch numbers that its users see.

mod contents;

use std::collections::{BTreeMap, BTreeSet};

pub use contents::{Contents, Find, MissingInclude, Ordered, order};

/// The batch of the macros package.
pub const MACROS_BATCH: u32 = 1;

/// One thing to order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A component.
    Component {
        /// Its key.
        key: String,
        /// Its buildorder.
        buildorder: i64,
    },
    /// A module whose components are built along.
    Included {
        /// Its buildorder, among its includer's items.
        buildorder: i64,
        /// Its contents.
        items: Vec<Self>,
    },
}

/// Batch numbers by component key, and the last batch used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batches {
    /// The batch of each component.
    pub of: BTreeMap<String, u32>,
    /// The last batch; [`MACROS_BATCH`] without components.
    pub last: u32,
}

/// Why components have no batches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A key occurs both in the module and in an included one, or in two included ones.
    #[error("component {} occurs more than once in a module and its included modules", keys.join(", "))]
    Repeated {
        /// The keys, sorted.
        keys: Vec<String>,
    },
    /// `buildafter` has a cycle.
    #[error("buildafter has a cycle: {}", path.join(" after "))]
    Cycle {
        /// The cycle, with the first key repeated at the end.
        path: Vec<String>,
    },
}

/// Counts batches from `buildorder`.
///
/// # Errors
/// [`BatchError::Repeated`] if a key occurs twice.
pub fn batches(items: &[Item]) -> Result<Batches, BatchError> {
    let mut batches = Batches { of: BTreeMap::new(), last: MACROS_BATCH };
    let mut repeated = BTreeSet::new();
    let mut at = Position { batch: MACROS_BATCH, order: None };
    count(items, &mut at, &mut |key, batch| {
        if batches.of.insert(key.to_owned(), batch).is_some() {
            repeated.insert(key.to_owned());
        }
    });
    batches.last = at.batch;
    if repeated.is_empty() {
        return Ok(batches);
    }
    Err(BatchError::Repeated { keys: repeated.into_iter().collect() })
}

/// How far counting is.
#[derive(Clone, Copy)]
struct Position {
    batch: u32,
    order: Option<i64>,
}

fn count(items: &[Item], at: &mut Position, note: &mut impl FnMut(&str, u32)) {
    let mut sorted: Vec<&Item> = items.iter().collect();
    sorted.sort_by_key(|item| match item {
        Item::Component { buildorder, .. } | Item::Included { buildorder, .. } => *buildorder,
    });
    for item in sorted {
        match item {
            Item::Component { key, buildorder } => {
                at.enter(*buildorder);
                note(key, at.batch);
            }
            Item::Included { buildorder, items } => {
                at.enter(*buildorder);
                let mut inner = *at;
                count(items, &mut inner, note);
                at.batch = inner.batch;
            }
        }
    }
}

impl Position {
    fn enter(&mut self, order: i64) {
        if self.order != Some(order) {
            self.batch += 1;
            self.order = Some(order);
        }
    }
}

/// Counts levels of the graph of `buildafter`: 2 for a component that waits for nothing, otherwise
/// one more than the highest level it waits for. `after` has keys by key; unknown keys are ignored.
///
/// # Errors
/// [`BatchError::Cycle`] with the cycle.
pub fn levels(after: &BTreeMap<String, BTreeSet<String>>) -> Result<Batches, BatchError> {
    // The number of known keys that each waits for, and the keys that wait for it.
    let mut waits: BTreeMap<&str, usize> = BTreeMap::new();
    let mut follows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, before) in after {
        let known = || before.iter().filter(|key| after.contains_key(*key));
        waits.insert(key, known().count());
        known().for_each(|first| follows.entry(first).or_default().push(key));
    }
    let mut of: BTreeMap<String, u32> = BTreeMap::new();
    let mut last = MACROS_BATCH;
    let mut due: Vec<&str> =
        waits.iter().filter(|(_, waits)| **waits == 0).map(|(key, _)| *key).collect();
    while !due.is_empty() {
        last += 1;
        let mut next = Vec::new();
        for key in due {
            of.insert(key.to_owned(), last);
            for follower in follows.get(key).into_iter().flatten() {
                let waits = waits.get_mut(follower).expect("every key is counted");
                *waits -= 1;
                if *waits == 0 {
                    next.push(*follower);
                }
            }
        }
        due = next;
    }
    if of.len() < after.len() {
        return Err(BatchError::Cycle { path: way_round(after, &of) });
    }
    Ok(Batches { of, last })
}

/// Walks back from a key without a level until a key repeats.
fn way_round(
    after: &BTreeMap<String, BTreeSet<String>>,
    of: &BTreeMap<String, u32>,
) -> Vec<String> {
    let is_open = |key: &&String| after.contains_key(*key) && !of.contains_key(*key);
    let mut path: Vec<String> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut next = after.keys().find(is_open);
    while let Some(key) = next {
        if let Some(&start) = places.get(key.as_str()) {
            path.drain(..start);
            path.push(key.clone());
            break;
        }
        places.insert(key, path.len());
        path.push(key.clone());
        next = after[key].iter().find(is_open);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(key: &str, buildorder: i64) -> Item {
        Item::Component { key: key.to_owned(), buildorder }
    }

    fn numbers(batches: &Batches) -> Vec<(&str, u32)> {
        batches.of.iter().map(|(key, batch)| (key.as_str(), *batch)).collect()
    }

    #[test]
    fn each_change_of_buildorder_opens_a_batch_and_the_first_is_two() {
        let items = [component("z", 10), component("a", -1), component("b", 0), component("c", 0)];
        let batches = batches(&items).unwrap();
        assert_eq!(numbers(&batches), [("a", 2), ("b", 3), ("c", 3), ("z", 4)]);
        assert_eq!(batches.last, 4);
    }

    #[test]
    fn an_included_module_counts_on_and_may_leave_a_batch_empty() {
        let inner = vec![component("i1", 0), component("i2", 9)];
        let items =
            [component("a", 0), Item::Included { buildorder: 2, items: inner }, component("z", 5)];
        let batches = batches(&items).unwrap();
        assert_eq!(numbers(&batches), [("a", 2), ("i1", 4), ("i2", 5), ("z", 6)]);
    }

    #[test]
    fn a_key_that_stands_twice_is_named() {
        let inner = vec![component("a", 0)];
        let items = [component("a", 0), Item::Included { buildorder: 0, items: inner }];
        assert_eq!(batches(&items), Err(BatchError::Repeated { keys: vec!["a".to_owned()] }));
    }

    #[test]
    fn nothing_to_build_uses_the_macros_batch_alone() {
        assert_eq!(batches(&[]).unwrap().last, MACROS_BATCH);
    }

    fn graph(edges: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        edges.iter().map(|(key, before)| ((*key).to_owned(), owned(before))).collect()
    }

    #[test]
    fn levels_rise_along_the_longest_way() {
        let levels = levels(&graph(&[("a", &[]), ("b", &["a"]), ("c", &["a", "b"]), ("d", &[])]));
        assert_eq!(numbers(&levels.unwrap()), [("a", 2), ("b", 3), ("c", 4), ("d", 2)]);
    }

    #[test]
    fn a_way_round_is_told_from_its_first_key_to_the_same() {
        let error = levels(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])).unwrap_err();
        assert_eq!(error.to_string(), "buildafter has a cycle: b after c after b");
    }
}
