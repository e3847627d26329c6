//! The directory beside the place, in which repositories are made.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::FinalRepoError;
use super::fetch::Top;
use super::rpm_file::payload_hash;
use super::tools;
use crate::module_build::final_repo::{RepoFile, RepoLabel};
use crate::name::Arch;

/// The folder of the RPMs of an arch.
const PACKAGES: &str = "Packages";
/// The label, written last.
const LABEL: &str = "module.json";
/// What is only needed on the way: half a file, and modulemd.
const SCRATCH: &str = ".scratch";

/// Returns whether the repositories are in their place already.
///
/// # Errors
/// Something else is there.
pub(super) fn finished(place: &Path, label: &RepoLabel) -> Result<bool, FinalRepoError> {
    let taken = |by: String| FinalRepoError::Taken { path: place.to_owned(), by };
    let text = match fs::read_to_string(place.join(LABEL)) {
        Ok(text) => text,
        Err(_) if !place.exists() => return Ok(false),
        Err(error) => return Err(taken(format!("its {LABEL} cannot be read: {error}"))),
    };
    let found: RepoLabel = serde_json::from_str(&text)
        .map_err(|error| taken(format!("its {LABEL} cannot be read: {error}")))?;
    if found == *label {
        return Ok(true);
    }
    let told = |label: &RepoLabel| {
        let RepoLabel { module, tag, .. } = label;
        let arches: Vec<&str> = label.arches.iter().map(Arch::as_str).collect();
        let content = label.content().join(", ");
        format!("{module} from {tag} for {}, {content}", arches.join(", "))
    };
    Err(taken(format!("it is {}, and this is {}", told(&found), told(label))))
}

/// The directory beside the place.
#[derive(Debug)]
pub(super) struct Stage {
    directory: PathBuf,
    arches: BTreeSet<Arch>,
}

impl Stage {
    /// Makes it, or takes over what an earlier process left of it.
    pub(super) fn open(
        beside: &Path,
        name: &str,
        label: &RepoLabel,
    ) -> Result<Self, FinalRepoError> {
        let stage = Self { directory: beside.join(name), arches: label.arches.clone() };
        make(&stage.directory)?;
        let wanted: BTreeSet<&str> = label.arches.iter().map(Arch::as_str).collect();
        remove_others(&stage.directory, &wanted)?;
        make(&stage.directory.join(SCRATCH))?;
        Ok(stage)
    }

    fn packages(&self, arch: &Arch) -> PathBuf {
        self.directory.join(arch.as_str()).join(PACKAGES)
    }

    /// Removes everything of an arch but the files that belong there.
    pub(super) fn keep_only(&self, arch: &Arch, files: &[RepoFile]) -> Result<(), FinalRepoError> {
        let packages = self.packages(arch);
        make(&packages)?;
        remove_others(&self.directory.join(arch.as_str()), &[PACKAGES].into())?;
        remove_others(&packages, &files.iter().map(|file| file.name.as_str()).collect())
    }

    /// Has one file in its folder: the one that is there if it is right, that of another arch, or one that is
    /// fetched.
    pub(super) async fn fill(
        &self,
        arch: &Arch,
        file: &RepoFile,
        top: &Top,
    ) -> Result<(), FinalRepoError> {
        let is_plain = |step: &String| !matches!(&**step, "" | "." | "..") && !step.contains('/');
        if !file.path.iter().all(is_plain) {
            let path = file.path.join("/");
            return Err(FinalRepoError::Setup(format!("koji lists an RPM with the path {path}")));
        }
        let to = self.packages(arch).join(&file.name);
        if hash(&to).await?.is_some_and(|found| found == file.payload_hash) {
            return Ok(());
        }
        // Sources and noarch RPMs are the same for every arch.
        for other in self.arches.iter().filter(|other| *other != arch) {
            let known = self.packages(other).join(&file.name);
            if hash(&known).await?.is_some_and(|found| found == file.payload_hash) {
                return link(&known, &to);
            }
        }
        let half = self.directory.join(SCRATCH).join("half.rpm");
        let path = top.fetch(&file.path, &half).await?;
        let found = hash(&half).await?;
        if found.as_ref() != Some(&file.payload_hash) {
            let found = found.unwrap_or_else(|| "that of no RPM".to_owned());
            let wanted = file.payload_hash.clone();
            return Err(FinalRepoError::Wrong { path, wanted, found });
        }
        fs::rename(&half, &to).map_err(FinalRepoError::file(&to))
    }

