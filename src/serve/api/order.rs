//! The order of a list.

use std::cmp::Ordering;

use super::columns::Column;
use super::{Query, Refusal};

/// Orders rows as `order_by` or `order_desc_by` say; the newest first without them.
pub(super) fn order<T>(
    rows: &mut [T],
    query: &Query,
    column: impl Fn(&T, &str) -> Option<Column>,
) -> Result<(), Refusal> {
    let rising: Vec<&str> = query.all("order_by").collect();
    let falling: Vec<&str> = query.all("order_desc_by").collect();
    if !rising.is_empty() && !falling.is_empty() {
        return Err(Refusal::bad("You may not specify both order_by and order_desc_by"));
    }
    let is_falling = rising.is_empty();
    let keys = match (rising.is_empty(), falling.is_empty()) {
        (false, _) => rising,
        (true, false) => falling,
        (true, true) => vec!["id"],
    };
    if let Some(row) = rows.first()
        && let Some(unknown) = keys.iter().find(|key| column(row, key).is_none())
    {
        return Err(Refusal::bad(format!("An invalid ordering key of \"{unknown}\" was supplied")));
    }
    let compare = |one: &T, other: &T| {
        keys.iter()
            .map(|key| match (column(one, key), column(other, key)) {
                (Some(one), Some(other)) => one.compare(&other),
                _ => Ordering::Equal,
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    };
    rows.sort_by(|one, other| {
        let order = compare(one, other);
        if is_falling { order.reverse() } else { order }
    });
    Ok(())
}
