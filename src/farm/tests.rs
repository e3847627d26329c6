use super::*;
use crate::load::Code;
use crate::time::Millis;

fn refused(text: &str) -> Vec<(u32, u32, Code, String)> {
    let findings = Farm::read(text.as_bytes(), 0).unwrap_err();
    findings.into_iter().map(|f| (f.place.line, f.place.column, f.code, f.message)).collect()
}

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
        (9, 3, Code::SettingValue, "builders `z` are given twice"),
        (
            9,
            32,
            Code::SettingValue,
            "`builders.arches` must not list noarch: every builder takes it",
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
            "`builders.count` must be 100000 at most",
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

#[test]
fn every_constant_of_the_hub_has_a_name_in_the_file() {
    let farm = Farm::read(
        b"model: koji\n\
          builders: [{name: x86, count: 1, arches: [x86_64], max_jobs: unreported}]\n\
          hub: {run_interval: 1s, builder_sleep: 2s, builder_turn: 3ms, submit_interval: 4s,\n  \
            retry_interval: 5s, client_retry: 6s, max_jobs: 7, capacity_overcommit: 8.5,\n  \
            ready_timeout: 9s, assign_timeout: 10s, host_timeout: 11s,\n  \
            soft_refusal_timeout: 12s, priority: 13, child_priority: -2, tag_priority: 14,\n  \
            unit_weight: 0.5, free_tasks_max: 9, macros_build: 15s, macros_tries: 16}\n\
          repo: {createrepo: {base: 1s, per_build: 2ms}, check_interval: 3s, priority: 4,\n  \
            tasks_max: 5, retries: 6, wait_poll: 7s, wait_timeout: 8s, lag: 9s, lag_window: 10s,\n  \
            auto: true, auto_lag: 11s, auto_interval: 12s, auto_priority: 13}\n",
        0,
    )
    .unwrap();
    let secs = Millis::from_secs;
    assert_eq!(farm.model, Model::Koji);
    assert_eq!(farm.builders[0].max_jobs, None);
    let hub = Hub {
        run_interval: secs(1),
        builder_sleep: secs(2),
        builder_turn: Millis(3),
        submit_interval: secs(4),
        retry_interval: secs(5),
        client_retry: secs(6),
        max_jobs: 7,
        capacity_overcommit: 8.5,
        ready_timeout: secs(9),
        assign_timeout: secs(10),
        host_timeout: secs(11),
        soft_refusal_timeout: secs(12),
        priority: 13,
        child_priority: -2,
        tag_priority: 14,
        unit_weight: 0.5,
        free_tasks_max: 9,
        macros_build: secs(15),
        macros_tries: 16,
    };
    assert_eq!(farm.hub, hub);
    let repo = Repo {
        createrepo: Createrepo::BySize { base: secs(1), per_build: Millis(2) },
        check_interval: secs(3),
        priority: 4,
        tasks_max: 5,
        retries: 6,
        wait_poll: secs(7),
        wait_timeout: secs(8),
        lag: secs(9),
        lag_window: secs(10),
        auto: true,
        auto_lag: secs(11),
        auto_interval: secs(12),
        auto_priority: 13,
    };
    assert_eq!(farm.repo, repo);
}

#[test]
fn weights_and_fallbacks_have_names_in_the_file() {
    let farm = Farm::read(
        b"builders: [{name: x86, count: 1, arches: [x86_64]}]\n\
          weights: {buildArch: 1.1, buildSRPMFromSCM: 1.2, createrepo: 1.3, createdistrepo: 1.4,\n  \
            tagBuild: 1.6, waitrepo: 1.7, history_per: 18s, history_max: 1.9}\n\
          fallback: {buildArch: 1s, buildSRPMFromSCM: 2s, tagBuild: 3s, createrepo: 4s}\n",
        0,
    )
    .unwrap();
    let secs = Millis::from_secs;
    let weights = Weights {
        build_arch: 1.1,
        build_srpm: 1.2,
        createrepo: 1.3,
        createdistrepo: 1.4,
        tag_build: 1.6,
        waitrepo: 1.7,
        history_per: secs(18),
        history_max: 1.9,
    };
    assert_eq!(farm.weights, weights);
    let fallback = Fallback {
        build_arch: secs(1),
        build_srpm: secs(2),
        tag_build: secs(3),
        createrepo: secs(4),
    };
    assert_eq!(farm.fallback, fallback);
}

#[test]
fn wrong_constants_are_told_with_their_line() {
    let told: Vec<(u32, String)> = refused(
        "model: koji\n\
         builders: [{name: x86, count: 2, arches: [x86_64]}]\n\
         hub:\n  child_priority: 1.5\n  unit_weight: -1\n  free_tasks_max: 0\n  macros_tries: 0\n  \
           priority: 99999999\n\
         repo:\n  retries: -1\n  auto: yes\n  auto_priority: -5\n  auto_interval: 0s\n\
         weights:\n  buildArch: heavy\n  history_per: 0s\n  history_max: -1\n  buildarch: 1\n\
         fallback:\n  tagBuild: 2\n",
    )
    .into_iter()
    .map(|(line, _, _, message)| (line, message))
    .collect();
    let expected = [
        (4, "`hub.child_priority` must be a whole number, not `1.5`"),
        (5, "`hub.unit_weight` must be a number from 0, not `-1`"),
        (6, "`hub.free_tasks_max` must be at least 1"),
        (7, "`hub.macros_tries` must be at least 1"),
        (8, "`hub.priority` must lie between -1000000 and 1000000"),
        (10, "`repo.retries` must be a whole number, not `-1`"),
        (11, "`repo.auto` must be one of true, false, not `yes`"),
        (12, "`repo.auto_priority` must not be less than 0"),
        (13, "`repo.auto_interval` must be 1s or longer, not `0s`"),
        (15, "`weights.buildArch` must be a number from 0, not `heavy`"),
        (16, "`weights.history_per` must be longer than nothing"),
        (17, "`weights.history_max` must be a number from 0, not `-1`"),
        (18, "`buildarch` is not a key of `weights`"),
        (
            20,
            "`fallback.tagBuild` is wrong: `2` is no duration: write a whole number with ms, s, m, h or d, such as 90s or 2h",
        ),
    ];
    assert_eq!(told, expected.map(|(line, text)| (line, text.to_owned())));
}

#[test]
fn a_farm_that_could_never_build_is_told() {
    let told = |text: &str| -> Vec<(u32, String)> {
        refused(text).into_iter().map(|(line, _, _, message)| (line, message)).collect()
    };
    assert_eq!(
        told("model: koji\nbuilders: []\n"),
        [(2, "`builders` hold no builder: nothing would ever be built".to_owned())]
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
            (6, "builders `a` take no task: others take all of their capacity".to_owned()),
            (
                8,
                "a builder that polls every 4m 00s is silent for longer than \
                 `hub.ready_timeout`, 3m 00s: the hub would give it nothing"
                    .to_owned()
            ),
        ]
    );
}

