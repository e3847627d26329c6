//! One build of one module as the inputs describe it: plain data, whatever the format it came in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::{About, Place};
use crate::name::{
    Arch, ComponentKey, Context, ModuleName, NameStream, PackageName, Parts, StreamName, Version,
};

/// Which format a stream was read from; modulemd is taken before the others for the same NSVC.
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
    /// The format it came in.
    pub origin: Origin,
    /// The module.
    pub name: ModuleName,
    /// Its stream, as text.
    pub stream: StreamName,
    /// Its version; 0 when none was written.
    pub version: Version,
    /// Its context, where one was written.
    pub context: Option<Context>,
    /// Its arch, where one was written.
    pub arch: Option<Arch>,
    /// Whether the context is static: kept as written, never computed.
    pub static_context: bool,
    /// Alternatives of what it needs; each item is one combination.
    pub dependencies: Arc<Vec<Dependencies>>,
    /// What is built, by key, in key order.
    pub components: Arc<BTreeMap<ComponentKey, Component>>,
    /// Modules whose components are built with it, by key.
    pub included: BTreeMap<ComponentKey, IncludedModule>,
    /// `buildopts.arches`: the only arches built for; empty means all.
    pub build_arches: BTreeSet<Arch>,
    /// `buildopts.rpms.macros`, as written.
    pub macros: Option<String>,
    /// NEVRAs of the RPMs that the build made.
    pub artifacts: Vec<String>,
    /// `xmd.mbs.buildrequires`: the exact, transitive lock of the build that was made, where recorded.
    pub locks: BTreeMap<ModuleName, Lock>,
    /// `xmd.mbs.virtual_streams`, of base modules.
    pub virtual_streams: BTreeSet<StreamName>,
    /// What no plan looks at, kept for output.
    pub about: Box<About>,
    /// Where the document starts.
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

    /// Takes over `buildopts`, or drops its own.
    pub(super) fn set_buildopts(&mut self, opts: Option<BuildOpts>) {
        self.about.has_buildopts = opts.is_some();
        let BuildOpts { macros, whitelist, arches } = opts.unwrap_or_default();
        self.macros = macros;
        self.about.whitelist = whitelist;
        self.build_arches = arches;
    }

    /// Returns `buildopts`, where written.
    #[must_use]
    pub fn buildopts(&self) -> Option<BuildOpts> {
        self.about.has_buildopts.then(|| BuildOpts {
            macros: self.macros.clone(),
            whitelist: self.about.whitelist.clone(),
            arches: self.build_arches.clone(),
        })
    }

    /// Returns `name:stream:version:context:arch`, a version of 0 as nothing, without the colons
    /// at its end; `None` where name or stream are not known.
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

    /// Returns whether two documents say the same, wherever they stand.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.without_places() == other.without_places()
    }

    /// Returns a stream that says nothing, at a place.
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
        // A document of format 1 says the same as its upgrade.
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

/// What a document is about: name, stream, version, context and arch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    name: ModuleName,
    stream: StreamName,
    version: Version,
    context: Option<Context>,
    arch: Option<Arch>,
}

impl fmt::Display for Identity {
    /// Prints `name:stream:version:context:arch`, a version of 0 as nothing, without trailing colons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version =
            if self.version == Version(0) { String::new() } else { self.version.to_string() };
        let context = self.context.as_ref().map_or("", Context::as_str);
        let arch = self.arch.as_ref().map_or("", Arch::as_str);
        let text = format!("{}:{}:{version}:{context}:{arch}", self.name, self.stream);
        f.pad(text.trim_end_matches(':'))
    }
}

/// One combination of what a module needs: one item of modulemd's `dependencies`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependencies {
    /// Needed in the buildroot.
    pub buildrequires: BTreeMap<ModuleName, Requirement>,
    /// Needed at run time.
    pub requires: BTreeMap<ModuleName, Requirement>,
}

impl Dependencies {
    /// Returns whether two groups name the same streams of the same modules, wherever they stand.
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

/// Which streams of one module will do, as written: empty for any, `-x` for any but `x`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirement {
    /// The items, sorted bytewise, duplicates collapsed, signs kept.
    pub streams: BTreeSet<StreamName>,
    /// Where the module's name stands.
    pub place: Place,
}

/// One RPM component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Component {
    /// The package's name; the key where no other is given.
    pub package: PackageName,
    /// Commit, tag or branch of the sources, where given.
    pub reference: Option<String>,
    /// Its place in the order of batches; 0 when none was written.
    pub buildorder: i64,
    /// Keys of the components to build before it.
    pub buildafter: BTreeSet<ComponentKey>,
    /// The only arches it is built for; empty means all.
    pub arches: BTreeSet<Arch>,
    /// Whether its RPMs are used in the build only.
    pub buildonly: bool,
    /// Whether later batches have it in every buildroot.
    pub buildroot: bool,
    /// Whether later batches have it where source packages are made.
    pub srpm_buildroot: bool,
    /// The arches whose repositories hold it as multilib.
    pub multilib: BTreeSet<Arch>,
    /// Why it is in the module, where told.
    pub rationale: Option<Arc<str>>,
    /// Where its sources are, where told.
    pub repository: Option<Arc<str>>,
    /// Where its large sources are, where told.
    pub cache: Option<Arc<str>>,
    /// Where its key stands.
    pub place: Place,
}

/// A module whose components are built along.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncludedModule {
    /// Commit, tag or branch of its document, where given; a stream name, commonly.
    pub reference: Option<String>,
    /// Its place in the order of batches; 0 when none was written.
    pub buildorder: i64,
    /// Whether its RPMs are used in the build only.
    pub buildonly: bool,
    /// Why it is in the module, where told.
    pub rationale: Option<Arc<str>>,
    /// Where its document is, where told.
    pub repository: Option<Arc<str>>,
    /// Where its key stands.
    pub place: Place,
}

/// One module of the buildroot that an earlier build had, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Its stream.
    pub stream: StreamName,
    /// Its version.
    pub version: Version,
    /// Its context.
    pub context: Context,
}
