//! The file of a part: one line of JSON, a head that says what the part is, and its runs under
//! `result`, both sealed by a sha256 in the head. What is joined goes into figures without being run
//! again, so runs that somebody changed since must not be taken for what was simulated, nor one part
//! for another, nor a part for the whole.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{Shard, ShardNumber, Sharded};

/// The meaning of the fields of a shard's file; a file of another format is refused.
pub const SHARD_FORMAT: u32 = 7;

/// Why a file cannot be read as a shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// It is none: why, in words, with the line and column where there are any.
    #[error("not a shard: {0}")]
    None(String),
    /// It is one of another format.
    #[error("it is a shard of format {found}, and this version joins format {SHARD_FORMAT}")]
    Format {
        /// What it says.
        found: u32,
    },
    /// It does not say what was written; both numbers from 1, the column in bytes.
    #[error(
        "{line}:{column}: this sha256 is not that of the shard: its head or its result was changed \
         after it was written"
    )]
    Changed {
        /// The line on which the seal stands.
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

/// The format alone, which is checked before anything else is read.
#[derive(Deserialize)]
struct Head {
    format: u32,
    shard: Option<serde::de::IgnoredAny>,
}

/// A file, with its seal and its runs as they are given: to be written, or as the text that was read.
#[derive(Serialize, Deserialize)]
struct Written<S, R> {
    format: u32,
    shard: ShardNumber,
    digest: String,
    sha256: S,
    result: R,
}

/// What is sealed before the text of `result`, which follows exactly as in the file.
#[derive(Serialize)]
struct Sealed<'a> {
    format: u32,
    shard: ShardNumber,
    digest: &'a str,
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
        let (shard, digest) = (self.shard, self.digest.clone());
        let mut seal = Seal::begin(shard, &digest)?;
        serde_json::to_writer(&mut seal, &self.result)?;
        let (sha256, result) = (seal.digits(), &self.result);
        let written = Written { format: SHARD_FORMAT, shard, digest, sha256, result };
        serde_json::to_writer(&mut out, &written)?;
        out.write_all(b"\n")
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// The file is not a shard, has another format, or was changed since.
    pub fn read(content: &[u8]) -> Result<Self, ShardError> {
        let none = |error: serde_json::Error| ShardError::None(error.to_string());
        let head: Head = serde_json::from_slice(content).map_err(none)?;
        if head.shard.is_none() {
            return Err(ShardError::None("it holds results, not a part of them".to_owned()));
        }
        if head.format != SHARD_FORMAT {
            return Err(ShardError::Format { found: head.format });
        }
        let written: Written<&RawValue, &RawValue> =
            serde_json::from_slice(content).map_err(none)?;
        let Written { shard, digest, sha256, result, .. } = written;
        let mut seal = Seal::begin(shard, &digest).map_err(none)?;
        seal.0.update(result.get());
        if sha256.get() != format!("\"{}\"", seal.digits()) {
            let (line, column) = place(content, sha256.get());
            return Err(ShardError::Changed { line, column });
        }
        let result: Sharded = serde_json::from_str(result.get()).map_err(none)?;
        Ok(Self { shard, digest, result })
    }
}

/// Returns the line and the column, from 1, at which a text begins that is part of another.
fn place(content: &[u8], part: &str) -> (usize, usize) {
    let before = &content[..part.as_ptr().addr() - content.as_ptr().addr()];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    (line, before.len() - start + 1)
}

/// Takes what is written into the digest that seals a part.
struct Seal(Sha256);

impl Seal {
    /// Takes the head, as this version writes it: its layout in the file decides nothing.
    fn begin(shard: ShardNumber, digest: &str) -> serde_json::Result<Self> {
        let mut seal = Self(Sha256::new());
        serde_json::to_writer(&mut seal, &Sealed { format: SHARD_FORMAT, shard, digest })?;
        Ok(seal)
    }

