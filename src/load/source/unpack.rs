//! Compressed content: gzip, xz and zstd, recognised by their first bytes, each in any number of
//! consecutive parts.

use std::io::{Error, ErrorKind, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

type Unpack = fn(&[u8]) -> Box<dyn Read + '_>;

/// Returns the unpacker for content whose first bytes mark it as compressed.
pub(super) fn unpacker(stored: &[u8]) -> Option<Unpack> {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
    const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
    if stored.starts_with(GZIP) {
        Some(|stored| Box::new(flate2::read::MultiGzDecoder::new(stored)))
    } else if stored.starts_with(XZ) {
        Some(|stored| Box::new(lzma_rust2::XzReader::new(stored, true)))
    } else if stored.starts_with(ZSTD) || is_skippable(stored) {
        Some(|stored| Box::new(ZstdFrames { rest: stored, open: None }))
    } else {
        None
    }
}

/// Names a compression that modplan recognises by its first bytes but cannot read.
pub(super) fn unsupported(stored: &[u8]) -> Option<&'static str> {
    let is_bzip2 = matches!(stored, [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..]);
    let is_zchunk = stored.starts_with(b"\0ZCK1") || stored.starts_with(b"\0ZHR1");
    if is_bzip2 { Some("bzip2") } else { is_zchunk.then_some("zchunk") }
}

/// Returns whether a skippable zstd frame starts here.
fn is_skippable(bytes: &[u8]) -> bool {
    matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Zstd frames one after the other, as one text; each is verified against its checksum, if it has
/// one.
struct ZstdFrames<'s> {
    rest: &'s [u8],
    open: Option<Box<StreamingDecoder<&'s [u8], FrameDecoder>>>,
}

impl Read for ZstdFrames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match self.open.take() {
                None if self.rest.is_empty() => return Ok(0),
                None if is_skippable(self.rest) => self.skip()?,
                None => {
                    let frame = StreamingDecoder::new(self.rest).map_err(Error::other)?;
                    self.open = Some(Box::new(frame));
                }
                Some(mut frame) => match frame.read(buffer)? {
                    0 => self.rest = whole(*frame)?,
                    read => {
                        self.open = Some(frame);
                        return Ok(read);
                    }
                },
            }
        }
    }
}

impl ZstdFrames<'_> {
    fn skip(&mut self) -> std::io::Result<()> {
        let cut = || Error::new(ErrorKind::UnexpectedEof, "a skippable zstd frame is truncated");
        let (head, rest) = self.rest.split_at_checked(8).ok_or_else(cut)?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let length = usize::try_from(length).map_err(Error::other)?;
        self.rest = rest.get(length..).ok_or_else(cut)?;
        Ok(())
    }
}

/// Returns the bytes after a frame that was read to its end, if its checksum is right.
fn whole(frame: StreamingDecoder<&[u8], FrameDecoder>) -> std::io::Result<&[u8]> {
    let (rest, decoder) = frame.into_parts();
    let stored = decoder.get_checksum_from_data();
    if stored.is_some() && stored != decoder.get_calculated_checksum() {
        return Err(Error::new(ErrorKind::InvalidData, "a zstd frame has a wrong checksum"));
    }
    Ok(rest)
}

#[cfg(test)]
mod tests;
