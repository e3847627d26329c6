//! JSON inputs: any number of values one after the other, each split into rows with their lines.
//!
//! A row is read by itself, so that one bad row does not hide the next. The content of rows is read
//! in [`pdc`](super::pdc), [`mbs`](super::mbs) and [`koji`](super::koji).

mod lines;
mod service;

use lines::Lines;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::problem::Code;
use crate::yaml::Mark;
pub(super) use service::{Service, has_service_key};

/// One row, with the place of its first character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'t> {
    pub(super) service: Service,
    pub(super) text: &'t str,
    pub(super) mark: Mark,
}

/// The content of a JSON input, as far as it could be split.
#[derive(Debug, Default)]
pub(super) struct Dump<'t> {
    pub(super) rows: Vec<Row<'t>>,
    pub(super) problems: Vec<(Code, Mark, String)>,
}

/// Returns whether a text begins like a JSON list or object, and unlike a modulemd document: YAML
/// in braces rarely has quoted keys, and names its `document` if it does.
pub(super) fn looks_like_json(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let Some((first, rest)) = text.split_first() else { return false };
    let rest = rest.trim_ascii_start();
    match first {
        b'{' => {
            let is_document = ["document", "version", "data"]
                .iter()
                .any(|key| rest.get(1..).is_some_and(|rest| rest.starts_with(key.as_bytes())))
                && memchr::memmem::find(rest, b"\"document\"").is_some();
            matches!(rest.first(), Some(b'"' | b'}')) && !is_document
        }
        b'[' => matches!(rest.first(), Some(b'{' | b']')),
        _ => false,
    }
}

/// An object that may contain rows; its other members are ignored.
#[derive(Deserialize)]
struct Envelope<'t> {
    #[serde(borrow)]
    results: Option<Vec<&'t RawValue>>,
    #[serde(borrow)]
    items: Option<Vec<&'t RawValue>>,
    /// The build in the metadata that a content generator sends to koji.
    #[serde(borrow)]
    build: Option<&'t RawValue>,
    next: Option<String>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    next: Option<String>,
}

/// Cuts a JSON text into rows.
pub(super) fn rows(text: &str) -> Dump<'_> {
    let mut cutter = Cutter { text, lines: Lines::default(), dump: Dump::default(), next: None };
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    for value in values {
        match value {
            Ok(value) => cutter.value(value),
            Err(error) => {
                let mark = Mark { line: small(error.line()), column: small(error.column()) };
                let message = format!("not valid JSON: {error}");
                cutter.dump.problems.push((Code::JsonSyntax, mark, message));
                break;
            }
        }
    }
    cutter.finish()
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

struct Cutter<'t> {
    text: &'t str,
    lines: Lines,
    dump: Dump<'t>,
    /// The next page named by the last envelope.
    next: Option<(String, Mark)>,
}

