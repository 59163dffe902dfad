//! The blocks of a clean GIF. [GIF89a]

/// A logical screen descriptor: a size, and how long the global colour table is. What it says about the source's colours, about sorting
/// and about the shape of pixels is shown by nobody. [§18]
pub(crate) fn screen(stated: [u8; 7]) -> [u8; 7] {
    let [width, width_high, height, height_high, packed, background, _] = stated;
    let (packed, background) = match table_entries(packed) {
        0 => (RESOLUTION, 0),
        entries => (packed & 0x87 | RESOLUTION, if usize::from(background) < entries { background } else { 0 }),
    };
    [width, width_high, height, height_high, packed, background, 0]
}

/// An image descriptor, its separator included: a place, a size, whether it is interlaced, and how long its colour table is. [§20]
pub(crate) fn descriptor(stated: [u8; 10]) -> [u8; 10] {
    let mut out = stated;
    let mask = if table_entries(out[9]) > 0 { 0xC7 } else { 0x40 };
    out[9] &= mask;
    out
}

/// A graphic control extension, from its four bytes of data: disposal, delay and transparent index. Nothing waits for a user's input.
/// [§23]
pub(crate) fn control([packed, delay, delay_high, transparent]: [u8; 4]) -> [u8; 8] {
    let disposal = match packed >> 2 & 7 {
        known @ 0..=3 => known,
        // Some writers took "restore to previous", 3, for its third bit. Browsers do what is meant.
        4 => 3,
        _ => 0,
    };
    let is_transparent = packed & 1;
    [0x21, 0xF9, 4, disposal << 2 | is_transparent, delay, delay_high, transparent * is_transparent, 0]
}

/// How often an animation runs, in the form that Netscape thought up: 0 for ever. `application`: see [`LOOPS`].
pub(crate) fn repetitions(application: [u8; 11], count: [u8; 2]) -> Vec<u8> {
    [&[0x21, 0xFF, 11], application.as_slice(), &[3, 1], &count, &[0]].concat()
}

/// A colour table without the colours that no pixel has.
pub(crate) fn colour_table(stated: &[u8], used: &[bool; 256]) -> Vec<u8> {
    let mut out = stated.to_vec();
    for (entry, _) in out.chunks_mut(3).zip(used).filter(|(_, used)| !**used) {
        entry.fill(0);
    }
    out
}

/// Image data from its first byte, the least code size, on: sub-blocks of 255 bytes. [§15, §22]
pub(crate) fn image_data(least_code_size: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![least_code_size];
    for block in data.chunks(255) {
        out.push(u8::try_from(block.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(block);
    }
    out
}

/// Whether sub-blocks of these lengths are of one length, but for a shorter last one: other lengths could carry a message.
pub(crate) fn are_plain(lengths: &[u8]) -> bool {
    match lengths {
        [first, between @ .., last] => between.iter().all(|length| length == first) && last <= first,
        [_] | [] => true,
    }
}

/// The entries of the colour table of which a descriptor's packed fields tell; 0 when there is none.
pub(crate) fn table_entries(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 2 << (packed & 7) }
}

/// Identifiers and authentication codes of the application extensions that count an animation's repetitions.
pub(crate) const LOOPS: [[u8; 11]; 2] = [*b"NETSCAPE2.0", *b"ANIMEXTS1.0"];

/// Eight bits a primary colour: what colour tables have.
const RESOLUTION: u8 = 0x70;
