//! Compressed files: whole, in parts, truncated, with one bit flipped, and with trailing data.

use crate::load::source::Bytes;
use crate::load::{Options, Snapshot, gather::Gatherer};

/// Two documents, `a:b` and `c:d`, as `gzip -n`, `xz --check=crc32` and `zstd -19` pack them.
const PACKED: [(&str, [&str; 2]); 3] = [
    (
        "gz",
        [
            "1f8b080000000000020325cc310ec3200c46e19d53fc0780a5a36fd0a15bb72a838b3d20c51061a85445b97b\
         a3747bcbf7524a415a9ea67510acc95cd5247cb47b6995700bc283097b65530247f8e8ca46789f39cdb87f09\
         1e21eab9976d5c4a22d692b5fa49f6ff94f07adc9fcb71841faa3f0b4e73000000",
            "1f8b0800000000000203258c310ac3300c45779fe21f205e3aea0619b2752b1d84a5c110d9c5b20b25e4ee31\
         cdf6e0f15e8c31484dc3b474825519bb9a84af36cfb5101e41b833e1286c4a480bbc376523c8c461c6ed47f0\
         05a29e5afef47f35dd9e93169fc9714f09af6d7dbecf335cb6e28ed773000000",
        ],
    ),
    (
        "xz",
        [
            "fd377a585a0000016922de360200210116000000742fe5a3e0007200655d0016e7fe8d07d166dafdd73db9a0\
         337aa040623ebeb7ba26bcc6096a00d1ac0bf4cbdf4ef39a51c073b4cd59bd90cc89e098edce0c64f939dbc4\
         707fe73ec0f81ed5ca75fe9e2f296364f7a8fec2ce71d744cb5443fb09025485874ff2e94b5e3c43cd19ee60\
         00000000aa3f0b4e00017d7316921b739042990d010000000001595a",
            "fd377a585a0000016922de360200210116000000742fe5a3e0007200655d0016e7fe8d07d166dafdd73db9a0\
         337aa040623ebeb7ba26bcc6096a00d1ac0bf4cbdf4ef39a51c073b4cd59bd90ce419898edce0b5c7c3eea6b\
         e7acb13ef3233a9833a8f0677d5909fabe88087b4142eda0b3836cb7c43305eb068bba55358d502690496000\
         00000000b6e28ed700017d7316921b739042990d010000000001595a",
        ],
    ),
    (
        "zst",
        [
            "28b52ffd2473e5020082461411907d84903c10ec20e5e2cc6d2b36b68819606f644839fedabfd5d8967b1e98\
         9d8eaeda9887ea9f6982f0560fca1fa6466df590fc1b4c51fb279b1818fe51ba4a1b060cb6779984fe363678\
         9764400811020058988ff2a5ceecf7cb29",
            "28b52ffd2473dd020082061411a06f98c8e823f94d0a38d6c07822aa601e2067644839edb8fde77bc5da838c\
         4626d5fcd561b65f999cabb3c36a77e9259d1d54fbbbf4707ba26981d1fe209bf22d58ee5b5dd0b5d3f7ae2a\
         b880102202005818a4fe9a663b9ba635",
        ],
    ),
];

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16);
    pairs.map(|pair| byte(pair).expect("digits")).collect()
}

fn read(stored: Vec<u8>) -> Snapshot {
    let mut gatherer = Gatherer::new(&Options::default());
    gatherer.input("x".to_owned(), Bytes::unpacked(stored, 1 << 20));
    gatherer.finish()
}

/// Returns the modules that were read, or the code of the first problem.
fn outcome(stored: Vec<u8>) -> Result<Vec<String>, &'static str> {
    let snapshot = read(stored);
    match snapshot.findings.first() {
        Some(first) => Err(first.code.as_str()),
        None => Ok(snapshot.streams.iter().map(|one| one.name_stream().to_string()).collect()),
    }
}

fn good(modules: &[&str]) -> Result<Vec<String>, &'static str> {
    Ok(modules.iter().map(|&module| module.to_owned()).collect())
}

#[test]
fn parts_are_read_as_one_text_and_what_is_broken_is_refused() {
    for (kind, [first, second]) in PACKED {
        let (first, second) = (bytes(first), bytes(second));
        assert_eq!(outcome(first.clone()), good(&["a:b"]), "{kind}");
        let both = [first.clone(), second].concat();
        assert_eq!(outcome(both), good(&["a:b", "c:d"]), "{kind}");
        for length in 8..first.len() {
            assert_eq!(outcome(first[..length].to_vec()), Err("compression"), "{kind} {length}");
        }
        let junk = [first, b"junk behind it".to_vec()].concat();
        assert_eq!(outcome(junk), Err("compression"), "{kind}");
    }
}

/// Some bits of a header have no meaning; flipping any other must be reported.
#[test]
fn no_turned_bit_gives_other_content() {
    for (kind, [first, _]) in PACKED {
        let first = bytes(first);
        for bit in 0..first.len() * 8 {
            let mut turned = first.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            let outcome = outcome(turned);
            assert!(outcome.is_err() || outcome == good(&["a:b"]), "{kind} {bit}: {outcome:?}");
        }
    }
}

#[test]
fn zstd_frames_without_content_are_passed_over() {
    let frame = bytes(PACKED[2].1[0]);
    let skippable = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let around = [skippable.clone(), frame.clone(), skippable.clone()].concat();
    assert_eq!(outcome(around), good(&["a:b"]));
    let cut = [frame, skippable[..10].to_vec()].concat();
    assert_eq!(outcome(cut), Err("compression"));
    assert_eq!(outcome(skippable), good(&[]));
}
