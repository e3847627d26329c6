//! Reading koji's own files.

use std::fs;
use std::path::{Path, PathBuf};

use modplan::koji::profile::{Profile, ProfileFile};

use super::super::status::Refusal;
use super::ProfileArgs;

impl ProfileArgs {
    /// Reads the profile: that of the flag, else the one named, else `koji`.
    pub(crate) fn read(&self, named: Option<&str>) -> anyhow::Result<Profile> {
        let files = self.files()?;
        let name = self.profile.as_deref().or(named).unwrap_or("koji");
        // An address alone needs no file.
        let read = match (&self.server, files.is_empty()) {
            (Some(_), true) => Ok(Profile::new(name)),
            _ => Profile::read(&files, name, &self.home),
        };
        let mut profile = read.map_err(|error| {
            Refusal::usage(error.to_string())
                .hint("choose a profile with -p, or a hub with --server")
        })?;
        if let Some(server) = &self.server {
            profile.server.clone_from(server);
        }
        Ok(profile)
    }

    fn files(&self) -> anyhow::Result<Vec<ProfileFile>> {
        let mut paths = in_directory(Path::new("/etc/koji.conf.d"));
        paths.push(PathBuf::from("/etc/koji.conf"));
        match &self.koji_config {
            Some(path) if path.is_dir() => paths.extend(in_directory(path)),
            Some(path) => {
                let text = fs::read_to_string(path);
                text.map_err(|e| Refusal::usage(format!("cannot read {}: {e}", path.display())))?;
                paths.push(path.clone());
            }
            None => {
                let own = Path::new(&self.home).join(".koji");
                paths.extend(in_directory(&own.join("config.d")));
                paths.push(own.join("config"));
            }
        }
        let mut files = Vec::new();
        for path in paths {
            match fs::read_to_string(&path) {
                Ok(text) => files.push(ProfileFile { path: path.display().to_string(), text }),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    let error = anyhow::Error::from(error);
                    return Err(error.context(format!("cannot read {}", path.display())));
                }
            }
        }
        Ok(files)
    }
}

/// Returns the files of a directory that end in `.conf`, in the order of their names.
fn in_directory(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "conf"))
        .collect();
    paths.sort();
    paths
}
