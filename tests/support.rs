//! What the tests share: where the shared data tree is.

pub(crate) mod generate;
pub(crate) mod mini;
pub(crate) mod oracle;
pub(crate) mod universe;

use std::path::{Path, PathBuf};

/// Returns the path of `sub` in the shared data tree, or says on standard error that the calling
/// test is left out and returns `None` where the tree is absent.
#[expect(clippy::disallowed_methods, reason = "tests find the shared tree by this variable")]
pub(crate) fn shared(sub: &str) -> Option<PathBuf> {
    let root = std::env::var("MODPLAN_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let root = PathBuf::from(root);
    let root = if root.is_absolute() {
        root
    } else {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(root)
    };
    let path = root.join(sub);
    if path.exists() {
        return Some(path);
    }
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    {
        eprintln!("left out: no shared data at {sub} (set MODPLAN_SHARED)");
    }
    None
}

/// Returns every `.yaml` file under a directory, sorted.
pub(crate) fn yaml_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}
