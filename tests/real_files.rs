//! Every real file loads with exactly the findings that the snapshot lists: none appears, none
//! goes away, unseen.

use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};

use modplan::load::{self, Options, Snapshot};

use crate::support;

/// Returns all files below a directory, in the order of their paths.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("the directory is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    let below =
        paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    below.collect()
}

fn is_input(path: &Path) -> bool {
    let name = path.file_name().expect("a file has a name").to_string_lossy();
    [".yaml", ".json", ".jsonl.zst"].iter().any(|end| name.ends_with(end))
}

fn describe(out: &mut String, shown: &str, snapshot: &Snapshot) {
    let input = &snapshot.inputs[0];
    writeln!(
        out,
        "{shown}: {} {} documents, {} streams, {} defaults",
        input.kind,
        input.documents,
        snapshot.streams.len(),
        snapshot.defaults.len()
    )
    .expect("a string takes any text");
    for finding in &snapshot.findings {
        let place = finding.place;
        let message = finding.message.replace(&input.path, shown);
        writeln!(
            out,
            "  {}:{}: {}[{}]: {message}",
            place.line,
            place.column,
            finding.severity(),
            finding.code
        )
        .expect("a string takes any text");
    }
}

fn described(folder: &str) -> Option<String> {
    let root = support::shared(folder)?;
    let mut out = String::new();
    for path in files(&root).into_iter().filter(|path| is_input(path)) {
        let shown = path.strip_prefix(&root).expect("found below it").display().to_string();
        let snapshot =
            load::load(std::slice::from_ref(&path), &Options::default()).expect("readable");
        describe(&mut out, &shown, &snapshot);
    }
    Some(out)
}

#[test]
fn every_modulemd_file_has_the_findings_of_the_snapshot() {
    if let Some(found) = described("data/modulemd") {
        insta::assert_snapshot!(found);
    }
}

#[test]
fn every_pdc_file_has_the_findings_of_the_snapshot() {
    if let Some(found) = described("data/pdc") {
        insta::assert_snapshot!(found);
    }
}

/// Returns the files of a tar archive: 512 bytes of header each, its size in octal at 124.
fn unpacked(archive: &[u8]) -> Vec<(String, String)> {
    let text = |field: &[u8]| {
        let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(&field[..end]).trim().to_owned()
    };
    let (mut files, mut at) = (Vec::new(), 0);
    while at + 512 <= archive.len() && archive[at] != 0 {
        let header = &archive[at..at + 512];
        let size = usize::from_str_radix(&text(&header[124..136]), 8).expect("an octal size");
        let content = &archive[at + 512..at + 512 + size];
        if header[156] == b'0' {
            files.push((text(&header[..100]), String::from_utf8_lossy(content).into_owned()));
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}

#[test]
fn every_snapshot_of_one_repository_over_time_has_the_findings_of_the_snapshot() {
    let Some(path) = support::shared("data/modulemd/eurolinux8-history.tar.zst") else { return };
    let packed = std::fs::read(path).expect("readable");
    let mut archive = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
        .expect("zstd")
        .read_to_end(&mut archive)
        .expect("unpacks");
    let mut out = String::new();
    for (name, text) in unpacked(&archive) {
        describe(&mut out, &name, &load::parse_text(&name, &text));
    }
    insta::assert_snapshot!(out);
}
