//! Archives of the shared data tree: tar, packed with zstd.

use std::io::Read as _;
use std::path::Path;

/// Returns the files of a packed archive.
pub(crate) fn unpacked(path: &Path) -> Vec<(String, String)> {
    files(&zstd(path))
}

/// Returns the content of a packed file.
pub(crate) fn zstd(path: &Path) -> Vec<u8> {
    let packed = std::fs::read(path).expect("readable");
    let mut content = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
        .expect("zstd")
        .read_to_end(&mut content)
        .expect("unpacks");
    content
}

/// Returns the files of a tar archive: 512 bytes of header each, its size in octal at 124.
fn files(archive: &[u8]) -> Vec<(String, String)> {
    let text = |field: &[u8]| {
        let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(&field[..end]).trim().to_owned()
    };
    let (mut files, mut at) = (Vec::new(), 0);
    while at + 512 <= archive.len() && archive[at] != 0 {
        let header = &archive[at..at + 512];
        let size = usize::from_str_radix(&text(&header[124..136]), 8).expect("an octal size");
        let content = &archive[at + 512..at + 512 + size];
        if header[156] == b'0' {
            files.push((text(&header[..100]), String::from_utf8_lossy(content).into_owned()));
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}
