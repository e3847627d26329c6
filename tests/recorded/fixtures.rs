//! The statements in the READMEs of the fixtures hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use modplan::load::{Options, Snapshot, Stream, load};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn read(names: &[&str]) -> Snapshot {
    let paths: Vec<_> = names.iter().map(|name| fixture(name)).collect();
    load(&paths, &Options::default()).unwrap()
}

/// The parts of a document that a plan uses, independent of its format.
fn essence(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let key = |stream: &Stream| {
        let context = stream.context.as_ref().expect("every fixture document has a context");
        format!("{}:{}:{context}", stream.name, stream.stream)
    };
    let buildrequires = |stream: &Stream| -> Vec<_> {
        stream
            .dependencies
            .iter()
            .flat_map(|group| &group.buildrequires)
            .map(|(name, requirement)| format!("{name}:{:?}", requirement.streams))
            .collect()
    };
    snapshot
        .streams
        .iter()
        .map(|stream| {
            let components: Vec<_> = stream
                .components
                .iter()
                .map(|(key, component)| (key, &component.package, component.buildorder))
                .collect();
            (key(stream), format!("{:?} {components:?}", buildrequires(stream)))
        })
        .collect()
}

#[test]
fn the_fixtures_are_read_without_a_finding() {
    for name in ["el8-perl", "cycle"] {
        for file in ["modules.yaml", "pdc.json"] {
            let snapshot = read(&[&format!("{name}/{file}")]);
            assert_eq!(snapshot.findings, [], "{name}/{file}");
        }
    }
}

#[test]
fn the_pdc_snapshots_say_the_same_as_the_documents() {
    for name in ["el8-perl", "cycle"] {
        let (documents, rows) = (format!("{name}/modules.yaml"), format!("{name}/pdc.json"));
        let from_documents = read(&[&documents]);
        assert_eq!(essence(&from_documents), essence(&read(&[&rows])));
        let together = read(&[&documents, &rows]);
        assert_eq!(essence(&together), essence(&from_documents));
    }
}

#[test]
fn a_fixture_read_as_a_directory_leaves_out_what_is_no_module() {
    let el8_perl = ["farm-koji.yaml", "farm.yaml", "scenario-gate.yaml", "scenario.yaml"];
    let cycle = ["farm.yaml", "scenario.yaml"];
    for (name, others) in [("el8-perl", &el8_perl[..]), ("cycle", &cycle)] {
        let all = read(&[name]);
        let told: Vec<_> = all
            .findings
            .iter()
            .map(|finding| {
                let path = PathBuf::from(&all.inputs[finding.place.input as usize].path);
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                (file, finding.code.as_str())
            })
            .collect();
        let others: Vec<_> = others.iter().map(|file| (file.to_string(), "other-file")).collect();
        assert_eq!(told, others, "{name}");
        assert_eq!(essence(&all), essence(&read(&[&format!("{name}/modules.yaml")])));
    }
}

#[test]
fn el8_perl_holds_what_its_readme_counts() {
    let snapshot = read(&["el8-perl/modules.yaml"]);
    let names: BTreeSet<_> = snapshot.streams.iter().map(|stream| &stream.name).collect();
    let components: usize = snapshot.streams.iter().map(|stream| stream.components.len()).sum();
    assert_eq!((names.len(), snapshot.streams.len(), components), (17, 41, 409));
    let rows = trace("el8-perl").len();
    let readme = std::fs::read_to_string(fixture("el8-perl/README.md")).unwrap();
    assert!(readme.contains("17 modules, 41 documents, 409 components"));
    assert!(readme.contains(&format!("{rows} builds")), "{rows}");
}

/// Returns package, method, arch and outcome of every row.
fn trace(name: &str) -> Vec<[String; 4]> {
    let mut reader = csv::Reader::from_path(fixture(name).join("trace.csv")).unwrap();
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let seconds: f64 = record[3].parse().unwrap();
            assert!(seconds > 0.0, "{record:?}");
            assert_eq!(&record[6], "made-up");
            [0, 1, 2, 4].map(|column| record[column].to_owned())
        })
        .collect()
}

#[test]
fn every_component_has_at_least_five_builds_on_each_of_its_arches() {
    for name in ["el8-perl", "cycle"] {
        let mut builds: BTreeMap<(String, String), usize> = BTreeMap::new();
        for [package, method, arch, outcome] in trace(name) {
            assert!(["closed", "failed", "canceled"].contains(&outcome.as_str()));
            if method == "buildArch" && outcome == "closed" {
                *builds.entry((package, arch)).or_default() += 1;
            }
        }
        let scarce: Vec<_> = builds.iter().filter(|(_, count)| **count < 4).collect();
        assert_eq!(scarce, [], "{name}");
        for stream in read(&[&format!("{name}/modules.yaml")]).streams {
            for component in stream.components.values() {
                let arches: Vec<_> = builds
                    .keys()
                    .filter(|(package, _)| package == component.package.as_str())
                    .map(|(_, arch)| arch.as_str())
                    .collect();
                let is_covered = arches == ["aarch64", "x86_64"] || arches == ["noarch"];
                assert!(is_covered, "{} on {arches:?}", component.package);
            }
        }
    }
}
