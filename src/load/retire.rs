//! Obsoletes and translations, and the obsoletion that applies at a given time.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rustc_hash::FxHashMap;

use super::{Place, Stream};
use crate::name::{Context, ModuleName, NameStream, StreamName};

/// A minute of UTC as modulemd compares it: the number `YYYYMMDDHHMM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(u64);

/// A text that is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time: write YYYY-MM-DDTHH:MMZ, in UTC, such as 2026-11-24T00:00Z")]
pub struct MinuteError {
    text: String,
}

impl Minute {
    /// A minute after all times that a document can name.
    pub const MAX: Self = Self(u64::MAX);

    /// Returns the number `YYYYMMDDHHMM`.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl FromStr for Minute {
    type Err = MinuteError;

    /// Reads `2018-05-23T14:25Z`: complete fields, an existing day, nothing after them.
    fn from_str(text: &str) -> Result<Self, MinuteError> {
        let refuse = || MinuteError { text: text.to_owned() };
        let is_shaped = text.len() == 17
            && text.bytes().zip(b"dddd-dd-ddTdd:ddZ").all(|(byte, &wanted)| match wanted {
                b'd' => byte.is_ascii_digit(),
                _ => byte == wanted,
            });
        if !is_shaped {
            return Err(refuse());
        }
        let time: jiff::civil::DateTime = text[..16].parse().map_err(|_| refuse())?;
        if time.date().to_string() != text[..10] || text[11..13] == *"24" {
            return Err(refuse());
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().map(Self).map_err(|_| refuse())
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, time) = (self.0 / 10_000, self.0 % 10_000);
        let (year, month, day) = (day / 10_000, day / 100 % 100, day % 100);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}Z", time / 100, time % 100)
    }
}

/// One stream's end of life: a `modulemd-obsoletes` document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obsoletes {
    /// The module.
    pub module: ModuleName,
    /// Its stream.
    pub stream: StreamName,
    /// The only context that it applies to; all contexts if none is named.
    pub context: Option<Context>,
    /// When the document was written; a newer one wins.
    pub modified: Minute,
    /// The message for users.
    pub message: Box<str>,
    /// The time from which it applies; at once if none is given.
    pub eol_date: Option<Minute>,
    /// Whether it revokes earlier ones.
    pub is_reset: bool,
    /// The replacement.
    pub obsoleted_by: Option<NameStream>,
    /// The start of the document.
    pub place: Place,
}

impl Obsoletes {
    /// Returns whether it applies at a time; without a time, one with a date does not.
    #[must_use]
    pub fn is_active(&self, now: Option<Minute>) -> bool {
        self.eol_date.is_none_or(|date| now.is_some_and(|now| date <= now))
    }
}

/// The obsolete streams at one time, computed once for all of them.
#[derive(Debug)]
pub struct ActiveObsoletes<'a> {
    /// The newest that are active then, by module, stream and context.
    newest: FxHashMap<(&'a str, &'a str, Option<&'a str>), &'a Obsoletes>,
}

impl<'a> ActiveObsoletes<'a> {
    /// Selects the active ones; without a time, one with a date is not active.
    #[must_use]
    pub fn at(now: Option<Minute>, obsoletes: &'a [Obsoletes]) -> Self {
        let mut newest = FxHashMap::default();
        for one in obsoletes.iter().filter(|one| one.is_active(now)) {
            let context = one.context.as_ref().map(Context::as_str);
            let known = newest.entry((one.module.as_str(), one.stream.as_str(), context));
            let known = known.or_insert(one);
            if one.modified >= known.modified {
                *known = one;
            }
        }
        Self { newest }
    }

    /// Returns the document that makes a stream obsolete: the newest, and of two equally new ones
    /// the one that names the context, regardless of the order of reading.
    #[must_use]
    pub fn of(&self, stream: &Stream) -> Option<&'a Obsoletes> {
        let find = |context| {
            self.newest.get(&(stream.name.as_str(), stream.stream.as_str(), context)).copied()
        };
        let own = stream.context.as_ref().and_then(|context| find(Some(context.as_str())));
        find(None)
            .into_iter()
            .chain(own)
            .max_by_key(|one| one.modified)
            .filter(|newest| !newest.is_reset)
    }
}

/// Texts of one stream in other languages: a `modulemd-translations` document.
#[derive(Clone, Debug, PartialEq)]
pub struct Translations {
    /// The module.
    pub module: ModuleName,
    /// Its stream.
    pub stream: StreamName,
    /// When it was last changed: a number that only grows.
    pub modified: u64,
    /// By locale.
    pub locales: BTreeMap<Box<str>, Translation>,
    /// The start of the document.
    pub place: Place,
}

/// Texts in one language.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Translation {
    /// One line on the module.
    pub summary: Option<Box<str>>,
    /// More lines on it.
    pub description: Option<Box<str>>,
    /// Purposes of profiles, by name.
    pub profiles: BTreeMap<Box<str>, Box<str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_written_in_full_and_exists() {
        let read = |text: &str| text.parse::<Minute>().map(Minute::number).ok();
        assert_eq!(read("2018-05-23T14:25Z"), Some(201_805_231_425));
        assert_eq!(read("2020-02-29T00:00Z"), Some(202_002_290_000));
        let wrong =
            ["2018-02-31T00:00Z", "2018-5-23T14:25Z", "2018-05-23 14:25Z", "2018-05-23T14:25:00Z"];
        for wrong in wrong.into_iter().chain(["2018-05-23T24:00Z", "2018-05-23T14:25", "soon", ""])
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_minute_prints_as_it_is_written() {
        let text = "2018-05-23T14:05Z";
        assert_eq!(text.parse::<Minute>().expect("valid").to_string(), text);
    }
}
