//! One build of one module as the inputs describe it: plain data, whatever the format it came in.

use std::collections::{BTreeMap, BTreeSet};

use super::Place;
use crate::name::{
    Arch, ComponentKey, Context, ModuleName, NameStream, PackageName, StreamName, Version,
};

/// Which format a stream was read from; modulemd is taken before the others for the same NSVC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A modulemd document.
    Modulemd,
    /// A row of a PDC dump.
    Pdc,
    /// An item of a Module Build Service page.
    Mbs,
}

/// One document: a module build of one arch.
#[derive(Clone, Debug, PartialEq)]
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
    pub dependencies: Vec<Dependencies>,
    /// What is built, by key, in key order.
    pub components: BTreeMap<ComponentKey, Component>,
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
    /// Where the document starts.
    pub place: Place,
}

impl Stream {
    /// Returns `name:stream`.
    #[must_use]
    pub fn name_stream(&self) -> NameStream {
        NameStream { name: self.name.clone(), stream: self.stream.clone() }
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

/// Which streams of one module will do, as written: empty for any, `-x` for any but `x`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirement {
    /// The items, sorted bytewise, duplicates collapsed, signs kept.
    pub streams: BTreeSet<StreamName>,
    /// Where the module's name stands.
    pub place: Place,
}

/// One RPM component.
#[derive(Clone, Debug, PartialEq)]
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
    /// Where its key stands.
    pub place: Place,
}

/// A module whose components are built along.
#[derive(Clone, Debug, PartialEq)]
pub struct IncludedModule {
    /// Commit, tag or branch of its document, where given; a stream name, commonly.
    pub reference: Option<String>,
    /// Its place in the order of batches; 0 when none was written.
    pub buildorder: i64,
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
