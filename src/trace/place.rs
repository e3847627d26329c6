//! Places in an input: lines and columns from offsets, found by bisection.

use serde_json::value::RawValue;

use crate::load::Place;

/// The line starts of one text.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    input: u32,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, input: u32) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self { text, starts: std::iter::once(0).chain(ends).collect(), input }
    }

    /// Returns the place of the byte at `offset`, which begins a character.
    pub(super) fn at(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|&start| start <= offset);
        let column = self.text[self.starts[line - 1]..offset].chars().count() + 1;
        let narrow = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Place { input: self.input, line: narrow(line), column: narrow(column) }
    }

    /// Returns the place of a value borrowed from the text.
    pub(super) fn of(&self, value: &RawValue) -> Place {
        self.at(value.get().as_ptr().addr() - self.text.as_ptr().addr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let lines = Lines::new("aé\nb\n", 3);
        let places = [0, 1, 3, 4].map(|offset| (lines.at(offset).line, lines.at(offset).column));
        assert_eq!(places, [(1, 1), (1, 2), (1, 3), (2, 1)]);
        assert_eq!(lines.at(0).input, 3);
    }
}
