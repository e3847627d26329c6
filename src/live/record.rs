//! Reads all pages of a server's list of modules into one snapshot.
//!
//! A list may change while it is read: rows move from page to page, and some are missed. So the
//! number of rows is compared with the count that the server reports, and if they differ everything
//! is read again, a bounded number of times.

use std::collections::BTreeSet;
use std::path::PathBuf;

use reqwest::Url;

use super::http::{Http, Retry};
use super::page::{Page, key};
use super::partial::{Header, Partial};
use super::{LiveError, Service};

/// How often a changing list is read before giving up.
const PASSES_MAX: u32 = 3;

/// The settings of a recording.
#[derive(Clone, Debug)]
pub struct Request {
    /// The protocol of the server.
    pub service: Service,
    /// Its address: of the host, or of its API.
    pub url: String,
    /// How many rows to ask for at once; servers give 100 at most.
    pub page_size: u32,
    /// Filters, as the server's own parameters.
    pub filters: Vec<(String, String)>,
    /// The file with the rows read so far.
    pub partial: PathBuf,
    /// How often to ask again.
    pub retry: Retry,
}

/// How far a recording is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many rows of all are there.
    Rows {
        /// Those that are there.
        rows: u64,
        /// All of them, according to the server.
        rows_all: u64,
    },
    /// A note for users: a retry, a second pass.
    Note(String),
}

/// A whole list.
#[derive(Debug)]
pub struct Recording {
    /// The snapshot, ready to be written: one envelope, a row a line.
    pub text: String,
    /// How many rows it holds.
    pub rows: usize,
    partial: Partial,
}

impl Recording {
    /// Removes the partial file, once the snapshot is safe.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn finish(self) -> Result<(), LiveError> {
        self.partial.remove()
    }
}

/// Records all rows of a server, continuing an earlier attempt if any.
///
/// # Errors
///
/// The server is unreachable, refuses, or keeps changing; the rows read so far stay in the partial
/// file.
pub fn record(request: &Request, tell: &mut dyn FnMut(Step)) -> Result<Recording, LiveError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime of this one thread starts");
    let http = Http::new(request.retry);
    runtime.block_on(Recorder { request, http, tell }.run())
}

struct Recorder<'r> {
    request: &'r Request,
    http: Http,
    tell: &'r mut dyn FnMut(Step),
}

impl Recorder<'_> {
    async fn run(mut self) -> Result<Recording, LiveError> {
        let list = self.list().await?;
        let header = Header::new(self.request.service.as_str(), list.as_str());
        for pass in 1..=PASSES_MAX {
            let mut partial = Partial::open(&self.request.partial, &header)?;
            if !partial.pages.is_empty() && pass == 1 {
                let pages = partial.pages.len();
                (self.tell)(Step::Note(format!(
                    "continuing after page {pages} of an earlier attempt"
                )));
            }
            self.pages(&list, &mut partial).await?;
            if let Some(rows) = whole(&partial.pages) {
                let text = envelope(self.request.service, &rows);
                return Ok(Recording { text, rows: rows.len(), partial });
            }
            partial.remove()?;
            (self.tell)(Step::Note(format!(
                "the list changed while it was read ({pass} of {PASSES_MAX})"
            )));
        }
        Err(LiveError::Changing { url: list.to_string(), passes: PASSES_MAX })
    }

    /// Reads the missing pages, until the last one or an invalid one.
    async fn pages(&mut self, list: &Url, partial: &mut Partial) -> Result<(), LiveError> {
        let mut known: BTreeSet<String> =
            partial.pages.iter().flat_map(|page| &page.rows).map(|row| key(row)).collect();
        while partial.pages.last().is_none_or(|page| !page.is_last) {
            let number = partial.pages.len() + 1;
            let page = match self.page(&with(list, &[("page", &number.to_string())])).await {
                // The list became shorter.
                Err(LiveError::Refused { status: 404, .. }) if number > 1 => return Ok(()),
                page => page?,
            };
            let before = known.len();
            known.extend(page.rows.iter().map(|row| key(row)));
            // A server that repeats a page would do so for ever.
            let is_stuck = known.len() == before && !page.is_last;
            (self.tell)(Step::Rows { rows: known.len() as u64, rows_all: page.rows_all });
            partial.add(page)?;
            if is_stuck {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn page(&mut self, url: &Url) -> Result<Page, LiveError> {
        let service = self.request.service;
        let Self { http, tell, .. } = self;
        http.get(url, |body| Page::read(service, body), &mut |note| tell(Step::Note(note))).await
    }

    /// Returns the address of the list without the number of a page.
    async fn list(&mut self) -> Result<Url, LiveError> {
        let Request { service, url, page_size, filters, .. } = self.request;
        let size = page_size.to_string();
        let mut list = match service {
            Service::Mbs => {
                let list = join(
                    &api(url, "module-build-service", "module-build-service/2/")?,
                    "module-builds/",
                );
                with(&list, &[("per_page", &size), ("verbose", "true"), ("order_by", "id")])
            }
            Service::Pdc => with(
                &self.pdc_list(&api(url, "rest_api", "rest_api/v1/")?).await?,
                &[("page_size", &size)],
            ),
        };
        let filters: Vec<(&str, &str)> =
            filters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        if *service == Service::Mbs && !filters.iter().any(|(key, _)| *key == "state") {
            list = with(&list, &[("state", "ready")]);
        }
        Ok(with(&list, &filters))
    }

    /// Returns PDC's list of modules: `modules`, or its name on servers before 2018.
    async fn pdc_list(&mut self, api: &Url) -> Result<Url, LiveError> {
        let modules = join(api, "modules/");
        match self.page(&with(&modules, &[("page_size", "1")])).await {
            Ok(_) => Ok(modules),
            Err(LiveError::Refused { status: 404, .. }) => Ok(join(api, "unreleasedvariants/")),
            Err(error) => Err(error),
        }
    }
}

/// Returns the rows of all pages, each once, if they are complete.
fn whole(pages: &[Page]) -> Option<Vec<&str>> {
    let rows_all = pages.last().filter(|page| page.is_last)?.rows_all;
    let rows: Vec<&str> = pages.iter().flat_map(|page| &page.rows).map(String::as_str).collect();
    let distinct: BTreeSet<String> = rows.iter().map(|row| key(row)).collect();
    let is_steady = pages.iter().all(|page| page.rows_all == rows_all);
    (is_steady && rows.len() as u64 == rows_all && distinct.len() == rows.len()).then_some(rows)
}

/// Returns one envelope with one row per line, as the service itself would send it.
fn envelope(service: Service, rows: &[&str]) -> String {
    let (count, rows) = (rows.len(), rows.join(",\n"));
    match service {
        Service::Pdc => format!(
            "{{\"count\": {count}, \"next\": null, \"previous\": null, \"results\": [\n{rows}\n]}}\n"
        ),
        Service::Mbs => format!(
            "{{\"items\": [\n{rows}\n], \"meta\": {{\"page\": 1, \"pages\": 1, \"per_page\": {count}, \
             \"total\": {count}, \"next\": null, \"prev\": null}}}}\n"
        ),
    }
}

/// Returns the address of the API: as given if it names one, otherwise below the host.
fn api(url: &str, name: &str, below: &str) -> Result<Url, LiveError> {
    let wrong = |reason: String| LiveError::BadUrl { url: without_user(url), reason };
    let mut parsed = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(wrong("omit user and password: a recording reads public data only".to_owned()));
    }
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(wrong("it must start with http:// or https://".to_owned()));
    }
    parsed.set_query(None);
    if !parsed.path().ends_with('/') {
        parsed.set_path(&format!("{}/", parsed.path()));
    }
    Ok(if parsed.path().contains(name) { parsed } else { join(&parsed, below) })
}

