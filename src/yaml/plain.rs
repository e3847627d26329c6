//! The plain subset of YAML, which build systems write: block maps and lists, one-line keys, texts
//! plain, quoted or in blocks, flow lists of texts. It is read line by line, several times as fast
//! as with the complete parser.
//!
//! [`read`] fills a tree exactly as [`full`](super::full) would, including places, or returns
//! false. It refuses and reports nothing: anything odd, wrong, or merely rare is left to the
//! complete parser. A test compares the two.

mod block;
mod flow;
mod quoted;

use std::borrow::Cow;

use super::{Framing, Kind, Mark, Raw, Tree};

/// Deeper documents are left to the complete parser, whose limit they may exceed.
const DEPTH_MAX: usize = 64;
/// A longer key may exceed YAML's limit of 1024 characters.
const KEY_BYTES_MAX: usize = 1000;

/// Reads one document of `text`, which starts at `line` of its file; returns false, with an
/// undefined tree, if it is not in the plain subset.
pub(super) fn read<'t>(text: &'t str, line: u32, framing: Framing, tree: &mut Tree<'t>) -> bool {
    const ODD: [char; 4] = ['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'];
    tree.nodes.clear();
    let bytes = text.as_bytes();
    if bytes.last() != Some(&b'\n')
        || memchr::memchr2(b'\t', b'\r', bytes).is_some()
        || !text.is_ascii() && text.contains(ODD)
    {
        return false;
    }
    let peeked = Line { start: usize::MAX, end: 0, indent: 0 };
    let mut reader = PlainReader { text, at: 0, line, tree, open: Vec::with_capacity(16), peeked };
    reader.document(framing).is_some()
}

/// A line with more than blanks and a comment.
#[derive(Clone, Copy)]
struct Line {
    /// Its start, in bytes of the document.
    start: usize,
    /// The position of its line feed.
    end: usize,
    /// The number of blanks at its start.
    indent: usize,
}

impl Line {
    fn content(self) -> usize {
        self.start + self.indent
    }
}

/// A collection that is not complete yet.
struct Open {
    index: usize,
    kind: Kind,
    indent: usize,
    /// The place of the value that a key still waits for.
    waits: Option<Mark>,
}

struct PlainReader<'t, 'b> {
    text: &'t str,
    /// The start of the line that is read next.
    at: usize,
    /// Its number in the file.
    line: u32,
    tree: &'b mut Tree<'t>,
    open: Vec<Open>,
    /// A line that was looked at before it is read.
    peeked: Line,
}

/// Reading continues; `None` anywhere leaves the document to the complete parser.
type Step = Option<()>;

