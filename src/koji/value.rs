//! Values on koji's wire, apart from how XML spells them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

/// A value as XML-RPC carries it.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// `<nil/>`.
    #[default]
    Nil,
    /// `<boolean>`.
    Bool(bool),
    /// `<int>` within 32 bits, `<i8>` beyond.
    Int(i64),
    /// `<double>`.
    Double(f64),
    /// `<string>`.
    Text(String),
    /// `<base64>`.
    Bytes(Vec<u8>),
    /// `<dateTime.iso8601>`, as written: koji itself sends times as strings and as doubles.
    Date(String),
    /// `<array>`.
    List(Vec<Self>),
    /// `<struct>`.
    Struct(BTreeMap<String, Self>),
}

/// A value of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mismatch(pub String);

impl Value {
    /// Turns plain data into a value.
    ///
    /// # Panics If the data has a map whose keys are neither strings nor numbers.
    #[must_use]
    pub fn of(data: &impl Serialize) -> Self {
        serde_json::to_value(data).expect("the shapes of koji have text for keys").into()
    }

    /// Reads plain data from the value.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Mismatch> {
        serde_json::from_value(self.into()).map_err(|error| Mismatch(error.to_string()))
    }

    /// Returns a member of a struct.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        if let Self::Struct(members) = self { members.get(name) } else { None }
    }

    /// Returns the text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Returns the number of an integer.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// Returns the items of an array.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// Returns whether it is nil.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        *self == Self::Nil
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Nil,
            Json::Bool(is_it) => Self::Bool(is_it),
            Json::Number(number) => match number.as_i64() {
                Some(number) => Self::Int(number),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(text),
            Json::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Json::Object(members) => {
                Self::Struct(members.into_iter().map(|(name, v)| (name, v.into())).collect())
            }
        }
    }
}

/// Bytes become base64 text and dates their original text; koji's own shapes have neither. A number
/// that JSON cannot represent becomes nil.
impl From<Value> for serde_json::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Nil => Self::Null,
            Value::Bool(is_it) => Self::Bool(is_it),
            Value::Int(number) => number.into(),
            Value::Double(number) => number.into(),
            Value::Text(text) | Value::Date(text) => Self::String(text),
            Value::Bytes(bytes) => Self::String(String::from_utf8_lossy(&bytes).into_owned()),
            Value::List(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Struct(members) => {
                Self::Object(members.into_iter().map(|(name, v)| (name, v.into())).collect())
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Bool(is_it) => serializer.serialize_bool(*is_it),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Double(number) => serializer.serialize_f64(*number),
            Self::Text(text) | Self::Date(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_str(&String::from_utf8_lossy(bytes)),
            Self::List(items) => items.serialize(serializer),
            Self::Struct(members) => members.serialize(serializer),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Self::from)
    }
}
