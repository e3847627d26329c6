//! How wide tables may be: the terminal's width, else `COLUMNS`, else 80.

use std::io::{self, IsTerminal};
use std::path::Path;

/// The width where neither a terminal nor `COLUMNS` gives one.
const DEFAULT: usize = 80;

/// The least width that a table is made for.
const LEAST: usize = 40;

/// Returns the width of tables that are written to a file, where `-` is standard output.
pub(crate) fn width(output: &Path) -> usize {
    let is_terminal = output == Path::new("-") && io::stdout().is_terminal();
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let columns = || std::env::var_os("COLUMNS")?.to_str()?.parse().ok();
    let width = is_terminal.then(terminal).flatten().or_else(columns);
    width.filter(|width| *width > 0).map_or(DEFAULT, |width| width.max(LEAST))
}
