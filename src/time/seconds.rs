//! Spans in JSON as seconds with a fraction, for `#[serde(with = "crate::time::seconds")]`.

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de};

use super::Millis;

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
