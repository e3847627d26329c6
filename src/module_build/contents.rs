//! Which RPMs of a tag belong to a module on one arch, and which only to its `-devel`.
//!
//! An RPM takes these steps; the first that turns it away decides:
//!
//! 1. its arch is the tag's, `noarch`, or one that the tag takes as multilib;
//! 2. its source RPM is built for the arch (`ExclusiveArch`, `ExcludeArch`);
//! 3. its package is a component, or on the whitelist where the document has one;
//! 4. its name is not filtered, its component not for the build only;
//! 5. an RPM of a multilib arch needs the arch in the component's `multilib`.
//!
//! Whatever fails the first two belongs to neither. An RPM that ends in `-debuginfo` or `-debugsource`
//! is judged last: it takes the steps only where its parent is part of the module, or where there is
//! no RPM of its parent's name and the module has another RPM of the same source. Sources follow
//! their RPMs.

use std::collections::{BTreeMap, BTreeSet};

use super::rpm_arches::{is_of_base, multilib, names_arch};
use super::tagged::{RpmHeader, TagContents, TaggedRpm};
use crate::load::{Component, Stream};
use crate::name::{Arch, ComponentKey, PackageName};

/// Whose rules decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// The rules with the service's defects mended.
    ///
    /// * Arches are compared by their base, so that `armhfp` takes `armv7hl`, and `i386` takes `i686`.
    /// * `ExcludeArch: noarch` excludes the arch of no tag.
    /// * Each included RPM brings its own source, though another RPM have its name.
    /// * Components of included modules are components.
    /// * A component is also found by the name of its package, where its key differs.
    /// * RPMs of components that are `buildonly` are kept out, reused builds among them.
    #[default]
    Mended,
    /// The rules of the Module Build Service 3.9.2, for comparisons with what it made.
    AsMbs,
}

/// Why the contents of a module cannot be told: koji's answers do not fit each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentsError {
    /// An RPM is part of no build that was listed.
    #[error("{nevra} is part of build {build_id}, which koji does not list in the tag")]
    NoBuild {
        /// The RPM.
        nevra: String,
        /// Koji's number of its build.
        build_id: i64,
    },
    /// A build has no source RPM.
    #[error("the build {nvr} has no source RPM")]
    NoSource {
        /// Its name-version-release.
        nvr: String,
    },
    /// An RPM's header was not answered.
    #[error("koji gives no header of {nevra}")]
    NoHeader {
        /// The RPM.
        nevra: String,
    },
    /// A header has no license.
    #[error("the header of {nevra} has no license")]
    NoLicense {
        /// The RPM.
        nevra: String,
    },
}

/// The document whose contents are chosen.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The stored document of the build.
    pub stored: &'a Stream,
    /// Components of included modules, by their key there.
    pub included: &'a BTreeMap<ComponentKey, Component>,
    /// Whose rules decide.
    pub manner: Manner,
}

/// The RPMs of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen<'t> {
    /// RPMs and source RPMs, by their NEVRA.
    pub rpms: BTreeMap<String, &'t TaggedRpm>,
    /// The licenses of the RPMs, without those of the sources.
    pub licenses: BTreeSet<String>,
}

/// The RPMs of a module and of its `-devel` on one arch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents<'t> {
    /// Those of the module.
    pub module: Chosen<'t>,
    /// Those of `-devel`.
    pub devel: Chosen<'t>,
}

/// A tag whose answers fit each other: every RPM has a header and a build with a source.
#[derive(Clone, Debug)]
pub struct Inventory<'t> {
    binaries: Vec<Binary<'t>>,
    sources: Vec<&'t TaggedRpm>,
}

/// A binary RPM with what its source says.
#[derive(Clone, Copy, Debug)]
struct Binary<'t> {
    rpm: &'t TaggedRpm,
    license: &'t str,
    source: &'t TaggedRpm,
    source_header: &'t RpmHeader,
    package: &'t PackageName,
}

