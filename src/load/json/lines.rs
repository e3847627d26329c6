//! Places in a text, found in one pass.

use crate::yaml::Mark;

/// Turns rising offsets into lines and columns, reading each byte once.
#[derive(Debug, Default)]
pub(super) struct Lines {
    offset: usize,
    breaks: u32,
    /// The number of characters before the offset on its line.
    column: usize,
}

impl Lines {
    pub(super) fn mark(&mut self, text: &str, offset: usize) -> Mark {
        let passed = &text[self.offset..offset];
        let breaks = memchr::memchr_iter(b'\n', passed.as_bytes()).count();
        let last = match memchr::memrchr(b'\n', passed.as_bytes()) {
            Some(at) => {
                self.column = 0;
                &passed[at + 1..]
            }
            None => passed,
        };
        self.breaks += super::small(breaks);
        self.column += last.chars().count();
        self.offset = offset;
        Mark { line: self.breaks + 1, column: super::small(self.column) + 1 }
    }
}
