//! Cuts a file into documents, so that a broken one cannot hide the next.
//!
//! `---` and `...` in column 0 always end a document: inside a quoted or a block scalar, too, where
//! they are an error of that document. So cutting there is safe, except that a directive belongs to
//! the `---` that follows it.

use std::ops::Range;

/// The beginning of a piece of the file, which decides what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// With `---`, perhaps after directives and comments.
    Marked,
    /// Without a marker, at the start of the file.
    Bare,
    /// Without a marker, after a `...`.
    AfterEnd,
}

/// One document's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its range in the file.
    pub(crate) range: Range<usize>,
    /// The number of its first line, from 1.
    pub(crate) line: u32,
    /// How it begins.
    pub(crate) framing: Framing,
}

struct Splitter<'b> {
    bytes: &'b [u8],
    chunks: Vec<Chunk>,
    start: usize,
    start_line: u32,
    framing: Framing,
}

/// Cuts a file at its document markers. Pieces with only comments and blank lines are left out.
pub(crate) fn split(bytes: &[u8]) -> Vec<Chunk> {
    let mut splitter =
        Splitter { bytes, chunks: Vec::new(), start: 0, start_line: 1, framing: Framing::Bare };
    let mut line = 1;
    let mut at = 0;
    while at < bytes.len() {
        let next = line_end(bytes, at);
        splitter.line(at..next, line);
        at = next;
        line += 1;
    }
    splitter.cut(bytes.len(), line, Framing::AfterEnd);
    splitter.chunks
}

/// Returns the start of the next line.
fn line_end(bytes: &[u8], at: usize) -> usize {
    match memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
        None => bytes.len(),
        Some(offset) => {
            let end = at + offset;
            let pair = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
            end + 1 + usize::from(pair)
        }
    }
}

impl Splitter<'_> {
    fn line(&mut self, range: Range<usize>, line: u32) {
        let text = &self.bytes[range.clone()];
        if is_marker(text, b"---") {
            if self.framing == Framing::Marked || !self.is_prefix(range.start) {
                self.cut(range.start, line, Framing::Marked);
            }
            self.framing = Framing::Marked;
        } else if is_marker(text, b"...") {
            self.cut(range.end, line + 1, Framing::AfterEnd);
        }
    }

    /// Returns whether the text before `end` may precede a `---`: it has no content.
    fn is_prefix(&self, end: usize) -> bool {
        lines(&self.bytes[self.start..end])
            .all(|line| is_blank_or_comment(line) || line.starts_with(b"%"))
    }

    fn cut(&mut self, end: usize, next_line: u32, next: Framing) {
        let range = self.start..end;
        let is_silent = self.framing != Framing::Marked
            && lines(&self.bytes[range.clone()])
                .all(|line| is_blank_or_comment(line) || is_marker(line, b"..."));
        if !is_silent {
            self.chunks.push(Chunk { range, line: self.start_line, framing: self.framing });
        }
        self.start = end;
        self.start_line = next_line;
        self.framing = next;
    }
}

/// Returns the document in which a file seems truncated: the last one, if it alone does not end
/// with `...`, and not even with a line feed.
pub(crate) fn cut_short<'c>(bytes: &[u8], chunks: &'c [Chunk]) -> Option<&'c Chunk> {
    let is_ended = |chunk: &Chunk| {
        let text = bytes[chunk.range.clone()].trim_ascii_end();
        lines(text).last().is_some_and(|line| is_marker(line, b"..."))
    };
    let (last, before) = chunks.split_last()?;
    let is_cut = !before.is_empty()
        && before.iter().all(is_ended)
        && !is_ended(last)
        && !bytes.ends_with(b"\n")
        && !bytes.ends_with(b"\r");
    is_cut.then_some(last)
}

/// Returns the lines of a text without their line ends.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n' || byte == b'\r')
}

fn is_marker(line: &[u8], marker: &[u8]) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.first().is_none_or(|byte| b" \t\r\n".contains(byte)))
}

fn is_blank_or_comment(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    text.is_empty() || text.starts_with(b"#")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(u32, Framing, &str)> {
        split(text.as_bytes())
            .into_iter()
            .map(|chunk| (chunk.line, chunk.framing, &text[chunk.range]))
            .collect()
    }

    #[test]
    fn documents_are_cut_at_markers_in_column_zero_only() {
        assert_eq!(
            pieces("a: 1\n---\nb: |\n  ---\n--- # x\nc: 3\n"),
            [
                (1, Framing::Bare, "a: 1\n"),
                (2, Framing::Marked, "---\nb: |\n  ---\n"),
                (5, Framing::Marked, "--- # x\nc: 3\n"),
            ]
        );
    }

    #[test]
    fn a_directive_stays_with_the_document_that_follows_it() {
        assert_eq!(
            pieces("# top\n---\na: 1\n...\n# c\n%YAML 1.1\n---\nb: 2\n"),
            [
                (1, Framing::Marked, "# top\n---\na: 1\n...\n"),
                (5, Framing::Marked, "# c\n%YAML 1.1\n---\nb: 2\n"),
            ]
        );
    }

    #[test]
    fn comments_are_no_document_and_text_after_the_end_marker_is_told_apart() {
        assert_eq!(pieces("# nothing\n\n"), []);
        assert_eq!(pieces(""), []);
        assert_eq!(
            pieces("---\na: 1\n...\nb: 2\n"),
            [(1, Framing::Marked, "---\na: 1\n...\n"), (4, Framing::AfterEnd, "b: 2\n")]
        );
    }

    #[test]
    fn a_last_document_that_alone_lacks_its_end_is_cut_short() {
        let is_cut = |text: &str| cut_short(text.as_bytes(), &split(text.as_bytes())).is_some();
        assert!(is_cut("---\na: 1\n...\n---\nb: 2\n...\n---\nc: 3"));
        assert!(!is_cut("---\na: 1\n...\n---\nb: 2\n"));
        assert!(!is_cut("---\na: 1\n...\n---\nb: 2\n..."));
        assert!(!is_cut("---\na: 1\n---\nb: 2"));
        assert!(!is_cut("a: 1"));
    }

    #[test]
    fn every_kind_of_line_end_counts_once() {
        assert_eq!(pieces("---\r\na: 1\r---\rb: 2")[1], (3, Framing::Marked, "---\rb: 2"));
    }
}
