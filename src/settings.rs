//! Farm, scenario and configuration files: YAML read with the place of every key, so that every problem is
//! reported with its line, and a misspelt key with a suggestion.

use crate::load::{Code, Finding, Place};
use crate::name::nearest;
use crate::time::Millis;
use crate::yaml::owned::{self, Key};

pub(crate) use crate::yaml::owned::{Node, Value};

/// Reads the one document of a settings file; an empty file is [`Value::Nothing`].
pub(crate) fn parse(bytes: &[u8], input: u32) -> Result<Node, Finding> {
    owned::parse(bytes, input)
        .map_err(|misread| Finding::new(Code::SettingSyntax, misread.place, misread.message))
}

/// Collects problems while a file is turned into plain data.
#[derive(Default)]
pub(crate) struct Reader {
    findings: Vec<Finding>,
}

/// One map of the file, its keys checked.
pub(crate) struct Section<'n> {
    path: &'static str,
    place: Place,
    entries: &'n [(Key, Node)],
}

impl<'n> Section<'n> {
    pub(crate) fn find(&self, key: &str) -> Option<&'n Node> {
        let entry = self.entries.iter().find(|(name, _)| name.text == key);
        entry.map(|(_, node)| node).filter(|node| node.value != Value::Nothing)
    }

    /// Returns the place of a key.
    pub(crate) fn place_of(&self, key: &str) -> Option<Place> {
        self.entries.iter().find(|(name, _)| name.text == key).map(|(name, _)| name.place)
    }

    /// Returns the place of a key in a section below this one.
    pub(crate) fn place_below(&self, section: &str, key: &str) -> Option<Place> {
        self.find(section)?.place_of(key)
    }
}

impl Reader {
    /// Reads a node as a map with the named keys; other keys and repeated keys are reported.
    pub(crate) fn section<'n>(
        &mut self,
        node: &'n Node,
        path: &'static str,
        known: &[&'static str],
    ) -> Section<'n> {
        let entries: &[_] = match &node.value {
            Value::Map(entries) => entries,
            Value::Nothing => &[],
            Value::Text(_) | Value::List(_) => {
                self.wrong(node.place, format!("{} must be a map of settings", shown(path)));
                &[]
            }
        };
        for (at, (key, _)) in entries.iter().enumerate() {
            if !known.contains(&&*key.text) {
                self.unknown(path, key, known);
            } else if entries[..at].iter().any(|(earlier, _)| earlier.text == key.text) {
                self.wrong(key.place, format!("`{}` occurs twice", join(path, &key.text)));
            }
        }
        Section { path, place: node.place, entries }
    }

    /// Takes a node as a map with names of the file's own; a name given twice is reported.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node, path: &'static str) -> &'n [(Key, Node)] {
        let entries: &[_] = match &node.value {
            Value::Map(entries) => entries,
            Value::Nothing => &[],
            Value::Text(_) | Value::List(_) => {
                self.wrong(node.place, format!("{} must be a map", shown(path)));
                &[]
            }
        };
        for (at, (key, _)) in entries.iter().enumerate() {
            if entries[..at].iter().any(|(earlier, _)| earlier.text == key.text) {
                self.wrong(key.place, format!("`{}` is given twice", join(path, &key.text)));
            }
        }
        entries
    }

    /// Returns the result, or every problem in the order of the file.
    pub(crate) fn finish<T>(mut self, read: T) -> Result<T, Vec<Finding>> {
        self.findings.sort_by_key(|finding| finding.place);
        if self.findings.is_empty() { Ok(read) } else { Err(self.findings) }
    }

    fn unknown(&mut self, path: &str, key: &Key, known: &[&'static str]) {
        let message = format!("`{}` is not a key of {}", key.text, shown(path));
        let finding = Finding::new(Code::SettingUnknown, key.place, message);
        self.findings.push(match nearest(&key.text, known.iter().copied()) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding.hint(format!("known here: {}", known.join(", "))),
        });
    }

    pub(crate) fn wrong(&mut self, place: Place, message: impl Into<String>) {
        self.findings.push(Finding::new(Code::SettingValue, place, message));
    }

    /// Reads one value; `None` if it is not given, or wrong and reported.
    pub(crate) fn value<T>(
        &mut self,
        section: &Section<'_>,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let node = section.find(key)?;
        let result = match &node.value {
            Value::Text(text) => read(text),
            Value::Nothing | Value::List(_) | Value::Map(_) => {
                Err("must be a single value".to_owned())
            }
        };
        result.map_err(|why| self.wrong(node.place, name_first(section, key, &why))).ok()
    }

    /// Reads one value that must be given.
    pub(crate) fn required<T>(
        &mut self,
        section: &Section<'_>,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.require(section, key);
        self.value(section, key, read)
    }

    pub(crate) fn require(&mut self, section: &Section<'_>, key: &str) {
        if section.find(key).is_none() {
            self.wrong(section.place, format!("`{}` is missing", join(section.path, key)));
        }
    }

    /// Reads a list of values; `None` if it is not given.
    pub(crate) fn values<T>(
        &mut self,
        section: &Section<'_>,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let items = self.items(section, key)?;
        Some(self.single_values(items, &join(section.path, key), read))
    }

    /// Reads a node that is a list of values.
    pub(crate) fn list<T>(
        &mut self,
        node: &Node,
        path: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let Value::List(items) = &node.value else {
            self.wrong(node.place, format!("`{path}` must be a list"));
            return Vec::new();
        };
        self.single_values(items, path, read)
    }

    fn single_values<T>(
        &mut self,
        items: &[Node],
        path: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut values = Vec::new();
        for item in items {
            let result = match &item.value {
                Value::Text(text) => read(text),
                Value::Nothing | Value::List(_) | Value::Map(_) => {
                    Err("must hold single values".to_owned())
                }
            };
            match result {
                Ok(value) => values.push(value),
                Err(why) => self.wrong(item.place, format!("`{path}` {why}")),
            }
        }
        values
    }

    /// Returns the items of a list; `None` if it is not given.
    pub(crate) fn items<'n>(&mut self, section: &Section<'n>, key: &str) -> Option<&'n [Node]> {
        let node = section.find(key)?;
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        self.wrong(node.place, name_first(section, key, "must be a list"));
        None
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn shown(path: &str) -> String {
    if path.is_empty() { "the file".to_owned() } else { format!("`{path}`") }
}

