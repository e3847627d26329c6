//! Reading a farm file: values, defaults and invalid values.

mod constants;
mod remarks;
mod sense;

use super::*;
use crate::load::Code;
use crate::time::Millis;

fn refused(text: &str) -> Vec<(u32, u32, Code, String)> {
    let findings = Farm::read(text.as_bytes(), 0).unwrap_err();
    findings.into_iter().map(|f| (f.place.line, f.place.column, f.code, f.message)).collect()
}

/// Returns line and message of every problem of a farm with koji's model.
fn wrong(builders: &str, rest: &str) -> Vec<(u32, String)> {
    let text = format!("model: koji\nbuilders:\n{builders}{rest}");
    refused(&text).into_iter().map(|(line, _, _, message)| (line, message)).collect()
}

fn findings(builders: &str, rest: &str) -> Vec<Finding> {
    let text = format!("model: koji\nbuilders:\n{builders}{rest}");
    Farm::read(text.as_bytes(), 0).unwrap().remarks
}

/// Returns line and words of what a farm of koji's model sets for builds of no module.
fn unused_by_modules(rest: &str) -> Vec<(u32, String)> {
    let text = format!("model: koji\nbuilders:\n{X86}{rest}");
    let farm = Farm::read(text.as_bytes(), 0).unwrap();
    assert_eq!(farm.remarks, []);
    farm.unused_by_modules.into_iter().map(|f| (f.place.line, f.message)).collect()
}

fn remarks(builders: &str, rest: &str) -> Vec<(u32, String)> {
    let remarks = findings(builders, rest);
    remarks.into_iter().map(|remark| (remark.place.line, remark.message)).collect()
}

const X86: &str = "- {name: x86, count: 2, arches: [x86_64]}\n";

#[test]
fn a_farm_reads_as_written_with_koji_defaults_for_the_rest() {
    let farm = Farm::read(
        b"model: ideal\n\
          builders:\n\
          - {name: x86, count: 20, arches: [x86_64, i686], capacity: 4.0, max_jobs: 12,\n   \
             channels: [default], refuses: [tagBuild], refuses_until: 2h, cpus: 8, speed: 1.5,\n   \
             price_per_hour: 0.40}\n\
          - {name: z, count: 2, arches: [s390x]}\n\
          background: [{arch: s390x, channel: default, load: 0.3}]\n",
        0,
    )
    .unwrap();
    let x86 = BuilderGroup {
        name: "x86".into(),
        count: 20,
        arches: vec!["x86_64".into(), "i686".into()],
        capacity: 4.0,
        max_jobs: Some(12),
        channels: vec!["default".into()],
        refuses: vec!["tagBuild".into()],
        refuses_until: Some(Millis::from_secs(7200)),
        cpus: Some(8),
        speed: 1.5,
        price_per_hour: Some(0.4),
    };
    assert_eq!(farm.builders, [x86, BuilderGroup::new("z", 2, vec!["s390x".into()])]);
    assert_eq!(farm.hub, Hub::default());
    assert_eq!(farm.builders_of(&"i686".into()), 20);
    assert_eq!(farm.builders_of(&"noarch".into()), 22);
    assert_eq!(farm.builders_of(&"aarch64".into()), 0);
}

#[test]
fn without_a_farm_every_needed_arch_has_ten_ideal_builders() {
    let farm = Farm::ideal(["x86_64", "aarch64", "x86_64", "noarch"].map(Arch::from));
    let groups: Vec<_> = farm.builders.iter().map(|g| (g.name.as_str(), g.count)).collect();
    assert_eq!(groups, [("aarch64", 10), ("x86_64", 10)]);
    assert_eq!(farm.model, Model::Ideal);
}

#[test]
fn every_problem_is_told_with_its_line() {
    let problems = refused(
        "bilders: []\n\
         builders:\n\
         - {name: x86, count: -1, arches: [x86_64]}\n\
         - name: z\n  count: 2\n  arches: []\n  speed: 0\n  colour: blue\n\
         - {name: z, count: 2, arches: [noarch]}\n",
    );
    let expected = [
        (1, 1, Code::SettingUnknown, "`bilders` is not a key of the file"),
        (3, 22, Code::SettingValue, "`builders.count` must be a whole number, not `-1`"),
        (
            4,
            3,
            Code::SettingValue,
            "`builders.arches` is empty: builders without an arch do nothing",
        ),
        (7, 10, Code::SettingValue, "`builders.speed` must be more than 0"),
        (8, 3, Code::SettingUnknown, "`colour` is not a key of `builders`"),
        (9, 3, Code::SettingValue, "builders `z` are listed twice"),
        (
            9,
            32,
            Code::SettingValue,
            "`builders.arches` must not list noarch: every builder builds it",
        ),
    ];
    let expected = expected.map(|(line, column, code, text)| (line, column, code, text.to_owned()));
    assert_eq!(problems, expected);
}

#[test]
fn builders_that_cannot_be_read_are_told_once() {
    for (text, told) in [
        ("builders: {name: x}\n", "`builders` must be a list"),
        (
            "builders: [{name: x, count: 4000000000, arches: [a]}]\n",
            "`builders.count` must be at most 100000",
        ),
    ] {
        let messages: Vec<String> = refused(text).into_iter().map(|finding| finding.3).collect();
        assert_eq!(messages, [told]);
    }
}

#[test]
fn an_empty_file_and_broken_yaml_are_refused() {
    assert_eq!(refused("")[0].3, "`builders` is missing");
    assert_eq!(refused("builders: [")[0].2, Code::SettingSyntax);
    assert_eq!(refused("- x")[0].3, "the file must be a map of settings");
    assert_eq!(refused("a: 1\n---\nb: 2\n").last().unwrap().2, Code::SettingSyntax);
}
