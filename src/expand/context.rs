//! Contexts: the hashes that distinguish builds of one stream.
//!
//! The formulas are the Module Build Service's (`contexts_from_mmd`): SHA-1 over the JSON text that
//! Python's `json.dumps` writes with sorted keys and default separators. Contexts are public names,
//! so the text has to match byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::name::{Context, ModuleName, StreamName};
use crate::plan::names::sha1_hex;

/// The hashes of one expanded document.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Contexts {
    /// Hash of the streams of the whole buildroot, in hexadecimal.
    pub build_context: String,
    /// The same without base modules: equal if only the platform differs.
    pub build_context_no_bms: String,
    /// Hash of the streams required at run time, over all groups of the document.
    pub runtime_context: String,
    /// The context: eight digits over build and runtime hash.
    pub context: Context,
}

impl Contexts {
    /// Computes the hashes of a document.
    ///
    /// `buildroot` holds the stream of every module of the buildroot, transitively; `requires` the
    /// run time requirements of each dependency group, streams as written in the expanded document.
    #[must_use]
    pub fn new<'a>(
        buildroot: &BTreeMap<ModuleName, StreamName>,
        requires: impl IntoIterator<Item = &'a BTreeMap<ModuleName, Vec<StreamName>>>,
        base_modules: &[ModuleName],
    ) -> Self {
        let build_context = sha1_hex(&buildroot_json(buildroot.iter()));
        let without_base = buildroot.iter().filter(|(name, _)| !base_modules.contains(name));
        let build_context_no_bms = sha1_hex(&buildroot_json(without_base));
        let runtime_context = sha1_hex(&requires_json(requires));
        let context = join(&build_context, &runtime_context);
        Self { build_context, build_context_no_bms, runtime_context, context }
    }
}

/// Returns the context of a build and a runtime hash.
fn join(build_context: &str, runtime_context: &str) -> Context {
    let hash = sha1_hex(&format!("{build_context}:{runtime_context}"));
    Context::from(&hash[..8])
}

fn buildroot_json<'a>(streams: impl Iterator<Item = (&'a ModuleName, &'a StreamName)>) -> String {
    object(streams.map(|(name, stream)| (name.as_str(), quoted(stream.as_str()))))
}

fn requires_json<'a>(
    groups: impl IntoIterator<Item = &'a BTreeMap<ModuleName, Vec<StreamName>>>,
) -> String {
    let mut union: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, streams) in groups.into_iter().flatten() {
        let all = union.entry(name.as_str()).or_default();
        all.extend(streams.iter().map(StreamName::as_str));
    }
    object(union.into_iter().map(|(name, streams)| {
        let streams: Vec<String> = streams.into_iter().map(quoted).collect();
        (name, format!("[{}]", streams.join(", ")))
    }))
}

fn object<'a>(members: impl Iterator<Item = (&'a str, String)>) -> String {
    let members: Vec<String> =
        members.map(|(key, value)| format!("{}: {value}", quoted(key))).collect();
    format!("{{{}}}", members.join(", "))
}

/// Quotes a text as Python's `json.dumps` does: everything outside printable ASCII is escaped,
/// characters above the basic plane as two surrogates.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").expect("writing to a string cannot fail");
                }
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(pairs: &[(&str, &str)]) -> BTreeMap<ModuleName, StreamName> {
        pairs.iter().map(|&(name, stream)| (name.into(), stream.into())).collect()
    }

    fn requires(pairs: &[(&str, &[&str])]) -> BTreeMap<ModuleName, Vec<StreamName>> {
        pairs
            .iter()
            .map(|&(name, streams)| (name.into(), streams.iter().map(|&s| s.into()).collect()))
            .collect()
    }

    #[test]
    fn the_context_of_a_known_document_comes_out() {
        let buildroot = streams(&[("base-runtime", "f28"), ("fluffy", "foo"), ("zebra", "2.0")]);
        let requires = requires(&[
            ("base-runtime", &["master"]),
            ("fidget", &["spinner"]),
            ("glass", &["water"]),
            ("silly", &["puddy"]),
        ]);
        let contexts = Contexts::new(&buildroot, [&requires], &["platform".into()]);
        assert_eq!(contexts.build_context, "089df24993c037e10174f3fa7342ab4dc191a4d4");
        assert_eq!(contexts.runtime_context, "bbc84c7b817ab3dd54916c0bcd6c6bdf512f7f9c");
        assert_eq!(contexts.context.as_str(), "3ee22b28");
    }

    #[test]
    fn only_the_platform_is_left_out_of_the_hash_without_base_modules() {
        let contexts = Contexts::new(
            &streams(&[("platform", "f28")]),
            std::iter::empty(),
            &["platform".into()],
        );
        assert_eq!(contexts.build_context, "f4bfd8304625d3f2835a5176ee910f50e86cc201");
        assert_eq!(contexts.build_context_no_bms, "bf21a9e8fbc5a3846fb05b4fa0859e0917b2202f");
    }

    #[test]
    fn text_is_escaped_as_python_escapes_it() {
        assert_eq!(
            quoted("a\"\\\u{7f}\u{1}é😀\t"),
            "\"a\\\"\\\\\\u007f\\u0001\\u00e9\\ud83d\\ude00\\t\""
        );
    }

    #[test]
    fn requires_of_all_groups_are_united_and_sorted() {
        let groups =
            [requires(&[("x", &["2", "1"]), ("y", &[])]), requires(&[("x", &["1", "10"])])];
        assert_eq!(requires_json(&groups), r#"{"x": ["1", "10", "2"], "y": []}"#);
    }
}
