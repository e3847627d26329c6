//! Why each build was chosen or left out, as rows.

use serde::Serialize;

use super::ReportInput;
use crate::expand::{Explanation, Fate};
use crate::load::Place;
use crate::name::{Context, ModuleName, StreamName};

/// One requirement, what there is for it and what became of that.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedRow {
    pub(super) group: usize,
    /// `buildrequires`, `requires`, or `needed` for what only other builds need.
    pub(super) kind: String,
    pub(super) module: ModuleName,
    /// The streams as the document writes them.
    pub(super) written: Vec<StreamName>,
    /// Why these are not the streams that were looked up: `override`, `virtual stream` or `released`.
    pub(super) replaced: Option<String>,
    /// The streams that will do; empty for any.
    pub(super) streams: Vec<StreamName>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) builds: Vec<BuildRow>,
}

/// One build, and what became of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct BuildRow {
    pub(super) build: String,
    /// The contexts whose buildroot holds it.
    pub(super) chosen_for: Vec<Context>,
    /// The rule that leaves it out, in words.
    pub(super) excluded: Option<String>,
}

impl ExplainedRow {
    pub(super) fn new(given: ReportInput<'_>, explanation: &Explanation) -> Self {
        let Explanation { group, kind, name, written, expanded, builds } = explanation;
        let place: Option<Place> = kind.map(|kind| given.requirement_place(*group, kind, name));
        let build = |(nsvc, fate): &(crate::name::Nsvc, Fate)| BuildRow {
            build: nsvc.to_string(),
            chosen_for: match fate {
                Fate::Chosen(contexts) => contexts.clone(),
                Fate::Excluded(_) | Fate::Allowed => Vec::new(),
            },
            excluded: match fate {
                Fate::Excluded(rule) => Some(rule.to_string()),
                Fate::Chosen(_) | Fate::Allowed => None,
            },
        };
        let change = given.document.changes.iter().find(|change| {
            change.group == *group && Some(change.kind) == *kind && change.name == *name
        });
        Self {
            group: group + 1,
            kind: kind.map_or_else(|| "needed".to_owned(), |kind| kind.to_string()),
            module: name.clone(),
            written: change.map_or(written, |change| &change.written).clone(),
            replaced: change.map(|change| change.cause.to_string()),
            streams: expanded.clone(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            builds: builds.iter().map(build).collect(),
        }
    }
}
