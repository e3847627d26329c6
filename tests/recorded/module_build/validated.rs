//! Final documents before the programs that will read them: `modplan check --strict` and libmodulemd.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use modplan::load::{Options, load};
use modplan::module_build::contents::Manner;
use modplan::module_build::finals::{Finished, final_documents};

use super::finalize::recorded;
use crate::support::left_out;

/// The system's Python: Debian's bindings of libmodulemd belong to it, not to one on the path.
const PYTHON: &str = "/usr/bin/python3";

/// Writes the final documents of every recorded build, each to a file; returns their paths.
fn written(directory: &Path) -> Option<Vec<PathBuf>> {
    let none = BTreeMap::new();
    let mut paths = Vec::new();
    for case in recorded()? {
        let (stored, tag) = (case.stored(), case.tag());
        let finished = Finished {
            stored: &stored,
            included: &none,
            arches: &case.arches,
            tag: &tag,
            manner: Manner::Mended,
        };
        for (arch, finals) in final_documents(finished).unwrap_or_default() {
            for document in [finals.module, finals.devel] {
                let name = format!("{}-{arch}-{}.yaml", case.id, document.stream.name);
                paths.push(directory.join(name));
                std::fs::write(paths.last().expect("one was added"), document.yaml()).unwrap();
            }
        }
    }
    Some(paths)
}

#[test]
fn final_documents_are_read_back_strictly_and_without_a_finding() {
    let directory = tempfile::tempdir().unwrap();
    let Some(paths) = written(directory.path()) else { return };
    assert!(paths.len() > 100, "{}", paths.len());
    let options = Options { is_strict: true, ..Options::default() };
    for path in paths {
        let snapshot = load(std::slice::from_ref(&path), &options).unwrap();
        assert_eq!(snapshot.findings, [], "{}", path.display());
        assert_eq!(snapshot.streams.len(), 1, "{}", path.display());
    }
}

#[test]
fn libmodulemd_takes_every_final_document() {
    let bindings =
        "import gi; gi.require_version('Modulemd', '2.0'); from gi.repository import Modulemd";
    let has_bindings = Command::new(PYTHON).args(["-c", bindings]).output();
    if !has_bindings.is_ok_and(|output| output.status.success()) {
        return left_out("no libmodulemd for Python (gir1.2-modulemd-2.0, python3-gi)");
    }
    let directory = tempfile::tempdir().unwrap();
    let Some(paths) = written(directory.path()) else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/validate_modulemd.py");
    let output = Command::new(PYTHON).arg(script).args(&paths).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), paths.len().to_string(), "{said}");
}
