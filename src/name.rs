//! Names of modules, streams, versions, contexts and arches, and identities made of them.
//!
//! Every text type is a cheap shared string: cloning one is a reference count, comparing one is
//! a comparison of bytes. No YAML type is ever resolved, so the stream `1.10` stays `1.10`.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

mod nearest;
mod select;

pub use nearest::nearest;
pub use select::{Parts, Selector, SelectorError};

macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone,
            Default,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            serde::Serialize,
            serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the text as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<Arc<str>> for $name {
            fn from(text: Arc<str>) -> Self {
                Self(text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )+};
}

text_types! {
    /// The name of a module, such as `perl-DBI`.
    ModuleName,
    /// The name of a stream, such as `5.30`; text, never a number.
    StreamName,
    /// The context of a module: a hash of eight digits, or a static context kept as written.
    Context,
    /// An architecture as koji spells it: `x86_64`, `noarch`.
    Arch,
    /// koji's name for the package of a component, such as `perl-DBD-MySQL`.
    PackageName,
    /// The key of a component inside its modulemd document; `after` and `buildafter` list keys.
    ComponentKey,
}

impl StreamName {
    /// Returns the stream that an item `-x` of a stream list excludes.
    #[must_use]
    pub fn negated(&self) -> Option<&str> {
        self.as_str().strip_prefix('-')
    }
}

/// The version of a module: a number, compared as one. 0 if none was written.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A module and one of its streams, `name:stream`, as people request rebuilds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameStream {
    /// The module.
    pub name: ModuleName,
    /// Its stream.
    pub stream: StreamName,
}

impl NameStream {
    /// Makes the pair.
    pub fn new(name: impl Into<ModuleName>, stream: impl Into<StreamName>) -> Self {
        Self { name: name.into(), stream: stream.into() }
    }
}

impl fmt::Display for NameStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.stream)
    }
}

/// One build of a module, `name:stream:version:context`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nsvc {
    /// The module.
    pub name: ModuleName,
    /// Its stream.
    pub stream: StreamName,
    /// Its version, compared as a number.
    pub version: Version,
    /// Its context.
    pub context: Context,
}

impl fmt::Display for Nsvc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.name, self.stream, self.version, self.context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers_and_streams_as_text() {
        assert!(Version(20_180_101) < Version(820_180_101));
        assert!(StreamName::from("1.10") < StreamName::from("1.9"));
    }

    #[test]
    fn an_nsvc_reads_as_the_field_writes_it() {
        let nsvc = Nsvc {
            name: "perl".into(),
            stream: "5.30".into(),
            version: Version(8_020_020_200_101),
            context: "9d367344".into(),
        };
        assert_eq!(nsvc.to_string(), "perl:5.30:8020020200101:9d367344");
    }
}
