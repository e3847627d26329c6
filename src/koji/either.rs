//! Answers of more than one shape.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::Value;

/// One item, or a list if a list was requested.
#[derive(Clone, Debug, PartialEq)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// A list.
    Many(Vec<T>),
}

/// Rows, or their number if that was requested.
#[derive(Clone, Debug, PartialEq)]
pub enum RowsOrCount<T> {
    /// The rows.
    Rows(Vec<T>),
    /// How many.
    Count(i64),
}

impl<T: Default> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::One(T::default())
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(one) => one.serialize(serializer),
            Self::Many(many) => many.serialize(serializer),
        }
    }
}

impl<T: Serialize> Serialize for RowsOrCount<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Rows(rows) => rows.serialize(serializer),
            Self::Count(count) => serializer.serialize_i64(*count),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let is_list = matches!(value, Value::List(_));
        if is_list { value.read().map(Self::Many) } else { value.read().map(Self::One) }
            .map_err(D::Error::custom)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for RowsOrCount<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value.as_int() {
            Some(count) => Ok(Self::Count(count)),
            None => value.read().map(Self::Rows).map_err(D::Error::custom),
        }
    }
}
