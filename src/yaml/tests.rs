pub(super) mod mutants;

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use serde_yaml::Value;

use super::*;
use crate::load::parse_text;
use mutants::{documents, files, mutate, window};

static FILES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(files);
static DOCUMENTS: LazyLock<Vec<(&str, &str, Framing)>> = LazyLock::new(|| documents(&FILES));

/// Returns where the second reader disagrees, as `path: ours, theirs`.
fn difference(path: &str, node: Node<'_, '_>, other: &Value) -> Option<String> {
    let differs = || Some(format!("{path}: {:?} {:?}, {other:?}", node.kind(), node.text()));
    match (node.kind(), other) {
        (_, Value::Tagged(tagged)) => difference(path, node, &tagged.value),
        (Kind::Scalar, Value::String(text)) => {
            if node.text() == Some(text) {
                None
            } else {
                differs()
            }
        }
        // It resolves types, which modplan never does: the text must be one of that value.
        (Kind::Scalar, Value::Null) if node.text() == Some("") => None,
        (Kind::Scalar, Value::Null | Value::Bool(_) | Value::Number(_)) => {
            let resolved: Option<Value> = serde_yaml::from_str(node.text()?).ok();
            if resolved.as_ref() == Some(other) { None } else { differs() }
        }
        (Kind::List, Value::Sequence(items)) => {
            if node.children().count() != items.len() {
                return differs();
            }
            let pairs = node.children().zip(items).enumerate();
            pairs
                .into_iter()
                .find_map(|(at, (one, other))| difference(&format!("{path}[{at}]"), one, other))
        }
        (Kind::Map, Value::Mapping(entries)) => {
            if node.entries().count() != entries.len() {
                return differs();
            }
            node.entries().zip(entries).find_map(|((name, key, value), (other_key, other))| {
                difference(&format!("{path}.{name}?"), key, other_key)
                    .or_else(|| difference(&format!("{path}.{name}"), value, other))
            })
        }
        _ => differs(),
    }
}

/// Compares a text with the second reader; true if both accept it. Breaks unknown to editors are
/// left to the recorded cases, and byte order marks to the start of a file.
fn both_agree(text: &str, framing: Framing) -> Result<bool, String> {
    const LEFT_OUT: [char; 3] = ['\u{2028}', '\u{2029}', '\u{feff}'];
    if text.contains(LEFT_OUT) {
        return Ok(false);
    }
    let mut tree = Tree::default();
    if read(text, 1, framing, &mut tree).is_err() {
        return Ok(false);
    }
    // A document that is not a map is refused regardless of its content.
    let root = tree.root().filter(|root| root.kind() == Kind::Map);
    let (Ok(value), Some(root)) = (serde_yaml::from_str::<Value>(text), root) else {
        return Ok(false);
    };
    difference("", root, &value).map_or(Ok(true), Err)
}

#[test]
fn the_second_reader_agrees_on_every_real_document() {
    let mut agreed = 0;
    for &(path, text, framing) in DOCUMENTS.iter() {
        match both_agree(text, framing) {
            Ok(both) => agreed += usize::from(both),
            Err(difference) => panic!("{path}\n{text}\n{difference}"),
        }
    }
    assert!(agreed * 10 >= DOCUMENTS.len() * 8, "{agreed} of {}", DOCUMENTS.len());
}

/// Nothing panics on a mutant, and both readers agree on texts that both accept.
#[test]
fn mutants_of_real_documents_never_panic_and_the_second_reader_agrees() {
    const MUTANTS: u32 = 10_000;
    let config = ProptestConfig {
        cases: MUTANTS,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    let agreed = std::cell::Cell::new(0);
    let mutants = (any::<prop::sample::Index>(), any::<u64>());
    let result = TestRunner::new(config).run(&mutants, |(at, seed)| {
        let (_, text, framing) = DOCUMENTS[at.index(DOCUMENTS.len())];
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut mutant = window(text, &mut random);
        mutate(&mut mutant, &mut random);
        let snapshot = parse_text("mutant.yaml", &mutant);
        let mut places = snapshot.findings.iter().map(|finding| finding.place.line);
        let lines = u32::try_from(mutant.split(['\n', '\r']).count()).expect("few");
        prop_assert!(places.all(|line| (1..=lines).contains(&line)), "{mutant}");
        if split(mutant.as_bytes()).len() == 1 {
            match both_agree(&mutant, framing) {
                Ok(both) => agreed.set(agreed.get() + u32::from(both)),
                Err(difference) => prop_assert!(false, "{mutant}\n{difference}"),
            }
        }
        Ok(())
    });
    assert_eq!(result.map_err(|error| error.to_string()), Ok(()));
    // Otherwise the second reader would not be used at all.
    assert!(agreed.get() > MUTANTS / 10 * 3, "{} mutants were accepted by both", agreed.get());
}
