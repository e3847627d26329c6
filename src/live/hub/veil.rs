//! Secrets of a session, and texts without them.
//!
//! A hub or a proxy may repeat a request in its answer, so answers pass through here before they
//! become part of an error. A part of a secret is a secret, too, because such texts are often
//! truncated.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use memchr::memmem;

use crate::koji::shapes::Secret;

/// The number of consecutive bytes of a secret that must not be shown.
const PIECE: usize = 8;
/// The number of bytes of an answer that are searched for secrets before its first words are shown.
const BYTES_READ: usize = 1 << 20;
/// The number of letters and digits after a number and a dash that count as a session key.
const KEY_CHARS: usize = 16;

/// Secrets, which must not be shown. Their `Debug` shows nothing.
#[derive(Clone, Default)]
pub(super) struct Veil {
    pieces: BTreeSet<Vec<u8>>,
}

impl fmt::Debug for Veil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Veil")
    }
}

impl Veil {
    /// Adds a secret, in every encoding in which servers repeat it.
    pub(super) fn add(&mut self, secret: &Secret) {
        let text = secret.reveal();
        if text.is_empty() {
            return;
        }
        let spellings =
            [text.to_owned(), xml(text), html(text), url(text), json(text), base64(text)];
        for spelling in spellings {
            let bytes = spelling.as_bytes();
            if bytes.len() <= PIECE {
                self.pieces.insert(bytes.to_vec());
            } else {
                self.pieces.extend(bytes.windows(PIECE).map(<[u8]>::to_vec));
            }
        }
    }

    /// Returns a text with `…` in the place of each secret.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut is_secret = vec![false; text.len()];
        for piece in &self.pieces {
            let mut from = 0;
            while let Some(at) = memmem::find(&text.as_bytes()[from..], piece) {
                is_secret[from + at..from + at + piece.len()].fill(true);
                from += at + 1;
            }
        }
        let mut shown = String::with_capacity(text.len());
        let mut was_secret = false;
        for (at, character) in text.char_indices() {
            let is_secret = is_secret[at..at + character.len_utf8()].contains(&true);
            if !is_secret {
                shown.push(character);
            } else if !was_secret {
                shown.push('…');
            }
            was_secret = is_secret;
        }
        shown
    }

    /// Returns whether an answer contains a secret, so that nothing of it may be shown.
    pub(super) fn is_in(&self, answer: &[u8]) -> bool {
        let read = &answer[..answer.len().min(BYTES_READ)];
        self.pieces.iter().any(|piece| memmem::find(read, piece).is_some())
    }
}

/// Returns a text with `…` in place of anything like a session key, because the answer to a log-in
/// may contain a key that is not yet known.
pub(super) fn without_keys(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |length| start + length);
        shown.push_str(&rest[..start]);
        shown.push_str(if is_key(&rest[start..end]) { "…" } else { &rest[start..end] });
        rest = &rest[end..];
    }
    shown + rest
}

fn is_key(word: &str) -> bool {
    word.split_once('-').is_some_and(|(user, key)| {
        !user.is_empty() && user.chars().all(|c| c.is_ascii_digit()) && key.len() >= KEY_CHARS
    })
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn html(text: &str) -> String {
    xml(text).replace('"', "&quot;").replace('\'', "&#39;")
}

fn url(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~*".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes all");
        }
    }
    out
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Without the padding of the last group, so that it is found within longer texts.
fn base64(text: &str) -> String {
    crate::koji::codec::base64(text.as_bytes()).trim_end_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veil(secret: &str) -> Veil {
        let mut veil = Veil::default();
        veil.add(&Secret::new(secret));
        veil
    }

    #[test]
    fn a_secret_is_hidden_in_every_spelling_and_the_rest_is_kept() {
        let secret = "p<a&s\"s w'ört-7";
        let veil = veil(secret);
        assert_eq!(veil.hide(&format!("got {secret}, no")), "got …, no");
        for text in [xml(secret), html(secret), url(secret), json(secret), base64(secret)] {
            assert_eq!(veil.hide(&format!("got {text}, no")), "got …, no", "{text}");
        }
        assert_eq!(base64("Man"), "TWFu");
        assert_eq!(base64("Ma"), "TWE");
        assert_eq!(veil.hide("invalid username or password"), "invalid username or password");
    }

    #[test]
    fn a_part_of_a_secret_is_hidden_too() {
        let veil = veil("correct-horse-battery");
        assert_eq!(veil.hide("… correct-hor"), "… …");
        assert_eq!(veil.hide("twice battery-horse-battery"), "twice battery…");
        assert!(veil.is_in(b"<value>correct-h"));
        assert!(!veil.is_in(b"<value>correct"));
        assert_eq!(format!("{veil:?}"), "Veil");
    }

    #[test]
    fn a_short_secret_is_hidden_and_an_empty_one_hides_nothing() {
        assert_eq!(veil("xyz").hide("axyzb xy"), "a…b xy");
        assert_eq!(veil("").hide("text"), "text");
    }

    #[test]
    fn what_looks_like_a_session_key_is_hidden() {
        let text = "bad row {'key': '12-abcdefghij0123456789', 'id': 7} of perl-5.30-1.el8";
        let shown = "bad row {'key': '…', 'id': 7} of perl-5.30-1.el8";
        assert_eq!(without_keys(text), shown);
    }
}
