//! Where each component comes from: an address that koji may fetch from, with a full commit.

use std::collections::BTreeMap;

use super::Request;
use super::builds::ModuleBuild;
use super::check::{Checks, counted};
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
fn key(module: &str, component: &ComponentKey) -> String {
    format!("{module}/{component}")
}

/// Resolves the source of every component that is built.
pub(super) fn sources(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    checks: &mut Checks,
) -> Sources {
    let mut rows = BTreeMap::new();
    let (mut unpinned, mut elsewhere) = (Vec::new(), Vec::new());
    for build in builds {
        let components = build.row.batches.iter().flat_map(|batch| &batch.components);
        for component in components.filter(|component| !component.reused) {
            let module = build.row.id.clone();
            let name = key(&module, &component.component);
            match source(request, build, component) {
                Err(why) => unpinned.push(format!("{name}: {why}")),
                Ok(url) => {
                    if !request.site.scm.allows(&url) {
                        elsewhere.push(format!("{name}: {url} is not below `scm.allow`"));
                    }
                    let component = component.component.clone();
                    rows.insert(name, ResolvedSource { module, component, url });
                }
            }
        }
    }
    let count = counted(rows.len(), "component");
    checks.all("full commits", unpinned, format!("{count} with a full commit each"));
    checks.all("source hosts", elsewhere, format!("{count} from allowed addresses"));
    Sources(rows)
}

/// Returns the address that `--sources` gives, else that of the plan, else that of the configuration.
fn source(
    request: Request<'_>,
    build: &ModuleBuild<'_>,
    component: &PlanComponent,
) -> Result<String, String> {
    let reference = component.reference.as_deref();
    let wanted = Wanted {
        package: &component.package,
        stream: &build.stored.stream,
        name: &build.stored.name,
        reference,
    };
    let named = request.sources.and_then(|sources| sources.url(wanted));
    if let Some(url) = named.or_else(|| component.source.clone()) {
        return match commit_of(&url) {
            Some(_) => Ok(url),
            None => {
                Err(format!("{url} has no full commit behind `#`: name it with --sources FILE"))
            }
        };
    }
    let Some(reference) = reference else {
        return Err("its document gives no ref: name its source with --sources FILE".to_owned());
    };
    let pinned = format!("#{reference}");
    if commit_of(&pinned).is_none() {
        return Err(format!(
            "`{reference}` is not a full commit, and branches are not resolved: name the commit with \
             --sources FILE"
        ));
    }
    let Some(template) = &request.site.scm.component else {
        return Err("no file names its source: give --sources FILE, or `scm.component`".to_owned());
    };
    Ok(template.replace("{package}", component.package.as_str()).replace("{commit}", reference))
}