/// Returns an address without the user and password before its host, so that it can be printed.
fn without_user(url: &str) -> String {
    let start = url.find("//").map_or(0, |at| at + 2);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    match url[start..end].rfind('@') {
        Some(at) => format!("{}…{}", &url[..start], &url[start + at..]),
        None => url.to_owned(),
    }
}

fn join(url: &Url, path: &str) -> Url {
    url.join(path).expect("a path below an address is one")
}

fn with(url: &Url, parameters: &[(&str, &str)]) -> Url {
    let mut url = url.clone();
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_of_the_host_or_of_its_api() {
        let pdc = |url| api(url, "rest_api", "rest_api/v1/").map(String::from);
        for url in
            ["https://p", "https://p/", "https://p/rest_api/v1", "https://p/rest_api/v1/?a=b"]
        {
            assert_eq!(pdc(url).unwrap(), "https://p/rest_api/v1/", "{url}");
        }
        assert_eq!(pdc("https://p/pdc").unwrap(), "https://p/pdc/rest_api/v1/");
        for wrong in ["p", "ftp://p/", ""] {
            assert!(matches!(pdc(wrong), Err(LiveError::BadUrl { .. })), "{wrong}");
        }
    }

    #[test]
    fn an_address_with_a_password_is_refused_without_printing_it() {
        for url in
            ["https://me:hunter2@p/pdc", "https://hunter2@p", "ftp://me:hunter2@p", "me:hunter2@p"]
        {
            let error = api(url, "rest_api", "rest_api/v1/").unwrap_err().to_string();
            assert!(!error.contains("hunter2") && error.contains("@p"), "{error}");
        }
    }

    #[test]
    fn rows_that_are_missing_doubled_or_recounted_make_no_whole() {
        let page = |rows: &[&str], rows_all, is_last| Page {
            rows: rows.iter().map(|uid| format!("{{\"uid\":\"{uid}\"}}")).collect(),
            rows_all,
            is_last,
        };
        let rows = |pages: &[Page]| whole(pages).map(|rows| rows.len());
        assert_eq!(rows(&[page(&["a", "b"], 3, false), page(&["c"], 3, true)]), Some(3));
        assert_eq!(rows(&[page(&["a", "b"], 3, false), page(&["b"], 3, true)]), None);
        assert_eq!(rows(&[page(&["a", "b"], 4, false), page(&["c"], 3, true)]), None);
        assert_eq!(rows(&[page(&["a"], 2, true)]), None);
        assert_eq!(rows(&[page(&["a"], 1, false)]), None);
        assert_eq!(rows(&[page(&[], 0, true)]), Some(0));
    }
}
