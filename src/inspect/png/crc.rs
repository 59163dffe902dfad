//! The checksum of PNG's chunks. [PNG 3rd edition annex D]
//!
//! Its tables are made when they are first needed: ready-made ones, as libraries carry them, are 16 KiB of every download.

use std::sync::OnceLock;

/// The checksum over `parts`, as if they were one run of bytes.
pub(crate) fn crc(parts: &[&[u8]]) -> u32 {
    let tables = TABLES.get_or_init(tables);
    let step = |crc: u32, table: usize, byte: u8, shift: u32| {
        let index = usize::from((crc >> shift).to_le_bytes()[0] ^ byte);
        tables.get(table).and_then(|table| table.get(index)).copied().unwrap_or(0)
    };
    let mut crc = u32::MAX;
    for part in parts {
        let (eights, rest) = part.as_chunks::<8>();
        for [a, b, c, d, e, f, g, h] in eights {
            crc = step(crc, 7, *a, 0)
                ^ step(crc, 6, *b, 8)
                ^ step(crc, 5, *c, 16)
                ^ step(crc, 4, *d, 24)
                ^ step(0, 3, *e, 0)
                ^ step(0, 2, *f, 0)
                ^ step(0, 1, *g, 0)
                ^ step(0, 0, *h, 0);
        }
        for byte in rest {
            crc = step(crc, 0, *byte, 0) ^ crc >> 8;
        }
    }
    !crc
}

/// Table `n` tells what a byte does to the checksum when `n` more bytes follow.
fn tables() -> Box<[[u32; 256]; 8]> {
    let mut tables = Box::new([[0_u32; 256]; 8]);
    let mut before: Option<[u32; 256]> = None;
    for table in tables.iter_mut() {
        for (byte, entry) in (0_u32..256).zip(table.iter_mut()) {
            let follow = |crc: u32| (0..8).fold(crc, |crc, _| if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 });
            *entry = before.and_then(|before| before.get(byte as usize).copied()).map_or_else(|| follow(byte), follow);
        }
        before = Some(*table);
    }
    tables
}

static TABLES: OnceLock<Box<[[u32; 256]; 8]>> = OnceLock::new();

const POLYNOMIAL: u32 = 0xEDB8_8320;

#[cfg(test)]
mod tests {
    use super::crc;

    #[test]
    fn it_is_that_of_the_standard() {
        assert_eq!(crc(&[b"123456789"]), 0xCBF4_3926);
        assert_eq!(crc(&[b"IEND"]), 0xAE42_6082);
        assert_eq!(crc(&[b"1234", b"", b"56789"]), 0xCBF4_3926);
        let long: Vec<u8> = (0..10_007_u32).map(|i| (i * 31 % 251) as u8).collect();
        let mut other = flate2::Crc::new();
        other.update(&long);
        assert_eq!(crc(&[&long]), other.sum());
    }
}
