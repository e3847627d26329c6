//! Line breaks that only YAML 1.1 knows: NEL reads as a line feed, LS and PS as a break that is
//! kept. granit reads YAML 1.2, so such a text is rewritten before parsing and restored afterwards.

use granit_parser::ScalarStyle;

const NEXT_LINE: char = '\u{85}';
const KEPT: [char; 2] = ['\u{2028}', '\u{2029}'];

/// Returns the text with a line feed for every NEL and after every LS and PS (in place of one alone
/// on its line), and the numbers of the lines that end in one of them; `None` for a text without
/// any.
pub(super) fn broken(text: &str) -> Option<(String, Vec<usize>)> {
    if text.is_ascii() || !text.contains(|c| c == NEXT_LINE || KEPT.contains(&c)) {
        return None;
    }
    let (mut out, mut added, mut line) = (String::with_capacity(text.len() + 8), Vec::new(), 1);
    let mut is_blank = true;
    for character in text.chars() {
        let is_kept = KEPT.contains(&character);
        // Alone on its line, such a break separates like any other.
        if character != NEXT_LINE && !(is_kept && is_blank) {
            out.push(character);
        }
        if character == NEXT_LINE || is_kept {
            out.push('\n');
            added.push(line);
            line += 1;
            is_blank = true;
        } else if character == '\n' {
            line += 1;
            is_blank = true;
        } else {
            is_blank &= character == ' ';
        }
    }
    Some((out, added))
}

/// Removes the line feed or folded blank that was added after LS and PS. Such a break at the start
/// or the end of a plain text is not part of it.
pub(super) fn unbroken(text: &str, style: ScalarStyle) -> String {
    let is_plain = style == ScalarStyle::Plain;
    let is_flow = !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let edge = |character: char| KEPT.contains(&character) || matches!(character, '\n' | ' ');
    let text = if is_plain { text.trim_matches(edge) } else { text };
    let mut out = String::with_capacity(text.len());
    let mut after_kept = false;
    for character in text.chars() {
        if KEPT.contains(&character) && is_flow {
            // Blanks before a break are not part of the text.
            out.truncate(out.trim_end_matches(' ').len());
        }
        let is_added = after_kept && matches!(character, '\n' | ' ');
        if !is_added {
            out.push(character);
        }
        after_kept = KEPT.contains(&character);
    }
    out
}
