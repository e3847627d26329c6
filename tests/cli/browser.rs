//! Reports in a browser: headless Chromium at three widths, light and dark, with axe-core.
//!
//! `tests/run --setup` installs what it needs; where that is missing, the tests say so and do nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::left_out;
use crate::support::program::modplan;

const EL8: [&str; 6] = [
    "fixtures/el8-perl/modules.yaml",
    "--changed=perl:5.30",
    "--trace=fixtures/el8-perl/trace.csv",
    "--farm=fixtures/el8-perl/farm-koji.yaml",
    "--arches=x86_64,aarch64",
    "--scenario=fixtures/el8-perl/scenario.yaml",
];

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the browser and the directory of packages; says what is missing otherwise.
fn browser() -> Option<(PathBuf, PathBuf)> {
    let packages = project().join("target/browser");
    let names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let chromium = names.map(PathBuf::from).into_iter().find(|path| path.exists());
    let has_packages = ["axe-core", "playwright-core"]
        .iter()
        .all(|one| packages.join("node_modules").join(one).exists());
    let has_node =
        Command::new("node").arg("--version").output().is_ok_and(|done| done.status.success());
    match chromium {
        Some(chromium) if has_packages && has_node => Some((chromium, packages)),
        _ => {
            left_out("no Chromium, node, axe-core or playwright-core (see tests/run --setup)");
            None
        }
    }
}

/// Makes a report and returns what is wrong with it in a browser.
fn wrong(command: &str, more: &[&str], is_answer_yes: bool) -> Option<String> {
    let (chromium, packages) = browser()?;
    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("report");
    let to = ["-o", output.to_str().expect("UTF-8")];
    let done = modplan(&[&[command], &EL8[..], more, &to].concat());
    assert_eq!(done.code, i32::from(!is_answer_yes), "{}", done.err);
    let checked = Command::new("node")
        .arg(project().join("tests/cli/browser/check.mjs"))
        .args([&chromium, &packages, &output.join("report.html")])
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    let broken = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert_eq!(checked.status.success(), said.is_empty(), "{broken}");
    Some(said)
}

#[test]
fn the_report_of_a_comparison_is_read_at_every_width_light_and_dark() {
    if let Some(wrong) = wrong("compare", &["--replications=6", "--ablate"], true) {
        assert_eq!(wrong, "");
    }
}

#[test]
fn the_report_of_a_capacity_sweep_is_read_at_every_width_light_and_dark() {
    let more = ["--replications=6", "--vary=x86=4..8:4", "--deadline=30d"];
    let more = [&more[..], &["--confidence=0.1", "--variants=orchestrator-owned/planned"]].concat();
    if let Some(wrong) = wrong("capacity", &more, true) {
        assert_eq!(wrong, "");
    }
}
