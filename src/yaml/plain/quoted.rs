//! Quoted texts, on one line or several.

use std::borrow::Cow;

use super::{Line, PlainReader, fold};

/// How one line of a quoted text ends.
enum End {
    /// With the quote, at this byte.
    Quote(usize),
    /// With the line; the text continues on the next.
    Line,
    /// With a backslash: the next line follows without a blank.
    Joined,
}

impl<'t> PlainReader<'t, '_> {
    /// Reads the quoted text that starts here.
    pub(super) fn quoted(&mut self, line: Line, at: usize) -> Option<Cow<'t, str>> {
        let quote = self.text.as_bytes()[at];
        if let Some(text) = self.quoted_simple(line, at, quote) {
            return Some(Cow::Borrowed(text));
        }
        let mut text = String::new();
        let (mut from, mut end) = (at + 1, line.end);
        loop {
            match self.quoted_line(from..end, quote, &mut text)? {
                End::Quote(close) if self.is_rest_blank(close + 1, end) => break,
                End::Quote(_) => return None,
                End::Line => {
                    let (next, blank_lines) = self.quoted_next()?;
                    fold(&mut text, blank_lines);
                    (from, end) = (next.content(), next.end);
                }
                End::Joined => {
                    let (next, blank_lines) = self.quoted_next()?;
                    (0..blank_lines).for_each(|_| text.push('\n'));
                    (from, end) = (next.content(), next.end);
                }
            }
        }
        Some(Cow::Owned(text))
    }

    /// Returns a text that ends on its line and escapes nothing.
    pub(super) fn quoted_simple(&self, line: Line, at: usize, quote: u8) -> Option<&'t str> {
        let close = at + 1 + memchr::memchr(quote, &self.text.as_bytes()[at + 1..line.end])?;
        let text = &self.text[at + 1..close];
        let is_simple = quote == b'\'' || !text.contains('\\');
        (is_simple && self.is_rest_blank(close + 1, line.end)).then_some(text)
    }

    fn is_rest_blank(&self, at: usize, end: usize) -> bool {
        self.text.as_bytes()[at..end].iter().all(|&byte| byte == b' ')
    }

    /// Steps to the line that continues a quoted text; it need not be indented, and in real files
    /// it is not.
    fn quoted_next(&mut self) -> Option<(Line, u32)> {
        let (next, blank_lines) = self.peek_line();
        let next = next?;
        self.at = next.end + 1;
        self.line += blank_lines + 1;
        Some((next, blank_lines))
    }

    /// Appends the content of one line of a quoted text, without the blanks before its end.
    fn quoted_line(
        &self,
        range: std::ops::Range<usize>,
        quote: u8,
        text: &mut String,
    ) -> Option<End> {
        let mut rest = &self.text[range.clone()];
        // An escaped character is kept even if it is a blank.
        let mut kept = text.len();
        loop {
            let Some(at) = rest.bytes().position(|byte| byte == quote || byte == b'\\') else {
                text.push_str(rest);
                let length = text[kept..].trim_end_matches(' ').len();
                text.truncate(kept + length);
                return Some(End::Line);
            };
            text.push_str(&rest[..at]);
            let special = &rest[at..];
            match (special.as_bytes(), quote) {
                ([b'\'', b'\'', ..], b'\'') => text.push('\''),
                ([byte, ..], _) if *byte == quote => {
                    return Some(End::Quote(range.end - special.len()));
                }
                ([b'\\'], b'"') => return Some(End::Joined),
                ([b'\\', escaped, ..], b'"') => text.push(unescape(*escaped)?),
                _ => {
                    text.push('\\');
                    rest = &special[1..];
                    continue;
                }
            }
            kept = text.len();
            rest = &special[2..];
        }
    }
}

/// Returns the meaning of a common escape.
fn unescape(byte: u8) -> Option<char> {
    Some(match byte {
        b'n' => '\n',
        b't' => '\t',
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b' ' => ' ',
        _ => return None,
    })
}
