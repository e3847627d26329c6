//! What the macros package of each build keeps out of its buildroot, as far as that is known before the
//! run: what shipped modules filter, and what they replace in the platform's tag. Modules that the same
//! run builds have no RPMs yet, so what follows from them is asked for when they are built.
//!
//! RPMs of external repositories are in no tag and are not compared.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::knowledge::Knowledge;
use super::requirements::RequiredModule;
use crate::koji::Value;
use crate::koji::calls::ListTaggedRpms;
use crate::module_build::conflicts::{KeptOut, RequiredModule as Contents, filtered, replaced};
use crate::module_build::tagged::{TagContents, TaggedRpm};
use crate::name::PackageName;

/// Returns what is kept out of each buildroot, by the id of the build's row.
pub(super) fn conflicts(
    builds: &[ModuleBuild<'_>],
    required: &BTreeMap<String, Vec<RequiredModule>>,
    known: &mut Knowledge,
    checks: &mut Checks,
) -> BTreeMap<String, KeptOut> {
    let mut tags = Tags { known, found: BTreeMap::new(), problems: Vec::new() };
    let all: BTreeMap<String, KeptOut> = builds
        .iter()
        .map(|build| (build.row.id.clone(), kept_out(build, &required[&build.row.id], &mut tags)))
        .collect();
    let decided = all.values().map(|one| one.filtered.union(&one.replaced).count()).sum();
    let later = all.values().filter(|one| !one.planned.is_empty()).count();
    let decided = counted(decided, "RPM");
    let good = match later {
        0 => format!("{decided} kept out of buildroots"),
        _ => format!(
            "{decided} kept out of buildroots; for {} more may follow from modules of this run",
            counted(later, "build")
        ),
    };
    checks.all("conflicts", tags.problems, good);
    all
}

fn kept_out(build: &ModuleBuild<'_>, required: &[RequiredModule], tags: &mut Tags<'_>) -> KeptOut {
    let planned = required.iter().filter_map(|module| module.planned().map(str::to_owned));
    let base = build.platform.tag.clone();
    let mut kept_out =
        KeptOut { planned: planned.collect(), base: base.clone(), ..KeptOut::default() };
    let mut shipped: Vec<Vec<TaggedRpm>> = Vec::new();
    for module in required {
        let Some(tag) = module.shipped_tag() else { continue };
        let contents = tags.contents(tag, false).clone();
        let kept = reused(build, module, &contents);
        let rpms = &contents.rpms;
        let filtered = filtered(Contents { rpms, filter: module.filter(), kept: &kept });
        kept_out.filtered.extend(filtered);
        shipped.push(contents.rpms);
    }
    if !shipped.is_empty() {
        let shipped: Vec<&[TaggedRpm]> = shipped.iter().map(Vec::as_slice).collect();
        kept_out.replaced = replaced(&tags.contents(&base, true).rpms, &shipped);
    }
    kept_out
}

/// Returns the RPMs that a build reuses from an earlier build of its own module: they are part of it.
fn reused(
    build: &ModuleBuild<'_>,
    module: &RequiredModule,
    contents: &TagContents,
) -> BTreeSet<String> {
    if module.name().as_str() != build.row.name {
        return BTreeSet::new();
    }
    let components = build.row.batches.iter().flat_map(|batch| &batch.components);
    let packages: BTreeSet<&PackageName> = components
        .filter(|component| component.reused)
        .map(|component| &component.package)
        .collect();
    let builds: BTreeSet<i64> = (contents.builds.iter())
        .filter(|build| packages.contains(&build.name))
        .map(|build| build.build_id)
        .collect();
    let own = contents.rpms.iter().filter(|rpm| builds.contains(&rpm.build_id));
    own.map(TaggedRpm::nevr).collect()
}

/// What the hub says that tags hold; each is read once.
struct Tags<'k> {
    known: &'k mut Knowledge,
    found: BTreeMap<String, TagContents>,
    problems: Vec<String>,
}

impl Tags<'_> {
    /// Returns the latest builds of a tag; nothing while the hub has not said.
    fn contents(&mut self, tag: &str, inherits: bool) -> &TagContents {
        let Self { known, found, problems } = self;
        found.entry(tag.to_owned()).or_insert_with(|| match known.ask(&latest(tag, inherits)) {
            None => TagContents::default(),
            Some(Ok(answer)) => TagContents::of(answer, BTreeMap::new()),
            Some(Err(fault)) => {
                problems.push(format!("cannot list the RPMs of {tag}: {}", fault.text));
                TagContents::default()
            }
        })
    }
}

fn latest(tag: &str, inherits: bool) -> ListTaggedRpms {
    ListTaggedRpms {
        tag: tag.into(),
        inherit: Some(inherits),
        latest: Some(Value::Bool(true)),
        ..ListTaggedRpms::default()
    }
}
