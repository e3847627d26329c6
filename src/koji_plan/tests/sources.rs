//! Sources by commits, branches and tags, and where they may come from.

use super::*;

#[test]
fn a_ref_that_is_no_full_commit_and_a_foreign_host_are_named() {
    let none = "package,stream,name,url\n".to_owned();
    let failures = Case { sources: none, ..Case::new() }.failures(hub);
    assert_eq!(failures.len(), 2, "{failures:?}");
    assert_eq!(
        failures[0],
        "full commits: perl:5.30:c1/perl: its document gives no ref: name its source with --sources FILE"
    );
    let elsewhere =
        format!("package,stream,name,url\n,,,git+https://evil.example.net/{{package}}#{COMMIT}\n");
    let failures = Case { sources: elsewhere, ..Case::new() }.failures(hub);
    assert_eq!(failures.len(), 3, "{failures:?}");
    assert!(
        failures[0]
            .starts_with("source hosts: perl:5.30:c1/perl: git+https://evil.example.net/perl#")
    );
}

const NONE: &str = "package,stream,name,url\n";

/// A case whose third component has a branch, and the others a commit.
fn with_branch(commit: fn(&GitRef) -> Found) -> Case {
    let modules = MODULES.replace("{ perl perl-libs#1 }", "{ perl!COMMIT perl-libs#1!COMMIT }");
    Case {
        modules: modules
            .replace("COMMIT", COMMIT)
            .replace(&format!("perl-DBI!{COMMIT}"), "perl-DBI!main"),
        sources: NONE.to_owned(),
        commit,
        ..Case::new()
    }
}

#[test]
fn a_branch_is_looked_up_once_and_its_commit_is_in_the_calls_and_the_checksum() {
    let at = |digit: &str| digit.repeat(40);
    let case = with_branch(|of| {
        assert_eq!((of.url(), of.name()), ("https://src.example.org/rpms/perl-DBI", "main"));
        Ok("a".repeat(40))
    });
    let (run, _) = case.run(hub);
    assert!(run.checks.iter().all(|check| check.ok), "{:?}", run.checks);
    let check = run.checks.iter().find(|check| check.check == "full commits").expect("it is there");
    assert_eq!(check.detail, "3 components with a full commit each, 1 of them looked up with git");
    let url = format!("git+https://src.example.org/rpms/perl-DBI#{}", at("a"));
    let is_it = |call: &&PlannedCall| call.params[0].as_str() == Some(url.as_str());
    assert_eq!(run.calls.iter().filter(is_it).count(), 1);
    let resolved = run.resolved_refs();
    assert_eq!(resolved.len(), 1);
    assert_eq!(resolved[0].commit, at("a"));
    let sum = |run: &WorkedOut| checksum(run, "https://hub/kojihub", SITE.as_bytes());
    let other = with_branch(|_| Ok("b".repeat(40)));
    assert_ne!(sum(&other.run(hub).0), sum(&run));
    // A preflight that is repeated takes the commit that was shown.
    let repeated = Case { resolved, commit: |of| panic!("{of} is looked up again"), ..case };
    assert_eq!(sum(&repeated.run(hub).0), sum(&run));
}

#[test]
fn a_ref_that_cannot_be_looked_up_is_named_with_its_reason() {
    let failures = with_branch(|_| Err("there is no such branch or tag".to_owned())).failures(hub);
    let wanted = "full commits: perl-DBI:1:c2/perl-DBI: main of https://src.example.org/rpms/perl-DBI: there is no \
                  such branch or tag; name the commit with --sources FILE";
    assert_eq!(failures, [wanted]);
}

#[test]
fn hostile_refs_and_addresses_are_refused_before_anybody_is_asked() {
    let nobody: fn(&GitRef) -> Found = |of| panic!("{of} is looked up");
    let with =
        |row: &str| Case { sources: format!("{NONE},,,{row}\n"), commit: nobody, ..Case::new() };
    for (row, words) in [
        ("git+https://src.example.org/{package}#--upload-pack=x", "it begins with a dash"),
        ("git+https://src.example.org/{package}#a..b", "git refuses"),
        ("git+https://evil.example.net/{package}#main", "is not below `scm.allow`"),
        ("file:///srv/git/{package}#main", "is not below `scm.allow`"),
        ("ext::sh -c id#main", "is not below `scm.allow`"),
        ("git+https://src.example.org/../{package}#main", "is not below `scm.allow`"),
    ] {
        let failures = with(row).failures(hub);
        assert_eq!(failures.len(), 3, "{row}: {failures:?}");
        assert!(failures.iter().all(|one| one.contains(words)), "{row}: {failures:?}");
    }
    // Koji may log in there; git would ask for this user's keys.
    let over_ssh = Case {
        site: SITE.replace("https://src.example.org/", "ssh://src.example.org/"),
        ..with("git+ssh://src.example.org/{package}#main")
    };
    let failures = over_ssh.failures(hub);
    let words = "refs are looked up over https://, http://, git:// alone";
    assert!(failures[0].contains(words), "{failures:?}");
}
