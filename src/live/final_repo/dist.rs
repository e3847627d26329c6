//! Where a dist-repo of koji has the RPMs of a module: as its own index says.

use std::collections::BTreeSet;

use super::error::FinalRepoError;
use super::fetch::Top;
use super::stage::Stage;
use crate::load::{PackageIndex, PackagePlaces};
use crate::module_build::dist_repo::AskedDistRepo;
use crate::module_build::final_repo::RepoFile;
use crate::module_build::tagged::TagContents;

/// No list of the packages of a tag is so long.
const INDEX_BYTES_MAX: u64 = 1 << 30;

/// The files of a dist-repo, by their names.
#[derive(Debug)]
pub(super) struct DistPlaces {
    places: PackagePlaces,
    repo_id: i64,
}

impl DistPlaces {
    /// Reads the index of every arch that a tag has RPMs of.
    pub(super) async fn read(
        asked: &AskedDistRepo,
        tag: &TagContents,
        stage: &Stage,
        top: &Top,
    ) -> Result<Self, FinalRepoError> {
        let arches = tag.rpms.iter().map(|rpm| rpm.arch.as_str());
        // They are in the repository of every other arch.
        let arches: BTreeSet<&str> = arches.filter(|arch| *arch != "noarch").collect();
        let mut places = PackagePlaces::new();
        for arch in arches {
            let base: Vec<String> = asked.place().into_iter().chain([arch.to_owned()]).collect();
            let at = |steps: &[String]| -> Vec<String> { [&base[..], steps].concat() };
            let repomd = ["repodata", "repomd.xml"].map(str::to_owned);
            let (repomd, path) = stage.read(&at(&repomd), top).await?;
            let wrong = |path: &str, reason: String| FinalRepoError::Index {
                path: path.to_owned(),
                reason,
            };
            let index = PackageIndex::of(&repomd).map_err(|reason| wrong(&path, reason))?;
            let (primary, path) = stage.read(&at(&index.location()), top).await?;
            let found = index.places(primary, INDEX_BYTES_MAX);
            let found = found.map_err(|reason| wrong(&path, reason))?;
            places.extend(found.into_iter().map(|(name, steps)| (name, at(&steps))));
        }
        Ok(Self { places, repo_id: asked.repo_id })
    }

    /// Says of files where the dist-repo has them.
    pub(super) fn find(&self, files: &mut [RepoFile]) -> Result<(), FinalRepoError> {
        for file in files {
            let Some(place) = self.places.get(&file.name) else {
                let path = format!("{} in koji's dist-repo {}", file.name, self.repo_id);
                return Err(FinalRepoError::Missing { path });
            };
            file.path.clone_from(place);
        }
        Ok(())
    }
}
