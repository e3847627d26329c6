//! Which hub: a profile from koji's own files.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use modplan::koji::profile::{Profile, ProfileFile};

use super::status::Refusal;

/// Which hub is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProfileArgs {
    /// The profile in koji's configuration files: /etc/koji.conf.d, /etc/koji.conf, ~/.koji/config.d and
    /// ~/.koji/config, later ones first
    #[arg(short, long, value_name = "PROFILE", default_value = "koji")]
    profile: String,
    /// Read FILE instead of those in ~/.koji
    #[arg(long, value_name = "FILE")]
    koji_config: Option<PathBuf>,
    /// The hub's address, in the place of what the profile says
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    #[arg(long, env = "HOME", hide = true, hide_env = true, default_value = "")]
    home: String,
}

impl ProfileArgs {
    /// Reads the profile.
    pub(crate) fn read(&self) -> anyhow::Result<Profile> {
        let files = self.files()?;
        // An address alone needs no file.
        let read = match (&self.server, files.is_empty()) {
            (Some(_), true) => Ok(Profile::new(&self.profile)),
            _ => Profile::read(&files, &self.profile, &self.home),
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
