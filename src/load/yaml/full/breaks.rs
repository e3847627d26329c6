//! Line breaks that only YAML 1.1 knows: NEL reads as a line feed, LS and PS as a break that is
//! kept. granit reads YAML 1.2, so such a text is rewritten before it and mended after.

use granit_parser::ScalarStyle;

const NEXT_LINE: char = '\u{85}';
const KEPT: [char; 2] = ['\u{2028}', '\u{2029}'];

/// Returns the text with a line feed for every NEL and after every LS and PS, and the numbers of
/// the lines that end in one of them; `None` for a text without any.
pub(super) fn broken(text: &str) -> Option<(String, Vec<usize>)> {
    if text.is_ascii() || !text.contains(|c| c == NEXT_LINE || KEPT.contains(&c)) {
        return None;
    }
    let (mut out, mut added, mut line) = (String::with_capacity(text.len() + 8), Vec::new(), 1);
    for character in text.chars() {
        if character != NEXT_LINE {
            out.push(character);
        }
        if character == NEXT_LINE || KEPT.contains(&character) {
            out.push('\n');
            added.push(line);
            line += 1;
        } else if character == '\n' {
            line += 1;
        }
    }
    Some((out, added))
}

/// Takes back what was added after LS and PS, as a line feed or folded to a blank. Such a break at
/// the end of a plain text is no part of it.
pub(super) fn unbroken(text: &str, style: ScalarStyle) -> String {
    let text = if style == ScalarStyle::Plain { text.trim_end_matches(KEPT) } else { text };
    let mut out = String::with_capacity(text.len());
    let mut after_kept = false;
    for character in text.chars() {
        let is_added = after_kept && matches!(character, '\n' | ' ');
        if !is_added {
            out.push(character);
        }
        after_kept = KEPT.contains(&character);
    }
    out
}
