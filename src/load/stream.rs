//! One build of one module as described by the inputs: plain data, independent of the input format.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::{About, Place};
use crate::name::{
    Arch, ComponentKey, Context, ModuleName, NameStream, PackageName, Parts, StreamName, Version,
};

/// The format of a stream's source; for the same NSVC, modulemd has precedence over the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A modulemd document.
    #[default]
    Modulemd,
    /// A row of a PDC dump.
    Pdc,
    /// An item of a Module Build Service page.
    Mbs,
}

/// One document: a module build of one arch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {
    /// The format of its source.
    pub origin: Origin,
    /// The module.
    pub name: ModuleName,
    /// Its stream, as text.
    pub stream: StreamName,
    /// Its version; 0 if none was written.
    pub version: Version,
    /// Its context, if written.
    pub context: Option<Context>,
    /// Its arch, if written.
    pub arch: Option<Arch>,
    /// Whether the context is static: kept as written, never computed.
    pub static_context: bool,
    /// Its alternative dependencies; each item is one combination.
    pub dependencies: Arc<Vec<Dependencies>>,
    /// Its components by key, in key order.
    pub components: Arc<BTreeMap<ComponentKey, Component>>,
    /// Modules whose components are built with it, by key.
    pub included: BTreeMap<ComponentKey, IncludedModule>,
    /// `buildopts.arches`: the only arches built for; empty means all.
    pub build_arches: BTreeSet<Arch>,
    /// `buildopts.rpms.macros`, as written.
    pub macros: Option<String>,
    /// NEVRAs of the RPMs that the build made.
    pub artifacts: Vec<String>,
    /// `xmd.mbs.buildrequires`: the exact, transitive lock of the build, if recorded.
    pub locks: BTreeMap<ModuleName, Lock>,
    /// `xmd.mbs.virtual_streams`, of base modules.
    pub virtual_streams: BTreeSet<StreamName>,
    /// Fields that no plan uses, kept for output.
    pub about: Box<About>,
    /// The start of the document.
    pub place: Place,
}

/// `buildopts`: how components are built.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuildOpts {
    /// RPM macros, as written.
    pub macros: Option<String>,
    /// The only packages that the macros are meant for; empty means all.
    pub whitelist: BTreeSet<PackageName>,
    /// The only arches built for; empty means all.
    pub arches: BTreeSet<Arch>,
}

impl Stream {
    /// Returns `name:stream`.
    #[must_use]
    pub fn name_stream(&self) -> NameStream {
        NameStream { name: self.name.clone(), stream: self.stream.clone() }
    }

    /// Returns the parts of its identity as text, for a [`Selector`](crate::name::Selector).
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts {
            name: self.name.to_string(),
            stream: self.stream.to_string(),
            version: self.version.to_string(),
            context: self.context.as_ref().map(ToString::to_string).unwrap_or_default(),
            arch: self.arch.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Sets or clears `buildopts`.
    pub(super) fn set_buildopts(&mut self, opts: Option<BuildOpts>) {
        self.about.has_buildopts = opts.is_some();
        let BuildOpts { macros, whitelist, arches } = opts.unwrap_or_default();
        self.macros = macros;
        self.about.whitelist = whitelist;
        self.build_arches = arches;
    }

    /// Returns `buildopts`, if written.
    #[must_use]
    pub fn buildopts(&self) -> Option<BuildOpts> {
        self.about.has_buildopts.then(|| BuildOpts {
            macros: self.macros.clone(),
            whitelist: self.about.whitelist.clone(),
            arches: self.build_arches.clone(),
        })
    }

    /// Returns `name:stream:version:context:arch`, with an empty version for 0, without trailing
    /// colons; `None` if name or stream are unknown.
    #[must_use]
    pub fn nsvca(&self) -> Option<String> {
        let is_named = !self.name.as_str().is_empty() && !self.stream.as_str().is_empty();
        is_named.then(|| self.identity().to_string())
    }

    /// Returns all five parts of its identity.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            stream: self.stream.clone(),
            version: self.version,
            context: self.context.clone(),
            arch: self.arch.clone(),
        }
    }

    /// Returns whether two documents have the same content, regardless of their places.
    pub(super) fn has_same_content(&self, other: &Self) -> bool {
        self.without_places() == other.without_places()
    }

    /// Returns an empty stream at a place.
    pub(super) fn empty(place: Place) -> Self {
        Self {
            origin: Origin::Modulemd,
            name: ModuleName::default(),
            stream: StreamName::default(),
            version: Version::default(),
            context: None,
            arch: None,
            static_context: false,
            dependencies: Arc::default(),
            components: Arc::default(),
            included: BTreeMap::new(),
            build_arches: BTreeSet::new(),
            macros: None,
            artifacts: Vec::new(),
            locks: BTreeMap::new(),
            virtual_streams: BTreeSet::new(),
            about: Box::default(),
            place,
        }
    }

    fn without_places(&self) -> Self {
        let mut stream = self.clone();
        stream.move_to(Place::default());
        // A document of format 1 is equal to its upgrade.
        stream.about.format = 2;
        stream
    }

    /// Gives the stream and all its parts one place.
    pub(super) fn move_to(&mut self, place: Place) {
        self.place = place;
        for group in Arc::make_mut(&mut self.dependencies) {
            let both = group.buildrequires.values_mut().chain(group.requires.values_mut());
            both.for_each(|requirement| requirement.place = place);
        }
        let components = Arc::make_mut(&mut self.components);
        components.values_mut().for_each(|component| component.place = place);
        self.included.values_mut().for_each(|included| included.place = place);
    }
}