impl<'t> Cutter<'t> {
    fn value(&mut self, value: &'t RawValue) {
        let mark = self.mark(value);
        if let Ok(rows) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
            return self.list(rows, Service::Pdc);
        }
        let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(value.get()) else {
            return self.no_dump(mark);
        };
        let Envelope { results, items, build, next, meta } = envelope;
        if let Some(rows) = results {
            self.next = next.map(|next| (next, mark));
            return self.list(rows, Service::Pdc);
        }
        if let Some(rows) = items {
            self.next = meta.and_then(|meta| meta.next).map(|next| (next, mark));
            return self.list(rows, Service::Mbs);
        }
        let build = build.filter(|build| Service::of(build.get()) == Some(Service::Koji));
        let row = build.unwrap_or(value);
        match Service::of(row.get()) {
            Some(service) => {
                let mark = self.mark(row);
                self.dump.rows.push(Row { service, text: row.get(), mark });
            }
            None => self.no_dump(mark),
        }
    }

    /// Adds rows, each recognised by its own keys; unrecognised ones come from the usual service of
    /// such a list.
    fn list(&mut self, rows: Vec<&'t RawValue>, usual: Service) {
        for row in rows {
            let mark = self.mark(row);
            let service = Service::of(row.get()).unwrap_or(usual);
            self.dump.rows.push(Row { service, text: row.get(), mark });
        }
    }

    fn no_dump(&mut self, mark: Mark) {
        let message =
            "this JSON contains neither PDC rows nor builds of a Module Build Service or of koji";
        self.dump.problems.push((Code::JsonShape, mark, message.to_owned()));
    }

    fn mark(&mut self, value: &RawValue) -> Mark {
        // Every raw value borrows from the text.
        let offset = value.get().as_ptr().addr() - self.text.as_ptr().addr();
        self.lines.mark(self.text, offset)
    }

    fn finish(mut self) -> Dump<'t> {
        if let Some((next, mark)) = self.next {
            let message =
                format!("the dump is incomplete: its last page refers to the next page, {next}");
            self.dump.problems.push((Code::IncompleteDump, mark, message));
        }
        self.dump
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str) -> Vec<(u32, u32)> {
        rows(text).rows.iter().map(|row| (row.mark.line, row.mark.column)).collect()
    }

    #[test]
    fn lists_envelopes_and_lines_are_cut_into_rows_that_know_their_place() {
        assert_eq!(marks("[{},\n  {}]"), [(1, 2), (2, 3)]);
        let envelope = r#"{"count": 1, "next": null, "previous": null, "results": [{}]}"#;
        assert_eq!(
            marks(&format!("{envelope}\n{envelope}{envelope}")),
            [(1, 58), (2, 58), (2, 119)]
        );
        assert_eq!(marks(r#"{"uid": "a", "koji_tag": "b"}"#), [(1, 1)]);
        assert_eq!(marks("[]"), []);
    }

    #[test]
    fn rows_are_known_by_their_own_keys_wherever_they_stand() {
        let pdc = r#"{"uid": "a:1:7:c", "build_deps": []}"#;
        let mbs = r#"{"id": 1, "name": "a", "state_name": "init"}"#;
        let koji = r#"{"name": "a", "extra": {"typeinfo": {"module": {"name": "a"}}}}"#;
        let services =
            |text: &str| rows(text).rows.iter().map(|row| row.service).collect::<Vec<_>>();
        let all = [Service::Pdc, Service::Mbs, Service::Koji];
        assert_eq!(services(&format!("[{pdc}, {mbs}, {koji}]")), all);
        assert_eq!(services(&format!("{pdc}\n{mbs}\n{koji}")), all);
        assert_eq!(services(&format!(r#"{{"metadata_version": 0, "build": {koji}}}"#)), all[2..]);
        assert_eq!(services(&format!(r#"{{"items": [{{}}, {mbs}]}}"#)), [Service::Mbs; 2]);
    }

    #[test]
    fn modulemd_in_braces_is_no_dump() {
        for json in ["[]", "[{}]", "{}", " {\"results\": []}", "[\n{\"uid\": 1}]"] {
            assert!(looks_like_json(json.as_bytes()), "{json}");
        }
        for yaml in ["", "---", "{document: modulemd}", "{\"document\": \"modulemd\"}", "[a]"] {
            assert!(!looks_like_json(yaml.as_bytes()), "{yaml}");
        }
    }

    #[test]
    fn a_dump_that_stops_early_or_is_something_else_is_told() {
        let codes = |text| rows(text).problems.iter().map(|problem| problem.0).collect::<Vec<_>>();
        assert_eq!(
            codes(r#"{"next": "https://x/?page=2", "results": []}"#),
            [Code::IncompleteDump]
        );
        assert_eq!(codes(r#"{"detail": "Invalid page."}"#), [Code::JsonShape]);
        assert_eq!(codes("[{}, "), [Code::JsonSyntax]);
    }
}
