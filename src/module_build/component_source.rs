//! Where a component comes from: an address with a full commit, or with a branch or tag, from the first that names
//! one.

use crate::load::{SourceUrls, Wanted};
use crate::plan::reuse::commit_of;
use crate::site::Scm;

/// What names the source of a component.
#[derive(Clone, Copy, Debug)]
pub struct ComponentSource<'a> {
    /// The component.
    pub wanted: Wanted<'a>,
    /// An address that is known already, from a plan or a document.
    pub known: Option<&'a str>,
}

/// What is known of a source before anything is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedSource {
    /// Its address has a full commit.
    Pinned(String),
    /// A branch or tag.
    Ref {
        /// The address without it.
        address: String,
        /// Its name.
        name: String,
    },
}

impl ComponentSource<'_> {
    /// Returns the source that a file of sources gives, else the one that is known, else that of the
    /// configuration for the ref of the component. An address without a commit takes that ref, too.
    ///
    /// # Errors
    /// Nothing names a commit or a ref; what to do about it, in words.
    pub fn named(self, urls: Option<&SourceUrls>, scm: &Scm) -> Result<NamedSource, String> {
        let Self { wanted, known } = self;
        let given = urls.and_then(|urls| urls.url(wanted));
        if let Some(url) = given.or_else(|| known.map(str::to_owned)) {
            let fragment =
                url.split_once('#').map(|(_, name)| name).filter(|name| !name.is_empty());
            return match (commit_of(&url), fragment.or(wanted.reference)) {
                (Some(_), _) => Ok(NamedSource::Pinned(url)),
                (None, Some(name)) => Ok(named_by(&url, name)),
                (None, None) => Err(format!("{url} has neither a commit nor a ref behind `#`")),
            };
        }
        let Some(reference) = wanted.reference else {
            return Err("its document gives no ref: name its source with --sources FILE".to_owned());
        };
        let Some(template) = &scm.component else {
            return Err(
                "no file names its source: give --sources FILE, or `scm.component`".to_owned()
            );
        };
        Ok(named_by(&template.replace("{package}", wanted.package.as_str()), reference))
    }

    /// Returns the same where nothing is looked up: the address must have a full commit.
    ///
    /// # Errors
    /// As [`named`](Self::named); also where it is a branch or tag.
    pub fn resolve(self, urls: Option<&SourceUrls>, scm: &Scm) -> Result<String, String> {
        match self.named(urls, scm)? {
            NamedSource::Pinned(url) => Ok(url),
            NamedSource::Ref { address, name } => Err(format!(
                "`{name}` of {address} is not a full commit, and branches are not looked up here: name the commit \
                 with --sources FILE"
            )),
        }
    }
}

/// Returns a source by its address and a commit or ref.
fn named_by(address: &str, name: &str) -> NamedSource {
    let is_commit = !name.contains('#') && commit_of(&format!("#{name}")).is_some();
    match is_commit {
        true => NamedSource::Pinned(pinned(address, name)),
        false => {
            let address = address.split('#').next().unwrap_or_default().to_owned();
            NamedSource::Ref { address, name: name.to_owned() }
        }
    }
}

/// Returns koji's address of a source with a full commit in the place of its ref.
#[must_use]
pub fn pinned(source: &str, commit: &str) -> String {
    let base = source.split('#').next().unwrap_or_default();
    format!("{base}#{commit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_takes_the_place_of_a_ref() {
        let source = "git+https://src.example.org/rpms/perl?sub#main";
        assert_eq!(pinned(source, "0f0f"), "git+https://src.example.org/rpms/perl?sub#0f0f");
        let (commit, base) = ("0f".repeat(20), "https://src.example.org/perl");
        let wanted = NamedSource::Pinned(format!("{base}#{commit}"));
        assert_eq!(named_by(&format!("{base}#{{commit}}"), &commit), wanted);
        let (address, name) = (base.to_owned(), "main".to_owned());
        assert_eq!(named_by(&format!("{base}#main"), "main"), NamedSource::Ref { address, name });
    }
}