fn name_first(section: &Section<'_>, key: &str, why: &str) -> String {
    format!("`{}` {why}", join(section.path, key))
}

/// Reads a duration such as `90s`.
pub(crate) fn duration(text: &str) -> Result<Millis, String> {
    text.parse::<Millis>().map_err(|error| format!("is invalid: {error}"))
}

/// Reads a duration that is not zero.
pub(crate) fn interval(text: &str) -> Result<Millis, String> {
    match duration(text)? {
        Millis::ZERO => Err("must be longer than 0".to_owned()),
        span => Ok(span),
    }
}

/// Reads a polling interval: at least a second, which is more often than any hub can handle. A run
/// of years with more frequent polls would not end in reasonable time.
pub(crate) fn period(text: &str) -> Result<Millis, String> {
    const PERIOD_MIN: Millis = Millis::from_secs(1);
    match duration(text)? {
        span if span < PERIOD_MIN => Err(format!("must be 1s or longer, not `{text}`")),
        span => Ok(span),
    }
}

/// Reads a whole number from 0.
pub(crate) fn count(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("must be a whole number, not `{text}`"))
}

/// Reads a whole number from 1.
pub(crate) fn positive_count(text: &str) -> Result<u32, String> {
    match count(text)? {
        0 => Err("must be at least 1".to_owned()),
        number => Ok(number),
    }
}

/// Reads a finite number from 0.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err(format!("must be a number from 0, not `{text}`")),
    }
}

/// Reads a finite number above 0.
pub(crate) fn positive_number(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value > 0.0 { Ok(value) } else { Err("must be more than 0".to_owned()) }
}

/// Reads a share between 0 and 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match number(text)? {
        value if value <= 1.0 => Ok(value),
        _ => Err(format!("must lie between 0 and 1, not `{text}`")),
    }
}

/// Reads any text but the empty one.
pub(crate) fn text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// Reads one of several words.
pub(crate) fn word<T: Copy>(text: &str, words: &[(&'static str, T)]) -> Result<T, String> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let hint = match nearest(text, known.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    Err(format!("must be one of {}, not `{text}`{hint}", known.join(", ")))
}
