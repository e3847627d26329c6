//! Where each component comes from: an address that koji may fetch from, with a full commit.

use std::collections::BTreeMap;

use super::Request;
use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::git_refs::{GitRef, ResolvedRef};
use super::knowledge::Knowledge;
use crate::load::Wanted;
use crate::module_build::component_source::{ComponentSource, NamedSource, pinned};
use crate::name::ComponentKey;
use crate::plan::model::PlanComponent;

/// The source of one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedSource {
    /// The module, by its id in the plan.
    pub module: String,
    /// The component.
    pub component: ComponentKey,
    /// The address with a full commit.
    pub url: String,
    /// The branch or tag that the commit was found by; `None`: the commit was given.
    pub found_by: Option<ResolvedRef>,
}

impl ResolvedSource {
    /// Returns module and component in one text.
    pub(super) fn key(&self) -> String {
        key(&self.module, &self.component)
    }
}

/// The sources that are known, by module and component.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(BTreeMap<String, ResolvedSource>);

impl Sources {
    /// Returns the address of a component.
    pub(super) fn url(&self, module: &str, component: &ComponentKey) -> Option<&str> {
        self.0.get(&key(module, component)).map(|row| row.url.as_str())
    }

    pub(super) fn into_rows(self) -> Vec<ResolvedSource> {
        self.0.into_values().collect()
    }
}

/// Returns module and component in one text.
pub(super) fn key(module: &str, component: &ComponentKey) -> String {
    format!("{module}/{component}")
}

/// Resolves the source of every component that is built. Refs are looked up at allowed addresses alone.
pub(super) fn sources(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) -> Sources {
    let mut rows = BTreeMap::new();
    let (mut unpinned, mut elsewhere, mut looked_up) = (Vec::new(), Vec::new(), 0);
    for build in builds {
        let components = build.row.batches.iter().flat_map(|batch| &batch.components);
        for component in components.filter(|component| !component.reused) {
            let name = key(&build.row.id, &component.component);
            let named = match named(request, build, component) {
                Ok(named) => named,
                Err(why) => {
                    unpinned.push(format!("{name}: {why}"));
                    continue;
                }
            };
            let (NamedSource::Pinned(address) | NamedSource::Ref { address, .. }) = &named;
            if !request.site.scm.allows(address) {
                elsewhere.push(format!("{name}: {address} is not below `scm.allow`"));
                if matches!(named, NamedSource::Ref { .. }) {
                    continue;
                }
            }
            match resolved(named, known) {
                None => {}
                Some(Err(why)) => unpinned.push(format!("{name}: {why}")),
                Some(Ok((url, found_by))) => {
                    looked_up += usize::from(found_by.is_some());
                    let (module, component) = (build.row.id.clone(), component.component.clone());
                    rows.insert(name, ResolvedSource { module, component, url, found_by });
                }
            }
        }
    }
    let count = counted(rows.len(), "component");
    let good = match looked_up {
        0 => format!("{count} with a full commit each"),
        _ => format!("{count} with a full commit each, {looked_up} of them looked up with git"),
    };
    checks.all("full commits", unpinned, good);
    checks.all("source hosts", elsewhere, format!("{count} from allowed addresses"));
    Sources(rows)
}

/// Returns an address with a full commit, and the ref that it was found by; `None` while a ref is not looked up.
fn resolved(
    named: NamedSource,
    known: &mut Knowledge,
) -> Option<Result<(String, Option<ResolvedRef>), String>> {
    let (address, name) = match named {
        NamedSource::Pinned(url) => return Some(Ok((url, None))),
        NamedSource::Ref { address, name } => (address, name),
    };
    let of = match GitRef::new(&address, &name) {
        Ok(of) => of,
        Err(why) => return Some(Err(format!("{why}; name the commit with --sources FILE"))),
    };
    let found = known.commit(&of)?;
    Some(match found {
        Err(why) => Err(format!("{of}: {why}; name the commit with --sources FILE")),
        Ok(commit) => Ok((pinned(&address, &commit), Some(ResolvedRef { of, commit }))),
    })
}

/// Returns the source that `--sources` gives, else that of the plan, else that of the configuration.
fn named(
    request: Request<'_>,
    build: &ModuleBuild<'_>,
    component: &PlanComponent,
) -> Result<NamedSource, String> {
    let wanted = Wanted {
        package: &component.package,
        stream: &build.stored.stream,
        name: &build.stored.name,
        reference: component.reference.as_deref(),
    };
    let source = ComponentSource { wanted, known: component.source.as_deref() };
    source.named(request.sources, &request.site.scm)
}
