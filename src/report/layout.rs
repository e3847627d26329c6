//! Tables that fit a width: the last column wraps, and where it would get too narrow it stands below
//! its row. Tables of comfy-table squeeze every column alike, which breaks ids in pieces.

/// The least width of a last column beside the others.
const BESIDE_MIN: usize = 24;

/// The least width that a column is cut down to where the others leave no room.
const COLUMN_MIN: usize = 12;

/// How far what stands below a row is indented.
const INDENT: usize = 6;

/// The blanks between columns.
const GAP: usize = 2;

/// Rows under a header; the last column is prose.
pub(super) struct Layout {
    numbers: Vec<usize>,
    /// The header first.
    rows: Vec<Vec<String>>,
}

impl Layout {
    /// Makes a table without rows; the columns at `numbers` are aligned to the right.
    pub(super) fn new(header: &[&str], numbers: &[usize]) -> Self {
        let header = header.iter().map(|&title| title.to_owned()).collect();
        Self { numbers: numbers.to_vec(), rows: vec![header] }
    }

    /// Adds a row of as many cells as the header has.
    pub(super) fn add(&mut self, row: Vec<String>) {
        assert_eq!(row.len(), self.rows[0].len(), "a row has a cell for each column");
        self.rows.push(row);
    }

    /// Writes the table in lines of at most `width` characters.
    pub(super) fn render(&self, width: usize) -> String {
        let last = self.rows[0].len() - 1;
        let widths = self.widths(last, width);
        let fixed: usize = widths.iter().map(|width| width + GAP).sum();
        let rest = width.saturating_sub(fixed);
        let is_beside = rest >= self.longest(last).min(BESIDE_MIN);
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut cells: Vec<Vec<String>> =
                row[..last].iter().zip(&widths).map(|(cell, &width)| broken(cell, width)).collect();
            if is_beside {
                cells.push(
                    wrapped(&row[last], rest, Indent::NONE).lines().map(str::to_owned).collect(),
                );
            }
            text.push_str(&self.lines(&cells, &widths));
            if !is_beside && number > 0 {
                text.push_str(&wrapped(&row[last], width, Indent::all(INDENT)));
            }
        }
        text
    }

    /// Writes the table in lines of at most `width` characters, where no column is prose: one that is
    /// too wide is parted into several, each with the first `keys` columns and as many more as fit.
    pub(super) fn render_in_parts(&self, width: usize, keys: usize) -> String {
        let widths: Vec<usize> =
            (0..self.rows[0].len()).map(|column| self.longest(column)).collect();
        let total = |columns: &[usize]| -> usize {
            columns.iter().map(|&column| widths[column] + GAP).sum::<usize>() - GAP
        };
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for (column, own) in widths.iter().enumerate().skip(keys) {
            match parts.last_mut() {
                Some(part) if total(part) + GAP + own <= width => part.push(column),
                _ => parts.push((0..keys).chain([column]).collect()),
            }
        }
        let parts: Vec<String> = parts.iter().map(|part| self.part(part, &widths)).collect();
        parts.join("\n")
    }

    /// Writes some of the columns.
    fn part(&self, columns: &[usize], widths: &[usize]) -> String {
        let numbers = (0..columns.len()).filter(|&at| self.numbers.contains(&columns[at]));
        let rows = |row: &Vec<String>| columns.iter().map(|&column| row[column].clone()).collect();
        let part = Self { numbers: numbers.collect(), rows: self.rows.iter().map(rows).collect() };
        let widths: Vec<usize> = columns.iter().map(|&column| widths[column]).collect();
        let line = |row: &Vec<String>| {
            let cells: Vec<Vec<String>> = row.iter().map(|cell| vec![cell.clone()]).collect();
            part.lines(&cells, &widths)
        };
        part.rows.iter().map(line).collect()
    }

    fn longest(&self, column: usize) -> usize {
        self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    }

    /// Returns the widths of all columns but the last; the widest gives way where they are too wide.
    fn widths(&self, last: usize, width: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..last).map(|column| self.longest(column)).collect();
        let total: usize = widths.iter().sum::<usize>() + GAP * last.saturating_sub(1);
        let mut excess = total.saturating_sub(width);
        while excess > 0
            && let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > COLUMN_MIN)
        {
            let cut = excess.min(*widest - COLUMN_MIN);
            *widest -= cut;
            excess -= cut;
        }
        widths
    }

    fn lines(&self, cells: &[Vec<String>], widths: &[usize]) -> String {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        let mut text = String::new();
        for at in 0..height {
            let mut line = String::new();
            for (column, cell) in cells.iter().enumerate() {
                let part = cell.get(at).map_or("", String::as_str);
                match widths.get(column) {
                    None => line.push_str(part),
                    Some(&width) if self.numbers.contains(&column) => {
                        line.push_str(&" ".repeat(width.saturating_sub(part.chars().count())));
                        line.push_str(part);
                        line.push_str(&" ".repeat(GAP));
                    }
                    Some(&width) => {
                        line.push_str(part);
                        let blanks = width.saturating_sub(part.chars().count()) + GAP;
                        line.push_str(&" ".repeat(blanks));
                    }
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Breaks a cell into pieces of at most `width` characters, after `:` or `-` where there is one.
fn broken(cell: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest: Vec<char> = cell.chars().collect();
    while rest.len() > width {
        let end = rest[..width].iter().rposition(|c| matches!(c, ':' | '-' | ' '));
        let tail = rest.split_off(end.map_or(width, |end| end + 1));
        pieces.push(rest.into_iter().collect());
        rest = tail;
    }
    pieces.push(rest.into_iter().collect());
    pieces
}

/// Wraps the lines of a story that are wider than `width` characters, behind their times where they have one.
pub(super) fn wrapped_story(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.chars().count() <= width {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let blanks = line.len() - line.trim_start().len();
        let has_time = line.get(9..11) == Some("  ") && line[..9].ends_with(|c: char| c != ' ');
        let (at, rest) = if has_time { (11, 11) } else { (blanks, blanks + 2) };
        let text = wrapped(&line[at..], width, Indent { first: at, rest });
        out.push_str(&line[..at]);
        out.push_str(&text[at..]);
    }
    out
}

/// How far the lines of a paragraph are indented, in columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indent {
    pub(super) first: usize,
    /// Every line after the first.
    pub(super) rest: usize,
}

impl Indent {
    pub(super) const NONE: Self = Self::all(0);

    /// Indents every line alike.
    pub(super) const fn all(columns: usize) -> Self {
        Self { first: columns, rest: columns }
    }

    /// Indents every line but the first.
    pub(super) const fn hanging(columns: usize) -> Self {
        Self { first: 0, rest: columns }
    }
}

/// Wraps words into lines of at most `width` characters. A word longer than a line is broken.
pub(super) fn wrapped(text: &str, width: usize, indent: Indent) -> String {
    let Indent { first, rest } = indent;
    let mut out = String::new();
    let mut line = " ".repeat(first);
    let mut is_empty = true;
    let room = width.saturating_sub(rest).max(COLUMN_MIN);
    for word in text.split_whitespace().flat_map(|word| broken(word, room)) {
        let next = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && next > width {
            out.push_str(&line);
            out.push('\n');
            line = " ".repeat(rest);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(&word);
        is_empty = false;
    }
    if !is_empty {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Layout {
        let mut table = Layout::new(&["WAVE", "MODULE", "BECAUSE"], &[0]);
        table.add(vec!["1".into(), "perl:5.30:466ea64f".into(), "changed".into()]);
        table.add(vec![
            "12".into(),
            "perl-DBI:1.641:03d935ed".into(),
            "builds on perl:5.30:466ea64f and more".into(),
        ]);
        table
    }

    #[test]
    fn the_last_column_wraps_beside_the_others_or_stands_below() {
        assert_eq!(
            table().render(60),
            [
                "WAVE  MODULE                   BECAUSE\n",
                "   1  perl:5.30:466ea64f       changed\n",
                "  12  perl-DBI:1.641:03d935ed  builds on perl:5.30:466ea64f\n",
                "                               and more\n",
            ]
            .concat()
        );
        assert_eq!(
            table().render(40),
            "WAVE  MODULE\n   1  perl:5.30:466ea64f\n      changed\n  \
             12  perl-DBI:1.641:03d935ed\n      builds on perl:5.30:466ea64f and\n      more\n"
        );
    }

    #[test]
    fn a_table_of_numbers_is_parted_where_it_is_too_wide() {
        let mut table = Layout::new(&["NAME", "ONE", "TWO", "THREE"], &[1, 2, 3]);
        table.add(["a", "1", "22", "333"].map(str::to_owned).to_vec());
        assert_eq!(table.render_in_parts(22, 1), "NAME  ONE  TWO  THREE\na       1   22    333\n");
        assert_eq!(
            table.render_in_parts(20, 1),
            "NAME  ONE  TWO\na       1   22\n\nNAME  THREE\na       333\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_asked_for() {
        for width in 24..90 {
            let text = table().render(width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
        }
    }
}