    fn digits(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Write for Seal {
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
        let result = Sharded::Compare(sample::comparison());
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

    /// Where the seal is in a text of one line: its column, from 1.
    fn column(text: &str) -> usize {
        text.find(r#""sha256":"#).unwrap() + r#""sha256":"#.len() + 1
    }

    #[test]
    fn the_seal_is_of_the_head_and_the_text_of_the_result() {
        let text = text(&sample());
        let (head, rest) = text.split_once(r#","sha256":""#).unwrap();
        assert_eq!(head, r#"{"format":7,"shard":{"number":2,"of":3},"digest":"d""#);
        let (digits, body) = rest.split_once(r#"","result":"#).unwrap();
        let mut seal = Seal(Sha256::new());
        let body = body.strip_suffix("}\n").unwrap();
        write!(seal, "{head}}}{body}").unwrap();
        assert_eq!(digits, seal.digits());
        assert_eq!(Shard::read(text.as_bytes()), Ok(sample()));
    }

    #[test]
    fn a_head_with_any_field_changed_is_refused() {
        let text = text(&sample());
        let seal = text.split_once(r#""sha256":"#).unwrap().1[..66].to_owned();
        let other = format!("\"{}\"", "0".repeat(64));
        let longer = seal.replacen('"', "\"0", 1);
        for (from, to) in [
            (r#""number":2"#, r#""number":1"#),
            (r#""of":3"#, r#""of":2"#),
            (r#""digest":"d""#, r#""digest":"e""#),
            (&*seal, &*other),
            (&*seal, &*longer),
            (&*seal, "7"),
        ] {
            let edited = text.replacen(from, to, 1);
            assert_ne!(edited, text, "{from}");
            let expected = format!("1:{}: this sha256 is not that of the shard", column(&edited));
            assert!(told(&edited).starts_with(&expected), "{from}: {}", told(&edited));
        }
        // A format says by itself that it is another.
        for format in [6, 8] {
            let edited = text.replacen(r#""format":7"#, &format!(r#""format":{format}"#), 1);
            assert!(told(&edited).starts_with("it is a shard of format"), "{}", told(&edited));
        }
        // The same head may be laid out in another way.
        let spread = text.replacen(r#""of":3},"digest":"d""#, "\"of\" :3},\n\"digest\": \"d\"", 1);
        assert_eq!(Shard::read(spread.as_bytes()), Ok(sample()));
    }

    #[test]
    fn a_result_that_was_changed_is_told_with_the_place_of_the_seal() {
        let text = text(&sample());
        let at = text.find(r#""result":"#).unwrap() + r#""result":"#.len();
        // The first digit of the seed is still a number, and a blank still the same JSON.
        let seed = text.find(r#""seed":"#).unwrap() + r#""seed":"#.len();
        for (from, to) in [(seed, "9"), (at + 1, " ")] {
            let rest = if to == " " { from } else { from + 1 };
            let edited = format!("{}{to}{}", &text[..from], &text[rest..]);
            let expected = format!("1:{}: this sha256 is not that of the shard", column(&text));
            assert!(told(&edited).starts_with(&expected), "{}", told(&edited));
        }
        // What stands around the result may be laid out in another way.
        let spread = text.replacen(r#""sha256":"#, "\n\n \"sha256\": ", 1);
        assert_eq!(Shard::read(spread.as_bytes()), Ok(sample()));
        let edited = spread.replacen(r#""seed":"#, r#""seed": "#, 1);
        assert!(told(&edited).starts_with("3:12: this sha256"), "{}", told(&edited));
    }

    #[test]
    fn what_is_no_shard_or_one_of_another_format_is_told_before_its_body() {
        let old = r#"{"format":2,"shard":{"number":1,"of":2},"digest":"d","result":{"then":1}}"#;
        assert_eq!(told(old), "it is a shard of format 2, and this version joins format 7");
        let newer = old.replace(r#""format":2"#, r#""format":8,"more":[]"#);
        assert_eq!(told(&newer), "it is a shard of format 8, and this version joins format 7");
        let summary = r#"{"format":7,"seed":1}"#;
        assert_eq!(told(summary), "not a shard: it holds results, not a part of them");
        let bare = old.replace(r#""format":2"#, r#""format":7"#);
        assert!(told(&bare).contains("missing field `sha256`"), "{}", told(&bare));
        let text = text(&sample());
        assert!(told(&text[..text.len() / 2]).starts_with("not a shard: EOF"));
    }
}