impl<'t> PlainReader<'t, '_> {
    fn document(&mut self, framing: Framing) -> Step {
        match framing {
            Framing::AfterEnd => return None,
            Framing::Bare => {}
            Framing::Marked => {
                let first = self.next_line()?;
                (&self.text[first.start..first.end] == "---").then_some(())?;
            }
        }
        while let Some(line) = self.next_line() {
            if line.indent == 0 && &self.text[line.start..line.end] == "..." {
                // Only blanks and comments may follow; anything else is left to the complete
                // parser.
                if self.next_line().is_some() {
                    return None;
                }
                break;
            }
            self.content_line(line)?;
        }
        self.close_above(None);
        self.tree.root().map(|_| ())
    }

    /// Steps over blank lines and comments to the next line and past it.
    fn next_line(&mut self) -> Option<Line> {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() {
            let is_peeked = self.peeked.start == self.at;
            let line = if is_peeked { self.peeked } else { self.line_at(self.at) };
            self.at = line.end + 1;
            self.line += 1;
            let content = line.content();
            if content < line.end && bytes[content] != b'#' {
                return Some(line);
            }
        }
        None
    }

    /// Returns the line that starts at a byte.
    fn line_at(&self, start: usize) -> Line {
        let bytes = &self.text.as_bytes()[start..];
        let indent = bytes.iter().take_while(|&&byte| byte == b' ').count();
        let length = indent
            + memchr::memchr(b'\n', &bytes[indent..]).expect("a document ends in a line feed");
        Line { start, end: start + length, indent }
    }

    /// Returns the place of a byte on the line before the next; everything before it must be ASCII.
    fn mark(&self, line: Line, at: usize) -> Mark {
        Mark { line: self.line - 1, column: small(at - line.start + 1) }
    }

    /// Reads a line of a map or list.
    fn content_line(&mut self, line: Line) -> Step {
        let is_item = self.is_dash(line.content(), line.end);
        self.close_above(Some((line.indent, is_item)));
        match self.open.last_mut() {
            None if is_item || line.indent > 0 || !self.tree.nodes.is_empty() => return None,
            None => self.open_map(line, line.content())?,
            Some(top) => match (top.kind, top.waits.is_some()) {
                (Kind::Map, true) if is_item && line.indent >= top.indent => {
                    top.waits = None;
                    // granit places an unindented list at the text of its first item.
                    let is_indented = line.indent > top.indent;
                    let at = if is_indented { line.content() } else { self.item_content(line) };
                    self.open(Kind::List, line.indent, self.mark(line, at))?;
                }
                (Kind::Map, true) if line.indent > top.indent => {
                    top.waits = None;
                    self.open_map(line, line.content())?;
                }
                (Kind::Map, false) if !is_item && line.indent == top.indent => {}
                (Kind::List, _) if is_item && line.indent == top.indent => {}
                _ => return None,
            },
        }
        if is_item { self.item(line) } else { self.entry(line, line.content()) }
    }

    /// Returns whether there is a dash here that starts an item.
    fn is_dash(&self, at: usize, end: usize) -> bool {
        let bytes = self.text.as_bytes();
        bytes[at] == b'-' && (at + 1 == end || bytes[at + 1] == b' ')
    }

    /// Closes the collections that a line of this indent is not part of; all of them at the end.
    fn close_above(&mut self, line: Option<(usize, bool)>) {
        while let Some(top) = self.open.last() {
            if let Some((indent, is_item)) = line {
                let is_in = match top.kind {
                    Kind::List => top.indent < indent || top.indent == indent && is_item,
                    Kind::Map | Kind::Scalar => top.indent <= indent,
                };
                if is_in {
                    break;
                }
            }
            let top = self.open.pop().expect("there is a last one");
            if let Some(mark) = top.waits {
                self.scalar(Cow::Borrowed(""), mark);
            }
            self.tree.nodes[top.index].end = self.tree.nodes.len();
        }
        // A key of the same map follows one without a value.
        if let (Some((indent, false)), Some(top)) = (line, self.open.last_mut())
            && top.kind == Kind::Map
            && top.indent == indent
            && let Some(mark) = top.waits.take()
        {
            self.scalar(Cow::Borrowed(""), mark);
        }
    }

    fn open(&mut self, kind: Kind, indent: usize, mark: Mark) -> Step {
        let index = self.tree.nodes.len();
        self.tree.nodes.push(Raw { kind, text: Cow::Borrowed(""), mark, end: index + 1 });
        self.open.push(Open { index, kind, indent, waits: None });
        (self.open.len() < DEPTH_MAX).then_some(())
    }

    fn open_map(&mut self, line: Line, at: usize) -> Step {
        self.open(Kind::Map, at - line.start, self.mark(line, at))
    }

    fn scalar(&mut self, text: Cow<'t, str>, mark: Mark) {
        let end = self.tree.nodes.len() + 1;
        self.tree.nodes.push(Raw { kind: Kind::Scalar, text, mark, end });
    }

    /// Reads an item of the list on top: a text, or a map that starts after the dash.
    fn item(&mut self, line: Line) -> Step {
        let at = self.item_content(line);
        if at == line.end || self.is_dash(at, line.end) {
            return None;
        }
        if self.key(at, line.end).is_some() {
            self.open_map(line, at)?;
            return self.entry(line, at);
        }
        self.value(line, at, line.indent)
    }

    /// Returns the start of the text after a dash.
    fn item_content(&self, line: Line) -> usize {
        self.after_blanks(line.content() + 1, line.end)
    }

    /// Returns the first byte from here that is not a blank, or the end.
    fn after_blanks(&self, at: usize, end: usize) -> usize {
        let blanks = self.text.as_bytes()[at..end].iter().take_while(|&&byte| byte == b' ').count();
        at + blanks
    }

    /// Reads `key: value` of the map on top.
    fn entry(&mut self, line: Line, at: usize) -> Step {
        let (key, colon) = self.key(at, line.end)?;
        self.scalar(Cow::Borrowed(key), self.mark(line, at));
        let value = self.after_blanks(colon + 1, line.end);
        if value < line.end {
            return self.value(line, value, at - line.start);
        }
        let mark = self.mark(line, colon);
        self.open.last_mut().expect("an entry stands in a map").waits = Some(mark);
        Some(())
    }

    /// Returns the key that starts here and the position of its colon, if this is a key.
    fn key(&self, at: usize, end: usize) -> Option<(&'t str, usize)> {
        let bytes = self.text.as_bytes();
        let quote = bytes[at];
        let (range, colon) = if quote == b'\'' || quote == b'"' {
            let length = bytes[at + 1..end].iter().position(|&byte| byte == quote)?;
            (at + 1..at + 1 + length, at + length + 2)
        } else {
            let length = bytes[at..end].iter().position(|&byte| !is_word(byte))?;
            if bytes[at + length] != b':' {
                return None;
            }
            (at..at + length, at + length)
        };
        let key = self.text.get(range)?;
        let is_key = bytes[colon] == b':' && (colon + 1 == end || bytes[colon + 1] == b' ');
        let is_short = !key.is_empty() && key.len() <= KEY_BYTES_MAX;
        (is_key && is_short && key.is_ascii() && !key.contains('\\')).then_some((key, colon))
    }

    /// Reads the text or flow list that starts here, inside a collection of this indent.
    fn value(&mut self, line: Line, at: usize, indent: usize) -> Step {
        let mark = self.mark(line, at);
        let text = match self.text.as_bytes()[at] {
            b'\'' | b'"' => self.quoted(line, at)?,
            b'|' | b'>' => {
                let (text, mark) = self.block(line, at, indent)?;
                self.scalar(text, mark);
                return Some(());
            }
            b'[' => return self.flow_list(line, at, indent),
            b'{' if &self.text[at..line.end] == "{}" => {
                let end = self.tree.nodes.len() + 1;
                self.tree.nodes.push(Raw { kind: Kind::Map, text: Cow::Borrowed(""), mark, end });
                return Some(());
            }
            _ => self.plain(line, at, indent)?,
        };
        self.scalar(text, mark);
        Some(())
    }

    /// Reads a plain text and the lines that continue it.
    fn plain(&mut self, line: Line, at: usize, indent: usize) -> Option<Cow<'t, str>> {
        let first = self.plain_line(at, line.end)?;
        if !may_start(first.as_bytes()) {
            return None;
        }
        let mut folded = String::new();
        loop {
            let (next, breaks) = self.peek_line();
            let Some(next) = next.filter(|next| next.indent > indent) else { break };
            if self.text.as_bytes()[next.content()] == b'#' {
                return None;
            }
            let more = self.plain_line(next.content(), next.end)?;
            if folded.is_empty() {
                folded.push_str(first);
            }
            fold(&mut folded, breaks);
            folded.push_str(more);
            self.at = next.end + 1;
            self.line += breaks + 1;
        }
        Some(if folded.is_empty() { Cow::Borrowed(first) } else { Cow::Owned(folded) })
    }

    /// Returns one line of a plain text without blanks at its end, if nothing in it has a special
    /// meaning.
    fn plain_line(&self, at: usize, end: usize) -> Option<&'t str> {
        let bytes = &self.text.as_bytes()[at..end];
        for index in memchr::memchr2_iter(b':', b'#', bytes) {
            let means_more = match bytes[index] {
                b':' => bytes.get(index + 1).is_none_or(|&next| next == b' '),
                _ => index > 0 && bytes[index - 1] == b' ',
            };
            if means_more {
                return None;
            }
        }
        let blanks = bytes.iter().rev().take_while(|&&byte| byte == b' ').count();
        Some(&self.text[at..end - blanks])
    }

    /// Returns the next line that is not blank, and the number of blank lines before it.
    fn peek_line(&mut self) -> (Option<Line>, u32) {
        let (mut at, mut breaks) = (self.at, 0);
        while at < self.text.len() {
            let line = self.line_at(at);
            if line.content() < line.end {
                self.peeked = line;
                return (Some(line), breaks);
            }
            at = line.end + 1;
            breaks += 1;
        }
        (None, breaks)
    }
}

/// Joins two lines: with a blank between neighbours, otherwise with a line feed for each blank
/// line.
fn fold(text: &mut String, blank_lines: u32) {
    if blank_lines == 0 {
        text.push(' ');
    }
    (0..blank_lines).for_each(|_| text.push('\n'));
}

/// The bytes allowed anywhere in a plain key.
const WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        word[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'~');
        byte += 1;
    }
    word
};

fn is_word(byte: u8) -> bool {
    WORD[byte as usize]
}

/// Returns whether a plain text may start like this.
fn may_start(text: &[u8]) -> bool {
    const INDICATORS: &[u8] = b"?:,[]{}#&*!|>'\"%@`";
    match text {
        [] | [b'-'] | [b'-', b' ', ..] => false,
        [first, ..] => !INDICATORS.contains(first),
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
