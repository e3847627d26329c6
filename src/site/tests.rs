use super::*;

const LEAST: &str =
    "platforms:\n  el8: {tag: el8-build, arches: [x86_64], publish_to: el8-candidate}\n";

/// Returns what is wrong, as `line:column: message; hint`.
fn wrong(text: &str) -> Vec<String> {
    let findings = Site::read(text.as_bytes(), 0).expect_err(text);
    let told = |finding: &crate::load::Finding| {
        let hint = finding.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        let place = finding.place;
        format!("{}:{}: {}{hint}", place.line, place.column, finding.message)
    };
    findings.iter().map(told).collect()
}

#[test]
fn what_is_left_out_has_the_usual_value() {
    let site = Site::read(LEAST.as_bytes(), 0).expect("it is enough");
    assert_eq!((site.names, site.limits), (NameRules::default(), Limits::default()));
    assert_eq!((site.gate, site.signing, site.mail), (Gate::None, None, None));
    let el8 = &site.platforms["el8"];
    assert_eq!((el8.tag.as_str(), el8.publish_to.as_str()), ("el8-build", "el8-candidate"));
    assert_eq!((&el8.marking, el8.version_prefix), (&None, None));
}

#[test]
fn a_whole_configuration_is_read() {
    let text = include_str!("../../fixtures/site/config.yaml");
    let site = Site::read(text.as_bytes(), 0).unwrap_or_else(|findings| panic!("{findings:?}"));
    let el8 = site.platform(&"el8.6.0".into()).expect("its line is there");
    assert_eq!(el8.multilib["x86_64"], ["i686".into()].into());
    assert_eq!(el8.groups["srpm-build"].len(), 3);
    assert_eq!(el8.external_repos[0].merge_mode, MergeMode::Bare);
    assert_eq!(
        (el8.external_repos[1].priority, el8.external_repos[1].merge_mode.as_str()),
        (30, "koji")
    );
    assert_eq!(site.platform(&"el9".into()), None);
    let command = vec!["/usr/local/bin/gate".to_owned()];
    assert_eq!(site.gate, Gate::Script { command, timeout: Millis::from_secs(30 * 60) });
    assert_eq!(site.mail, Some(Mail::Spool { directory: "/var/spool/modplan".to_owned() }));
    let signing = site.signing.expect("it is there");
    assert_eq!(
        (signing.keys, signing.timeout),
        (vec!["abcd1234".to_owned()], Millis::from_secs(14_400))
    );
    let directory = "/srv/repos/modules".to_owned();
    assert_eq!(site.final_repo, Some(FinalRepo { directory }));
    assert_eq!(site.limits.failures_share, FailuresShare { share: 0.1, from: 20 });
    assert_eq!(
        site.dependants,
        Some(Dependants::Inputs { paths: vec!["modules.yaml".to_owned()] })
    );
}

#[test]
fn a_stream_of_its_own_comes_before_its_line() {
    let text =
        format!("{LEAST}  el8.6.0: {{tag: el86-build, arches: [x86_64], publish_to: el86}}\n");
    let site = Site::read(text.as_bytes(), 0).expect("it reads");
    let tag = |stream: &str| site.platform(&stream.into()).map(|platform| platform.tag.as_str());
    assert_eq!(
        (tag("el8.6.0"), tag("el8.7.0"), tag("el8")),
        (Some("el86-build"), Some("el8-build"), Some("el8-build"))
    );
}

#[test]
fn every_problem_is_reported_with_its_place_and_what_was_meant() {
    assert_eq!(wrong(""), ["1:1: `platforms` is missing"]);
    let text = "plattforms: {}\nnames: {tag_prefix: module, content_generators: x}\n\
                platforms:\n  el8: {tag: a b, arches: [noarch], publish: x}\n";
    assert_eq!(
        wrong(text),
        [
            "1:1: `plattforms` is not a key of the file; did you mean `platforms`?",
            "2:21: `names.tag_prefix` must be letters, digits and `-_.+` with a dash at the end, such as \
             `module-`, not `module`",
            "2:29: `content_generators` is not a key of `names`; did you mean `content_generator`?",
            "4:8: `platforms.NAME.publish_to` is missing",
            "4:14: `platforms.NAME.tag` must be a name without blanks and slashes, not `a b`",
            "4:28: `platforms.NAME.arches` must be the arch of builders, not `noarch`",
            "4:37: `publish` is not a key of `platforms.NAME`; did you mean `publish_to`?",
        ]
    );
}

