//! Where a component comes from: an address with a full commit, from the first that names one.

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

/// Returns the address that a file of sources gives, else the one that is known, else that of the configuration
/// for a ref that is a full commit.
///
/// # Errors
/// Nothing names a full commit; what to do about it, in words.
pub fn resolve(
    source: ComponentSource<'_>,
    urls: Option<&SourceUrls>,
    scm: &Scm,
) -> Result<String, String> {
    let ComponentSource { wanted, known } = source;
    let named = urls.and_then(|urls| urls.url(wanted));
    if let Some(url) = named.or_else(|| known.map(str::to_owned)) {
        return match commit_of(&url) {
            Some(_) => Ok(url),
            None => {
                Err(format!("{url} has no full commit behind `#`: name it with --sources FILE"))
            }
        };
    }
    let Some(reference) = wanted.reference else {
        return Err("its document gives no ref: name its source with --sources FILE".to_owned());
    };
    let pinned = format!("#{reference}");
    if commit_of(&pinned).is_none() {
        return Err(format!(
            "`{reference}` is not a full commit, and branches are not resolved: name the commit with \
             --sources FILE"
        ));
    }
    let Some(template) = &scm.component else {
        return Err("no file names its source: give --sources FILE, or `scm.component`".to_owned());
    };
    Ok(template.replace("{package}", wanted.package.as_str()).replace("{commit}", reference))
}
