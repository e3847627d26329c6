//! The final modulemd of a build: one document for each arch, and its `-devel` twin.
//!
//! The stored document loses what only the build system reads (`xmd.mbs`, the places of sources) and
//! gains its arch, artifacts and the licenses of its contents. `-devel` holds what was built and does
//! not belong to the module; it requires the module, and has neither API nor profiles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::contents::{Chosen, ContentsError, Inventory, Manner, Wanted};
use super::rpm_arches::document_arch;
use super::tagged::{TagContents, TaggedRpm};
use crate::load::{Component, Requirement, Stream, Value, stream_yaml};
use crate::name::{Arch, ComponentKey, ModuleName};

/// A build whose components are all in its tag.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'a> {
    /// The stored document of the build.
    pub stored: &'a Stream,
    /// Components of included modules, by their key there.
    pub included: &'a BTreeMap<ComponentKey, Component>,
    /// The arches of the tag, as koji names them.
    pub arches: &'a BTreeSet<Arch>,
    /// What the tag holds.
    pub tag: &'a TagContents,
    /// Whose rules decide.
    pub manner: Manner,
}

/// One final document and what it lists.
#[derive(Clone, Debug, PartialEq)]
pub struct FinalDocument<'t> {
    /// The document.
    pub stream: Stream,
    /// Its RPMs and source RPMs, in the order of their NEVRAs.
    pub rpms: Vec<&'t TaggedRpm>,
}

impl FinalDocument<'_> {
    /// Returns the document as YAML.
    #[must_use]
    pub fn yaml(&self) -> String {
        stream_yaml(&self.stream)
    }
}

/// The two documents of one arch.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchFinals<'t> {
    /// The module's.
    pub module: FinalDocument<'t>,
    /// That of `-devel`; it may list nothing.
    pub devel: FinalDocument<'t>,
}

/// Returns the documents of every arch of the tag.
///
/// # Errors
///
/// The answers about the tag's RPMs do not fit each other.
pub fn final_documents<'t>(
    finished: Finished<'t>,
) -> Result<BTreeMap<Arch, ArchFinals<'t>>, ContentsError> {
    let inventory = Inventory::new(finished.tag)?;
    let Finished { stored, included, manner, .. } = finished;
    let wanted = Wanted { stored, included, manner };
    let base = published(finished);
    let of_arch = |arch: &Arch| {
        let contents = inventory.choose(wanted, arch);
        let finals = ArchFinals {
            module: filled(base.clone(), arch, contents.module),
            devel: filled(devel_of(base.clone()), arch, contents.devel),
        };
        (arch.clone(), finals)
    };
    Ok(finished.arches.iter().map(of_arch).collect())
}

/// Returns the stored document as the public sees it, before arch and contents.
#[must_use]
pub fn published(finished: Finished<'_>) -> Stream {
    let mut stream = finished.stored.clone();
    let components = Arc::make_mut(&mut stream.components);
    if finished.manner == Manner::Mended {
        for (key, component) in finished.included {
            components.entry(key.clone()).or_insert_with(|| component.clone());
        }
    }
    for component in components.values_mut() {
        component.repository = None;
        component.cache = None;
    }
    stream.about.xmd = Some(without_mbs(stream.about.xmd.take()));
    stream.locks.clear();
    stream.virtual_streams.clear();
    stream.artifacts.clear();
    stream.about.rpm_map.clear();
    stream.about.content_licenses.clear();
    stream
}

/// Returns the `-devel` twin of a document: named so, requiring the module, without API and profiles.
#[must_use]
pub fn devel_of(mut stream: Stream) -> Stream {
    let (name, own) = (stream.name.clone(), stream.stream.clone());
    stream.name = ModuleName::from(format!("{name}-devel").as_str());
    for group in Arc::make_mut(&mut stream.dependencies) {
        let requirement = group.requires.entry(name.clone()).or_insert_with(Requirement::default);
        requirement.streams = BTreeSet::from([own.clone()]);
    }
    stream.about.api.clear();
    stream.about.profiles.clear();
    stream
}

fn without_mbs(xmd: Option<Value>) -> Value {
    match xmd {
        Some(Value::Map(entries)) => {
            Value::Map(entries.into_iter().filter(|(key, _)| &**key != "mbs").collect())
        }
        Some(Value::Text(_) | Value::List(_)) | None => Value::Map(Box::default()),
    }
}

fn filled<'t>(mut stream: Stream, arch: &Arch, chosen: Chosen<'t>) -> FinalDocument<'t> {
    let Chosen { rpms, licenses } = chosen;
    stream.arch = Some(document_arch(arch));
    stream.about.content_licenses = licenses.into_iter().map(String::into_boxed_str).collect();
    stream.artifacts = rpms.keys().cloned().collect();
    FinalDocument { stream, rpms: rpms.into_values().collect() }
}
