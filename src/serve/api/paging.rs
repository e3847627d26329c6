//! Pages of lists, with links that keep every parameter.

use serde_json::{Value, json};

use super::Query;

/// More rows are never on a page.
const PER_PAGE_MAX: u64 = 1000;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    number: u64,
    per_page: u64,
}

impl Page {
    /// Reads `page` and `per_page`.
    pub(super) fn of(query: &Query) -> Self {
        let per_page = query.count("per_page", 10).min(PER_PAGE_MAX);
        Self { number: query.count("page", 1), per_page }
    }

    /// Returns the rows of the page.
    pub(super) fn cut<'r, T>(&self, rows: &'r [T]) -> &'r [T] {
        let from = (self.number - 1).saturating_mul(self.per_page);
        let at = |count: u64| usize::try_from(count).unwrap_or(usize::MAX).min(rows.len());
        &rows[at(from)..at(from.saturating_add(self.per_page))]
    }

    /// Describes the page; `address` is that of the list, without parameters.
    pub(super) fn meta(&self, total: usize, address: &str, query: &Query) -> Value {
        let Self { number, per_page } = *self;
        let total = total as u64;
        let pages = total.div_ceil(per_page);
        let link = |page: u64| link(address, page, per_page, query);
        let next = (number < pages).then(|| link(number + 1));
        let prev = (number > 1 && pages > 0).then(|| link((number - 1).min(pages)));
        json!({
            "first": link(1),
            "last": link(pages),
            "next": next,
            "page": number,
            "pages": pages,
            "per_page": per_page,
            "prev": prev,
            "total": total,
        })
    }
}

fn link(address: &str, page: u64, per_page: u64, query: &Query) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.append_pair("page", &page.to_string()).append_pair("per_page", &per_page.to_string());
    for (name, value) in query.pairs().filter(|(name, _)| !matches!(*name, "page" | "per_page")) {
        text.append_pair(name, value);
    }
    format!("{address}?{}", text.finish())
}