const DEBUG_SUFFIXES: [&str; 2] = ["-debuginfo", "-debugsource"];

impl Binary<'_> {
    /// Returns the name of the RPM that a debug RPM belongs to.
    fn debugged(&self) -> Option<&str> {
        DEBUG_SUFFIXES.iter().find_map(|suffix| self.rpm.name.strip_suffix(suffix))
    }
}

impl<'t> Inventory<'t> {
    /// Joins RPMs, builds and headers.
    ///
    /// # Errors
    ///
    /// An RPM without build, header or license, or a build without source: koji's answers are
    /// incomplete, and a document made of them would be.
    pub fn new(tag: &'t TagContents) -> Result<Self, ContentsError> {
        let builds: BTreeMap<i64, _> =
            tag.builds.iter().map(|build| (build.build_id, build)).collect();
        let (sources, binaries): (Vec<&'t TaggedRpm>, Vec<&'t TaggedRpm>) =
            tag.rpms.iter().partition(|rpm| rpm.is_source());
        let source_of: BTreeMap<i64, &TaggedRpm> =
            sources.iter().map(|source| (source.build_id, *source)).collect();
        let join = |rpm: &'t TaggedRpm| {
            let no_build = || ContentsError::NoBuild { nevra: rpm.nevra(), build_id: rpm.build_id };
            let build = *builds.get(&rpm.build_id).ok_or_else(no_build)?;
            let no_source = || ContentsError::NoSource { nvr: build.nvr.clone() };
            let source = *source_of.get(&rpm.build_id).ok_or_else(no_source)?;
            let source_header = header(tag, source)?.0;
            let license = header(tag, rpm)?.1;
            Ok(Binary { rpm, license, source, source_header, package: &build.name })
        };
        sources.iter().try_for_each(|source| header(tag, source).map(drop))?;
        Ok(Self { binaries: binaries.into_iter().map(join).collect::<Result<_, _>>()?, sources })
    }

    /// Chooses the RPMs of one arch of the tag.
    #[must_use]
    pub fn choose(&self, wanted: Wanted<'_>, arch: &Arch) -> Contents<'t> {
        let present: Vec<&Binary<'t>> =
            self.binaries.iter().filter(|binary| is_present(binary, arch, wanted.manner)).collect();
        let (debug, ordinary): (Vec<&Binary<'t>>, Vec<&Binary<'t>>) =
            present.iter().copied().partition(|binary| binary.debugged().is_some());
        let mut included: Vec<&Binary<'t>> =
            ordinary.into_iter().filter(|binary| is_wanted(binary, wanted, arch)).collect();
        for binary in debug {
            if self.has_parent(binary, &included) && is_wanted(binary, wanted, arch) {
                included.push(binary);
            }
        }
        let rest: Vec<_> = present
            .into_iter()
            .filter(|binary| !included.iter().any(|other| std::ptr::eq(*other, *binary)))
            .collect();
        let module_sources = sources_of(&included, wanted.manner);
        let devel_sources: Vec<_> = self
            .sources
            .iter()
            .copied()
            .filter(|source| !module_sources.iter().any(|other| other.id == source.id))
            .collect();
        Contents {
            module: chosen(&included, &module_sources),
            devel: chosen(&rest, &devel_sources),
        }
    }

    /// Returns whether what a debug RPM is about is part of the module.
    fn has_parent(&self, debug: &Binary<'t>, included: &[&Binary<'t>]) -> bool {
        let parent = debug.debugged().unwrap_or_default();
        if included.iter().any(|binary| binary.rpm.name == parent) {
            return true;
        }
        let exists = self.binaries.iter().any(|binary| binary.rpm.name == parent);
        !exists && included.iter().any(|binary| binary.rpm.build_id == debug.rpm.build_id)
    }
}

