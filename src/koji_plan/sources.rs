//! Where each component comes from: an address that koji may fetch from, with a full commit.

use std::collections::BTreeMap;

use super::Request;
use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::git_refs::{GitRef, ResolvedRef, pinned};
use super::knowledge::Knowledge;
use crate::load::Wanted;
use crate::name::ComponentKey;
use crate::plan::model::PlanComponent;
use crate::plan::reuse::commit_of;

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

/// What is known of a source before it is looked up.
enum Named {
    /// Its address has a full commit.
    Pinned(String),
    /// A branch or tag of an address.
    Ref { address: String, name: String },
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
            let (Named::Pinned(address) | Named::Ref { address, .. }) = &named;
            if !request.site.scm.allows(address) {
                elsewhere.push(format!("{name}: {address} is not below `scm.allow`"));
                if matches!(named, Named::Ref { .. }) {
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
    named: Named,
    known: &mut Knowledge,
) -> Option<Result<(String, Option<ResolvedRef>), String>> {
    let (address, name) = match named {
        Named::Pinned(url) => return Some(Ok((url, None))),
        Named::Ref { address, name } => (address, name),
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
) -> Result<Named, String> {
    let reference = component.reference.as_deref();
    let wanted = Wanted {
        package: &component.package,
        stream: &build.stored.stream,
        name: &build.stored.name,
        reference,
    };
    let given = request.sources.and_then(|sources| sources.url(wanted));
    if let Some(url) = given.or_else(|| component.source.clone()) {
        let fragment = url.split_once('#').map(|(_, name)| name).filter(|name| !name.is_empty());
        return match (commit_of(&url), fragment.or(reference)) {
            (Some(_), _) => Ok(Named::Pinned(url)),
            (None, Some(name)) => Ok(named_by(&url, name)),
            (None, None) => Err(format!("{url} has neither a commit nor a ref behind `#`")),
        };
    }
    let Some(reference) = reference else {
        return Err("its document gives no ref: name its source with --sources FILE".to_owned());
    };
    let Some(template) = &request.site.scm.component else {
        return Err("no file names its source: give --sources FILE, or `scm.component`".to_owned());
    };
    Ok(named_by(&template.replace("{package}", component.package.as_str()), reference))
}

/// Returns a source by its address and a commit or ref.
fn named_by(address: &str, name: &str) -> Named {
    let is_commit = !name.contains('#') && commit_of(&format!("#{name}")).is_some();
    match is_commit {
        true => Named::Pinned(pinned(address, name)),
        false => {
            let address = address.split('#').next().unwrap_or_default().to_owned();
            Named::Ref { address, name: name.to_owned() }
        }
    }
}
