//! Rows of the dependency service in the first journals of format 4: with the numbers of the
//! heading's catalog.

use std::sync::Arc;

use serde::Deserialize;

use super::{Row, Words};
use crate::orchestrate::{self, Answer, CallId, Catalog, Identity, Reply};
use crate::time::Timestamp;

/// The beginning of such rows; in named rows, a module is a text.
const BEGINNING: &str = "\"rows\":[{\"module\":";

#[derive(Deserialize)]
struct NumberedRow {
    row: u64,
    at: Timestamp,
    event: NumberedEvent,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NumberedEvent {
    Answered { call: CallId, answer: NumberedAnswer },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NumberedAnswer {
    Done(NumberedReply),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NumberedReply {
    Rows(Vec<Dependant>),
}

#[derive(Deserialize)]
struct Dependant {
    module: usize,
    version: u64,
    requires: Vec<Required>,
}

#[derive(Deserialize)]
struct Required {
    name: u32,
    stream: u32,
    context: u32,
}

/// Returns a row with its numbers replaced by names; `None` if it has no such numbers.
pub(super) fn row(json: &str, catalog: &Catalog) -> Option<Row> {
    let (_, rest) = json.split_once(BEGINNING)?;
    if rest.starts_with('"') {
        return None;
    }
    let NumberedRow { row, at, event } = serde_json::from_str(json).ok()?;
    let NumberedEvent::Answered { call, answer } = event;
    let NumberedAnswer::Done(NumberedReply::Rows(rows)) = answer;
    let rows: Option<Vec<_>> = rows.iter().map(|row| row.named(catalog)).collect();
    let answer = Answer::Done(Reply::Rows(rows?.into()));
    Some(Row { row, at, event: Words::Answered { call, answer } })
}

impl Dependant {
    fn named(&self, catalog: &Catalog) -> Option<orchestrate::Row> {
        let module = Arc::clone(&catalog.modules.get(self.module)?.id);
        let id = |&Required { name, stream, context }: &Required| {
            catalog.id_of(Identity { name, stream, context }).map(Arc::from)
        };
        let requires = self.requires.iter().map(id).collect::<Option<_>>()?;
        Some(orchestrate::Row { module, version: self.version, requires })
    }
}
