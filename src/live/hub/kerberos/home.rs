//! A home directory with a `.k5identity` file, by which MIT Kerberos chooses a principal.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// So many names are tried.
const TRIES_MAX: u32 = 100;

/// A directory that only its owner can read, removed when it is dropped.
#[derive(Debug)]
pub(super) struct Home(PathBuf);

impl Home {
    /// Makes a home for a principal.
    pub(super) fn of(principal: &str) -> io::Result<Self> {
        if principal.contains(['\n', '\r', '#']) || principal.trim().contains(' ') {
            return Err(io::Error::other("its name has a space, a # or a line feed"));
        }
        let home = Self(directory()?);
        fs::write(home.0.join(".k5identity"), format!("{}\n", principal.trim()))?;
        Ok(home)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // It only contains a name, so a leftover one is harmless.
        drop(fs::remove_dir_all(&self.0));
    }
}

fn directory() -> io::Result<PathBuf> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    for _ in 0..TRIES_MAX {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("modplan-krb5-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match builder.create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no free name for a directory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_names_its_principal_and_is_removed() {
        let home = Home::of("alice@EXAMPLE.ORG").expect("it is made");
        let path = home.path().to_owned();
        let text = fs::read_to_string(path.join(".k5identity")).expect("it is there");
        assert_eq!(text, "alice@EXAMPLE.ORG\n");
        drop(home);
        assert!(!path.exists());
        assert!(Home::of("alice\nbob").is_err());
    }
}
