//! JPEG.

use crate::forge;

/// A grey progressive picture whose scans say with one code of one bit that nothing changes, and `padding` bytes of comments.
pub(crate) fn scans(padding: usize, symbol: u8) -> Vec<u8> {
    let side = 9_992_u16;
    let [high, low] = side.to_be_bytes();
    let mut out = vec![0xFF, 0xD8];
    out.extend(forge::segment(0xFE, &[b'x'; 60_000]).repeat(padding / 60_004));
    out.extend(forge::segment(0xDB, &[[0].as_slice(), &[1; 64]].concat()));
    out.extend(forge::segment(0xC2, &[8, high, low, high, low, 1, 1, 0x11, 0]));
    let table = |class: u8, symbol: u8| forge::segment(0xC4, &[[class, 1].as_slice(), &[0; 15], &[symbol]].concat());
    out.extend(table(0x00, 0x00));
    out.extend(table(0x10, symbol));
    let blocks = (usize::from(side) / 8).pow(2);
    out.extend(forge::segment(0xDA, &[1, 1, 0, 0, 0, 0]));
    out.extend(vec![0; blocks.div_ceil(8)]);
    // A code for each 16,384 blocks, the shortest run of its kind, has 15 bits.
    let bits = if symbol == 0 { blocks } else { 15 * blocks.div_ceil(16_384) };
    let data = vec![0; bits.div_ceil(8)];
    for band in 0..9_u8 {
        for position in (0..9_u8).rev() {
            let high = if position == 8 { 0 } else { position + 1 };
            out.extend(forge::segment(0xDA, &[1, 1, 0, band * 7 + 1, band * 7 + 7, high << 4 | position]));
            out.extend(&data);
        }
    }
    out.extend([0xFF, 0xD9]);
    out
}
