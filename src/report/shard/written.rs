//! The file of a part: one line of JSON, a head that says what the part is, and its runs under
//! `result`, sealed by a digest in the head. What is joined goes into figures without being run
//! again, so a body that somebody changed since must not be taken for what was simulated.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{Shard, ShardNumber, Sharded};

/// The meaning of the fields of a shard's file; a file of another format is refused.
pub const SHARD_FORMAT: u32 = 3;

/// Why a file cannot be read as a shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// It is none: why, in words, with the line and column where there are any.
    #[error("it is no shard: {0}")]
    None(String),
    /// It is one of another format.
    #[error("it is a shard of format {found}, and this version joins format {SHARD_FORMAT}")]
    Format {
        /// What it says.
        found: u32,
    },
    /// Its runs are not those that were written; both numbers from 1, the column in bytes.
    #[error(
        "{line}:{column}: the result that begins here was changed after it was written: its sha256 \
         is not the one in the head"
    )]
    Changed {
        /// The line on which the result begins.
        line: usize,
        /// The column at which it does.
        column: usize,
    },
}

impl ShardError {
    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::None(_) => "give what compare or capacity wrote with --shard",
            Self::Format { .. } => {
                "make all shards again with this version of modplan: the same command, with --shard"
            }
            Self::Changed { .. } => {
                "make it again: the same command with the same --shard; a shard is joined byte for \
                 byte as it was written"
            }
        }
    }
}

/// The format alone, which is told before anything else is read.
#[derive(Deserialize)]
struct Head {
    format: u32,
    shard: Option<serde::de::IgnoredAny>,
}

/// A file, with its runs as they are given: to be written, or as the text that was read.
#[derive(Serialize, Deserialize)]
struct Written<R> {
    format: u32,
    shard: ShardNumber,
    digest: String,
    /// Of the text of `result`, exactly as it stands in the file.
    sha256: String,
    result: R,
}

impl Shard {
    /// Writes the file: one line.
    ///
    /// The runs are turned into text twice, once for their digest: a part may be large, and its
    /// text is never held.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        let mut sha256 = Hashing(Sha256::new());
        serde_json::to_writer(&mut sha256, &self.result)?;
        let written = Written {
            format: SHARD_FORMAT,
            shard: self.shard,
            digest: self.digest.clone(),
            sha256: sha256.digits(),
            result: &self.result,
        };
        serde_json::to_writer(&mut out, &written)?;
        out.write_all(b"\n")
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// The file is no shard, one of another format, or one whose runs were changed since.
    pub fn read(content: &[u8]) -> Result<Self, ShardError> {
        let none = |error: serde_json::Error| ShardError::None(error.to_string());
        let head: Head = serde_json::from_slice(content).map_err(none)?;
        if head.shard.is_none() {
            return Err(ShardError::None("it holds results, not a part of them".to_owned()));
        }
        if head.format != SHARD_FORMAT {
            return Err(ShardError::Format { found: head.format });
        }
        let written: Written<&RawValue> = serde_json::from_slice(content).map_err(none)?;
        let text = written.result.get();
        let mut sha256 = Hashing(Sha256::new());
        sha256.0.update(text);
        if sha256.digits() != written.sha256 {
            let (line, column) = place(content, text);
            return Err(ShardError::Changed { line, column });
        }
        let result: Sharded = serde_json::from_str(text).map_err(none)?;
        Ok(Self { shard: written.shard, digest: written.digest, result })
    }
}

/// Returns the line and the column, from 1, at which a text begins that is part of another.
fn place(content: &[u8], part: &str) -> (usize, usize) {
    let before = &content[..part.as_ptr().addr() - content.as_ptr().addr()];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    (line, before.len() - start + 1)
}

/// Takes what is written into a digest.
struct Hashing(Sha256);

impl Hashing {
    fn digits(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    fn sample() -> Shard {
        let shard = ShardNumber { number: 2, of: 3 };
        let (comparison, pictures) = (sample::comparison(), Vec::new());
        let result = Sharded::Compare { comparison, pictures };
        Shard { shard, digest: "d".to_owned(), result }
    }

    fn text(shard: &Shard) -> String {
        let mut text = Vec::new();
        shard.write(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn told(text: &str) -> String {
        Shard::read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_head_holds_the_digest_of_the_text_of_the_result() {
        let text = text(&sample());
        assert!(
            text.starts_with(r#"{"format":3,"shard":{"number":2,"of":3},"digest":"d","sha256":""#)
        );
        let (head, body) = text.split_once(r#","result":"#).unwrap();
        let body = body.strip_suffix("}\n").unwrap();
        let mut sha256 = Hashing(Sha256::new());
        sha256.write_all(body.as_bytes()).unwrap();
        assert!(head.ends_with(&format!(r#""sha256":"{}""#, sha256.digits())), "{head}");
        assert_eq!(Shard::read(text.as_bytes()), Ok(sample()));
    }

    #[test]
    fn a_result_that_was_changed_is_told_with_its_place() {
        let text = text(&sample());
        let at = text.find(r#""result":"#).unwrap() + r#""result":"#.len();
        // The first digit of the seed is still a number, and a blank still the same JSON.
        let seed = text.find(r#""seed":"#).unwrap() + r#""seed":"#.len();
        for (from, to) in [(seed, "9"), (at + 1, " ")] {
            let rest = if to == " " { from } else { from + 1 };
            let edited = format!("{}{to}{}", &text[..from], &text[rest..]);
            let expected = format!("1:{}: the result that begins here was changed", at + 1);
            assert!(told(&edited).starts_with(&expected), "{}", told(&edited));
        }
        // What stands around the result may be laid out in another way.
        let spread = text.replacen(r#""result":"#, "\n\n \"result\": ", 1);
        assert_eq!(Shard::read(spread.as_bytes()), Ok(sample()));
        let edited = spread.replacen(r#""seed":"#, r#""seed": "#, 1);
        assert!(told(&edited).starts_with("3:12: the result"), "{}", told(&edited));
    }

    #[test]
    fn what_is_no_shard_or_one_of_another_format_is_told_before_its_body() {
        let old = r#"{"format":2,"shard":{"number":1,"of":2},"digest":"d","result":{"then":1}}"#;
        assert_eq!(told(old), "it is a shard of format 2, and this version joins format 3");
        let newer = old.replace(r#""format":2"#, r#""format":4,"more":[]"#);
        assert_eq!(told(&newer), "it is a shard of format 4, and this version joins format 3");
        let summary = r#"{"format":3,"seed":1}"#;
        assert_eq!(told(summary), "it is no shard: it holds results, not a part of them");
        let bare = old.replace(r#""format":2"#, r#""format":3"#);
        assert!(told(&bare).contains("missing field `sha256`"), "{}", told(&bare));
        let text = text(&sample());
        assert!(told(&text[..text.len() / 2]).starts_with("it is no shard: EOF"));
    }
}
