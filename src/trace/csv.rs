//! The Trace CSV: a header, then one recorded task a line.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{BUILD, BUILD_ARCH, RUN_MAX, Row, RowOutcome};
use crate::koji;
use crate::load::{Code, Finding, Place};
use crate::name::nearest;
use crate::time::Millis;

const REQUIRED: [&str; 5] = ["package", "method", "arch", "run_seconds", "outcome"];
const OPTIONAL: [&str; 5] = ["queued_seconds", "started_at", "module", "nvr", "source"];

/// Returns every column, in the order in which they are written.
pub(super) fn columns() -> impl Iterator<Item = &'static str> {
    REQUIRED.into_iter().chain(OPTIONAL)
}

/// Reads one file, appending rows and findings.
pub(super) fn read(text: &str, input: u32, rows: &mut Vec<Row>, findings: &mut Vec<Finding>) {
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut reader =
        Reader { text, input, rows, findings, seen: BTreeSet::new(), unknown: BTreeSet::new() };
    let mut columns = None;
    for record in records.records() {
        let record = record.expect("UTF-8 from memory, of any width, is read without error");
        match &columns {
            None => match reader.header(&record) {
                Some(found) => columns = Some(found),
                None => return,
            },
            Some(columns) => reader.row(columns, &record),
        }
    }
    if columns.is_none() {
        let place = Place { input, line: 1, column: 1 };
        let missing = Finding::new(Code::TraceColumn, place, "the trace is empty: no header");
        reader.findings.push(missing.hint(format!("begin with {}", REQUIRED.join(","))));
    }
}

struct Reader<'a> {
    text: &'a str,
    input: u32,
    rows: &'a mut Vec<Row>,
    findings: &'a mut Vec<Finding>,
    /// Identities of rows with a build and a time.
    seen: BTreeSet<(String, Row3)>,
    /// Unknown methods that were reported.
    unknown: BTreeSet<String>,
}

/// Method, arch and start of a recorded task.
type Row3 = (Arc<str>, String, jiff::Timestamp);

/// The position of each known column in a record.
struct Columns {
    width: usize,
    index: Vec<(&'static str, usize)>,
}

impl Columns {
    fn find(&self, name: &str) -> Option<usize> {
        self.index.iter().find(|(known, _)| *known == name).map(|(_, index)| *index)
    }
}

/// One field and its name in messages.
#[derive(Clone, Copy)]
struct Field<'a> {
    name: &'static str,
    text: &'a str,
    index: usize,
}

