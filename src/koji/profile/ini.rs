//! INI files as Python's configparser reads them: `key = value` or `key: value`, comments of whole lines,
//! indented lines that continue a value, `%(key)s` for another value.
//!
//! Messages name a key and a line, never a value, because a file may contain secrets.

use std::collections::BTreeMap;

use super::{Problem, ProfileFile};

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) value: String,
    pub(super) path: String,
    pub(super) line: usize,
}

/// The entries of a section by their keys.
type Section = BTreeMap<String, Entry>;

/// Reads the sections of a file.
pub(super) fn read(file: &ProfileFile, problems: &mut Vec<Problem>) -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut at: Option<(String, Option<String>)> = None;
    let mut complain = |line: usize, message: String| {
        problems.push(Problem { path: file.path.clone(), line, message });
    };
    for (line, text) in (1..).zip(file.text.lines()) {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some((section, Some(key))) = &at
            && text.starts_with([' ', '\t'])
            && let Some(entry) = sections.get_mut(section).and_then(|known| known.get_mut(key))
        {
            entry.value.push('\n');
            entry.value.push_str(trimmed);
            continue;
        }
        if let Some(rest) = trimmed.strip_prefix('[') {
            match rest.split_once(']') {
                Some((name, _)) if !name.is_empty() => {
                    sections.entry(name.to_owned()).or_default();
                    at = Some((name.to_owned(), None));
                }
                _ => complain(line, "not a [section]".to_owned()),
            }
            continue;
        }
        let Some((section, last)) = &mut at else {
            complain(line, "an entry before the first [section]".to_owned());
            continue;
        };
        let Some((key, value)) = trimmed.split_once(['=', ':']) else {
            complain(line, "not `key = value`".to_owned());
            continue;
        };
        let key = key.trim().to_lowercase();
        let entry = Entry { value: value.trim().to_owned(), path: file.path.clone(), line };
        sections.entry(section.clone()).or_default().insert(key.clone(), entry);
        *last = Some(key);
    }
    interpolate(&mut sections, &mut complain);
    sections
}

/// Puts other values in the place of `%(key)s`.
fn interpolate(sections: &mut BTreeMap<String, Section>, complain: &mut impl FnMut(usize, String)) {
    let defaults = sections.get("DEFAULT").cloned().unwrap_or_default();
    for section in sections.values_mut() {
        let raw = section.clone();
        let find = |key: &str| raw.get(key).or_else(|| defaults.get(key)).map(|e| e.value.as_str());
        for (key, entry) in section.iter_mut() {
            match expand(&entry.value, &find, 0) {
                Ok(value) => entry.value = value,
                Err(why) => complain(entry.line, format!("`{key}` {why}")),
            }
        }
    }
}

/// The maximum depth of references between values, as in Python.
const DEPTH_MAX: usize = 10;

fn expand<'a>(
    text: &str,
    find: &impl Fn(&str) -> Option<&'a str>,
    depth: usize,
) -> Result<String, String> {
    if depth > DEPTH_MAX {
        return Err("refers to itself".to_owned());
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let named = after.strip_prefix('(').and_then(|after| after.split_once(")s"));
        let Some((name, after)) = named else {
            return Err("has a lone `%`: write `%%`".to_owned());
        };
        let name = name.to_lowercase();
        let unset = || "refers by `%(…)s` to a key that is not set".to_owned();
        let value = find(&name).ok_or_else(unset)?;
        out.push_str(&expand(value, find, depth + 1)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
