//! The reader of settings: a small YAML tree that owns its text and knows the place of every node.

use std::collections::BTreeSet;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::Place;

/// A settings file is shallow; deeper nesting is a mistake or an attack.
const DEPTH_MAX: usize = 32;

/// An error in a file, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misread {
    pub(crate) place: Place,
    pub(crate) message: String,
}

/// A node and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// The content of a node; every scalar is its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// No value was written, or `null`.
    Nothing,
    /// One value.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written.
    Map(Vec<(Key, Node)>),
}

/// The key of a map entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl Node {
    /// Returns the place of a key of a map.
    pub(crate) fn place_of(&self, key: &str) -> Option<Place> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|(name, _)| name.text == key).map(|(name, _)| name.place)
    }

    /// Returns every key below: keys of a section are prefixed with its name, keys of a list's item
    /// with the item's `name`: `hub.max_jobs`, `builders.x86.capacity`. Keys without a value are
    /// omitted.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        self.add_keys("", &mut keys);
        keys
    }

    fn add_keys(&self, above: &str, keys: &mut BTreeSet<String>) {
        match &self.value {
            Value::Nothing | Value::Text(_) => {}
            Value::Map(entries) => {
                for (key, node) in entries.iter().filter(|(_, node)| node.has_value()) {
                    let name = format!("{above}{}", key.text);
                    node.add_keys(&format!("{name}."), keys);
                    keys.insert(name);
                }
            }
            Value::List(items) => {
                for item in items {
                    if let Some(name) = item.name() {
                        item.add_keys(&format!("{above}{name}."), keys);
                    }
                }
            }
        }
    }

    /// Returns whether there is a value other than an empty section.
    fn has_value(&self) -> bool {
        match &self.value {
            Value::Nothing => false,
            Value::Map(entries) => !entries.is_empty(),
            Value::Text(_) | Value::List(_) => true,
        }
    }

    /// Returns the `name` of an item of a list.
    fn name(&self) -> Option<&str> {
        let Value::Map(entries) = &self.value else { return None };
        let (_, node) = entries.iter().find(|(key, _)| key.text == "name")?;
        match &node.value {
            Value::Text(name) => Some(name),
            Value::Nothing | Value::List(_) | Value::Map(_) => None,
        }
    }
}

/// Reads the one document of a settings file; an empty file is [`Value::Nothing`].
pub(crate) fn parse(bytes: &[u8], input: u32) -> Result<Node, Misread> {
    let refuse = |place, message: String| Err(Misread { place, message });
    let Ok(text) = std::str::from_utf8(bytes) else {
        return refuse(Place { input, line: 1, column: 1 }, "the file is not UTF-8 text".into());
    };
    let mut builder = Builder { input, open: Vec::new(), root: None };
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let message = format!("not valid YAML: {}", error.info());
                return refuse(place(input, *error.marker()), message);
            }
        };
        if let Err(message) = builder.event(event, &span) {
            return refuse(place(input, span.start), message.into());
        }
    }
    let start = Place { input, line: 1, column: 1 };
    Ok(builder.root.unwrap_or(Node { place: start, value: Value::Nothing }))
}

fn place(input: u32, marker: Marker) -> Place {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place { input, line: narrow(marker.line()), column: narrow(marker.col()).saturating_add(1) }
}

struct Builder {
    input: u32,
    open: Vec<Open>,
    root: Option<Node>,
}

/// A collection whose end is not yet read.
struct Open {
    node: Node,
    key: Option<Key>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), &'static str> {
        let place = place(self.input, span.start);
        match event {
            Event::Scalar(text, style, ..) => {
                let nothing = matches!(style, ScalarStyle::Plain)
                    && matches!(&*text, "~" | "null" | "Null" | "NULL" | "");
                let value = if nothing { Value::Nothing } else { Value::Text(text.into_owned()) };
                self.close(Node { place, value })
            }
            Event::SequenceStart(..) => self.open(place, Value::List(Vec::new())),
            Event::MappingStart(..) => self.open(place, Value::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self.open.pop().expect("the parser ends what it began");
                self.close(open.node)
            }
            Event::Alias(_) => {
                Err("aliases (`*name`) are not supported here: write the value itself")
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                Err("a second document (`---`): the file must contain one")
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_)
            | _ => Ok(()),
        }
    }

    fn open(&mut self, place: Place, value: Value) -> Result<(), &'static str> {
        if self.open.len() == DEPTH_MAX {
            return Err("nested too deeply");
        }
        self.open.push(Open { node: Node { place, value }, key: None });
        Ok(())
    }

    fn close(&mut self, node: Node) -> Result<(), &'static str> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::Map(entries), Some(key)) => entries.push((key, node)),
            (Value::Map(_), None) => match node.value {
                Value::Text(text) => open.key = Some(Key { text, place: node.place }),
                Value::Nothing | Value::List(_) | Value::Map(_) => {
                    return Err("a key must be a single word");
                }
            },
            (Value::List(items), _) => items.push(node),
            (Value::Nothing | Value::Text(_), _) => unreachable!("only collections are opened"),
        }
        Ok(())
    }
}
