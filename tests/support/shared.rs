//! Where the shared data tree is, and what is left out without it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Returns the path of `sub` in the shared data tree: below `MODPLAN_SHARED`, or `../shared` where
/// that is not set. Whoever names the tree wants its tests judged: a file that is missing there
/// fails the test. Without the variable the calling test is left out and gets `None`.
///
/// # Panics
///
/// Panics where `MODPLAN_SHARED` is set and `sub` is missing there.
pub(crate) fn shared(sub: &str) -> Option<PathBuf> {
    let named = std::env::var_os("MODPLAN_SHARED");
    let root = named.as_deref().map_or(Path::new("../shared"), Path::new);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(root).join(sub);
    if path.exists() {
        return Some(path);
    }
    assert!(named.is_none(), "MODPLAN_SHARED is set, but there is no {}", path.display());
    left_out(&format!("no shared data at {sub} (set MODPLAN_SHARED)"));
    None
}

/// Says on standard error that the calling test is left out, and adds it to the list that
/// `tests/run` counts at its end.
pub(crate) fn left_out(why: &str) {
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    {
        eprintln!("left out: {why}");
    }
    let Some(list) = std::env::var_os("MODPLAN_LEFT_OUT") else { return };
    // cargo-nextest gives each test a process and says which; else each test is a thread of its name.
    let named = std::env::var_os("NEXTEST_TEST_NAME");
    let named = named.map(|name| name.to_string_lossy().into_owned());
    let test = named.or_else(|| std::thread::current().name().map(str::to_owned));
    let line = format!("{}\t{why}\n", test.expect("a test has a name"));
    let mut list = std::fs::File::options().append(true).create(true).open(list).expect("writable");
    list.write_all(line.as_bytes()).expect("writable");
}
