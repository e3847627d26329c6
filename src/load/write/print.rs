//! Prints a document as YAML in its usual forms.
//!
//! Texts that another reader might read as a number or a truth value are quoted.

use std::fmt::{self, Write};

/// A YAML value whose maps keep the order of insertion.
pub(super) enum Node {
    Text(String),
    /// A number or a truth value, which needs no quotes to stay one.
    Plain(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

/// Prints one document.
pub(super) fn print(node: &Node) -> String {
    let mut text = String::from("---\n");
    block(&mut text, node, 0).expect("a string takes any text");
    text.push_str("...\n");
    text
}

/// Prints a collection on separate lines, indented by two blanks per level.
fn block(out: &mut String, node: &Node, depth: usize) -> fmt::Result {
    match node {
        Node::Text(_) | Node::Plain(_) => {
            indent(out, depth);
            value(out, node, depth)
        }
        Node::List(items) => items.iter().enumerate().try_for_each(|(at, item)| {
            if at > 0 || !out.ends_with("- ") {
                indent(out, depth);
            }
            out.push('-');
            value_of_item(out, item, depth)
        }),
        Node::Map(entries) => entries.iter().enumerate().try_for_each(|(at, (key, item))| {
            if at > 0 || !out.ends_with("- ") {
                indent(out, depth);
            }
            key_and_value(out, key, item, depth)
        }),
    }
}

fn indent(out: &mut String, depth: usize) {
    (0..depth).for_each(|_| out.push_str("  "));
}

fn key_and_value(out: &mut String, key: &str, item: &Node, depth: usize) -> fmt::Result {
    /// A longer key must be marked: YAML ends its search for the colon at 1024 characters.
    const KEY_BYTES_MAX: usize = 1000;
    if key.len() > KEY_BYTES_MAX {
        writeln!(out, "? {}", scalar(key))?;
        indent(out, depth);
    } else {
        out.push_str(&scalar(key));
    }
    out.push(':');
    value(out, item, depth)
}

/// Prints the value after a dash: a collection begins on the same line.
fn value_of_item(out: &mut String, node: &Node, depth: usize) -> fmt::Result {
    let is_collection = match node {
        Node::Map(entries) => !entries.is_empty(),
        Node::List(items) => !items.is_empty(),
        Node::Text(_) | Node::Plain(_) => false,
    };
    if !is_collection {
        return value(out, node, depth);
    }
    out.push(' ');
    block(out, node, depth + 1)
}

/// Prints the value of a key.
fn value(out: &mut String, node: &Node, depth: usize) -> fmt::Result {
    match node {
        Node::Text(text) if is_literal(text) => {
            out.write_str(" |\n")?;
            text.lines().try_for_each(|line| {
                if !line.is_empty() {
                    indent(out, depth + 1);
                }
                writeln!(out, "{line}")
            })
        }
        Node::Text(text) => writeln!(out, " {}", scalar(text)),
        Node::Plain(text) => writeln!(out, " {text}"),
        Node::List(items) if items.is_empty() => writeln!(out, " []"),
        Node::Map(entries) if entries.is_empty() => writeln!(out, " {{}}"),
        Node::List(_) | Node::Map(_) => {
            out.write_str("\n")?;
            block(out, node, depth + 1)
        }
    }
}

/// Returns whether a multi-line text can be a literal block: one line feed at its end, no blank at
/// the start of the first line, no character that needs an escape.
fn is_literal(text: &str) -> bool {
    let ends_well = text.ends_with('\n') && !text.ends_with("\n\n");
    let first_is_plain = text.starts_with(|first: char| !first.is_whitespace());
    ends_well && first_is_plain && text.chars().all(|c| c == '\n' || is_printable(c))
}

fn is_printable(character: char) -> bool {
    const MARKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
    !character.is_control() && !MARKS.contains(&character) && character != '\u{feff}'
}

fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().all(is_printable) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        escaped(text)
    }
}

/// Returns whether a text needs no quotes: it begins with a letter, has no special characters of
/// YAML, and every reader of any version reads it as a text.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan"];
    let begins_well = text.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_.+/@~-".contains(c);
    begins_well && text.chars().all(is_word) && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other if is_printable(other) => out.push(other),
            other => {
                let code = u32::from(other);
                write!(out, "\\U{code:08X}").expect("a string takes any text");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn texts_that_could_be_taken_for_something_else_are_quoted() {
        assert_eq!(scalar("perl-DBI"), "perl-DBI");
        assert_eq!(scalar("1.10"), "'1.10'");
        assert_eq!(scalar("No"), "'No'");
        assert_eq!(scalar("it's"), "'it''s'");
        assert_eq!(scalar("a\tb\u{85}"), "\"a\\tb\\U00000085\"");
        assert_eq!(scalar(""), "''");
    }
}
