//! A table for people: one line a module build.

use comfy_table::{CellAlignment, Table};

use crate::load::{Minute, Snapshot, Stream, active_obsoletes};

/// Returns a table of all module builds, and a line on what else there is.
#[must_use]
pub fn table(snapshot: &Snapshot, now: Option<Minute>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::TableStyle::new());
    table.set_header([
        "module",
        "version",
        "context",
        "arch",
        "components",
        "builds with",
        "notes",
    ]);
    let mut streams: Vec<&Stream> = snapshot.streams.iter().collect();
    streams.sort_by_key(|stream| {
        (stream.name_stream(), stream.version, stream.context.clone(), stream.arch.clone())
    });
    for stream in streams {
        table.add_row([
            stream.name_stream().to_string(),
            stream.version.to_string(),
            stream.context.as_ref().map(ToString::to_string).unwrap_or_default(),
            stream.arch.as_ref().map(ToString::to_string).unwrap_or_default(),
            stream.components.len().to_string(),
            builds_with(stream),
            notes(stream, snapshot, now),
        ]);
    }
    if let Some(column) = table.column_mut(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let count =
        |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    let rest = [
        count(snapshot.streams.len(), "module build"),
        count(snapshot.defaults.len(), "module") + " with defaults",
        format!("{} obsoletes", snapshot.obsoletes.len()),
        count(snapshot.translations.len(), "translation"),
    ];
    let body = if snapshot.streams.is_empty() { String::new() } else { trimmed(&table) + "\n" };
    format!("{body}{}\n", rest.join(", "))
}

fn trimmed(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Returns what any of the stream's combinations builds with.
fn builds_with(stream: &Stream) -> String {
    let mut shown: Vec<String> = Vec::new();
    for (module, requirement) in stream.dependencies.iter().flat_map(|group| &group.buildrequires) {
        let streams: Vec<&str> = requirement.streams.iter().map(|stream| stream.as_str()).collect();
        let text = match streams.as_slice() {
            [] => format!("{module}:*"),
            [only] => format!("{module}:{only}"),
            several => format!("{module}:[{}]", several.join(",")),
        };
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    shown.join(" ")
}

fn notes(stream: &Stream, snapshot: &Snapshot, now: Option<Minute>) -> String {
    let mut notes = Vec::new();
    let is_default = snapshot.defaults.iter().any(|defaults| {
        defaults.module == stream.name && defaults.stream.as_ref() == Some(&stream.stream)
    });
    if is_default {
        notes.push("default".to_owned());
    }
    if let Some(active) = active_obsoletes(stream, &snapshot.obsoletes, now) {
        let by = active.obsoleted_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        notes.push(format!("obsolete{by}"));
    }
    notes.join(", ")
}
