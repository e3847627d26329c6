//! Validates the bytes of a document: UTF-8 without characters that YAML forbids.

use super::{Chunk, Fault, Mark, Refusal};

/// Returns the text of a document, if it is valid.
pub(crate) fn text_of<'t>(content: &'t [u8], chunk: &Chunk) -> Result<&'t str, Refusal> {
    let bytes = &content[chunk.range.clone()];
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let mark = mark_after(&good, chunk.line);
        Refusal { fault: Fault::Encoding, mark, message: "the text is not UTF-8".to_owned() }
    })?;
    if is_common(bytes) {
        return Ok(text);
    }
    match text.char_indices().find(|&(_, character)| is_forbidden(character)) {
        None => Ok(text),
        Some((at, character)) => {
            let message = format!("character U+{:04X} is not allowed", u32::from(character));
            let mark = mark_after(&text[..at], chunk.line);
            Err(Refusal { fault: Fault::Characters, mark, message })
        }
    }
}

/// Returns whether every text may contain these bytes: a quick check of many at a time.
fn is_common(bytes: &[u8]) -> bool {
    let is_odd = |byte: u8| byte >= 0x7f || byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    bytes.chunks(256).all(|some| !some.iter().fold(false, |odd, &byte| odd | is_odd(byte)))
}

fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        _ => character.is_control(),
    }
}

/// Returns the place right after a document.
pub(crate) fn end_of(content: &[u8], chunk: &Chunk) -> Mark {
    mark_after(&String::from_utf8_lossy(&content[chunk.range.clone()]), chunk.line)
}

/// Returns the place right after a text that starts at column 1 of `line`.
fn mark_after(text: &str, line: u32) -> Mark {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let breaks = text.matches('\n').count();
    let last = text.rsplit('\n').next().unwrap_or_default();
    Mark { line: line + count(breaks), column: count(last.chars().count()) + 1 }
}
