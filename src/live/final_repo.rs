//! The final repositories of a finished module: RPMs from the hub's files, indexed by createrepo_c, with the
//! modulemd inside.
//!
//! ```text
//!   DIRECTORY/.NVR-RUN.making/ARCH/Packages   fetched and compared, file by file
//!                            /ARCH/repodata   createrepo_c, then modifyrepo_c with the modulemd
//!                            /module.json     the label, last
//!   DIRECTORY/NVR                             all of it at once, by renaming
//! ```
//!
//! Whoever reads `DIRECTORY/NVR` finds it whole or not at all. What a process that died has fetched is kept
//! if its content is right, so the next one continues there.

mod dist;
mod error;
mod fetch;
mod rpm_file;
mod stage;
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use self::dist::DistPlaces;
use self::fetch::Top;
use self::stage::{Stage, finished};
use crate::koji::profile::Profile;
use crate::module_build::dist_repo::AskedDistRepo;
use crate::module_build::final_repo::{RepoLabel, repo_files};
use crate::module_build::finals::FinalDocument;
use crate::module_build::tagged::TagContents;
use crate::name::{Arch, Nsvc};
use crate::plan::names::content_nvr;
use crate::site::{FinalRepoKind, Site};

pub use self::error::FinalRepoError;

/// Where final repositories are made, and from what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinalRepos {
    /// The directory that holds one for each module build.
    pub directory: PathBuf,
    /// The top of the hub's files: an address, or a path.
    pub topurl: String,
    /// The file with the authority of the certificate there, besides those of the system.
    pub server_ca: Option<PathBuf>,
    /// Whether that certificate is not verified.
    pub is_blind: bool,
    /// The keys of which every RPM must have a signature by one; none: unsigned copies are taken.
    pub keys: Vec<String>,
    /// How long signatures are waited for, in milliseconds.
    pub timeout_ms: u64,
    /// Whether RPMs are taken from a dist-repo that koji makes, instead of its own files.
    #[serde(default)]
    pub by_koji: bool,
}

impl FinalRepos {
    /// Returns what a site and a profile decide; `None` where the site has no final repositories.
    ///
    /// # Errors
    /// The profile does not say where the hub's files are, or final repositories would be among them.
    pub fn of(site: &Site, profile: &Profile) -> Result<Option<Self>, FinalRepoError> {
        let Some(final_repo) = &site.final_repo else { return Ok(None) };
        let topurl = profile.topurl.clone().ok_or_else(|| {
            let name = &profile.name;
            FinalRepoError::Setup(format!(
                "the profile {name} has no `topurl`, and final repositories need the hub's files"
            ))
        })?;
        let signing = site.signing.as_ref();
        let repos = Self {
            directory: PathBuf::from(&final_repo.directory),
            topurl,
            server_ca: profile.server_ca.as_ref().map(PathBuf::from),
            is_blind: profile.no_ssl_verify,
            keys: signing.map(|signing| signing.keys.clone()).unwrap_or_default(),
            timeout_ms: signing.map_or(0, |signing| signing.timeout.0),
            by_koji: final_repo.kind == FinalRepoKind::Koji,
        };
        Top::new(&repos)?;
        Ok(Some(repos))
    }
}

/// A module whose repositories are made.
#[derive(Clone, Copy, Debug)]
pub struct Making<'a> {
    /// The run that makes them.
    pub run: &'a str,
    /// The module build.
    pub nsvc: &'a Nsvc,
    /// The tag that its RPMs are from.
    pub koji_tag: &'a str,
    /// The final document of each arch.
    pub finals: &'a BTreeMap<Arch, &'a FinalDocument<'a>>,
    /// What the tag holds.
    pub tag: &'a TagContents,
    /// The key by which each RPM is signed, by koji's number of the RPM; empty: unsigned copies are taken.
    pub signed_by: &'a BTreeMap<i64, String>,
    /// koji's dist-repo that its RPMs are taken from; `None`: they are taken from koji's own files.
    pub dist_repo: Option<&'a AskedDistRepo>,
}

impl Making<'_> {
    fn label(&self) -> RepoLabel {
        RepoLabel {
            format: RepoLabel::FORMAT,
            module: self.nsvc.to_string(),
            tag: self.koji_tag.to_owned(),
            signed_by: self.signed_by.values().cloned().collect::<BTreeSet<_>>(),
            arches: self.finals.keys().cloned().collect(),
            dist_repo: self.dist_repo.map(|asked| asked.repo_id),
        }
    }
}

/// Makes the repositories of a module and puts them in place at once; returns their directory. Those that
/// are there already stay as they are.
///
/// # Errors
/// A file cannot be fetched or is not the RPM that koji lists, a file cannot be written, createrepo_c or
/// modifyrepo_c is missing or refuses, or something else is in the place.
///
/// # Panics
/// A thread of the runtime panicked.
pub async fn make(repos: &FinalRepos, making: Making<'_>) -> Result<PathBuf, FinalRepoError> {
    let (label, nvr) = (making.label(), content_nvr(making.nsvc));
    let place = repos.directory.join(&nvr);
    if finished(&place, &label)? {
        return Ok(place);
    }
    let top = Top::new(repos)?;
    let stage = Stage::open(&repos.directory, &format!(".{nvr}-{}.making", making.run), &label)?;
    let places = match making.dist_repo {
        Some(asked) => Some(DistPlaces::read(asked, making.tag, &stage, &top).await?),
        None => None,
    };
    for (arch, document) in making.finals {
        let mut files = repo_files(document, making.tag, making.signed_by);
        if let Some(places) = &places {
            places.find(&mut files)?;
        }
        stage.keep_only(arch, &files)?;
        for file in &files {
            stage.fill(arch, file, &top).await?;
        }
    }
    for (arch, document) in making.finals {
        stage.index(arch, &document.yaml(), &label).await?;
    }
    tokio::task::spawn_blocking(move || {
        stage.put_in_place(&label, &place)?;
        Ok(place)
    })
    .await
    .expect("making a repository does not panic")
}
