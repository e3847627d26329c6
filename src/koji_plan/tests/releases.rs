//! Indexes of dist tags, and releases that would fall.

use super::*;

#[test]
fn the_index_is_above_what_was_shipped_and_a_release_that_falls_is_refused() {
    let with_perl = |release: &'static str| {
        move |call: &HubCall| match (call.method, named(call, "package")) {
            ("listTagged", Some("perl")) if named(call, "type") == Some("rpm") => Ok(json!([
                tagged("perl", "5.30", "1.module+el8+9+aaaa"),
                tagged("perl", "5.30", release)
            ])),
            _ => hub(call),
        }
    };
    let (run, _) = Case::new().run(with_perl("452.module+el8+646+bbbb"));
    let text = serde_json::to_string(&run.calls).expect("JSON");
    assert!(text.contains("module+el8+647+") && text.contains("module+el8+648+"), "{text}");
    let failures = Case::new().failures(with_perl("452.module+el9+1+bbbb"));
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0].starts_with("releases: perl:5.30:c1: perl-0:5.30-452.module+el8+10+"),
        "{}",
        failures[0]
    );
    assert!(
        failures[0].ends_with("the marking of the platform sorts below the shipped one"),
        "{}",
        failures[0]
    );
}
