//! A table for people: one line a module build.

use std::collections::BTreeMap;

use crate::load::{ActiveObsoletes, Defaults, Minute, Obsoletes, Snapshot, Stream};
use crate::name::ModuleName;
use crate::report::layout::Layout;

/// Returns a table of all module builds in lines of at most `width` characters, and a line on what
/// else there is.
#[must_use]
pub fn table(snapshot: &Snapshot, now: Option<Minute>, width: usize) -> String {
    let mut table = Layout::new(
        &["MODULE", "VERSION", "CONTEXT", "ARCH", "RPMS", "NOTES", "BUILDS WITH"],
        &[4],
    );
    let mut streams: Vec<&Stream> = snapshot.streams.iter().collect();
    streams.sort_by_key(|stream| {
        (stream.name_stream(), stream.version, stream.context.clone(), stream.arch.clone())
    });
    let active = ActiveObsoletes::at(now, &snapshot.obsoletes);
    // There is one set of defaults a module.
    let defaults: BTreeMap<&ModuleName, &Defaults> =
        snapshot.defaults.iter().map(|defaults| (&defaults.module, defaults)).collect();
    for stream in streams {
        table.add(vec![
            stream.name_stream().to_string(),
            stream.version.to_string(),
            stream.context.as_ref().map(ToString::to_string).unwrap_or_default(),
            stream.arch.as_ref().map(ToString::to_string).unwrap_or_default(),
            stream.components.len().to_string(),
            notes(stream, defaults.get(&stream.name).copied(), active.of(stream)),
            builds_with(stream),
        ]);
    }
    let count =
        |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    let rest = [
        count(snapshot.streams.len(), "module build"),
        count(snapshot.defaults.len(), "module") + " with defaults",
        format!("{} obsoletes", snapshot.obsoletes.len()),
        count(snapshot.translations.len(), "translation"),
    ];
    let body = if snapshot.streams.is_empty() { String::new() } else { table.render(width) + "\n" };
    format!("{body}{}\n", rest.join(", "))
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

fn notes(stream: &Stream, defaults: Option<&Defaults>, active: Option<&Obsoletes>) -> String {
    let mut notes = Vec::new();
    if defaults.is_some_and(|defaults| defaults.stream.as_ref() == Some(&stream.stream)) {
        notes.push("default".to_owned());
    }
    if let Some(active) = active {
        let by = active.obsoleted_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        notes.push(format!("obsolete{by}"));
    }
    notes.join(", ")
}
