//! Damaged answers: they are read or refused, and never bring the reader down.

use modplan::koji::calls;
use modplan::koji::codec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::exchanges;

/// Answers that are cut, doubled, shuffled or changed in places.
#[derive(Clone, Debug)]
enum Damage {
    Cut(usize),
    Drop(usize, usize),
    Repeat(usize, usize),
    Replace(usize, String),
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let at = 0..4000_usize;
    let piece = prop_oneof![
        "[\\x00-\\x7f]{1,6}",
        Just("<value>".to_owned()),
        Just("</struct>".to_owned()),
        Just("<i8>99999999999999999999</i8>".to_owned()),
        Just("<fault>".to_owned()),
        Just("&#0;".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("\u{feff}".to_owned()),
    ];
    let damage = prop_oneof![
        at.clone().prop_map(Damage::Cut),
        (at.clone(), 1..60_usize).prop_map(|(at, count)| Damage::Drop(at, count)),
        (at.clone(), 1..60_usize).prop_map(|(at, count)| Damage::Repeat(at, count)),
        (at, piece).prop_map(|(at, text)| Damage::Replace(at, text)),
    ];
    prop::collection::vec(damage, 1..5)
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for damage in damages {
        let len = chars.len();
        let place = |at: usize| at % len.max(1);
        let span = |at: usize, count: usize| place(at)..(place(at) + count).min(len);
        match damage {
            Damage::Cut(at) => chars.truncate(place(*at)),
            Damage::Drop(at, count) => drop(chars.drain(span(*at, *count))),
            Damage::Repeat(at, count) => {
                let piece = chars[span(*at, *count)].to_vec();
                chars.splice(place(*at)..place(*at), piece);
            }
            Damage::Replace(at, text) => {
                chars.splice(span(*at, 1), text.chars());
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn ten_thousand_damaged_answers_are_read_or_refused() {
    let Some(all) = exchanges() else { return };
    // Short texts are damaged in relevant places; long ones only repeat the same.
    let answers: Vec<(String, String)> = all
        .iter()
        .filter_map(|exchange| Some((exchange.method.clone(), exchange.answer()?)))
        .filter(|(_, text)| text.len() < 6000)
        .collect();
    let mut runner = TestRunner::new(Config { cases: 10_000, ..Config::default() });
    let strategy = (0..answers.len(), damages());
    runner
        .run(&strategy, |(at, damages)| {
            let (method, text) = &answers[at];
            let text = damaged(text, &damages);
            if let (Ok(Ok(value)), Some(entry)) = (codec::read_answer(&text), calls::of(method)) {
                drop((entry.reread)(value));
            }
            drop(codec::read_call(&text));
            Ok(())
        })
        .expect("nothing panics");
}