impl Reader<'_> {
    /// Returns the positions of the columns, or reports problems of the header.
    fn header(&mut self, record: &csv::StringRecord) -> Option<Columns> {
        let before = self.findings.len();
        let mut index: Vec<(&'static str, usize)> = Vec::new();
        for (at, name) in record.iter().enumerate() {
            let known = REQUIRED.iter().chain(&OPTIONAL).find(|known| **known == name);
            match known {
                Some(known) if index.iter().any(|(earlier, _)| earlier == known) => {
                    let message = format!("column `{name}` occurs twice");
                    self.report(Code::TraceColumn, record, at, message);
                }
                Some(known) => index.push((*known, at)),
                None => self.unknown_column(record, at),
            }
        }
        let missing = REQUIRED.iter().filter(|name| !index.iter().any(|(known, _)| known == *name));
        let missing: Vec<String> = missing.map(|name| format!("`{name}`")).collect();
        if index.is_empty() {
            // Then other problems of the line are not reported.
            self.findings.truncate(before);
            let place = Place { input: self.input, line: 1, column: 1 };
            let message = "this is neither JSON nor a trace: its first line has no known column";
            let finding = Finding::new(Code::TraceColumn, place, message);
            let is_koji = record.get(0).is_some_and(|text| text.starts_with("Task: "));
            let header = format!("the header of a trace begins with {}", REQUIRED.join(","));
            let hint = if is_koji { super::WANTS_JSON } else { header.as_str() };
            self.findings.push(finding.hint(hint));
        } else if !missing.is_empty() {
            let message = match missing.as_slice() {
                [only] => format!("column {only} is missing"),
                several => format!("columns are missing: {}", several.join(", ")),
            };
            let hint = format!("the header begins with {}", REQUIRED.join(","));
            let place = self.place(record, record.len());
            let finding = Finding::new(Code::TraceColumn, place, message);
            self.findings.push(finding.hint(hint));
        }
        let wrong = self.findings[before..].iter().any(|found| found.code == Code::TraceColumn);
        (!wrong).then_some(Columns { width: record.len(), index })
    }

    fn unknown_column(&mut self, record: &csv::StringRecord, at: usize) {
        let name = &record[at];
        let known = REQUIRED.iter().chain(&OPTIONAL).copied();
        let place = self.place(record, at);
        let message = format!("unknown column `{name}` is ignored");
        let finding = Finding::new(Code::TraceColumnUnknown, place, message);
        self.findings.push(match nearest(name, known) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding,
        });
    }

    fn row(&mut self, columns: &Columns, record: &csv::StringRecord) {
        if record.len() != columns.width {
            let message =
                format!("the row has {} fields, the header {}", record.len(), columns.width);
            self.report(Code::TraceRow, record, record.len().min(columns.width), message);
            return;
        }
        if let Some(row) = self.parse(columns, record)
            && !self.is_repeated(&row, record)
        {
            self.rows.push(row);
        }
    }

    /// Reads a row; reports every wrong field, not only the first.
    fn parse(&mut self, columns: &Columns, record: &csv::StringRecord) -> Option<Row> {
        let field = |name: &'static str| {
            let index = columns.find(name)?;
            Some(Field { name, text: &record[index], index })
        };
        let required = |name| field(name).expect("the header was checked for it");
        let method = self.word(record, required("method"));
        let arch = self.word(record, required("arch"));
        let outcome = self.outcome(record, required("outcome"));
        let run = match required("run_seconds") {
            // The duration of a canceled task is irrelevant.
            Field { text: "", .. } if outcome == Some(RowOutcome::Canceled) => Some(Millis::ZERO),
            run => self.seconds(record, run),
        };
        let given = |name| field(name).filter(|field| !field.text.is_empty());
        let queued = given("queued_seconds").map(|field| self.seconds(record, field));
        let started_at = given("started_at").map(|field| self.moment(record, field));
        let method = method?;
        self.check_method(record, required("method"));
        let origin = [given("nvr"), given("source")].iter().any(Option::is_some);
        let package = self.package(record, required("package"), method, origin)?;
        let text = |name| given(name).map(|field| Arc::from(field.text));
        Some(Row {
            package: package.into(),
            method: method.into(),
            arch: arch?.into(),
            run: run?,
            outcome: outcome?,
            queued: transpose(queued)?,
            started_at: transpose(started_at)?,
            module: text("module"),
            nvr: text("nvr"),
            source: text("source"),
        })
    }

    fn word<'t>(&mut self, record: &csv::StringRecord, field: Field<'t>) -> Option<&'t str> {
        if field.text.is_empty() {
            let place = self.place(record, field.index);
            let message = format!("`{}` is empty", field.name);
            let finding = Finding::new(Code::TraceRow, place, message);
            self.findings.push(match field.name {
                "package" => finding.hint(
                    "name the source package; only rows of methods other than build and \
                     buildArch, and rows with an `nvr` or a `source`, may omit it",
                ),
                _ => finding,
            });
            return None;
        }
        Some(field.text)
    }

    /// Reads the package; only tasks that build something have one, and some histories only know
    /// the number of the task.
    fn package<'t>(
        &mut self,
        record: &csv::StringRecord,
        field: Field<'t>,
        method: &str,
        has_origin: bool,
    ) -> Option<&'t str> {
        let is_build = [BUILD, BUILD_ARCH].contains(&method);
        if is_build && !has_origin { self.word(record, field) } else { Some(field.text) }
    }

    /// Reports a method that koji does not have, once per file: from a plug-in, or misspelt.
    fn check_method(&mut self, record: &csv::StringRecord, field: Field<'_>) {
        if koji::weight(field.text).is_some() || !self.unknown.insert(field.text.to_owned()) {
            return;
        }
        let place = self.place(record, field.index);
        let message = format!("method `{}` is not one of koji's own", field.text);
        let finding = Finding::new(Code::TraceMethod, place, message);
        self.findings.push(match nearest(field.text, koji::methods()) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding,
        });
    }

    fn outcome(&mut self, record: &csv::StringRecord, field: Field<'_>) -> Option<RowOutcome> {
        let found = RowOutcome::ALL.into_iter().find(|known| known.as_str() == field.text);
        if found.is_none() {
            let place = self.place(record, field.index);
            let message = format!("unknown outcome `{}`", field.text);
            let finding = Finding::new(Code::TraceOutcome, place, message);
            self.findings.push(finding.hint("write closed, failed or canceled"));
        }
        found
    }

    fn seconds(&mut self, record: &csv::StringRecord, field: Field<'_>) -> Option<Millis> {
        let Field { name, text, index } = field;
        let problem = match text.parse::<f64>() {
            Ok(seconds) if seconds.is_nan() => "is not a number of seconds",
            Ok(seconds) if seconds < 0.0 => "is negative",
            Ok(seconds) => match Millis::from_secs_f64(seconds) {
                Some(run) if run <= RUN_MAX => return Some(run),
                _ => "is longer than a year",
            },
            Err(_) => "is not a number of seconds",
        };
        self.report(Code::TraceTime, record, index, format!("{name} `{text}` {problem}"));
        None
    }

    fn moment(&mut self, record: &csv::StringRecord, field: Field<'_>) -> Option<jiff::Timestamp> {
        let moment = super::moment::from_text(field.text).ok_or("is not a time");
        let describe = |why: &str| format!("{} `{}` {why}", field.name, field.text);
        moment
            .and_then(super::moment::plausible)
            .map_err(|why| self.report(Code::TraceTime, record, field.index, describe(why)))
            .ok()
    }

    /// Returns whether the same task occurred earlier in the file: same build, method, arch, start
    /// and source.
    fn is_repeated(&mut self, row: &Row, record: &csv::StringRecord) -> bool {
        let Some(start) = row.started_at else { return false };
        let name = row.nvr.as_deref().unwrap_or(row.package.as_str());
        let name = format!("{name} {}", row.source.as_deref().unwrap_or(""));
        let identity = (name, (row.method.clone(), row.arch.to_string(), start));
        let is_new = self.seen.insert(identity);
        if !is_new {
            let message = format!("{} of `{}` is recorded twice", row.method, row.package);
            self.report(Code::TraceDuplicate, record, 0, message);
        }
        !is_new
    }

    fn report(&mut self, code: Code, record: &csv::StringRecord, column: usize, message: String) {
        let place = self.place(record, column);
        self.findings.push(Finding::new(code, place, message));
    }

    /// Returns the place of a field; for the field after the last one, the end of the record.
    fn place(&self, record: &csv::StringRecord, field: usize) -> Place {
        let record = record.position().expect("a record read has a position");
        let start = usize::try_from(record.byte()).expect("an offset into memory");
        let text = &self.text[start..];
        let blank = blank_lines(text);
        let at = blank + field_offset(&text[blank..], field);
        let (line, column) = position(&text.as_bytes()[..at]);
        let before = u32::try_from(record.line() - 1).unwrap_or(u32::MAX);
        Place { input: self.input, line: before.saturating_add(line), column }
    }
}

/// Returns the value of an optional field, `None` only if it is given and wrong.
fn transpose<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        Some(None) => None,
        Some(found) => Some(found),
        None => Some(None),
    }
}

/// Returns the number of bytes of line ends before the record itself.
fn blank_lines(text: &str) -> usize {
    text.bytes().take_while(|byte| matches!(byte, b'\n' | b'\r')).count()
}

/// Returns the start of field `field` of the record at the start of `text`.
fn field_offset(text: &str, field: usize) -> usize {
    let mut left = field;
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if left == 0 => return at,
            b'"' => quoted = !quoted,
            b',' if !quoted => left -= 1,
            b'\n' | b'\r' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// Returns line and column, both from 1, of the position after `before`.
fn position(before: &[u8]) -> (u32, u32) {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    let narrow = |number| u32::try_from(number).unwrap_or(u32::MAX);
    (narrow(line), narrow(column))
}
