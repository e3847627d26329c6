//! Flow lists of simple texts: `[a, 'b', "c"]`, on one line or several.

use std::borrow::Cow;

use super::{Kind, Line, PlainReader, Raw, Step, is_word};

/// A byte of a flow list and its line.
#[derive(Clone, Copy)]
struct At {
    line: Line,
    byte: usize,
}

impl PlainReader<'_, '_> {
    /// Reads the list that starts here, inside a collection of this indent.
    pub(super) fn flow_list(&mut self, line: Line, start: usize, indent: usize) -> Step {
        let list = self.tree.nodes.len();
        let (text, mark) = (Cow::Borrowed(""), self.mark(line, start));
        self.tree.nodes.push(Raw { kind: Kind::List, text, mark, end: list + 1 });
        let mut at = self.flow_content(At { line, byte: start + 1 }, indent)?;
        while self.byte(at) != b']' {
            let end = self.flow_item(at)?;
            let after = self.flow_content(At { byte: end, ..at }, indent)?;
            at = match self.byte(after) {
                b',' => self.flow_content(At { byte: after.byte + 1, ..after }, indent)?,
                b']' => after,
                _ => return None,
            };
            // Nothing after a comma: valid, but never written.
            if self.byte(after) == b',' && self.byte(at) == b']' {
                return None;
            }
        }
        self.tree.nodes[list].end = self.tree.nodes.len();
        let is_closed = self.after_blanks(at.byte + 1, at.line.end) == at.line.end;
        is_closed.then_some(())
    }

    fn byte(&self, at: At) -> u8 {
        self.text.as_bytes()[at.byte]
    }

    /// Returns the first byte from here that is not a blank, on the next line if necessary.
    fn flow_content(&mut self, at: At, indent: usize) -> Option<At> {
        let byte = self.after_blanks(at.byte, at.line.end);
        if byte < at.line.end {
            return Some(At { byte, ..at });
        }
        let (next, blank_lines) = self.peek_line();
        let line = next.filter(|next| next.indent > indent)?;
        self.at = line.end + 1;
        self.line += blank_lines + 1;
        Some(At { line, byte: line.content() })
    }

    /// Reads one item and returns its end.
    fn flow_item(&mut self, at: At) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (start, mark) = (at.byte, self.mark(at.line, at.byte));
        let quote = bytes[start];
        let (range, end) = if matches!(quote, b'\'' | b'"') {
            let rest = &bytes[start + 1..at.line.end];
            let length = rest.iter().position(|&byte| byte == quote)?;
            (start + 1..start + 1 + length, start + length + 2)
        } else {
            let rest = &bytes[start..at.line.end];
            let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
            (start..start + length, start + length)
        };
        let text = self.text.get(range)?;
        let is_simple = end > start && text.is_ascii() && !text.contains('\\');
        let is_escape = bytes[end] == quote;
        if !is_simple || is_escape || text == "-" && quote == b'-' {
            return None;
        }
        self.scalar(Cow::Borrowed(text), mark);
        Some(end)
    }
}
