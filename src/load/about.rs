//! The fields of a stream that no plan uses: kept for writing the document again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::name::{ModuleName, PackageName, StreamName};

/// Texts, profiles and the like of one stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The version of the format the document was written in: 1 or 2; 0 for a row of a service.
    pub format: u8,
    /// One line on the module.
    pub summary: Option<Box<str>>,
    /// More lines on it.
    pub description: Option<Box<str>>,
    /// `license.module`.
    pub module_licenses: BTreeSet<Box<str>>,
    /// `license.content`.
    pub content_licenses: BTreeSet<Box<str>>,
    /// The end of life of each service level, as `YYYY-MM-DD`, if given.
    pub service_levels: BTreeMap<Box<str>, Option<Box<str>>>,
    /// `references.community`.
    pub community: Option<Box<str>>,
    /// `references.documentation`.
    pub documentation: Option<Box<str>>,
    /// `references.tracker`.
    pub tracker: Option<Box<str>>,
    /// Profiles that can be installed by name.
    pub profiles: BTreeMap<Box<str>, Profile>,
    /// `api.rpms`.
    pub api: BTreeSet<PackageName>,
    /// `filter.rpms`.
    pub filter: BTreeSet<PackageName>,
    /// `demodularized.rpms`.
    pub demodularized: BTreeSet<PackageName>,
    /// Whether `buildopts` was written.
    pub has_buildopts: bool,
    /// `buildopts.rpms.whitelist`.
    pub whitelist: BTreeSet<PackageName>,
    /// `artifacts.rpm-map`, by digest and checksum.
    pub rpm_map: BTreeMap<Box<str>, BTreeMap<Box<str>, RpmMapEntry>>,
    /// `xmd`: free-form data of the build system.
    pub xmd: Option<Value>,
    /// How far the source states `buildrequires`.
    pub buildrequires: Stated,
    /// How far it states `requires`.
    pub requires: Stated,
}

impl About {
    /// Returns whether a modulemd document was read, not only a row about one.
    #[must_use]
    pub fn has_document(&self) -> bool {
        self.format != 0
    }
}

/// How far a source states one kind of dependencies: a missing statement does not mean that there
/// are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stated {
    /// All of them, as they were written.
    #[default]
    AsWritten,
    /// Everything in the buildroot, for any reason.
    AsBuilt,
    /// Not at all.
    Not,
}

/// One set of packages to install together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Its purpose.
    pub description: Option<Box<str>>,
    /// Its packages.
    pub rpms: BTreeSet<PackageName>,
    /// Whether it is installed by default.
    pub is_default: bool,
}

/// One RPM that the build made, by the checksum of its file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RpmMapEntry {
    /// Its name.
    pub name: Box<str>,
    /// Its epoch.
    pub epoch: u64,
    /// Its version.
    pub version: Box<str>,
    /// Its release.
    pub release: Box<str>,
    /// Its arch.
    pub arch: Box<str>,
    /// All of these in one text.
    pub nevra: Box<str>,
}

/// Any YAML, its scalars as text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A scalar.
    Text(Box<str>),
    /// A list.
    List(Vec<Self>),
    /// A map, in the order of its keys; the order of writing has no meaning.
    Map(Box<[(Arc<str>, Self)]>),
}

impl Value {
    /// Returns the value of a key, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => {
                let at = map.binary_search_by(|(known, _)| known.as_ref().cmp(key)).ok()?;
                Some(&map[at].1)
            }
            Self::Text(_) | Self::List(_) => None,
        }
    }

    /// Returns the text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(_) | Self::Map(_) => None,
        }
    }
}

/// Default streams and profiles of one module: a `modulemd-defaults` document.
#[derive(Clone, Debug, PartialEq)]
pub struct Defaults {
    /// The module.
    pub module: ModuleName,
    /// When it was last changed: a number that only grows, such as `201812071200`.
    pub modified: u64,
    /// The stream that is used by default.
    pub stream: Option<StreamName>,
    /// The profiles that are installed by default, by stream.
    pub profiles: BTreeMap<StreamName, BTreeSet<Box<str>>>,
    /// The same for named purposes; deprecated.
    pub intents: BTreeMap<Box<str>, Intent>,
    /// The start of the document.
    pub place: super::Place,
}

/// Defaults for one purpose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intent {
    /// The stream that is used by default.
    pub stream: Option<StreamName>,
    /// The profiles that are installed by default, by stream.
    pub profiles: BTreeMap<StreamName, BTreeSet<Box<str>>>,
}
