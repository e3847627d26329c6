//! The keys of a farm file, section by section, as read and as documented.

pub(super) const FILE: &[&str] =
    &["model", "builders", "background", "hub", "repo", "module_task", "weights", "fallback"];
pub(super) const BUILDERS: &[&str] = &[
    "name",
    "count",
    "arches",
    "capacity",
    "max_jobs",
    "channels",
    "refuses",
    "refuses_until",
    "cpus",
    "speed",
    "price_per_hour",
];
pub(super) const BACKGROUND: &[&str] = &["arch", "channel", "load"];
pub(super) const HUB: &[&str] = &[
    "run_interval",
    "builder_sleep",
    "builder_turn",
    "retry_interval",
    "client_retry",
    "submit_interval",
    "max_jobs",
    "capacity_overcommit",
    "ready_timeout",
    "assign_timeout",
    "host_timeout",
    "soft_refusal_timeout",
    "priority",
    "child_priority",
    "tag_priority",
    "unit_weight",
    "free_tasks_max",
    "macros_build",
    "macros_tries",
];
pub(super) const REPO: &[&str] = &[
    "createrepo",
    "check_interval",
    "priority",
    "tasks_max",
    "retries",
    "wait",
    "wait_poll",
    "wait_timeout",
    "lag",
    "lag_window",
    "auto",
    "auto_lag",
    "auto_interval",
    "auto_priority",
];
pub(super) const MODULE_TASK: &[&str] = &["open"];
pub(super) const CREATEREPO: &[&str] = &["base", "per_build"];
pub(super) const WEIGHTS: &[&str] = &[
    "buildArch",
    "buildSRPMFromSCM",
    "createrepo",
    "createdistrepo",
    "tagBuild",
    "waitrepo",
    "history_per",
    "history_max",
];
pub(super) const FALLBACK: &[&str] = &["buildArch", "buildSRPMFromSCM", "tagBuild", "createrepo"];

/// Methods of the tasks of module builds.
pub(super) const METHODS: &[&str] = &[
    "build",
    "buildArch",
    "buildSRPMFromSCM",
    "createrepo",
    "moduleBuild",
    "newRepo",
    "tagBuild",
    "waitrepo",
];

/// Returns every key of a farm file, keys of a section prefixed with its name: `hub.max_jobs`.
pub fn keys() -> impl Iterator<Item = String> {
    let sections = [
        ("", FILE),
        ("builders.", BUILDERS),
        ("background.", BACKGROUND),
        ("hub.", HUB),
        ("repo.", REPO),
        ("repo.createrepo.", CREATEREPO),
        ("module_task.", MODULE_TASK),
        ("weights.", WEIGHTS),
        ("fallback.", FALLBACK),
    ];
    sections
        .into_iter()
        .flat_map(|(section, keys)| keys.iter().map(move |key| format!("{section}{key}")))
}
