//! A function names what it takes: no argument is a tuple of several.

use std::fmt::Write;

use super::sources::sources;

/// Returns the parameters of every function in the code, each with the function's name.
fn parameters(code: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code[..at].chars().next_back();
        let rest = &code[at + "fn ".len()..];
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
        let name = name.expect("split yields something");
        if name.is_empty() || before.is_some_and(|c| !c.is_whitespace() && c != '(') {
            continue;
        }
        let rest = &rest[name.len()..];
        let generics = if rest.starts_with('<') { enclosed(rest).len() + 2 } else { 0 };
        let list = enclosed(&rest[generics..]);
        found.extend(parts(list, ',').map(|parameter| (name, parameter)));
    }
    found
}

/// Returns what is between the bracket that a text begins with and the one that closes it.
fn enclosed(text: &str) -> &str {
    let end = depths(text).find(|&(_, _, depth)| depth == 0).expect("the bracket is closed").0;
    &text[1..end]
}

/// Returns the parts of a list, as far as its separator is outside of brackets.
fn parts(list: &str, separator: char) -> impl Iterator<Item = &str> {
    let ends = depths(list).filter(move |&(_, c, depth)| c == separator && depth == 0);
    let ends: Vec<usize> = ends.map(|(at, ..)| at).chain([list.len()]).collect();
    let starts = [0].into_iter().chain(ends.clone().into_iter().map(|end| end + 1));
    let parts = starts.zip(ends).map(|(start, end)| list[start..end].trim());
    parts.filter(|part| !part.is_empty())
}

/// Returns every character with its place and how many brackets are open behind it.
fn depths(text: &str) -> impl Iterator<Item = (usize, char, u32)> + '_ {
    let (mut depth, mut last) = (0_u32, ' ');
    text.char_indices().map(move |(at, c)| {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            // The arrow of a function's type closes nothing.
            '>' if last == '-' => {}
            ')' | ']' | '}' | '>' => depth -= 1,
            _ => {}
        }
        last = c;
        (at, c, depth)
    })
}

/// Returns whether a parameter is several: a pattern that takes a tuple apart, or a tuple of different
/// types. A point or a span has parts of one type and one name.
fn is_several(parameter: &str) -> bool {
    let Some((pattern, kind)) = parameter.split_once(": ") else { return false };
    let kind = kind.trim_start_matches('&');
    let lifetime = if kind.starts_with('\'') { kind.find(' ').map_or(0, |at| at + 1) } else { 0 };
    let kind = kind[lifetime..].trim_start_matches("mut ");
    if !kind.starts_with('(') {
        return false;
    }
    let types: Vec<&str> = parts(enclosed(kind), ',').collect();
    types.len() > 1 && (pattern.contains('(') || types.iter().any(|one| *one != types[0]))
}

#[test]
fn no_argument_is_a_tuple_of_several() {
    let mut wrong = String::new();
    let mut count = 0;
    for source in sources() {
        let code = source.code.join("\n");
        let parameters = parameters(&code);
        count += parameters.len();
        for (name, parameter) in parameters.into_iter().filter(|(_, one)| is_several(one)) {
            writeln!(wrong, "src/{}.rs: {name} takes {parameter}", source.path).unwrap();
        }
    }
    assert!(count > 5_000, "{count} parameters were read");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_tuple_of_several_is_seen() {
    let code = "
        pub fn plan<'a, F: Fn(u32) -> Vec<(u8, u16)>>(
            &self,
            (graph, history): (&'a Graph, &History),
            find: F,
        ) -> (u32, u32) {}
        fn pad(from: (i32, i32), of: &'a (String, Run), times: BTreeMap<u8, (u8, u16)>) {}
        fn apart(&(low, high): &(u64, u64), of: &mut (dyn Fn(u8, u16) + Send), at: fn(u8) -> u8) {}
    ";
    let found: Vec<&str> =
        parameters(code).into_iter().map(|(_, one)| one).filter(|one| is_several(one)).collect();
    assert_eq!(
        found,
        [
            "(graph, history): (&'a Graph, &History)",
            "of: &'a (String, Run)",
            "&(low, high): &(u64, u64)"
        ]
    );
    assert_eq!(parameters(code).len(), 9);
}
