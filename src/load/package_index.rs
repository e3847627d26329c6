//! The packages of a repository, from its index: where the file of each is.

use std::collections::BTreeMap;
use std::path::Path;

use roxmltree::{Document, ParsingOptions};

use super::repository::{Entry, entries_of};
use super::source::Bytes;

/// The file of a repository that lists its packages, `primary.xml`.
#[derive(Debug, PartialEq, Eq)]
pub struct PackageIndex(Entry);

/// Where packages are: steps below the repository, by the names of the files.
pub type PackagePlaces = BTreeMap<String, Vec<String>>;

impl PackageIndex {
    /// Finds it in the repository's `repomd.xml`.
    ///
    /// # Errors
    /// What is wrong with that, in words.
    pub fn of(repomd: &[u8]) -> Result<Self, String> {
        let mut entries = entries_of(repomd, "primary").map_err(|refusal| refusal.message)?;
        entries.pop().map(Self).ok_or_else(|| "repomd.xml has no entry `primary`".to_owned())
    }

    /// Returns where it is: steps below the repository.
    #[must_use]
    pub fn location(&self) -> Vec<String> {
        steps(&self.0.location)
    }

    /// Reads the file as it is stored, with no more than so many bytes once it is unpacked.
    ///
    /// # Errors
    /// It is not the file of `repomd.xml`, or cannot be read, in words.
    pub fn places(&self, stored: Vec<u8>, bytes_max: u64) -> Result<PackagePlaces, String> {
        if let Some(message) = self.0.checksum.mismatch(&stored) {
            return Err(message);
        }
        let bytes = Bytes::unpacked(stored, bytes_max);
        if let Some((_, message)) = bytes.broken {
            return Err(message);
        }
        let text = std::str::from_utf8(&bytes.content).map_err(|_| "it is not UTF-8".to_owned())?;
        // Nothing is expanded or fetched, because an index needs no DTD.
        let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options);
        let document = document.map_err(|error| format!("it is not valid XML: {error}"))?;
        let of_packages = document.root_element().children();
        let locations = of_packages.filter_map(|package| {
            let is_it = |node: &roxmltree::Node<'_, '_>| node.tag_name().name() == "location";
            package.children().find(is_it)?.attribute("href")
        });
        let place = |href: &str| {
            let steps = steps(Path::new(href));
            Some((steps.last()?.clone(), steps))
        };
        Ok(locations.filter_map(place).collect())
    }
}

fn steps(path: &Path) -> Vec<String> {
    path.components().map(|step| step.as_os_str().to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::sha256;

    fn index(primary: &[u8], kind: &str) -> String {
        format!(
            "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n\
             <data type=\"{kind}\"><checksum type=\"sha256\">{}</checksum>\
             <location href=\"repodata/primary.xml\"/></data>\n</repomd>\n",
            sha256(primary)
        )
    }

    #[test]
    fn packages_are_where_the_index_says() {
        let primary = b"<metadata packages=\"2\"><package type=\"rpm\"><name>a</name>\
            <location href=\"Packages/a/a-1-1.noarch.rpm\"/></package>\
            <package type=\"rpm\"><location href=\"b.rpm\"/></package></metadata>";
        let found = PackageIndex::of(index(primary, "primary").as_bytes()).expect("it has one");
        assert_eq!(found.location(), ["repodata", "primary.xml"]);
        let places = found.places(primary.to_vec(), 1000).expect("it reads");
        assert_eq!(places["a-1-1.noarch.rpm"], ["Packages", "a", "a-1-1.noarch.rpm"]);
        assert_eq!(places["b.rpm"], ["b.rpm"]);
    }

    #[test]
    fn what_is_wrong_with_an_index_is_said() {
        let primary = b"<metadata/>";
        let of = |text: &str| PackageIndex::of(text.as_bytes());
        let why = of(&index(primary, "other")).expect_err("another entry");
        assert_eq!(why, "repomd.xml has no entry `primary`");
        assert!(of("<repomd").expect_err("not XML").contains("is not valid XML"));
        let found = of(&index(primary, "primary")).expect("it has one");
        let why = found.places(b"<metadata />".to_vec(), 1000).expect_err("another file");
        assert!(why.contains("but repomd.xml says"), "{why}");
        assert!(found.places(primary.to_vec(), 3).expect_err("too long").contains("3 bytes"));
        let outside = index(primary, "primary").replace("repodata/", "../");
        assert!(of(&outside).expect_err("outside").contains("lies outside the repository"));
    }
}
