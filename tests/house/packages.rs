//! What the core may depend on, and which licences and crates are allowed.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Crates with `-sys` in their name that hold no C all the same.
const PURE_SYS: &[&str] = &["linux-raw-sys", "windows-sys", "js-sys", "web-sys"];

/// What builds or binds C, or opens a socket.
const NOT_IN_THE_CORE: &[&str] =
    &["cc", "cmake", "bindgen", "pkg-config", "reqwest", "hyper", "tokio", "lapin", "sqlx"];

#[test]
fn the_core_has_no_c_and_no_network_and_licences_all_may_use() {
    let mut wrong = String::new();
    for line in core_crates() {
        let (package, licence) = line.split_once('|').expect("the format has a bar");
        let name = package.split(' ').next().expect("split yields something");
        let is_native = name.ends_with("-sys") && !PURE_SYS.contains(&name);
        if is_native || NOT_IN_THE_CORE.contains(&name) {
            writeln!(wrong, "{package} does not belong in the core").unwrap();
        }
        if !licence_is_fine(licence, &licences_allowed()) {
            writeln!(wrong, "{package} has the licence {licence}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn core_crates() -> Vec<String> {
    let arguments = "tree --no-dedupe --no-default-features --edges normal,build --prefix none --format {p}|{l}";
    let output = Command::new(env!("CARGO"))
        .args(arguments.split(' '))
        .args(["--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<_> =
        text.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect();
    lines.sort();
    lines.dedup();
    assert!(lines.len() > 50, "the tree was read");
    lines
}

/// Returns the list of `deny.toml`, so that there is one list.
fn licences_allowed() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    let text = fs::read_to_string(path).unwrap();
    let list = text.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Reads the part of SPDX that crates use: every `AND` part needs one `OR` part that is allowed.
fn licence_is_fine(expression: &str, allowed: &[String]) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| {
        part.split(" OR ").any(|licence| allowed.iter().any(|allowed| allowed == licence.trim()))
    })
}

#[test]
fn licences_are_read_with_and_and_or() {
    let allowed = ["MIT".to_owned(), "Zlib".to_owned()];
    assert!(licence_is_fine("GPL-3.0 OR MIT", &allowed));
    assert!(licence_is_fine("(MIT OR Apache-2.0) AND Zlib", &allowed));
    assert!(!licence_is_fine("MIT AND GPL-3.0", &allowed));
    assert!(!licence_is_fine("", &allowed));
}

#[test]
fn no_crate_is_locked_that_deny_toml_bans() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).expect("it is there");
    let (deny, lock) = (read("deny.toml"), read("Cargo.lock"));
    let banned: Vec<&str> = deny
        .lines()
        .filter(|line| !line.contains("wrappers"))
        .filter_map(|line| line.split_once("crate = \"")?.1.split('"').next())
        .collect();
    assert!(!banned.is_empty(), "deny.toml bans something");
    for name in banned {
        assert!(!lock.contains(&format!("name = \"{name}\"\n")), "{name} is locked");
    }
    // What wraps C code belongs to the live feature alone.
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none"])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("UTF-8");
    assert!(tree.contains("petgraph"), "the tree of the core is listed");
    for name in ["openssl-sys", "cc", "cmake", "bindgen"] {
        let is_it = |line: &str| line.split(' ').next() == Some(name);
        assert!(!tree.lines().any(is_it), "the core needs {name}");
    }
}
