//! URLs of the sources of components: a CSV file that maps package, stream and module to a URL.
//!
//! ```text
//! package,stream,name,url
//! perl-DBI,1.641,perl-DBI,https://src.example/rpms/perl-DBI#8f2d…
//! ,,,https://src.example/rpms/{package}#{ref}
//! ```
//!
//! An empty field matches anything; of the matching rows, the one with the fewest empty fields
//! counts, and among equals the first. A full hash after `#` is the commit and pins the source, so
//! with a file of resolved branches a plan can reuse components.

use super::problem::{Code, Finding, Place};
use crate::name::{ModuleName, PackageName, StreamName};

/// The columns of the file, all required.
const COLUMNS: [&str; 4] = ["package", "stream", "name", "url"];

/// Source URLs by package, stream and module.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceUrls {
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Row {
    /// Package, stream and name; empty for any.
    keys: [String; 3],
    url: String,
}

/// The component whose source is requested.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The package that it builds.
    pub package: &'a PackageName,
    /// The stream of its module.
    pub stream: &'a StreamName,
    /// Its module.
    pub name: &'a ModuleName,
    /// The ref its document gives.
    pub reference: Option<&'a str>,
}

impl SourceUrls {
    /// Reads the file; `input` is its number in findings. Rows that cannot be read are findings.
    #[must_use]
    pub fn read(bytes: &[u8], input: u32) -> (Self, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut report = |line: u64, message: String, hint: Option<&str>| {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let finding = Finding::new(Code::SourceUrls, Place { input, line, column: 1 }, message);
            findings.push(match hint {
                Some(hint) => finding.hint(hint),
                None => finding,
            });
        };
        let mut urls = Self::default();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = "begin with package,stream,name,url";
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => {
                report(1, format!("the header cannot be read: {error}"), Some(header));
                return (urls, findings);
            }
        };
        let find = |column: &str| headers.iter().position(|found| found == column);
        let Some(at) = COLUMNS.map(find).into_iter().collect::<Option<Vec<usize>>>() else {
            let missing: Vec<&str> =
                COLUMNS.into_iter().filter(|column| find(column).is_none()).collect();
            report(1, format!("columns are missing: {}", missing.join(", ")), Some(header));
            return (urls, findings);
        };
        for record in reader.records() {
            match record {
                Err(error) => {
                    let line = error.position().map_or(1, csv::Position::line);
                    report(line, format!("the row cannot be read: {error}"), None);
                }
                Ok(record) => {
                    let line = record.position().map_or(1, csv::Position::line);
                    let field = |column: usize| record[at[column]].to_owned();
                    let row = Row { keys: [field(0), field(1), field(2)], url: field(3) };
                    if row.url.is_empty() {
                        report(line, "the row has no url".to_owned(), None);
                    } else if urls.rows.iter().any(|other| other.keys == row.keys) {
                        report(
                            line,
                            "an earlier row has the same package, stream and name".to_owned(),
                            None,
                        );
                    } else {
                        urls.rows.push(row);
                    }
                }
            }
        }
        (urls, findings)
    }

    /// Returns the URL of a component's source; `None` if no row matches.
    #[must_use]
    pub fn url(&self, wanted: Wanted<'_>) -> Option<String> {
        let values = [wanted.package.as_str(), wanted.stream.as_str(), wanted.name.as_str()];
        let fits = |row: &&Row| {
            row.keys.iter().zip(values).all(|(key, value)| key.is_empty() || key == value)
        };
        let open = |row: &&Row| row.keys.iter().filter(|key| key.is_empty()).count();
        let row = self.rows.iter().filter(fits).min_by_key(open)?;
        let url = row.url.replace("{package}", values[0]).replace("{stream}", values[1]);
        Some(url.replace("{name}", values[2]).replace("{ref}", wanted.reference.unwrap_or("")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_that_says_most_counts() {
        let text = "package,stream,name,url\n,,,https://any/{name}/{stream}/{package}#{ref}\n\
                    a,,,https://a\na,1,m,https://exact\n";
        let (urls, findings) = SourceUrls::read(text.as_bytes(), 0);
        assert!(findings.is_empty(), "{findings:?}");
        let url = |package: &str, stream: &str| {
            urls.url(Wanted {
                package: &package.into(),
                stream: &stream.into(),
                name: &"m".into(),
                reference: Some("main"),
            })
        };
        assert_eq!(url("a", "1").unwrap(), "https://exact");
        assert_eq!(url("a", "2").unwrap(), "https://a");
        assert_eq!(url("b", "2").unwrap(), "https://any/m/2/b#main");
    }

    #[test]
    fn wrong_rows_are_told_with_their_line_and_the_others_read() {
        let text = "package,stream,name,url\na,,,\nb,,,https://b\nb,,,https://c\nd,e\n";
        let (urls, findings) = SourceUrls::read(text.as_bytes(), 3);
        let told: Vec<(u32, u32)> =
            findings.iter().map(|f| (f.place.input, f.place.line)).collect();
        assert_eq!(told, [(3, 2), (3, 4), (3, 5)]);
        assert_eq!(urls.rows.len(), 1);
        let (_, findings) = SourceUrls::read(b"package,url\n", 0);
        assert_eq!(findings[0].message, "columns are missing: stream, name");
    }
}
