//! The keys of a site's configuration, section by section: what the reader knows and the page lists.

pub(super) const FILE: &[&str] = &[
    "koji",
    "store",
    "platforms",
    "names",
    "scm",
    "gate",
    "signing",
    "final_repo",
    "bus",
    "mail",
    "dependants",
    "serve",
    "listen",
    "worker",
    "limits",
];
pub(super) const KOJI: &[&str] = &["profile", "user", "password_file"];
pub(super) const PLATFORM: &[&str] = &[
    "tag",
    "arches",
    "multilib",
    "marking",
    "version_prefix",
    "groups",
    "external_repos",
    "publish_to",
];
pub(super) const GROUPS: &[&str] = &["build", "srpm-build"];
pub(super) const EXTERNAL_REPO: &[&str] = &["name", "priority", "merge_mode"];
pub(super) const NAMES: &[&str] =
    &["tag_prefix", "content_generator", "first_index", "tag_permission"];
pub(super) const SCM: &[&str] = &["allow", "component", "clone_timeout"];
pub(super) const GATE: &[&str] =
    &["kind", "command", "timeout", "url", "required", "context", "product_version"];
pub(super) const SIGNING: &[&str] = &["keys", "timeout"];
pub(super) const FINAL_REPO: &[&str] = &["directory"];
pub(super) const MAIL: &[&str] = &["from", "to", "smtp", "spool"];
pub(super) const MAIL_TO: &[&str] = &["default", "owners"];
pub(super) const DEPENDANTS: &[&str] = &["pdc", "inputs"];
pub(super) const LIMITS: &[&str] = &[
    "max_builds",
    "tasks_in_flight",
    "repos_in_flight",
    "submit_interval",
    "poll",
    "priority",
    "failures_share",
    "farm_load_max",
];
pub(super) const FAILURES_SHARE: &[&str] = &["share", "from"];
pub(super) const BUS: &[&str] = &["url", "ca", "cert", "key", "queue", "topic_prefix", "publish"];
pub(super) const SERVE: &[&str] = &["listen", "auth", "admins", "first_id"];
pub(super) const LISTEN: &[&str] = &["act", "builds_per_day"];
pub(super) const WORKER: &[&str] = &["channel", "open_free", "priority_floor", "tasks"];

/// Returns every key of a configuration, those of a section behind its name: `names.tag_prefix`. Those of
/// a platform stand behind `platforms.NAME`.
pub fn keys() -> impl Iterator<Item = String> {
    let sections = [
        ("", FILE),
        ("koji.", KOJI),
        ("platforms.NAME.", PLATFORM),
        ("platforms.NAME.groups.", GROUPS),
        ("platforms.NAME.external_repos.", EXTERNAL_REPO),
        ("names.", NAMES),
        ("scm.", SCM),
        ("gate.", GATE),
        ("signing.", SIGNING),
        ("final_repo.", FINAL_REPO),
        ("mail.", MAIL),
        ("mail.to.", MAIL_TO),
        ("dependants.", DEPENDANTS),
        ("limits.", LIMITS),
        ("limits.failures_share.", FAILURES_SHARE),
        ("bus.", BUS),
        ("serve.", SERVE),
        ("listen.", LISTEN),
        ("worker.", WORKER),
    ];
    sections
        .into_iter()
        .flat_map(|(section, keys)| keys.iter().map(move |key| format!("{section}{key}")))
}
