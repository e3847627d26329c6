//! Where the shared data tree is.

use std::path::PathBuf;

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
