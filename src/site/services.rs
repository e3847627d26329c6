//! Sections of services: only their keys and values are checked.

use super::check::{address, koji_name, yes_no};
use super::keys::{BUS, LISTEN, SERVE, WORKER};
use crate::settings::{self, Reader, Section};

/// Checks every section of a service.
pub(super) fn check(reader: &mut Reader, file: &Section<'_>) {
    if let Some(node) = file.find("bus") {
        let section = reader.section(node, "bus", BUS);
        reader.required(&section, "url", address);
        for key in ["ca", "cert", "key", "queue", "topic_prefix"] {
            reader.value(&section, key, settings::text);
        }
        reader.value(&section, "publish", yes_no);
    }
    if let Some(node) = file.find("serve") {
        let section = reader.section(node, "serve", SERVE);
        reader.value(&section, "listen", settings::text);
        reader.values(&section, "admins", settings::text);
        reader.value(&section, "first_id", settings::positive_count);
    }
    if let Some(node) = file.find("listen") {
        let section = reader.section(node, "listen", LISTEN);
        reader.value(&section, "act", yes_no);
        reader.value(&section, "builds_per_day", settings::count);
    }
    if let Some(node) = file.find("worker") {
        let section = reader.section(node, "worker", WORKER);
        reader.value(&section, "channel", koji_name);
        reader.value(&section, "open_free", yes_no);
        reader.value(&section, "priority_floor", settings::count);
        reader.value(&section, "tasks", settings::positive_count);
    }
}