/// The identity of a document: name, stream, version, context and arch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    name: ModuleName,
    stream: StreamName,
    version: Version,
    context: Option<Context>,
    arch: Option<Arch>,
}

impl fmt::Display for Identity {
    /// Prints `name:stream:version:context:arch`, with an empty version for 0, without trailing
    /// colons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version =
            if self.version == Version(0) { String::new() } else { self.version.to_string() };
        let context = self.context.as_ref().map_or("", Context::as_str);
        let arch = self.arch.as_ref().map_or("", Arch::as_str);
        let text = format!("{}:{}:{version}:{context}:{arch}", self.name, self.stream);
        f.pad(text.trim_end_matches(':'))
    }
}

/// One combination of dependencies: one item of modulemd's `dependencies`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependencies {
    /// Needed in the buildroot.
    pub buildrequires: BTreeMap<ModuleName, Requirement>,
    /// Needed at run time.
    pub requires: BTreeMap<ModuleName, Requirement>,
}

impl Dependencies {
    /// Returns whether two groups name the same streams of the same modules, regardless of their
    /// places.
    #[must_use]
    pub fn names_the_same(&self, other: &Self) -> bool {
        let same = |one: &BTreeMap<ModuleName, Requirement>,
                    two: &BTreeMap<ModuleName, Requirement>| {
            let pairs = || one.iter().zip(two);
            one.len() == two.len()
                && pairs().all(|(one, two)| one.0 == two.0 && one.1.streams == two.1.streams)
        };
        same(&self.buildrequires, &other.buildrequires) && same(&self.requires, &other.requires)
    }
}

/// The accepted streams of one module, as written: empty for any, `-x` for any but `x`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirement {
    /// The items, sorted bytewise, duplicates collapsed, signs kept.
    pub streams: BTreeSet<StreamName>,
    /// The place of the module's name.
    pub place: Place,
}

/// One RPM component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Component {
    /// The package's name; by default the key.
    pub package: PackageName,
    /// Commit, tag or branch of the sources, if given.
    pub reference: Option<String>,
    /// Its position in the order of batches; 0 if none was written.
    pub buildorder: i64,
    /// Keys of the components that are built before it.
    pub buildafter: BTreeSet<ComponentKey>,
    /// The only arches it is built for; empty means all.
    pub arches: BTreeSet<Arch>,
    /// Whether its RPMs are used in the build only.
    pub buildonly: bool,
    /// Whether later batches have it in every buildroot.
    pub buildroot: bool,
    /// Whether later batches have it in buildroots for source packages.
    pub srpm_buildroot: bool,
    /// The arches whose repositories contain it as multilib.
    pub multilib: BTreeSet<Arch>,
    /// Why it is in the module, if stated.
    pub rationale: Option<Arc<str>>,
    /// The location of its sources, if stated.
    pub repository: Option<Arc<str>>,
    /// The location of its large sources, if stated.
    pub cache: Option<Arc<str>>,
    /// The place of its key.
    pub place: Place,
}

/// A module whose components are built with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncludedModule {
    /// Commit, tag or branch of its document, if given; usually a stream name.
    pub reference: Option<String>,
    /// Its position in the order of batches; 0 if none was written.
    pub buildorder: i64,
    /// Whether its RPMs are used in the build only.
    pub buildonly: bool,
    /// Why it is in the module, if stated.
    pub rationale: Option<Arc<str>>,
    /// The location of its document, if stated.
    pub repository: Option<Arc<str>>,
    /// The place of its key.
    pub place: Place,
}

/// One exact module of the buildroot of an earlier build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Its stream.
    pub stream: StreamName,
    /// Its version.
    pub version: Version,
    /// Its context.
    pub context: Context,
}
