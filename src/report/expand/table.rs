//! An expansion for people: what comes out, its names, its batches, and why if asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::explain::ExplainedRow;
use super::{DocumentRow, Report};
use crate::name::{ModuleName, StreamName};
use crate::report::layout::{Indent, Layout, wrapped};

/// How many contexts are named before the rest is counted.
const NAMED_MAX: usize = 4;

/// Renders an expansion as tables, in lines of at most `width` characters.
#[must_use]
pub fn table(report: &Report, width: usize) -> String {
    let mut text = String::new();
    if !report.documents.is_empty() {
        text += &contexts(&report.documents, width);
        text.push('\n');
        text += &names(&report.documents, width);
    }
    if !report.batches.is_empty() {
        text.push('\n');
        text += &batches(report, width);
    }
    for row in &report.explained {
        text.push('\n');
        text += &explained(row, width);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text + &wrapped(&summary(report), width, Indent::hanging(2))
}

fn contexts(documents: &[DocumentRow], width: usize) -> String {
    let header = ["CONTEXT", "GROUP", "VERSION", "BUILDROOT", "BUILDREQUIRES", "REQUIRES"];
    let mut table = Layout::new(&header, &[1, 3]);
    for row in documents {
        let pins = row.buildrequires.iter().map(|(name, stream)| format!("{name}:{stream}"));
        table.add(vec![
            row.context.to_string(),
            row.group.to_string(),
            row.version.map_or_else(|| "-".to_owned(), |version| version.to_string()),
            row.buildroot.len().to_string(),
            pins.collect::<Vec<_>>().join(" "),
            requires(&row.requires),
        ]);
    }
    table.render(width)
}

/// Prints requirements as people write them: `gtk:1 lib:1,2 any:*`.
fn requires(needs: &BTreeMap<ModuleName, Vec<StreamName>>) -> String {
    let need = |(name, streams): (&ModuleName, &Vec<StreamName>)| {
        let streams: Vec<&str> = streams.iter().map(StreamName::as_str).collect();
        let streams = if streams.is_empty() { "*".to_owned() } else { streams.join(",") };
        format!("{name}:{streams}")
    };
    needs.iter().map(need).collect::<Vec<_>>().join(" ")
}

fn names(documents: &[DocumentRow], width: usize) -> String {
    if documents.iter().all(|row| row.version.is_none()) {
        let why = "no version, so no tags and targets: give the time of the commit with --at";
        return wrapped(why, width, Indent::hanging(2));
    }
    if documents.iter().all(|row| row.names.is_none()) {
        return "no stream, so no tags and targets: give --stream\n".to_owned();
    }
    let mut table = Layout::new(&["CONTEXT", "TAG", "TARGET", "DIST TAG"], &[]);
    let mut has_index = true;
    for row in documents {
        let Some(names) = &row.names else { continue };
        has_index &= names.dist_tag.is_some();
        let same = names.target == names.koji_tag;
        table.add(vec![
            row.context.to_string(),
            names.koji_tag.clone(),
            if same { "as the tag".to_owned() } else { names.target.clone() },
            names.dist_tag.clone().unwrap_or_else(|| names.dist_tag_pattern.clone()),
        ]);
    }
    let mut text = table.render(width);
    let patterns = "build tag: TAG-build; macros package: module-build-macros-0.1-1.DIST-TAG";
    text += &wrapped(patterns, width, Indent::hanging(2));
    if !has_index {
        let why =
            "ID in a dist tag is the id of the first of these builds: give it with --build-id";
        text += &wrapped(why, width, Indent::hanging(2));
    }
    text
}

fn batches(report: &Report, width: usize) -> String {
    let mut table = Layout::new(&["BATCH", "COMPONENTS"], &[0]);
    for batch in &report.batches {
        let names: Vec<&str> =
            batch.components.iter().map(|each| each.component.as_str()).collect();
        table.add(vec![batch.index.to_string(), names.join(" ")]);
    }
    table.render(width)
}

fn explained(row: &ExplainedRow, width: usize) -> String {
    let mut text = format!("group {} {} {}", row.group, row.kind, row.module);
    if row.kind == "needed" {
        text =
            format!("group {} needs {} at run time of what it builds with", row.group, row.module);
    } else {
        let list = |streams: &[StreamName]| {
            streams.iter().map(StreamName::as_str).collect::<Vec<_>>().join(", ")
        };
        let written =
            if row.written.is_empty() { "any stream".to_owned() } else { list(&row.written) };
        add(&mut text, format_args!(" ({written})"));
        let streams =
            if row.streams.is_empty() { "no stream".to_owned() } else { list(&row.streams) };
        if let Some(cause) = &row.replaced {
            add(&mut text, format_args!(", replaced by {streams} ({cause})"));
        } else if row.written != row.streams {
            add(&mut text, format_args!(", which selects {streams}"));
        }
        if let Some(line) = row.line {
            add(&mut text, format_args!(", line {line}"));
        }
    }
    let text = wrapped(&text, width, Indent::hanging(2));
    if row.builds.is_empty() {
        return text + "  no build\n";
    }
    let mut table = Layout::new(&["  BUILD", "RESULT"], &[]);
    for build in &row.builds {
        let fate = match (&build.excluded, build.chosen_for.as_slice()) {
            (Some(rule), _) => format!("no: {rule}"),
            (None, []) => "will do".to_owned(),
            (None, contexts) => format!("chosen for {}", some(contexts)),
        };
        table.add(vec![format!("  {}", build.build), fate]);
    }
    text + &table.render(width)
}

fn some(contexts: &[crate::name::Context]) -> String {
    let named: Vec<&str> = contexts.iter().take(NAMED_MAX).map(|each| each.as_str()).collect();
    match contexts.len().saturating_sub(NAMED_MAX) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn summary(report: &Report) -> String {
    let count =
        |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    let name = match report.stream.as_str() {
        "" => report.name.to_string(),
        stream => format!("{}:{stream}", report.name),
    };
    let contexts = count(report.documents.len(), "context");
    let mut text = format!("{name} expands to {contexts}");
    if !report.refused.is_empty() {
        let combinations = count(report.refused.len(), "combination");
        add(&mut text, format_args!("; {combinations} of streams are unavailable"));
    }
    if !report.complete {
        text += "; incomplete, see the errors";
    }
    text.push('\n');
    text
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}
