//! Tables fit their width.

use std::fmt::Write;
use std::path::Path;

use super::{Case, DIAMOND, LOST_ZERO, OBSOLETES, SOURCES};
use crate::support::program::Program;
use crate::support::shared;

#[test]
fn tables_fit_their_width() {
    let case = Case::with(&format!("{LOST_ZERO}\n{SOURCES}\n{DIAMOND}"), OBSOLETES);
    let commands = [
        "plan modules.yaml --all",
        "plan modules.yaml --changed perl:5.30 --at 2026-01-01T00:00:00Z",
        "plan modules.yaml --changed a:1 --why d:1",
        "show modules.yaml",
        "show modules.yaml --dependants a:1",
    ];
    let mut all = String::new();
    for command in commands {
        for width in [80, 160] {
            let run = Program::new(command.split_whitespace()).within(case.0.path());
            let said = run.columns(width).run();
            let longest = said.out.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(longest <= usize::from(width), "{command}: {longest}\n{}", said.out);
            writeln!(all, "{width} columns: modplan {command}\n\n{}", said.out).unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn tables_of_real_repositories_fit_eighty_columns() {
    let Some(root) = shared("data/modulemd") else { return };
    let files = ["eurolinux8/x86_64-appstream.modules.yaml", "arrfab-centos8-2019/modules.yaml"];
    files.map(|file| root.join(file)).iter().for_each(|file| check_widths(file));
}

fn check_widths(file: &Path) {
    let file = file.to_str().expect("UTF-8");
    for arguments in [&["plan", file, "--all"][..], &["show", file], &["show", file, "--newest"]] {
        let said = Program::new(arguments).run();
        for line in said.out.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}