/// Returns the header and license of an RPM.
fn header<'t>(
    tag: &'t TagContents,
    rpm: &TaggedRpm,
) -> Result<(&'t RpmHeader, &'t str), ContentsError> {
    let header =
        tag.headers.get(&rpm.id).ok_or_else(|| ContentsError::NoHeader { nevra: rpm.nevra() })?;
    let no_license = || ContentsError::NoLicense { nevra: rpm.nevra() };
    Ok((header, header.license.as_deref().ok_or_else(no_license)?))
}

/// Steps 1 and 2: the RPM can be had on the arch.
fn is_present(binary: &Binary<'_>, arch: &Arch, manner: Manner) -> bool {
    let rpm = &binary.rpm.arch;
    let is_own = match manner {
        Manner::Mended => is_of_base(rpm, arch),
        Manner::AsMbs => rpm == arch,
    };
    let is_noarch = |arch: &Arch| arch.as_str() == "noarch";
    if !is_own && !is_noarch(rpm) && !multilib(arch).contains(&rpm.as_str()) {
        return false;
    }
    let RpmHeader { exclusive_arch, exclude_arch, .. } = binary.source_header;
    let is_excluded = exclude_arch
        .iter()
        .any(|listed| names_arch(listed, arch) || manner == Manner::AsMbs && is_noarch(listed));
    let is_exclusive = |listed: &Arch| names_arch(listed, arch) || is_noarch(listed);
    !is_excluded && (exclusive_arch.is_empty() || exclusive_arch.iter().any(is_exclusive))
}

/// Steps 3 to 5: the document wants the RPM.
fn is_wanted(binary: &Binary<'_>, wanted: Wanted<'_>, arch: &Arch) -> bool {
    let component = component_of(binary.package, wanted);
    let about = &wanted.stored.about;
    let is_listed = if about.whitelist.is_empty() {
        component.is_some()
    } else {
        about.whitelist.contains(binary.package)
    };
    let is_build_only =
        wanted.manner == Manner::Mended && component.is_some_and(|component| component.buildonly);
    if !is_listed || is_build_only || about.filter.contains(binary.rpm.name.as_str()) {
        return false;
    }
    let rpm = &binary.rpm.arch;
    let is_multilib = multilib(arch).contains(&rpm.as_str());
    match component {
        Some(component) => !is_multilib || component.multilib.contains(arch),
        None => !is_multilib,
    }
}

fn component_of<'a>(package: &PackageName, wanted: Wanted<'a>) -> Option<&'a Component> {
    let own = &wanted.stored.components;
    if let Some(component) = own.get(package.as_str()) {
        return Some(component);
    }
    if wanted.manner == Manner::AsMbs {
        return None;
    }
    let included = || wanted.included.get(package.as_str());
    let by_package = |of: &'a BTreeMap<ComponentKey, Component>| {
        of.values().find(|component| component.package == *package)
    };
    included().or_else(|| by_package(own)).or_else(|| by_package(wanted.included))
}

/// Returns the sources of included RPMs. The service keeps one for each name of an RPM.
fn sources_of<'t>(included: &[&Binary<'t>], manner: Manner) -> Vec<&'t TaggedRpm> {
    let mut by_name: BTreeMap<(&str, i64), &'t TaggedRpm> = BTreeMap::new();
    for binary in included {
        let build = if manner == Manner::Mended { binary.rpm.build_id } else { 0 };
        by_name.insert((binary.rpm.name.as_str(), build), binary.source);
    }
    by_name.into_values().collect()
}

fn chosen<'t>(binaries: &[&Binary<'t>], sources: &[&'t TaggedRpm]) -> Chosen<'t> {
    let rpms = binaries.iter().map(|binary| binary.rpm).chain(sources.iter().copied());
    let licenses = binaries.iter().map(|binary| binary.license.to_owned());
    Chosen {
        rpms: rpms.map(|rpm| (rpm.nevra(), rpm)).collect(),
        licenses: licenses.filter(|license| !license.is_empty()).collect(),
    }
}

#[cfg(test)]
mod tests;
