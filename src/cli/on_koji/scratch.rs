//! An empty directory that a process works in.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A directory of this process alone, which goes with it.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty one among the temporary files.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let base = std::env::temp_dir();
        let names = (0..1000).map(|at| base.join(format!("modplan-{}-{at}", std::process::id())));
        for path in names {
            match make(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot make {}", path.display()));
                }
            }
        }
        anyhow::bail!("{} is full of directories of modplan", base.display())
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

/// Makes a directory that only its owner may read, where the system knows owners.
fn make(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it is in nobody's way.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
