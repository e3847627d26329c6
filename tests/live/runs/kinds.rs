//! Runs of builds that keep their versions, and of scratch builds.

use modplan::koji::calls::{GetBuild, ListTagged};

use super::super::mock_koji::{alice, block_on, options};
use super::agree::{carried_out, journal};
use super::*;

/// Returns the builds in a tag of the hub.
fn tagged(site: &Site, tag: &str) -> Vec<String> {
    let call = ListTagged { tag: tag.into(), ..ListTagged::default() };
    let rows = block_on(async {
        let server = &site.case.mock.server;
        let mut hub =
            modplan::live::hub::Hub::connect(options(server), alice()).await.expect("it is there");
        hub.call(&call).await.expect("it answers")
    });
    rows.into_iter().map(|row| row.nvr).collect()
}

#[test]
fn a_module_keeps_the_version_of_its_document_and_is_built_once() {
    let Some(site) = Site::small() else { return };
    let (run, _) = carried_out(&site, &["--keep-version"]);
    assert_eq!(run["outcome"], "done");
    let nvr = "perl-App-cpanminus-1.7044-8060020211122110049.2e584954";
    assert_eq!(tagged(&site, "el8-modular-updates-candidate"), [nvr]);
    let again = Program::new(site.execute(&["--keep-version", "--format", "json"])).run();
    assert_eq!(again.code, 1, "{}", again.err);
    assert!(
        again.out.contains(&format!("{nvr} is there already, imported from ")),
        "{}",
        again.out
    );
    // A new version is above it.
    carried_out(&site, &[]);
}

#[test]
fn scratch_builds_leave_what_is_shipped_alone() {
    let Some(site) = Site::small() else { return };
    let (run, _) = carried_out(&site, &["--scratch"]);
    assert_eq!((&run["outcome"], &run["counts"]["component_builds"]), (&"done".into(), &8.into()));
    let is_import = |(method, _): &(String, Vec<modplan::koji::Value>)| method == "CGImport";
    assert_eq!(journal(&site).iter().filter(|call| is_import(call)).count(), 0);
    assert_eq!(tagged(&site, "el8-modular-updates-candidate"), [""; 0]);
    let components = run["modules"][SMALL]["components"].as_array().expect("a list").iter();
    let nvrs: Vec<&str> = components.map(|one| one["nvr"].as_str().expect("a text")).collect();
    assert!(nvrs.iter().all(|nvr| nvr.contains(".scrmod+el8.6.0+1+")), "{nvrs:?}");
    // The same plan has the same version: the next scratch build has names of its own all the same.
    let (next, _) = carried_out(&site, &["--scratch"]);
    let nvr = &next["modules"][SMALL]["components"][0]["nvr"];
    assert!(nvr.as_str().expect("a text").contains(".scrmod+el8.6.0+2+"), "{nvr}");
    // And so has the real one.
    let (real, _) = carried_out(&site, &[]);
    let nvr = real["modules"][SMALL]["components"][0]["nvr"].as_str().expect("a text").to_owned();
    assert!(nvr.contains(".module+el8.6.0+1+"), "{nvr}");
    let call = GetBuild { build: nvr.as_str().into(), strict: None };
    let found = block_on(async {
        let server = &site.case.mock.server;
        let mut hub =
            modplan::live::hub::Hub::connect(options(server), alice()).await.expect("it is there");
        hub.call(&call).await.expect("it answers")
    });
    assert!(found.is_some());
}

#[test]
fn the_kind_of_builds_is_that_of_the_dry_run() {
    let Some(site) = Site::small() else { return };
    let sum = site.checksum();
    let mut arguments = site.yes(&sum);
    arguments.push("--scratch".to_owned());
    let said = Program::new(arguments).run();
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(
        said.err.contains("the kind of builds is not what the dry run was made with"),
        "{}",
        said.err
    );
    assert_eq!(site.runs().len(), 0);
}
