//! Farms that could never build something, never end, or contradict themselves.

use super::*;

#[test]
fn a_farm_that_could_never_build_is_told() {
    let told = |text: &str| -> Vec<(u32, String)> {
        refused(text).into_iter().map(|(line, _, _, message)| (line, message)).collect()
    };
    assert_eq!(
        told("model: koji\nbuilders: []\n"),
        [(2, "`builders` has no builder: nothing would ever be built".to_owned())]
    );
    assert_eq!(
        told(
            "model: koji\n\
             builders:\n\
             - {name: x86, count: 2, arches: [x86_64], channels: [default]}\n\
             - {name: z, count: 2, arches: [s390x], channels: [default], capacity: 0}\n\
             - {name: p, count: 1, arches: [ppc64le], channels: [default], max_jobs: 0}\n\
             - {name: a, count: 1, arches: [aarch64], channels: [default]}\n\
             background: [{arch: aarch64, load: 1.0}]\n\
             hub: {builder_sleep: 4m}\n"
        ),
        [
            (3, "no builder serves the channel createrepo: no repos would ever run".to_owned()),
            (4, "builders `z` take no task: their capacity is 0".to_owned()),
            (5, "builders `p` take no task: their max_jobs is 0".to_owned()),
            (
                6,
                "builders `a` take no task: background load takes all of their capacity".to_owned()
            ),
            (
                8,
                "a builder that polls every 4m 00s is silent for longer than `hub.ready_timeout` \
                 (3m 00s): the hub would never assign it a task"
                    .to_owned()
            ),
        ]
    );
}

#[test]
fn tasks_that_never_fit_and_limits_of_zero_are_told() {
    assert_eq!(
        wrong(
            "- {name: x86, count: 2, arches: [x86_64], capacity: 1}\n",
            "hub: {capacity_overcommit: 0}\n"
        ),
        [(
            3,
            "builders `x86` take no task: with `hub.capacity_overcommit` 0 a task needs more than \
             1 of free capacity, and they have 1"
                .to_owned()
        )]
    );
    let unreported = "- {name: x86, count: 2, arches: [x86_64], max_jobs: unreported}\n";
    assert_eq!(
        wrong(unreported, "hub: {max_jobs: 0}\n"),
        [(
            3,
            "builders `x86` take no task: they report no max_jobs, and `hub.max_jobs` is 0"
                .to_owned()
        )]
    );
}

#[test]
fn methods_that_nobody_takes_and_words_that_are_none_are_told() {
    let group = |name: &str, keys: &str| {
        format!("- {{name: {name}, count: 2, arches: [x86_64], {keys}}}\n")
    };
    let all = group("a", "refuses: [buildArch]") + &group("b", "refuses: [newRepo, buildArch]");
    assert_eq!(
        wrong(&all, ""),
        [(
            3,
            "every builder of the channel default refuses buildArch: nothing would ever be built"
                .to_owned()
        )]
    );
    let repos = group("a", "channels: [default]") + &group("b", "refuses: [createrepo]");
    assert_eq!(wrong(&repos, "").len(), 1);
    // For a while, or some of them: something can still run.
    assert_eq!(remarks(&group("a", "refuses: [buildArch], refuses_until: 1h"), ""), []);
    let told = wrong(&group("a", "refuses: [buildarch]"), "");
    assert!(told[0].1.contains("did you mean `buildArch`?"), "{told:?}");
    let told = wrong(&group("a", "refuses_until: 1h"), "");
    assert_eq!(told[0].1, "`builders.refuses_until` requires `builders.refuses`");
}

#[test]
fn what_contradicts_itself_or_never_ends_is_told() {
    let told = wrong(
        "- {name: x86, count: 2, arches: [x86_64, x86_64], channels: [default, createrepo, default]}\n\
         - {name: z, count: 1, arches: [s390x], speed: 1e-300}\n",
        "background: [{arch: x86_64, load: 0.7}, {arch: x86_64, channel: default, load: 0.2}]\n\
         hub: {run_interval: 9999d}\nfallback: {buildArch: 366d, tagBuild: 367d}\n",
    );
    let expected = [
        (3, "`builders.arches` has x86_64 twice"),
        (3, "`builders.channels` has default twice"),
        (4, "`builders.speed` must lie between 0.001 and 1000, not `1e-300`"),
        (5, "background of x86_64 in channel default is listed twice"),
        (6, "`hub.run_interval` must be at most a year, not `9999d`"),
        (7, "`fallback.tagBuild` must be at most a year, not `367d`"),
    ];
    assert_eq!(told, expected.map(|(line, text)| (line, text.to_owned())));
}

#[test]
fn those_who_poll_more_than_once_a_second_are_told() {
    let rest = |span: &str| {
        format!(
            "hub: {{run_interval: {span}, builder_sleep: {span}, builder_turn: 1ms,\n  \
               retry_interval: {span},\n  client_retry: {span}}}\n\
             repo: {{check_interval: {span},\n  wait_poll: {span},\n  \
               lag_window: {span},\n  auto: true, auto_interval: {span}}}\n"
        )
    };
    assert_eq!(remarks(X86, &rest("1s")), []);
    let told = wrong(X86, &rest("999ms"));
    assert_eq!(told.len(), 8, "{told:?}");
    assert_eq!(told[0], (4, "`hub.run_interval` must be 1s or longer, not `999ms`".to_owned()));
    let last = (10, "`repo.auto_interval` must be 1s or longer, not `999ms`".to_owned());
    assert_eq!(told[7], last);
}

#[test]
fn background_that_nobody_bears_is_told() {
    let told = wrong(X86, "background: [{arch: s390x, load: 0.5}]\n");
    assert_eq!(
        told,
        [(
            4,
            "no builders have arch s390x and channel default: this load has no effect".to_owned()
        )]
    );
    let told = wrong(X86, "background: [{arch: x86_64, channel: image, load: 0.5}]\n");
    assert_eq!(told.len(), 1);
}

#[test]
fn a_group_for_repos_alone_builds_nothing() {
    let repos = "- {name: repo, count: 3, arches: [s390x, x86_64], channels: [createrepo]}\n";
    let text = format!("model: koji\nbuilders:\n{X86}{repos}");
    let farm = Farm::read(text.as_bytes(), 0).unwrap();
    assert_eq!(farm.arches(), BTreeSet::from(["x86_64".into()]));
    assert_eq!(farm.builders_of(&"x86_64".into()), 2);
    assert_eq!(farm.builders_of(&"noarch".into()), 2);
}

#[test]
fn an_ideal_farm_without_builders_is_told_unless_they_are_varied() {
    let text = b"builders:\n- {name: x86, count: 0, arches: [x86_64]}\n";
    let findings = Farm::read(text, 0).unwrap_err();
    assert_eq!(findings[0].place.line, 2);
    let varied = Farm::read_to_vary(text, 0, |farm| farm.builders[0].count = 3).unwrap();
    assert_eq!(varied.builders[0].count, 0);
}