/// Returns line and words of all that is wrong with a farm of koji's model.
fn wrong(builders: &str, rest: &str) -> Vec<(u32, String)> {
    let text = format!("model: koji\nbuilders:\n{builders}{rest}");
    refused(&text).into_iter().map(|(line, _, _, message)| (line, message)).collect()
}

fn findings(builders: &str, rest: &str) -> Vec<Finding> {
    let text = format!("model: koji\nbuilders:\n{builders}{rest}");
    Farm::read(text.as_bytes(), 0).unwrap().remarks
}

fn remarks(builders: &str, rest: &str) -> Vec<(u32, String)> {
    let remarks = findings(builders, rest);
    remarks.into_iter().map(|remark| (remark.place.line, remark.message)).collect()
}

const X86: &str = "- {name: x86, count: 2, arches: [x86_64]}\n";

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
             1 free, and they have 1"
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
fn places_that_parents_fill_are_told() {
    let one =
        |count: u32| format!("- {{name: x86, count: {count}, arches: [x86_64], max_jobs: 1}}\n");
    assert_eq!(wrong(&one(1), "")[0].0, 3);
    assert!(wrong(&one(1), "")[0].1.starts_with("all builders together take one task"));
    let told = remarks(&one(5), "");
    assert_eq!((told.len(), told[0].0), (1, 3));
    assert!(told[0].1.starts_with("every builder takes one task"), "{told:?}");
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
    // For a while, or some of them: something goes on.
    assert_eq!(remarks(&group("a", "refuses: [buildArch], refuses_until: 1h"), ""), []);
    let told = wrong(&group("a", "refuses: [buildarch]"), "");
    assert!(told[0].1.contains("did you mean `buildArch`?"), "{told:?}");
    let told = wrong(&group("a", "refuses_until: 1h"), "");
    assert_eq!(told[0].1, "`builders.refuses_until` is given without `builders.refuses`");
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
        (5, "background of x86_64 in channel default is given twice"),
        (6, "`hub.run_interval` must be a year at most, not `9999d`"),
        (7, "`fallback.tagBuild` must be a year at most, not `367d`"),
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
            "no builders have arch s390x and channel default: this load is borne by none"
                .to_owned()
        )]
    );
    let told = wrong(X86, "background: [{arch: x86_64, channel: image, load: 0.5}]\n");
    assert_eq!(told.len(), 1);
}

