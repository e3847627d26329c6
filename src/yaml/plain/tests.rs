use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;
use crate::yaml::tests::mutants::{documents, files, mutate, window};
use crate::yaml::{full, split};

/// The results of both parsers for a text that starts on line 1.
fn both(text: &str, framing: Framing) -> (Option<Tree<'_>>, Result<Tree<'_>, String>) {
    let (mut fast, mut complete) = (Tree::default(), Tree::default());
    let is_plain = read(text, 1, framing, &mut fast);
    let result = full::read(text, 1, framing, &mut complete);
    (is_plain.then_some(fast), result.map(|()| complete).map_err(|refusal| refusal.message))
}

/// Returns how the two disagree, if the fast one reads a text at all.
fn disagreement(text: &str, framing: Framing) -> Option<String> {
    let (fast, complete) = both(text, framing);
    let fast = fast?;
    match complete {
        Err(refusal) => Some(format!("taken, though {refusal}")),
        Ok(complete) => {
            let pairs = fast.nodes.iter().zip(&complete.nodes);
            let odd = pairs.clone().position(|(one, other)| one != other);
            let index = odd.or((fast.nodes.len() != complete.nodes.len()).then_some(pairs.len()))?;
            Some(format!(
                "node {index}: {:?} where the complete parser has {:?}",
                fast.nodes.get(index),
                complete.nodes.get(index)
            ))
        }
    }
}

#[test]
fn the_plain_subset_is_read_as_the_complete_parser_reads_it() {
    let plain = [
        "a: 1.10\nb: ~\nc:\nd: x\n",
        "a:\n- b\n- c: d\n  e:\n  - f\n  g:\nh: i\n",
        "---\na:\n    b:\n      - c\n    d: e\n...\n",
        "# top\n---\n\na: b\n# c\n  # d\ne: f\n",
        "a: b c\n  d\n\n  e\nf: 'g'\n\"h\": \"i\"\n",
        "a: |\n  b\n    c\n\n  d\n\n\ne: >-\n  f\n  g\n\n  h\n    i\n\n    j\n  k\nl: m\n",
        "a: >\n\n  b\n  c\n\nd: |-\n  e\n  f\n",
        "a: 'it''s\n  two'\nb: \"x\\n  y\\\n  \\ z\"\nc: \"d\n\n  e\"\n",
        "a: []\nb: [c, 'd', \"e\"]\nf: {}\ng: [ h ]\n",
        "a:\n  b: 1\n  c:\nd:\n  e:\n",
        "a:\n- b c\n  d\n- e\n",
        "a: -1\nb: x:y#z\nc: äö\n",
        "a: b   \nc:   d\n",
        "- a\n",
    ];
    for text in plain {
        let framing = if text.contains("---\n") { Framing::Marked } else { Framing::Bare };
        assert_eq!(disagreement(text, framing), None, "{text}");
        let is_plain = read(text, 1, framing, &mut Tree::default());
        assert_eq!(is_plain, !text.starts_with('-') || text.starts_with("---"), "{text}");
    }
}

#[test]
fn every_real_document_is_read_as_the_complete_parser_reads_it() {
    let files = files();
    let documents = documents(&files);
    let (mut plain, mut all) = (0, 0);
    for &(path, text, framing) in &documents {
        assert_eq!(disagreement(text, framing), None, "{path}\n{text}");
        let is_plain = read(text, 1, framing, &mut Tree::default());
        all += text.len();
        plain += if is_plain { text.len() } else { 0 };
    }
    assert!(plain * 100 >= all * 95, "{plain} of {all} bytes are read the fast way");
}

/// How many mutants are tried.
const MUTANTS: usize = 50_000;
/// One in this many mutants is of a whole document, not of a window of one.
const WHOLE_EVERY: usize = 10;

#[test]
fn every_mutant_is_read_as_the_complete_parser_reads_it_or_left_to_it() {
    let files = files();
    let documents = documents(&files);
    let mut random = Pcg64Mcg::seed_from_u64(1);
    let (mut tried, mut taken) = (0, 0);
    while tried < MUTANTS {
        let (path, text, framing) = documents[random.random_range(0..documents.len())];
        let is_whole = tried % WHOLE_EVERY == 0;
        let mut mutant = if is_whole { text.to_owned() } else { window(text, &mut random) };
        mutate(&mut mutant, &mut random);
        // Several documents never come here at once.
        if split(mutant.as_bytes()).len() > 1 {
            continue;
        }
        tried += 1;
        let is_plain = read(&mutant, 1, framing, &mut Tree::default());
        taken += usize::from(is_plain);
        assert_eq!(disagreement(&mutant, framing), None, "{tried} of {path}\n{mutant}");
    }
    assert!(taken > MUTANTS / 10, "{taken} mutants were read the fast way");
}

/// The fast parser reads the modulemd that modplan writes, except for rare texts.
#[test]
fn what_is_written_is_in_the_plain_subset() {
    let (mut plain, mut all) = (0, 0);
    for (path, bytes) in files() {
        let snapshot = crate::load::parse_text(&path, &String::from_utf8_lossy(&bytes));
        let written = crate::report::snapshot::snapshot_yaml(&snapshot);
        for chunk in split(written.as_bytes()) {
            let text = &written[chunk.range.clone()];
            assert_eq!(disagreement(text, chunk.framing), None, "{path}\n{text}");
            let is_plain = read(text, 1, chunk.framing, &mut Tree::default());
            all += 1;
            plain += usize::from(is_plain);
        }
    }
    assert!(plain * 100 >= all * 98, "{plain} of {all} documents are read the fast way");
}
