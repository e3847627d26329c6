//! Real documents, and the same with mistakes of tools and people.

use std::path::Path;

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use crate::yaml::{Framing, split, text_of};

/// Returns the texts of all real files and cases, or of the fixtures if those are absent.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let mut open = match crate::shared::shared("data/modulemd") {
        Some(root) => vec![root.clone(), root.join("../../cases/modulemd/cases")],
        None => vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")],
    };
    let mut files = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                files.push((path.display().to_string(), std::fs::read(&path).expect("readable")));
            }
        }
    }
    files.sort();
    files
}

/// Returns the documents of all real files and cases that are text at all.
pub(crate) fn documents(files: &[(String, Vec<u8>)]) -> Vec<(&str, &str, Framing)> {
    let chunks = files.iter().flat_map(|(path, bytes)| {
        split(bytes).into_iter().filter_map(move |chunk| {
            Some((path.as_str(), text_of(bytes, &chunk).ok()?, chunk.framing))
        })
    });
    chunks.collect()
}

/// Longer documents are cut to a window around the change; otherwise the complete parser would take
/// minutes.
const WINDOW_BYTES: usize = 1500;

/// Returns the first lines of a text, then those from one of its fields on, as far as they fit.
pub(crate) fn window(text: &str, random: &mut Pcg64Mcg) -> String {
    const HEAD: usize = 4;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_field =
        |line: &str| line.starts_with("  ") && line[2..].starts_with(char::is_alphabetic);
    let fields: Vec<usize> = (HEAD..lines.len()).filter(|&at| is_field(lines[at])).collect();
    let start = if fields.is_empty() { 0 } else { fields[random.random_range(0..fields.len())] };
    let mut out: String = lines[..start.min(HEAD)].concat();
    for line in &lines[start..] {
        if out.len() + line.len() > WINDOW_BYTES {
            break;
        }
        out.push_str(line);
    }
    out
}

/// Changes a text in one or two places, like mistakes of tools and people.
pub(crate) fn mutate(text: &mut String, random: &mut Pcg64Mcg) {
    const PIECES: &[&str] = &[
        " ", "  ", "\n", "\n\n", ":", ": ", " #", "#", "- ", "-", "'", "\"", "''", "[", "]", "{}",
        "[]", ", ", "|\n", ">\n", "|-\n", ">-\n", "|+\n", "&a ", "*a", "!!str ", "%", "@", "`",
        "?", "? ", "\\", "\\n", "~", "---\n", "...\n", "\t", "\r\n", "ä", "\u{85}", "\u{2028}",
        "\u{feff}", "a: ", "a:\n", "<<: ", "\n# c\n", "null", "=",
    ];
    for _ in 0..random.random_range(1..=2) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let Some(&at) = places.get(random.random_range(0..places.len().max(1))) else { return };
        let end = (at + random.random_range(1..8)).min(text.len());
        let end =
            (end..=text.len()).find(|&end| text.is_char_boundary(end)).expect("the end is one");
        let piece = PIECES[random.random_range(0..PIECES.len())];
        match random.random_range(0..4) {
            0 => text.replace_range(at..end, ""),
            1 => text.replace_range(at..end, piece),
            2 => {
                let line = text[..at].rfind('\n').map_or(0, |feed| feed + 1);
                text.insert_str(line, piece);
            }
            _ => text.insert_str(at, piece),
        }
    }
}
