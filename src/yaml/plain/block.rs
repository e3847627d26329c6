//! Block texts: `|` and `>`, clipped or stripped, without an explicit indent.

use std::borrow::Cow;

use super::{Line, Mark, PlainReader, small};

/// The header of a block.
#[derive(Clone, Copy)]
struct Header {
    is_folded: bool,
    is_stripped: bool,
}

impl<'t> PlainReader<'t, '_> {
    /// Reads the block whose header starts here, inside a collection of this indent; its place is
    /// that of its first line.
    pub(super) fn block(
        &mut self,
        line: Line,
        at: usize,
        indent: usize,
    ) -> Option<(Cow<'t, str>, Mark)> {
        let header = match self.text[at..line.end].trim_end_matches(' ') {
            "|" => Header { is_folded: false, is_stripped: false },
            "|-" => Header { is_folded: false, is_stripped: true },
            ">" => Header { is_folded: true, is_stripped: false },
            ">-" => Header { is_folded: true, is_stripped: true },
            _ => return None,
        };
        let (first, blank_lines) = self.peek_line();
        let own = first.filter(|first| first.indent > indent)?.indent;
        if self.widest_blank(blank_lines) > own {
            return None;
        }
        let mut lines = BlockLines { text: String::new(), blank_lines, header, was_spaced: false };
        self.skip(blank_lines);
        let mark = Mark { line: self.line, column: small(own + 1) };
        loop {
            let (next, blank_lines) = self.peek_line();
            if self.widest_blank(blank_lines) > own {
                return None;
            }
            let Some(next) = next.filter(|next| next.indent >= own) else { break };
            if !lines.text.is_empty() {
                lines.blank_lines = blank_lines;
            }
            self.skip(blank_lines);
            lines.push(&self.text[next.start + own..next.end]);
            self.at = next.end + 1;
            self.line += 1;
        }
        if !header.is_stripped {
            lines.text.push('\n');
        }
        Some((Cow::Owned(lines.text), mark))
    }

    /// Returns the length of the longest of the next blank lines.
    fn widest_blank(&self, blank_lines: u32) -> usize {
        let (mut at, mut widest) = (self.at, 0);
        for _ in 0..blank_lines {
            let line = self.line_at(at);
            widest = widest.max(line.indent);
            at = line.end + 1;
        }
        widest
    }

    fn skip(&mut self, blank_lines: u32) {
        for _ in 0..blank_lines {
            self.at = self.line_at(self.at).end + 1;
        }
        self.line += blank_lines;
    }
}

/// The text of a block, line by line.
struct BlockLines {
    text: String,
    /// Blank lines before the next one.
    blank_lines: u32,
    header: Header,
    /// Whether the line before starts with a blank, which keeps the breaks around it.
    was_spaced: bool,
}

impl BlockLines {
    fn push(&mut self, line: &str) {
        let is_spaced = line.starts_with(' ');
        let is_first = self.text.is_empty();
        let folds = self.header.is_folded && !self.was_spaced && !is_spaced;
        match (is_first, folds) {
            (true, _) => {}
            (false, true) if self.blank_lines == 0 => self.text.push(' '),
            (false, true) => {}
            (false, false) => self.text.push('\n'),
        }
        (0..self.blank_lines).for_each(|_| self.text.push('\n'));
        self.text.push_str(line);
        self.was_spaced = is_spaced;
    }
}
