//! Names or numbers: koji accepts either for most objects.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A tag, a build, a user and so on, by its number or by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ref {
    /// Koji's number.
    Id(i64),
    /// The name; of a build its name-version-release.
    Name(String),
}

impl Default for Ref {
    fn default() -> Self {
        Self::Id(0)
    }
}

impl From<i64> for Ref {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for Ref {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.pad(name),
        }
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => serializer.serialize_i64(*id),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Ref;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a number")
            }

            fn visit_i64<E: Error>(self, id: i64) -> Result<Ref, E> {
                Ok(Ref::Id(id))
            }

            fn visit_u64<E: Error>(self, id: u64) -> Result<Ref, E> {
                i64::try_from(id).map(Ref::Id).map_err(E::custom)
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Ref, E> {
                Ok(Ref::Name(name.to_owned()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