#[test]
fn keys_that_no_module_build_heeds_are_remarked() {
    let told = remarks(X86, "hub: {tag_priority: 3}\nrepo:\n  lag: 30m\n  lag_window: 5m\n");
    let places: Vec<u32> = told.iter().map(|(line, _)| *line).collect();
    assert_eq!(places, [4, 6, 7]);
    assert!(told[1].1.starts_with("`repo.lag` changes nothing here"), "{told:?}");
    assert_eq!(
        remarks(X86, "repo: {auto_lag: 1h, auto_interval: 5s, auto_priority: 1}\n").len(),
        3
    );
    assert_eq!(remarks(X86, "repo: {auto: true, auto_lag: 1h, lag_window: 5m}\n"), []);
    let given = "repo: {createrepo: 5s}\nfallback: {createrepo: 6s}\n";
    assert_eq!(remarks(X86, given).len(), 1);
    assert_eq!(remarks(X86, "fallback: {createrepo: 6s}\n"), []);
    assert_eq!(remarks(X86, "weights: {createdistrepo: 1, createrepo: 1}\n").len(), 1);
}

#[test]
fn remarks_have_a_code_and_a_place_and_are_warnings() {
    let idle = "- {name: img, count: 1, arches: [x86_64], channels: [image], max_jobs: 1}\n";
    let one = "- {name: x86, count: 2, arches: [x86_64], max_jobs: 1}\n";
    let told = findings(&format!("{one}{idle}"), "repo: {lag: 1h}\n");
    let found: Vec<_> = told
        .iter()
        .map(|finding| (finding.code.as_str(), finding.place.line, finding.place.column))
        .collect();
    // The list of builders is placed where its first map begins, behind the dash.
    assert_eq!(found, [("farm-full", 3, 3), ("farm-idle", 4, 3), ("setting-unused", 5, 8)]);
    assert!(told.iter().all(|finding| finding.severity() == crate::load::Severity::Warning));
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

/// Returns the keys that a page names in the first column of its tables, such as `hub.max_jobs`.
fn documented(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let first = rows.filter_map(|row| row.split(" |").next());
    let names = first.flat_map(|cell| cell.split('`').step_by(2).map(str::to_owned));
    names.collect()
}

#[test]
fn every_key_stands_in_the_page_on_the_farm_and_no_other() {
    let known: BTreeSet<String> = keys().collect();
    let page = documented(include_str!("../../docs/farm-model.md"));
    let missing: Vec<_> = known.difference(&page).collect();
    let unknown: Vec<_> = page.difference(&known).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}
