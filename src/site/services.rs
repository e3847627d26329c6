//! Sections of services. Of those that are to come, only the keys and values are checked.

use super::check::{address, koji_name, selector, yes_no};
use super::keys::{BUS, LISTEN, WORKER};
use super::{RepoWait, Worker};
use crate::settings::{self, Reader, Section};

/// The ways of waiting for a repo.
const REPO_WAITS: [(&str, RepoWait); 2] =
    [("request", RepoWait::Request), ("subtask", RepoWait::Subtask)];

/// Reads what the worker may do.
pub(super) fn worker(reader: &mut Reader, file: &Section<'_>) -> Worker {
    let usual = Worker::default();
    let Some(node) = file.find("worker") else { return usual };
    let section = reader.section(node, "worker", WORKER);
    let wait = |text: &str| settings::word(text, &REPO_WAITS);
    Worker {
        channel: reader.value(&section, "channel", koji_name).unwrap_or(usual.channel),
        opens_free: reader.value(&section, "open_free", yes_no).unwrap_or(usual.opens_free),
        priority_floor: reader
            .value(&section, "priority_floor", settings::count)
            .unwrap_or(usual.priority_floor),
        tasks: reader.value(&section, "tasks", settings::positive_count).unwrap_or(usual.tasks),
        repo_wait: reader.value(&section, "repo_wait", wait).unwrap_or(usual.repo_wait),
        given: reader.values(&section, "given", selector).unwrap_or_default(),
    }
}

/// Checks the sections of services that are to come.
pub(super) fn check(reader: &mut Reader, file: &Section<'_>) {
    if let Some(node) = file.find("bus") {
        let section = reader.section(node, "bus", BUS);
        reader.required(&section, "url", address);
        for key in ["ca", "cert", "key", "queue", "topic_prefix"] {
            reader.value(&section, key, settings::text);
        }
        reader.value(&section, "publish", yes_no);
    }
    if let Some(node) = file.find("listen") {
        let section = reader.section(node, "listen", LISTEN);
        reader.value(&section, "act", yes_no);
        reader.value(&section, "builds_per_day", settings::count);
    }
}