    /// Fetches a small file of the hub; returns it with its address or path.
    pub(super) async fn read(
        &self,
        steps: &[String],
        top: &Top,
    ) -> Result<(Vec<u8>, String), FinalRepoError> {
        let to = self.directory.join(SCRATCH).join("index");
        let path = top.fetch(steps, &to).await?;
        let bytes = fs::read(&to).map_err(FinalRepoError::file(&to))?;
        Ok((bytes, path))
    }

    /// Indexes one arch, with its modulemd.
    pub(super) async fn index(
        &self,
        arch: &Arch,
        modulemd: &str,
        label: &RepoLabel,
    ) -> Result<(), FinalRepoError> {
        let directory = self.directory.join(arch.as_str());
        // The name of the file is part of its name in the repository.
        let document = self.directory.join(SCRATCH).join("modules.yaml");
        fs::write(&document, modulemd).map_err(FinalRepoError::file(&document))?;
        tools::createrepo(&directory, label).await?;
        tools::add_modulemd(&directory, &document).await
    }

    /// Writes the label and puts everything in place, for good.
    pub(super) fn put_in_place(
        &self,
        label: &RepoLabel,
        place: &Path,
    ) -> Result<(), FinalRepoError> {
        let scratch = self.directory.join(SCRATCH);
        fs::remove_dir_all(&scratch).map_err(FinalRepoError::file(&scratch))?;
        let text = serde_json::to_string_pretty(label).expect("texts and numbers are JSON") + "\n";
        let file = self.directory.join(LABEL);
        fs::write(&file, text).map_err(FinalRepoError::file(&file))?;
        sync(&self.directory).map_err(FinalRepoError::file(&self.directory))?;
        fs::rename(&self.directory, place).map_err(FinalRepoError::file(place))?;
        let beside = place.parent().unwrap_or(place);
        fs::File::open(beside)
            .and_then(|directory| directory.sync_all())
            .map_err(FinalRepoError::file(beside))
    }
}

fn make(directory: &Path) -> Result<(), FinalRepoError> {
    fs::create_dir_all(directory).map_err(FinalRepoError::file(directory))
}

/// Returns the payload hash of a file, read beside the runtime; none where there is no such file.
async fn hash(path: &Path) -> Result<Option<String>, FinalRepoError> {
    let owned = path.to_owned();
    let found = tokio::task::spawn_blocking(move || payload_hash(&owned)).await;
    match found.expect("reading a file does not panic") {
        Ok(found) => Ok(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FinalRepoError::File { path: path.to_owned(), error }),
    }
}

/// Gives a file a second name, in the place of what has it.
fn link(known: &Path, to: &Path) -> Result<(), FinalRepoError> {
    match fs::remove_file(to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(FinalRepoError::File { path: to.to_owned(), error }),
    }
    fs::hard_link(known, to)
        .or_else(|_| fs::copy(known, to).map(drop))
        .map_err(FinalRepoError::file(to))
}

/// Removes what is in a directory under other names.
fn remove_others(directory: &Path, wanted: &BTreeSet<&str>) -> Result<(), FinalRepoError> {
    let remove = |entry: fs::DirEntry| {
        if entry.file_name().to_str().is_some_and(|name| wanted.contains(name)) {
            return Ok(());
        }
        let is_directory = entry.file_type()?.is_dir();
        if is_directory { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }
    };
    fs::read_dir(directory)
        .and_then(|mut entries| entries.try_for_each(|entry| remove(entry?)))
        .map_err(FinalRepoError::file(directory))
}

/// Has the disk keep a directory with everything in it.
fn sync(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync(&entry.path())?;
        } else {
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    fs::File::open(directory)?.sync_all()
}
