//! Macros packages: whether every module can have one.

use std::collections::BTreeSet;

use super::check::{Checks, counted};
use super::tags::TagWork;
use crate::module_build::macros::MacrosPackage;

/// Checks that nothing in the identity of a module would be read as something else in a spec file.
pub(super) fn check(works: &[TagWork<'_, '_>], checks: &mut Checks) {
    let none = BTreeSet::new();
    let (mut problems, mut count) = (Vec::new(), 0);
    for work in works {
        let components = work.build.row.batches.iter().flat_map(|batch| &batch.components);
        if components.clone().all(|component| component.reused) {
            continue;
        }
        count += 1;
        let package = MacrosPackage {
            nsvc: &work.build.nsvc,
            dist: work.names.dist_tag.as_deref().unwrap_or_default(),
            author: None,
            conflicts: &none,
            // What the day is does not matter here.
            committed: jiff::Timestamp::UNIX_EPOCH,
        };
        if let Err(error) = package.macro_file() {
            problems.push(format!("{}: {error}", work.build.row.id));
        }
    }
    checks.all("macros packages", problems, format!("{} can be made", counted(count, "package")));
}
