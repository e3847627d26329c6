use std::sync::Arc;

use super::*;
use crate::mini;
use crate::module_build::tagged::TaggedPackage;

/// Makes a tag of `package: name.arch …` lines; each package gets its source.
fn tag(text: &str) -> TagContents {
    let mut tag = TagContents::default();
    for (build_id, line) in (1..).zip(text.lines()) {
        let (package, rpms) = line.trim().split_once(':').expect("a colon");
        let nvr = format!("{package}-1-1");
        let (name, volume) = (package.into(), String::new());
        tag.builds.push(TaggedPackage { build_id, name, nvr, volume });
        let source = format!("{package}.src");
        for rpm in [source.as_str()].into_iter().chain(rpms.split_whitespace()) {
            let (name, arch) = rpm.rsplit_once('.').expect("a dot");
            let id = i64::try_from(tag.rpms.len()).expect("few") + 1;
            tag.rpms.push(TaggedRpm {
                id,
                build_id,
                name: name.to_owned(),
                epoch: None,
                version: "1".to_owned(),
                release: "1".to_owned(),
                arch: arch.into(),
                payload_hash: String::new(),
            });
            let license = Some("MIT".to_owned());
            tag.headers.insert(id, RpmHeader { license, ..RpmHeader::default() });
        }
    }
    tag
}

fn stream(line: &str) -> Stream {
    mini::snapshot(line).streams.remove(0)
}

/// Returns what a module and its `-devel` list on x86_64, as `name.arch`.
fn lists(tag: &TagContents, stored: &Stream, manner: Manner) -> (Vec<String>, Vec<String>) {
    let included = BTreeMap::new();
    let inventory = Inventory::new(tag).expect("the answers fit");
    let wanted = Wanted { stored, included: &included, manner };
    let contents = inventory.choose(wanted, &"x86_64".into());
    let short = |chosen: &Chosen<'_>| {
        chosen.rpms.values().map(|rpm| format!("{}.{}", rpm.name, rpm.arch)).collect()
    };
    (short(&contents.module), short(&contents.devel))
}

#[test]
fn what_is_for_the_build_only_goes_into_devel_without_a_filter() {
    let tag = tag("a: a.x86_64\nb: b.x86_64 b-debuginfo.x86_64");
    let mut stored = stream("m:1 { a b }");
    Arc::make_mut(&mut stored.components).get_mut("b").expect("it is one").buildonly = true;
    let (module, devel) = lists(&tag, &stored, Manner::Mended);
    assert_eq!(module, ["a.src", "a.x86_64"]);
    assert_eq!(devel, ["b.src", "b.x86_64", "b-debuginfo.x86_64"]);
    assert_eq!(lists(&tag, &stored, Manner::AsMbs).1, Vec::<String>::new());
}

#[test]
fn a_component_is_found_by_the_package_it_builds() {
    let tag = tag("real: real.x86_64");
    let stored = stream("m:1 { key=real }");
    assert_eq!(lists(&tag, &stored, Manner::Mended).0, ["real.src", "real.x86_64"]);
    assert_eq!(lists(&tag, &stored, Manner::AsMbs).1, ["real.src", "real.x86_64"]);
}

#[test]
fn debug_packages_follow_what_they_debug() {
    let tag = tag(
        "a: a-debugsource.x86_64 a-libs-debuginfo.x86_64 a-libs.x86_64 a-odd-debuginfo.x86_64 a-odd.i686",
    );
    let (module, devel) = lists(&tag, &stream("m:1 { a }"), Manner::Mended);
    // There is no RPM `a`, so its debugsource goes with the source; `a-odd` is there, but not in the module.
    assert_eq!(
        module,
        ["a.src", "a-debugsource.x86_64", "a-libs.x86_64", "a-libs-debuginfo.x86_64"]
    );
    assert_eq!(devel, ["a-odd.i686", "a-odd-debuginfo.x86_64"]);
}

#[test]
fn answers_that_do_not_fit_are_told() {
    let told = |change: fn(&mut TagContents)| {
        let mut tag = tag("a: a.x86_64");
        change(&mut tag);
        Inventory::new(&tag).expect_err("they do not fit").to_string()
    };
    let no_build = told(|tag| tag.builds.clear());
    assert_eq!(no_build, "a-0:1-1.x86_64 is part of build 1, which koji does not list in the tag");
    let no_header = told(|tag| drop(tag.headers.remove(&2)));
    assert_eq!(no_header, "koji gives no header of a-0:1-1.x86_64");
    let no_license = told(|tag| drop(tag.headers.insert(1, RpmHeader::default())));
    assert_eq!(no_license, "the header of a-0:1-1.src has no license");
    assert_eq!(told(|tag| drop(tag.rpms.remove(0))), "the build a-1-1 has no source RPM");
}
