//! JPEG XL.

use crate::forge::bits::Bits;

/// Frames of the greatest number of parts, all of them in an order of their own, of which the codes take no bits.
pub(crate) fn frames() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x0AFF, 16);
    // 24 × 16 px, and defaults for all else.
    bits.put(0, 3);
    bits.put(15, 9);
    bits.put(0, 5);
    bits.put(23, 9);
    bits.put(0b11, 2);
    bits.align();
    let mut one = Bits::default();
    // No defaults; for reference only; modular; no flags; no upsampling; groups of 128 px.
    one.put(0, 1);
    one.put(2, 2);
    one.put(1, 1);
    one.put(0, 2 + 2 + 2);
    // 32,000 × 32,000 px.
    one.put(1, 1);
    (0..2).for_each(|_| one.put((32_000 - 18_688) << 2 | 3, 32));
    // Its number, before colour transforms, no name, default filters, no extensions; an order.
    one.put(0, 2 + 1 + 2);
    one.put(1, 1);
    one.put(0, 2);
    one.put(1, 1);
    // No repetitions; eight contexts in two clusters, by a bit each: how many are out of order is the last one's.
    one.put(0, 1);
    one.put(1, 1);
    one.put(1, 2);
    one.put(0b1000_0000, 8);
    // Prefix codes, of one symbol each: 0, and 16 with 15 more bits.
    one.put(1, 1);
    one.put(15, 4);
    one.put(0, 4);
    one.put(0, 1);
    one.put(1, 1);
    one.put(4, 4);
    one.put(0, 4);
    one.put(1, 2);
    one.put(0, 2);
    one.put(16, 5);
    one.put(30_000, 15);
    one.align();
    // 63,526 parts of no bytes.
    one.bytes.resize(one.bytes.len() + 63_526 * 12 / 8, 0);
    let mut out = bits.bytes;
    out.extend(one.bytes.repeat(320));
    out.extend([0b11, 0, 0]);
    out
}
