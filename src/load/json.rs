//! JSON inputs: any number of values one after the other, each cut into rows that know their line.
//!
//! A row is read by itself, so that one bad row does not hide the next. What the rows are about is
//! read in [`pdc`](super::pdc) and [`mbs`](super::mbs).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::problem::Code;
use super::yaml::Mark;

/// Which service the rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Pdc,
    Mbs,
}

/// One row, with the place of its first character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'t> {
    pub(super) service: Service,
    pub(super) text: &'t str,
    pub(super) mark: Mark,
}

/// What a JSON input holds, as far as it could be cut.
#[derive(Debug, Default)]
pub(super) struct Dump<'t> {
    pub(super) rows: Vec<Row<'t>>,
    pub(super) problems: Vec<(Code, Mark, String)>,
}

/// Returns whether a text begins as a JSON list or object does and as no modulemd document
/// would: YAML written with braces has no quoted key as a rule, and names its `document` where it has.
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

/// Returns whether a text has one of the keys by which rows are known.
pub(super) fn has_service_key(text: &[u8]) -> bool {
    let keys = ["\"results\"", "\"items\"", "\"uid\"", "\"variant_uid\"", "\"koji_tag\""];
    keys.iter().any(|key| memchr::memmem::find(text, key.as_bytes()).is_some())
}

/// An object that may hold rows; whatever else it has is not looked at.
#[derive(Deserialize)]
struct Envelope<'t> {
    #[serde(borrow)]
    results: Option<Vec<&'t RawValue>>,
    #[serde(borrow)]
    items: Option<Vec<&'t RawValue>>,
    next: Option<String>,
    meta: Option<Meta>,
    uid: Option<serde::de::IgnoredAny>,
    variant_uid: Option<serde::de::IgnoredAny>,
    koji_tag: Option<serde::de::IgnoredAny>,
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
    /// The page that the last envelope names as its next.
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
        let Envelope { results, items, next, meta, uid, variant_uid, koji_tag } = envelope;
        let is_row = koji_tag.is_some() && (uid.is_some() || variant_uid.is_some());
        if let Some(rows) = results {
            self.next = next.map(|next| (next, mark));
            self.list(rows, Service::Pdc);
        } else if let Some(rows) = items {
            self.next = meta.and_then(|meta| meta.next).map(|next| (next, mark));
            self.list(rows, Service::Mbs);
        } else if is_row {
            self.dump.rows.push(Row { service: Service::Pdc, text: value.get(), mark });
        } else {
            self.no_dump(mark);
        }
    }

    fn list(&mut self, rows: Vec<&'t RawValue>, service: Service) {
        for row in rows {
            let mark = self.mark(row);
            self.dump.rows.push(Row { service, text: row.get(), mark });
        }
    }

    fn no_dump(&mut self, mark: Mark) {
        let message = "this JSON holds neither PDC rows nor items of a Module Build Service";
        self.dump.problems.push((Code::JsonShape, mark, message.to_owned()));
    }

    fn mark(&mut self, value: &RawValue) -> Mark {
        // Every raw value borrows from the text.
        let offset = value.get().as_ptr().addr() - self.text.as_ptr().addr();
        self.lines.mark(self.text, offset)
    }

    fn finish(mut self) -> Dump<'t> {
        if let Some((next, mark)) = self.next {
            let message = format!("the last page of this dump is not its end; the next is {next}");
            self.dump.problems.push((Code::IncompleteDump, mark, message));
        }
        self.dump
    }
}

/// Turns rising offsets into lines and columns, each byte looked at once.
#[derive(Debug, Default)]
struct Lines {
    offset: usize,
    breaks: u32,
    line_start: usize,
}

impl Lines {
    fn mark(&mut self, text: &str, offset: usize) -> Mark {
        for at in memchr::memchr_iter(b'\n', &text.as_bytes()[self.offset..offset]) {
            self.breaks += 1;
            self.line_start = self.offset + at + 1;
        }
        self.offset = offset;
        let column = text[self.line_start..offset].chars().count();
        Mark { line: self.breaks + 1, column: small(column) + 1 }
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
