//! One page of a server's list: its unchanged rows, and whether it is the last.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Service;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The rows, each on one line.
    pub(super) rows: Vec<String>,
    /// The current number of rows in the whole list, according to the server.
    pub(super) rows_all: u64,
    /// Whether no page follows.
    pub(super) is_last: bool,
}

#[derive(Deserialize)]
struct PdcPage<'t> {
    count: u64,
    next: Option<String>,
    #[serde(borrow)]
    results: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct MbsPage<'t> {
    #[serde(borrow)]
    items: Vec<&'t RawValue>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    next: Option<String>,
    total: u64,
}

/// The identity of a row.
#[derive(Deserialize)]
struct Key {
    uid: Option<String>,
    id: Option<u64>,
}

impl Page {
    /// Reads an answer; the error describes an answer that is not a page.
    pub(super) fn read(service: Service, body: &str) -> Result<Self, String> {
        let no_page =
            |error: serde_json::Error| format!("the answer is not a page of rows: {error}");
        // A PDC that returns everything at once answers with a bare list.
        if service == Service::Pdc && body.trim_start().starts_with('[') {
            let rows: Vec<&RawValue> = serde_json::from_str(body).map_err(no_page)?;
            return Ok(Self { rows_all: rows.len() as u64, rows: lines(&rows), is_last: true });
        }
        let (rows, rows_all, next) = match service {
            Service::Pdc => {
                let page: PdcPage<'_> = serde_json::from_str(body).map_err(no_page)?;
                (page.results, page.count, page.next)
            }
            Service::Mbs => {
                let page: MbsPage<'_> = serde_json::from_str(body).map_err(no_page)?;
                (page.items, page.meta.total, page.meta.next)
            }
        };
        Ok(Self { rows: lines(&rows), rows_all, is_last: next.is_none() })
    }
}

/// Returns each row on one line: a line feed inside JSON is never part of a text.
fn lines(rows: &[&RawValue]) -> Vec<String> {
    rows.iter().map(|row| row.get().lines().map(str::trim).collect()).collect()
}

/// Returns the identity of a row: its uid or id. Rows of PDC's first generation, whose uid may lack
/// the context, are identified by their whole content.
pub(super) fn key(row: &str) -> String {
    match serde_json::from_str(row) {
        Ok(Key { uid: Some(uid), .. }) => uid,
        Ok(Key { id: Some(id), .. }) => id.to_string(),
        _ => row.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_both_services_and_a_bare_list_are_read_and_nothing_else() {
        let pdc = r#"{"count": 3, "next": "http://x/?page=2", "previous": null, "results": [
            {"uid": "a",
             "t": "x\n y"}]}"#;
        let page = Page::read(Service::Pdc, pdc).expect("a page");
        assert_eq!((page.rows_all, page.is_last), (3, false));
        assert_eq!(page.rows, [r#"{"uid": "a","t": "x\n y"}"#]);
        let list = Page::read(Service::Pdc, "[{\"uid\": \"a\"}, {}]").expect("a page");
        assert_eq!((list.rows_all, list.is_last), (2, true));
        let mbs = r#"{"items": [{"id": 7}], "meta": {"total": 1, "next": null, "page": 1}}"#;
        let page = Page::read(Service::Mbs, mbs).expect("a page");
        assert_eq!((page.rows_all, page.is_last, key(&page.rows[0])), (1, true, "7".to_owned()));
        for wrong in ["", "{}", "<html>", "[{", r#"{"count": 1, "next": null}"#] {
            assert!(Page::read(Service::Pdc, wrong).is_err(), "{wrong}");
        }
        assert!(Page::read(Service::Mbs, "[{}]").is_err());
    }
}
