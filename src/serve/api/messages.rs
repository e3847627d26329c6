//! What people should know of a build or a component, newest first.

use serde_json::{Value, json};

use super::Query;
use super::paging::Page;
use crate::serve::{ModuleBuild, moment_text};

/// Lists the messages of a build, or of one of its components.
pub(super) fn messages(
    build: &ModuleBuild,
    component: Option<&str>,
    address: &str,
    query: &Query,
) -> Value {
    // Messages are only ever added, so that the place of one is its number.
    let numbered = (1..).zip(&build.messages);
    let of_it = numbered
        .filter(|(_, one)| component.is_none_or(|key| one.component.as_deref() == Some(key)));
    let mut rows: Vec<(u64, &crate::serve::Message)> = of_it.collect();
    rows.reverse();
    let page = Page::of(query);
    let row = |(number, message): &(u64, &crate::serve::Message)| {
        json!({
            "id": number,
            "time_created": moment_text(message.time),
            "message": message.text,
        })
    };
    let items: Vec<Value> = page.cut(&rows).iter().map(row).collect();
    json!({"messages": items, "meta": page.meta(rows.len(), address, query)})
}
