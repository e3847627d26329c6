//! Spans in JSON as seconds with a fraction, for `#[serde(with = "crate::time::seconds")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Millis;

/// A span that JSON has as seconds, inside of a map or an option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(#[serde(with = "self")] pub Millis);

/// Writes a span in seconds.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(span: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    span.as_secs_f64().serialize(serializer)
}

/// Reads a span in seconds, rounded to the nearest millisecond.
///
/// # Errors
/// It is not a number, or negative, or beyond 100 000 years.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Millis::from_secs_f64(seconds)
        .ok_or_else(|| de::Error::custom(format_args!("{seconds} seconds is not a valid time")))
}

/// The same of a span that may be missing, as null.
pub mod optional {
    use super::{Deserialize as _, Deserializer, Millis, Seconds, Serialize as _, Serializer};

    /// Writes a span in seconds, or null.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(
        span: &Option<Millis>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        span.map(Seconds).serialize(serializer)
    }

    /// Reads a span in seconds, or null.
    ///
    /// # Errors
    /// It is neither null nor a valid time.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Millis>, D::Error> {
        Ok(Option::<Seconds>::deserialize(deserializer)?.map(|Seconds(span)| span))
    }
}
