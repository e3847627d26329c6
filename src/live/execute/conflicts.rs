//! The macros package of a module that is built after others of the same run: what these filter, and what
//! they replace in the base, is known only now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::at_hub::{AtHub, Base};
use super::macros::source_rpm;
use super::stop::Stop;
use super::work::{LaterMacros, ModuleWork, SourceRpm};
use crate::koji::Value;
use crate::koji::calls::{ListTaggedRpms, TagLastChangeEvent};
use crate::koji::shapes::TaggedRpms;
use crate::module_build::conflicts::{Conflict, RequiredModule};
use crate::module_build::macros::MacrosPackage;
use crate::module_build::tagged::{TagContents, TaggedRpm};
use crate::orchestrate::Fault;

impl AtHub {
    /// Returns the source RPM of a module's macros package, with everything that is kept out.
    pub(super) async fn macros(&self, module: &ModuleWork) -> Result<SourceRpm, Stop> {
        let Some(later) = &module.later_macros else { return Ok(module.macros.clone()) };
        let conflicts = self.conflicts(later).await?;
        tracing::info!("{}: {} RPMs are kept out of its buildroot", module.nsvc, conflicts.len());
        let package = MacrosPackage {
            nsvc: &module.nsvc,
            dist: module.names.dist_tag.as_deref().unwrap_or_default(),
            author: module.stored.macros.as_deref(),
            conflicts: &conflicts,
            committed: later.committed,
        };
        let broken = |error| Stop::failed(Fault::Broken, format!("{}: {error}", module.nsvc));
        source_rpm(&package, &later.directory).map_err(broken)
    }

    async fn conflicts(&self, later: &LaterMacros) -> Result<BTreeSet<Conflict>, Stop> {
        let kept_out = &later.kept_out;
        let mut modules = Vec::new();
        for id in &kept_out.planned {
            let built = self.work.modules.get(id).ok_or_else(|| {
                Stop::failed(Fault::Missing, format!("{id} is not part of this run"))
            })?;
            modules.push((built, self.latest_rpms(&built.tags.tag, false).await?));
        }
        let base = self.base(&kept_out.base).await?;
        let none = BTreeSet::new();
        let built: Vec<RequiredModule<'_>> = modules
            .iter()
            .map(|(built, rpms)| RequiredModule {
                rpms,
                filter: &built.stored.about.filter,
                kept: &none,
            })
            .collect();
        Ok(kept_out.with(&base, &built))
    }

    /// Returns the RPMs of a base tag and its parents. They are many, so they are read again only after a
    /// change.
    async fn base(&self, tag: &str) -> Result<Arc<[TaggedRpm]>, Stop> {
        let event = self.ask(&TagLastChangeEvent { tag: tag.into(), ..Default::default() }).await?;
        let mut bases = self.bases.lock().await;
        if let Some(known) = bases.get(tag).filter(|known| known.event == event) {
            return Ok(Arc::clone(&known.rpms));
        }
        let rpms: Arc<[TaggedRpm]> = self.latest_rpms(tag, true).await?.into();
        bases.insert(tag.to_owned(), Base { event, rpms: Arc::clone(&rpms) });
        Ok(rpms)
    }

    async fn latest_rpms(&self, tag: &str, inherits: bool) -> Result<Vec<TaggedRpm>, Stop> {
        let call = ListTaggedRpms {
            tag: tag.into(),
            inherit: Some(inherits),
            latest: Some(Value::Bool(true)),
            ..ListTaggedRpms::default()
        };
        let answer: TaggedRpms = self.ask(&call).await?;
        Ok(TagContents::of(answer, BTreeMap::new()).rpms)
    }
}
