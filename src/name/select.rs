//! Identities as people type them: `perl`, `perl:5.30`, up to five parts, each part whole.

use std::fmt;
use std::str::FromStr;

use super::NameStream;

/// An identity `NAME:STREAM:VERSION:CONTEXT:ARCH` or its first parts, which selects every match.
///
/// The third part is a version if a loaded version equals it, otherwise a context, so that every
/// printed id (`name:stream:context`) is accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    parts: Vec<String>,
}

/// The parts of one build, as text; missing parts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Its name.
    pub name: String,
    /// Its stream.
    pub stream: String,
    /// Its version.
    pub version: String,
    /// Its context.
    pub context: String,
    /// Its arch.
    pub arch: String,
}

/// Why a text is not an identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid identity `{text}`: {reason}")]
pub struct SelectorError {
    text: String,
    reason: &'static str,
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let refuse = |reason| Err(SelectorError { text: text.to_owned(), reason });
        let parts: Vec<String> = text.split(':').map(str::to_owned).collect();
        if parts.len() > 5 {
            return refuse("more than the five parts NAME:STREAM:VERSION:CONTEXT:ARCH");
        }
        if parts.iter().any(String::is_empty) {
            return refuse("a part is empty");
        }
        Ok(Self { parts })
    }
}

impl Selector {
    /// Returns the module name, the first part.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.parts[0]
    }

    /// Returns the stream, if given.
    #[must_use]
    pub fn stream(&self) -> Option<&str> {
        self.parts.get(1).map(String::as_str)
    }

    /// Returns whether a stream declared as existing satisfies a requirement. `*` on either side is
    /// any stream, except those that a negative list excludes.
    #[must_use]
    pub fn answers(&self, requires: &NameStream, denied: &[&str]) -> bool {
        let wanted = requires.stream.as_str();
        let is_any = |stream: &str| stream == "*" || stream == wanted;
        let fits = |stream: &str| is_any(stream) || wanted == "*" && !denied.contains(&stream);
        self.name() == requires.name.as_str() && self.stream().is_none_or(fits)
    }

    /// Returns the third part: a version if a loaded one equals it, otherwise a context.
    #[must_use]
    pub fn version_or_context(&self) -> Option<&str> {
        self.parts.get(2).map(String::as_str)
    }

    /// Returns the context, if both version and context were given.
    #[must_use]
    pub fn context(&self) -> Option<&str> {
        self.parts.get(3).map(String::as_str)
    }

    /// Returns whether the identity selects a build: every given part equals that of the build.
    #[must_use]
    pub fn selects(&self, build: &Parts) -> bool {
        let is = |wanted: Option<&str>, part: &str| wanted.is_none_or(|wanted| wanted == part);
        let is_context = self.parts.len() == 3 && self.parts[2] == build.context;
        self.name() == build.name
            && is(self.stream(), &build.stream)
            && (is(self.version_or_context(), &build.version) || is_context)
            && is(self.context(), &build.context)
            && is(self.parts.get(4).map(String::as_str), &build.arch)
    }

    /// Returns the arch, if given.
    #[must_use]
    pub fn arch(&self) -> Option<&str> {
        self.parts.get(4).map(String::as_str)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_whole_and_in_order() {
        let id: Selector = "perl:5.30:9d367344".parse().unwrap();
        assert_eq!(id.name(), "perl");
        assert_eq!(id.stream(), Some("5.30"));
        assert_eq!(id.version_or_context(), Some("9d367344"));
        assert_eq!(id.context(), None);
        assert_eq!(id.to_string(), "perl:5.30:9d367344");
    }

    #[test]
    fn empty_and_surplus_parts_are_refused_in_words() {
        for text in ["", "perl:", ":5.30", "a:b:c:d:e:f"] {
            let error = text.parse::<Selector>().unwrap_err();
            assert!(error.to_string().contains("invalid identity"), "{error}");
        }
    }
}
