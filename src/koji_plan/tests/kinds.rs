//! Builds that keep their versions, and scratch builds.

use super::*;

fn kept() -> Case {
    Case { options: BuildOptions { keep_version: true, scratch: false }, ..Case::new() }
}

fn scratch() -> Case {
    Case { options: BuildOptions { keep_version: false, scratch: true }, ..Case::new() }
}

fn text(run: &WorkedOut) -> String {
    assert!(run.checks.iter().all(|check| check.ok), "{:?}", run.checks);
    serde_json::to_string(&run.calls).expect("JSON")
}

#[test]
fn a_kept_version_gives_the_names_of_the_original_and_an_index_of_the_site_s_own() {
    let (run, _) = kept().run(hub);
    let calls = text(&run);
    assert!(calls.contains("\"module-perl-5.30-7-c1\"") && calls.contains("perl-5.30-7.c1"));
    // SHA-1 of `perl.5.30.7.c1`.
    let dist = run.builds[0].names.dist_tag.clone().expect("it has one");
    assert_eq!(
        dist,
        crate::plan::names::dist_tag(
            &crate::name::Nsvc {
                name: "perl".into(),
                stream: "5.30".into(),
                version: crate::name::Version(7),
                context: "c1".into()
            },
            crate::plan::names::Kind::Module,
            "el8",
            1,
        )
    );
    let fresh = Case::new().run(hub).0;
    let sum = |run: &WorkedOut| checksum(run, "https://hub/kojihub", SITE.as_bytes());
    assert_ne!(sum(&run), sum(&fresh));
    assert!(run.options.keep_version && !fresh.options.keep_version);
}

#[test]
fn a_version_below_a_shipped_one_is_refused() {
    let with = |version: &'static str| {
        move |call: &HubCall| match (call.method, named(call, "package")) {
            ("listTagged", Some("perl")) if named(call, "type") == Some("module") => {
                Ok(json!([shipped("perl", "5.30", version, ""), shipped("perl", "5.26", "99", "")]))
            }
            ("listTagged", _) if first(call).starts_with("module-perl-") => Ok(json!([])),
            ("listTaggedRPMS", _) => Ok(json!([[], []])),
            _ => hub(call),
        }
    };
    let failures = kept().failures(with("8"));
    let wanted =
        "versions: perl:5.30:c1: version 7 is below 8 of the context c9, which el8-candidate has";
    assert_eq!(failures, [wanted]);
    // Contexts of one submission share a version; a new version is above both.
    assert_eq!(kept().failures(with("7")), [""; 0]);
    assert_eq!(Case::new().failures(with("8")), [""; 0]);
}

#[test]
fn a_kept_version_must_still_update_what_was_shipped() {
    let failures = kept().failures(|call: &HubCall| match (call.method, named(call, "package")) {
        ("listTagged", Some("perl")) if named(call, "type") == Some("rpm") => {
            Ok(json!([tagged("perl", "5.30", "452.module+el9+646+bbbb")]))
        }
        _ => hub(call),
    });
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].starts_with("releases: perl:5.30:c1: perl-0:5.30-452.module+el8+647+"));
}

#[test]
fn a_scratch_build_is_real_and_is_neither_imported_nor_published() {
    let (run, _) = scratch().run(hub);
    let calls = text(&run);
    assert!(!run.calls.iter().any(|call| call.method == "CGImport" || call.phase == Phase::Import));
    let published =
        |call: &&PlannedCall| call.params.first().and_then(Value::as_str) == Some("el8-candidate");
    assert_eq!(run.calls.iter().filter(published).count(), 0);
    let tag = "scrmod-perl-5.30-820260102030405-c1_1+1";
    for words in [
        format!("\"{tag}\""),
        format!("\"{tag}-build\""),
        format!("{{tag:{tag}}}"),
        "\"scrmod-lock-perl-5.30\"".to_owned(),
        "module-build-macros-0.1-1.scrmod+el8+1+".to_owned(),
    ] {
        assert!(calls.contains(&words), "{words}: {calls}");
    }
    assert!(!calls.contains("\"scratch\""), "koji would not keep what a scratch task builds");
    let build = &run.builds[0];
    assert!(build.is_scratch && build.document.contains("context: c1_1"), "{}", build.document);
    assert_eq!(build.stream, "perl:5.30 (scratch)");
    // Nobody needs to be allowed to import.
    let nobody = |call: &HubCall| match call.method {
        "listCGs" => Ok(json!({})),
        "listBTypes" => Ok(json!([])),
        _ => hub(call),
    };
    assert_eq!(scratch().failures(nobody), [""; 0]);
}

#[test]
fn scratch_builds_of_one_version_are_numbered() {
    let with = |call: &HubCall| match (call.method, named(call, "pattern")) {
        ("listTags", Some("scrmod-perl-5.30-820260102030405-c1_*")) => Ok(json!([
            tag(7, "scrmod-perl-5.30-820260102030405-c1_2+4", &json!({})),
            tag(8, "scrmod-perl-5.30-820260102030405-c1_10+5", &json!({})),
            tag(9, "scrmod-perl-5.30-820260102030405-c1_10+5-build", &json!({})),
        ])),
        _ => hub(call),
    };
    let earlier = Earlier {
        indexes: [("perl:5.30 (scratch)".to_owned(), 5), ("perl:5.30".to_owned(), 80)].into(),
        ..Earlier::default()
    };
    let (run, _) = Case { earlier, ..scratch() }.run(with);
    assert!(text(&run).contains("\"scrmod-perl-5.30-820260102030405-c1_11+6\""));
}
