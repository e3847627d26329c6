//! The payload hash of an RPM file: the MD5 of everything after the header of its signatures, which koji
//! keeps as `payloadhash`. A signed copy has the same as the unsigned one.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use md5::{Digest as _, Md5};

/// The bytes before the header of signatures.
const LEAD: usize = 96;
const LEAD_MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];
const HEADER_MAGIC: [u8; 4] = [0x8e, 0xad, 0xe8, 0x01];
/// The bytes of a header before its index, and of each entry there.
const INTRO: usize = 16;
const ENTRY: u64 = 16;
/// RPM's own limits of a header.
const ENTRIES_MAX: u32 = 0xffff;
const DATA_MAX: u32 = 0x0fff_ffff;
const BLOCK: usize = 1 << 16;

/// Returns the payload hash of a file; `None` if it is not an RPM, or cut off.
pub(super) fn payload_hash(path: &Path) -> io::Result<Option<String>> {
    hash(BufReader::with_capacity(BLOCK, File::open(path)?))
}

fn hash(mut file: impl Read) -> io::Result<Option<String>> {
    let mut start = [0; LEAD + INTRO];
    if !fill(&mut file, &mut start)? {
        return Ok(None);
    }
    let (lead, intro) = start.split_at(LEAD);
    let number =
        |at: usize| u32::from_be_bytes([intro[at], intro[at + 1], intro[at + 2], intro[at + 3]]);
    let (entries, data) = (number(8), number(12));
    let is_rpm = lead.starts_with(&LEAD_MAGIC) && intro.starts_with(&HEADER_MAGIC);
    if !is_rpm || entries > ENTRIES_MAX || data > DATA_MAX {
        return Ok(None);
    }
    // The next header begins at a multiple of eight.
    let signatures = (u64::from(entries) * ENTRY + u64::from(data)).next_multiple_of(8);
    if io::copy(&mut file.by_ref().take(signatures), &mut io::sink())? < signatures {
        return Ok(None);
    }
    let mut hash = Md5::new();
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => break,
            count => hash.update(&block[..count]),
        }
    }
    let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(digits))
}

/// Fills a buffer; returns whether there was enough.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a file with a header of signatures that has so many bytes of data.
    fn rpm(data: u32, rest: &[u8]) -> Vec<u8> {
        let mut bytes = LEAD_MAGIC.to_vec();
        bytes.resize(LEAD, 0);
        bytes.extend(HEADER_MAGIC);
        bytes.extend([0; 4]);
        bytes.extend(1_u32.to_be_bytes());
        bytes.extend(data.to_be_bytes());
        let signatures = (16 + data as usize).next_multiple_of(8);
        bytes.resize(LEAD + INTRO + signatures, 1);
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn what_follows_the_signatures_is_hashed() {
        // The MD5 of "abc", by RFC 1321.
        let abc = Some("900150983cd24fb0d6963f7d28e17f72".to_owned());
        for data in [0, 1, 8, 13] {
            assert_eq!(hash(&*rpm(data, b"abc")).expect("it reads"), abc, "{data}");
        }
        assert_ne!(hash(&*rpm(8, b"abd")).expect("it reads"), abc);
    }

    #[test]
    fn what_is_not_an_rpm_has_none() {
        let whole = rpm(8, b"");
        for bytes in [&b""[..], b"<html>", &whole[..100], &whole[..whole.len() - 1], &[0; 200]] {
            assert_eq!(hash(bytes).expect("it reads"), None);
        }
        let huge = rpm(8, b"abc").into_iter().enumerate();
        let huge: Vec<u8> =
            huge.map(|(at, byte)| if at == LEAD + 8 { 0xff } else { byte }).collect();
        assert_eq!(hash(&*huge).expect("it reads"), None);
    }
}
