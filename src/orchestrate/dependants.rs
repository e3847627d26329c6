//! Who is rebuilt because a module passed: what the dependency service answers is not what was
//! asked, so every row is checked again.
//!
//! PDC joins the filters for name and stream independently, returns superseded versions beside the
//! newest, and gives versions as text. So: keep the newest row of each name, stream and context, by
//! number; keep it only when *one* of its requirements has both the name and the stream (and the
//! context that is compatible); drop the module itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Catalog, ModuleIx};

/// One module version of the dependency service's answer, by names alone: the service knows modules
/// outside the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `name:stream:context`.
    pub module: Arc<str>,
    /// Its version, as a number.
    pub version: u64,
    /// What that version was built with, each `name:stream:context`.
    pub requires: Arc<[Arc<str>]>,
}

/// Returns who depends on a module by rows that were checked again, in catalog order. The catalog has
/// learned their names.
pub(super) fn recheck(catalog: &Catalog, on: ModuleIx, rows: &[Row]) -> Vec<ModuleIx> {
    let wanted = &catalog.module(on).id;
    let mut newest: BTreeMap<ModuleIx, &Row> = BTreeMap::new();
    for row in rows {
        let module = catalog.find(&row.module).expect("the names of an event are learned first");
        let kept = newest.entry(module).or_insert(row);
        if row.version > kept.version {
            *kept = row;
        }
    }
    newest
        .into_iter()
        .filter(|&(module, row)| module != on && row.requires.contains(wanted))
        .map(|(module, _)| module)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{CatalogBuilder, ModuleParts};

    /// In the order of their numbers.
    const IDS: [&str; 7] = [
        "perl:5.26:c0",
        "perl-DBI:5.26:c0",
        "perl-DBI:1.641:c0",
        "perl-DBI:1.641:c1",
        "perl-DBD-Pg:3.7:c0",
        "perl-DBD-MySQL:4.046:c0",
        "perl-App-cpanminus:1.7044:c0",
    ];

    fn catalog() -> Catalog {
        let mut builder = CatalogBuilder::default();
        for id in IDS {
            builder.push(&ModuleParts { id: id.to_owned(), ..ModuleParts::default() });
        }
        builder.finish()
    }

    /// Returns who depends on a module by rows of (id, version, what it was built with).
    fn dependants(on: &str, rows: &[(&str, u64, &[&str])]) -> Vec<&'static str> {
        let catalog = catalog();
        let row = |&(id, version, requires): &(&str, u64, &[&str])| Row {
            module: id.into(),
            version,
            requires: requires.iter().map(|id| (*id).into()).collect(),
        };
        let rows: Vec<Row> = rows.iter().map(row).collect();
        let on = catalog.find(on).unwrap();
        recheck(&catalog, on, &rows).into_iter().map(|at| IDS[at.index()]).collect()
    }

    const BOTH: &[&str] = &["perl:5.26:c0", "perl-DBI:1.641:c0"];

    #[test]
    fn a_name_of_one_requirement_and_a_stream_of_another_make_no_dependant() {
        // build_dep_name=perl-DBI&build_dep_stream=5.26: each of these requires perl-DBI, and 5.26 is
        // the stream of the perl that it requires.
        let rows: &[(&str, u64, &[&str])] =
            &[("perl-DBD-Pg:3.7:c0", 1, BOTH), ("perl-DBD-MySQL:4.046:c0", 1, BOTH)];
        assert_eq!(dependants("perl-DBI:5.26:c0", rows), [""; 0]);
        let all = ["perl-DBD-Pg:3.7:c0", "perl-DBD-MySQL:4.046:c0"];
        assert_eq!(dependants("perl:5.26:c0", rows), all);
        assert_eq!(dependants("perl-DBI:1.641:c0", rows), all);
        // One that has both in one requirement is found among those that have not.
        let own: &[&str] = &["perl-DBI:5.26:c0"];
        let rows = [rows[0], ("perl-App-cpanminus:1.7044:c0", 1, own)];
        assert_eq!(dependants("perl-DBI:5.26:c0", &rows), ["perl-App-cpanminus:1.7044:c0"]);
    }

    #[test]
    fn the_newest_row_of_a_context_counts_and_is_checked() {
        let pg = "perl-DBD-Pg:3.7:c0";
        let (old, new): (&[&str], &[&str]) = (BOTH, &["perl:5.26:c0"]);
        // Superseded: version 10 is built without perl-DBI, in either order.
        for rows in [[(pg, 9, old), (pg, 10, new)], [(pg, 10, new), (pg, 9, old)]] {
            assert_eq!(dependants("perl-DBI:1.641:c0", &rows), [""; 0]);
            assert_eq!(dependants("perl:5.26:c0", &rows), [pg]);
        }
        // The same version twice is one dependant.
        assert_eq!(dependants("perl:5.26:c0", &[(pg, 10, new), (pg, 10, new)]), [pg]);
    }

    #[test]
    fn another_context_and_the_module_itself_are_no_dependants() {
        let rows: [(&str, u64, &[&str]); 2] = [
            ("perl-DBD-Pg:3.7:c0", 1, &["perl-DBI:1.641:c1"]),
            ("perl-DBI:1.641:c0", 1, &["perl-DBI:1.641:c0"]),
        ];
        assert_eq!(dependants("perl-DBI:1.641:c0", &rows), [""; 0]);
        assert_eq!(dependants("perl-DBI:1.641:c1", &rows), ["perl-DBD-Pg:3.7:c0"]);
    }
}