#[test]
fn sections_are_checked_against_each_other() {
    let with = |more: &str| wrong(&format!("{LEAST}{more}"));
    let one = |more: &str| {
        let all = with(more);
        assert_eq!(all.len(), 1, "{more}: {all:?}");
        all[0].clone()
    };
    assert!(one("gate: {kind: scirpt}").contains("did you mean `script`?"));
    assert_eq!(one("gate: {kind: script}"), "3:7: `gate.command` is missing");
    assert!(one("gate: {kind: none, url: https://a/}").contains("`gate.url` does not belong"));
    assert!(one("mail: {from: a}").ends_with("`mail` needs either `smtp` or `spool`"));
    assert!(one("dependants: {pdc: https://a/, inputs: [b]}").contains("either `pdc` or `inputs`"));
    assert!(one("koji: {user: kim}").contains("go together"));
    assert!(one("limits: {farm_load_max: 70}").contains("must lie between 0 and 1"));
    assert!(one("limits: {poll: 10ms}").contains("must be 1s or longer"));
    assert!(one("signing: {keys: [xyz]}").contains("hexadecimal"));
    assert!(one("final_repo: {directory: repos}").contains("must be an absolute path"));
    assert!(one("final_repo: {directory: /mnt/../koji}").contains("without `..`"));
    assert_eq!(one("final_repo: {}"), "3:13: `final_repo.directory` is missing");
    assert!(one("worker: {chanel: module}").contains("did you mean `channel`?"));
    assert!(one("serve: {admin: [kim]}").contains("did you mean `admins`?"));
    assert!(one("store: mysql:x").contains("must be sqlite:FILE or postgres://"));
    let elsewhere =
        "scm: {allow: [\"https://a/\"], component: \"git+https://b/{package}#{commit}\"}";
    assert!(one(elsewhere).contains("is not below `scm.allow`"));
    let unpinned = "scm: {allow: [\"https://a/\"], component: \"git+https://a/{package}#main\"}";
    assert!(one(unpinned).contains("must hold {package} and {commit}"));
}

#[test]
fn a_password_is_refused_and_never_repeated() {
    let secret = "hunter2";
    for text in [
        format!("{LEAST}bus: {{url: \"amqps://kim:{secret}@bus/\"}}\n"),
        format!("{LEAST}store: postgres://kim:{secret}@db/modplan\n"),
        format!(
            "{LEAST}mail: {{from: a, to: {{default: [b]}}, smtp: \"smtp://kim:{secret}@mail\"}}\n"
        ),
        format!("{LEAST}koji: {{password: {secret}}}\n"),
        format!("{LEAST}scm: {{allow: [\"https://kim:{secret}@src/\"]}}\n"),
    ] {
        let told = wrong(&text).join("\n");
        assert!(!told.is_empty() && !told.contains(secret), "{told}");
    }
}

#[test]
fn a_source_is_allowed_below_what_is_listed_and_nowhere_else() {
    let allow = ["https://src.example.org/rpms", "https://other.example.org/"].map(str::to_owned);
    let scm = Scm { allow: allow.into(), ..Scm::default() };
    let allowed = ["git+https://src.example.org/rpms/perl#0", "https://src.example.org/rpms?#0"];
    assert!(allowed.iter().all(|url| scm.allows(url)));
    for refused in [
        "git+https://src.example.org/rpms-of-others/perl#0",
        "git+https://src.example.org/rpms/../modules/perl#0",
        "git+https://src.example.org/rpms/%2E%2e/modules#0",
        "git+https://src.example.org.example.net/rpms/perl#0",
        "https://other.example.org/@evil.example.net/perl#0",
        "git://src.example.org/rpms/perl#0",
        "file:///etc",
    ] {
        assert!(!scm.allows(refused), "{refused}");
    }
}

#[test]
fn the_page_lists_every_key() {
    let page = include_str!("../../docs/koji.md");
    let of_repos = "platforms.NAME.external_repos.";
    let is_listed = |key: &String| {
        let name = key.strip_prefix(of_repos).unwrap_or(key);
        page.contains(&format!("`{name}`"))
    };
    let sections = [
        "koji",
        "platforms",
        "names",
        "scm",
        "gate",
        "signing",
        "final_repo",
        "mail",
        "mail.to",
        "dependants",
        "limits",
    ];
    let missing: Vec<String> = keys()
        .filter(|key| !is_listed(key) && !sections.contains(&key.as_str()))
        .filter(|key| !matches!(key.as_str(), "platforms.NAME.groups" | "limits.failures_share"))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}
