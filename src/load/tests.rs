mod messages;
mod rows;

use super::*;
use crate::name::StreamName;

/// A document of `name:stream` with more lines under `data`, indented by two.
fn document(name_stream: &str, more: &str) -> String {
    let (name, stream) = name_stream.split_once(':').expect("name:stream");
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: {stream}\n  version: 7\n  \
         context: c0\n  arch: x86_64\n  summary: s\n  description: d\n  license:\n    module: [MIT]\n{more}...\n"
    )
}

fn codes(snapshot: &Snapshot) -> Vec<(&'static str, u32)> {
    snapshot.findings.iter().map(|finding| (finding.code.as_str(), finding.place.line)).collect()
}

#[test]
fn a_stream_is_read_with_the_text_of_its_scalars_and_its_places() {
    let more = "  dependencies:\n  - buildrequires:\n      perl: [5.30, 5.26]\n      platform: [el8]\n    \
                requires: {platform: []}\n";
    let snapshot = parse_text("x.yaml", &document("perl-DBI:1.10", more));
    assert_eq!(codes(&snapshot), []);
    let [stream] = snapshot.streams.as_slice() else { panic!("one stream: {snapshot:?}") };
    assert_eq!(stream.stream.as_str(), "1.10");
    let perl = &stream.dependencies[0].buildrequires["perl"];
    assert_eq!(perl.streams.iter().map(StreamName::as_str).collect::<Vec<_>>(), ["5.26", "5.30"]);
    assert_eq!((perl.place.line, perl.place.column), (16, 7));
    assert!(stream.dependencies[0].requires["platform"].streams.is_empty());
    assert_eq!(snapshot.inputs[0].documents, 1);
}

#[test]
fn a_bad_document_is_told_and_the_next_one_read() {
    let good = document("b:1", "");
    let bad = [
        "---\ndocument: modulemd\nversion: 2\ndata: [\n",
        "---\ndocument: modulemd\nversion: 2\ndata: 3\n",
        "---\n",
        "---\ndocument: nonsense\nversion: 2\ndata: {}\n",
        "---\ndocument: modulemd\nversion: two\ndata: {}\n",
    ];
    for bad in bad {
        let snapshot = parse_text("x.yaml", &format!("{}{bad}{good}", document("a:1", "")));
        assert_eq!(snapshot.streams.len(), 2, "{bad}");
        assert_eq!(snapshot.findings.len(), 1, "{bad}: {:?}", snapshot.findings);
    }
}

#[test]
fn a_file_that_is_cut_short_and_still_reads_is_warned_of() {
    let whole = document("a:1", "") + &document("b:1", "");
    assert_eq!(codes(&parse_text("x.yaml", &whole)), []);
    let cut = whole.trim_end().trim_end_matches('.').trim_end();
    let snapshot = parse_text("x.yaml", cut);
    assert_eq!((codes(&snapshot), snapshot.streams.len()), (vec![("truncated", 27)], 2));
    assert_eq!(snapshot.findings[0].place.column, 18);
}

#[test]
fn a_document_that_cannot_be_read_is_still_missed_by_name() {
    let snapshot = parse_text("x.yaml", &document("a:1", "  xmd: *alias\n"));
    assert_eq!(codes(&snapshot), [("alias", 14)]);
    let [missed] = snapshot.unreadable.as_slice() else { panic!("one: {snapshot:?}") };
    assert_eq!((missed.module.to_string().as_str(), missed.version), ("a:1", Version(7)));
}

#[test]
fn one_identity_twice_is_kept_once_and_other_content_is_told() {
    let same = document("a:1", "  xmd: {b: 1, c: 2}\n");
    let reordered = document("a:1", "  xmd: {c: 2, b: 1}\n");
    let other = document("a:1", "  xmd: {b: 2}\n");
    let snapshot = parse_text("x.yaml", &format!("{same}{reordered}"));
    assert_eq!((snapshot.streams.len(), codes(&snapshot)), (1, vec![]));
    let snapshot = parse_text("x.yaml", &format!("{same}{other}"));
    assert_eq!((snapshot.streams.len(), codes(&snapshot)), (1, vec![("duplicate", 17)]));
}

#[test]
fn circles_of_buildafter_are_told_with_their_path() {
    let more = "  components:\n    rpms:\n      a: {buildafter: [b]}\n      b: {buildafter: [c]}\n      \
                c: {buildafter: [b]}\n";
    let snapshot = parse_text("x.yaml", &document("m:1", more));
    assert_eq!(codes(&snapshot), [("buildafter-cycle", 17)]);
    assert!(snapshot.findings[0].message.ends_with("b after c after b"), "{snapshot:?}");
}

#[test]
fn defaults_are_read() {
    let text = "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: perl\n  modified: 3\n  \
                stream: 5.30\n  profiles:\n    5.30: [common]\n    5.26: minimal\n";
    let snapshot = parse_text("x.yaml", text);
    assert_eq!(codes(&snapshot), []);
    let defaults = &snapshot.defaults[0];
    assert_eq!(defaults.stream.as_ref().map(StreamName::as_str), Some("5.30"));
    assert!(defaults.profiles["5.26"].contains("minimal"));
}

#[test]
fn a_missing_file_is_trouble_outside_and_junk_inside_is_a_finding() {
    let missing = [std::path::PathBuf::from("no/such/file.yaml")];
    assert!(matches!(load(&missing, &Options::default()), Err(LoadError::Missing { .. })));
    let mut gatherer = Gatherer::new(&Options::default());
    gatherer.input("junk".to_owned(), source::Bytes::plain(vec![0, 159, 146, 150]));
    assert_eq!(codes(&gatherer.finish()), [("encoding", 1)]);
}

#[test]
fn packed_files_are_read_by_what_they_hold_and_a_bomb_is_refused() {
    use std::io::Write;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.yaml");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(document("a:1", "").as_bytes()).expect("packs");
    packed.write_all(&[b'#'; 100_000]).expect("packs");
    std::fs::write(&path, packed.finish().expect("packs")).expect("writes");
    let read = |input_bytes_max| {
        let options = Options { input_bytes_max, ..Options::default() };
        load(&[directory.path().to_owned()], &options).expect("there")
    };
    assert_eq!(read(200_000).streams.len(), 1);
    assert_eq!(codes(&read(1000)), [("too-large", 1)]);
}
