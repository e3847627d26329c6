//! Misspelt requirements of a file and their meaning: `perl:5.3=perl:5.30`.

use std::fmt;
use std::str::FromStr;

use crate::load::{Dependencies, Place, Requirement, Snapshot};
use crate::name::{ModuleName, NameStream, StreamName};

/// A requirement as written, and the loaded stream or module that it means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alias {
    /// One stream of a module.
    Stream {
        /// As spelled in the file.
        written: NameStream,
        /// Its meaning.
        meant: NameStream,
    },
    /// A module in any stream.
    Module {
        /// As spelled in the file.
        written: ModuleName,
        /// Its meaning.
        meant: ModuleName,
    },
}

/// Why a text is not an alias.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid alias `{text}`: write NAME:STREAM=NAME:STREAM, such as perl:5.3=perl:5.30")]
pub struct AliasError {
    text: String,
}

impl FromStr for Alias {
    type Err = AliasError;

    /// Reads `NAME:STREAM=NAME:STREAM`, the shorter `NAME:STREAM=STREAM`, or `NAME=NAME`.
    fn from_str(text: &str) -> Result<Self, AliasError> {
        let refuse = || AliasError { text: text.to_owned() };
        let (written, meant) = text.split_once('=').ok_or_else(refuse)?;
        let parts = |text: &str| -> Result<Vec<String>, AliasError> {
            let parts: Vec<String> = text.split(':').map(str::to_owned).collect();
            let is_whole = parts.len() <= 2 && parts.iter().all(|part| !part.is_empty());
            if is_whole { Ok(parts) } else { Err(refuse()) }
        };
        match (parts(written)?.as_slice(), parts(meant)?.as_slice()) {
            ([name, stream], [meant_name, meant]) => Ok(Self::Stream {
                written: NameStream::new(name.as_str(), stream.as_str()),
                meant: NameStream::new(meant_name.as_str(), meant.as_str()),
            }),
            ([name, stream], [meant]) => Ok(Self::Stream {
                written: NameStream::new(name.as_str(), stream.as_str()),
                meant: NameStream::new(name.as_str(), meant.as_str()),
            }),
            ([name], [meant]) => {
                Ok(Self::Module { written: name.as_str().into(), meant: meant.as_str().into() })
            }
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream { written, meant } => write!(f, "{written}={meant}"),
            Self::Module { written, meant } => write!(f, "{written}={meant}"),
        }
    }
}

impl Alias {
    /// Returns the requirement as spelled in the file: `name:stream` or `name`.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Stream { written, .. } => written.to_string(),
            Self::Module { written, .. } => written.to_string(),
        }
    }

    /// Returns its meaning: `name:stream` or `name`.
    #[must_use]
    pub fn meant(&self) -> String {
        match self {
            Self::Stream { meant, .. } => meant.to_string(),
            Self::Module { meant, .. } => meant.to_string(),
        }
    }

    /// Returns whether a document has the misspelt requirement.
    #[must_use]
    pub fn is_needed(&self, snapshot: &Snapshot) -> bool {
        let groups = snapshot.streams.iter().flat_map(|stream| stream.dependencies.iter());
        groups.flat_map(|group| [&group.buildrequires, &group.requires]).any(|names| match self {
            Self::Module { written, .. } => names.contains_key(written),
            Self::Stream { written, .. } => names
                .get(&written.name)
                .is_some_and(|requirement| requirement.streams.contains(&written.stream)),
        })
    }

    /// Corrects the requirements of a group, for building and at run time.
    pub(super) fn repair(&self, group: &mut Dependencies) {
        for names in [&mut group.buildrequires, &mut group.requires] {
            match self {
                Self::Module { written, meant } => {
                    let Some(requirement) = names.remove(written) else { continue };
                    let place = requirement.place;
                    let of = names.entry(meant.clone()).or_insert(requirement.clone());
                    of.streams.extend(requirement.streams);
                    of.place = of.place.min(place);
                }
                Self::Stream { written, meant } => {
                    let Some(of) = names.get_mut(&written.name) else { continue };
                    let place = of.place;
                    if !of.streams.remove(&written.stream) {
                        continue;
                    }
                    if of.streams.is_empty() {
                        names.remove(&written.name);
                    }
                    let repaired = names.entry(meant.name.clone());
                    let repaired = repaired.or_insert_with(|| of_one(place, &meant.stream));
                    repaired.streams.insert(meant.stream.clone());
                }
            }
        }
    }
}

fn of_one(place: Place, stream: &StreamName) -> Requirement {
    Requirement { streams: [stream.clone()].into(), place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_written_in_full_or_short() {
        let read = |text: &str| text.parse::<Alias>().map(|alias| alias.to_string()).ok();
        assert_eq!(read("perl:5.3=perl:5.30").as_deref(), Some("perl:5.3=perl:5.30"));
        assert_eq!(read("perl:5.3=5.30").as_deref(), Some("perl:5.3=perl:5.30"));
        assert_eq!(read("pearl=perl").as_deref(), Some("pearl=perl"));
        for wrong in ["perl:5.30", "perl=perl:5.30", "perl:5.3=", "=perl", "a:1:2=a:1", ""] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
