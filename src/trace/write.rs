//! The history as trace CSV: one form for all kinds of input.

use jiff::Timestamp;

use super::{Row, csv};
use crate::time::Millis;

/// Writes rows as Trace CSV with every column; read again they are the same rows.
pub(super) fn csv(rows: &[Row]) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |record: &[&str]| writer.write_record(record).expect("memory takes every row");
    let header: Vec<&str> = csv::columns().collect();
    write(&header);
    for row in rows {
        let run = seconds(row.run);
        let queued = row.queued.map(seconds).unwrap_or_default();
        let started = row.started_at.map(moment).unwrap_or_default();
        let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or("").to_owned();
        write(&[
            row.package.as_str(),
            &row.method,
            row.arch.as_str(),
            &run,
            row.outcome.as_str(),
            &queued,
            &started,
            &text(&row.module),
            &text(&row.nvr),
            &text(&row.source),
        ]);
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("made of texts")
}

fn seconds(span: Millis) -> String {
    format!("{}.{:03}", span.0 / 1000, span.0 % 1000)
}

fn moment(at: Timestamp) -> String {
    at.to_string()
}
