//! Every constant of the hub has a key, in the reader and in the page on the farm.

use super::*;

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
        (16, "`weights.history_per` must be longer than 0"),
        (17, "`weights.history_max` must be a number from 0, not `-1`"),
        (18, "`buildarch` is not a key of `weights`"),
        (
            20,
            "`fallback.tagBuild` is invalid: `2` is not a duration: write whole numbers with ms, s, m, h or d, such as 90s, 15m, 2h30m or 1d",
        ),
    ];
    assert_eq!(told, expected.map(|(line, text)| (line, text.to_owned())));
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
    let page = documented(include_str!("../../../docs/farm-model.md"));
    let missing: Vec<_> = known.difference(&page).collect();
    let unknown: Vec<_> = page.difference(&known).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}
