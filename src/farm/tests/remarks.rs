//! Likely mistakes, which are warnings.

use super::*;

#[test]
fn places_that_parents_fill_are_told() {
    let one =
        |count: u32| format!("- {{name: x86, count: {count}, arches: [x86_64], max_jobs: 1}}\n");
    assert_eq!(wrong(&one(1), "")[0].0, 3);
    assert!(wrong(&one(1), "")[0].1.starts_with("all builders together run one task"));
    let told = remarks(&one(5), "");
    assert_eq!((told.len(), told[0].0), (1, 3));
    assert!(told[0].1.starts_with("every builder runs one task"), "{told:?}");
    assert_eq!(remarks(X86, ""), []);
}

#[test]
fn channels_that_no_task_goes_to_are_told() {
    let slip = "- {name: arm, count: 1, arches: [aarch64], channels: [defualt]}\n";
    let told = wrong(&format!("{X86}{slip}"), "");
    assert_eq!((told.len(), told[0].0), (1, 4));
    assert!(told[0].1.ends_with("did you mean `default`?"), "{told:?}");
    let other = "- {name: img, count: 1, arches: [x86_64], channels: [image]}\n";
    let told = remarks(&format!("{X86}{other}"), "");
    assert_eq!((told.len(), told[0].0), (1, 4));
}

#[test]
fn keys_that_no_module_build_heeds_are_remarked() {
    let told = unused_by_modules("hub: {tag_priority: 3}\nrepo:\n  lag: 30m\n  lag_window: 5m\n");
    let places: Vec<u32> = told.iter().map(|(line, _)| *line).collect();
    assert_eq!(places, [4, 6, 7]);
    assert!(told[1].1.starts_with("`repo.lag` has no effect"), "{told:?}");
    assert_eq!(unused_by_modules("weights: {createdistrepo: 1, createrepo: 1}\n").len(), 1);
    assert_eq!(unused_by_modules("repo: {auto: true, auto_lag: 1h, lag_window: 5m}\n"), []);
    assert_eq!(
        remarks(X86, "repo: {auto_lag: 1h, auto_interval: 5s, auto_priority: 1}\n").len(),
        3
    );
    assert_eq!(remarks(X86, "repo: {auto: true, auto_lag: 1h, lag_window: 5m}\n"), []);
    let given = "repo: {createrepo: 5s}\nfallback: {createrepo: 6s}\n";
    assert_eq!(remarks(X86, given).len(), 1);
    assert_eq!(remarks(X86, "fallback: {createrepo: 6s}\n"), []);
}

#[test]
fn remarks_have_a_code_and_a_place_and_are_warnings() {
    let idle = "- {name: img, count: 1, arches: [x86_64], channels: [image], max_jobs: 1}\n";
    let one = "- {name: x86, count: 2, arches: [x86_64], max_jobs: 1}\n";
    let told = findings(&format!("{one}{idle}"), "repo: {auto_lag: 1h}\n");
    let found: Vec<_> = told
        .iter()
        .map(|finding| (finding.code.as_str(), finding.place.line, finding.place.column))
        .collect();
    // The place of the list of builders is that of its first map, after the dash.
    assert_eq!(found, [("farm-full", 3, 3), ("farm-idle", 4, 3), ("setting-unused", 5, 8)]);
    assert!(told.iter().all(|finding| finding.severity() == crate::load::Severity::Warning));
}
