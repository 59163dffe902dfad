//! Writes BMPs from their parts.

use darkslide::Format;

use super::{HEIGHT, WIDTH, indices, p3_profile, palette, pixels};

/// The parts of a file, to be changed before it is written.
#[derive(Clone)]
pub(crate) struct Bmp {
    /// Length of the information header.
    pub(crate) header: usize,
    pub(crate) bits: u16,
    pub(crate) compression: u32,
    /// Four for header lengths that have them, else as many as stand behind the header.
    pub(crate) masks: Vec<u32>,
    /// Blue, green, red, and a zero but in the oldest form.
    pub(crate) table: Vec<u8>,
    pub(crate) gap: Vec<u8>,
    pub(crate) pixels: Vec<u8>,
    /// `bV5CSType`, and what it speaks of.
    pub(crate) profile: Option<([u8; 4], Vec<u8>)>,
    pub(crate) behind: Vec<u8>,
}

impl Bmp {
    /// 24 bits a pixel, the usual header.
    pub(crate) fn true_colour() -> Self {
        let mut rows: Vec<Vec<u8>> = pixels().chunks(usize::from(WIDTH) * 3).map(<[u8]>::to_vec).collect();
        rows.reverse();
        let pixels = rows.concat().chunks(3).flat_map(|p| [p[2], p[1], p[0]]).collect();
        Self {
            header: 40,
            bits: 24,
            compression: 0,
            masks: Vec::new(),
            table: Vec::new(),
            gap: Vec::new(),
            pixels,
            profile: None,
            behind: Vec::new(),
        }
    }

    /// 32 bits a pixel: blue, green, red, and `fourth`.
    pub(crate) fn four_bytes(header: usize, fourth: impl Fn(usize) -> u8) -> Self {
        let base = Self::true_colour();
        let pixels = base.pixels.chunks(3).enumerate().flat_map(|(i, p)| [p[0], p[1], p[2], fourth(i)]).collect();
        Self { header, bits: 32, pixels, ..base }
    }

    /// `bits` a pixel, 1, 4 or 8, each index below 2, 16 or 64 used.
    pub(crate) fn indexed(header: usize, bits: u16) -> Self {
        let colours = [2, 16, 64][usize::from(bits / 4)];
        let entry = if header == 12 { 3 } else { 4 };
        let mut table: Vec<u8> = palette().chunks(3).take(colours).flat_map(|c| [c[2], c[1], c[0], 0][..entry].to_vec()).collect();
        if header <= 16 {
            table.resize(entry << bits, 0);
        }
        let mut pixels = Vec::new();
        for row in indices().chunks(usize::from(WIDTH)) {
            let bit = |i: usize, b: usize| (usize::from(row[i]) % colours) >> (usize::from(bits) - 1 - b) & 1;
            let bits: Vec<usize> =
                (0..row.len()).flat_map(|i| (0..usize::from(bits)).map(move |b| (i, b))).map(|(i, b)| bit(i, b)).collect();
            let bytes: Vec<u8> = bits.chunks(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | *bit as u8)).collect();
            pixels.extend(&bytes);
            pixels.resize(pixels.len().next_multiple_of(4), 0);
        }
        Self { header, bits, table, pixels, ..Self::true_colour() }
    }

    /// Runs of 8 bits a pixel: of one colour, of many, an end for each row and for the whole.
    pub(crate) fn runs() -> Self {
        let mut pixels = Vec::new();
        for row in indices().chunks(usize::from(WIDTH)) {
            // Nine pixels and their padding, 13 the same, two more.
            pixels.extend([0, 9]);
            pixels.extend(&row[..9]);
            pixels.extend([0, 13, row[9], 2, row[22], 0, 0]);
        }
        pixels.extend([0, 1]);
        Self { compression: 1, pixels, ..Self::indexed(40, 8) }
    }

    /// 16 bits a pixel, five, six and five of them for red, green and blue.
    pub(crate) fn fields() -> Self {
        let pixels = Self::true_colour().pixels;
        let pixels =
            pixels.chunks(3).flat_map(|p| (u16::from(p[2] >> 3) << 11 | u16::from(p[1] >> 2) << 5 | u16::from(p[0] >> 3)).to_le_bytes());
        Self { bits: 16, compression: 3, masks: vec![0xF800, 0x07E0, 0x001F], pixels: pixels.collect(), ..Self::true_colour() }
    }

    /// The latest header, with a profile behind the pixels.
    pub(crate) fn with_profile(kind: &[u8; 4], profile: &[u8]) -> Self {
        Self { header: 124, profile: Some((*kind, profile.to_vec())), ..Self::true_colour() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let masks_behind: Vec<u8> = if self.header == 40 { self.masks.iter().flat_map(|m| m.to_le_bytes()).collect() } else { Vec::new() };
        let pixels_at = 14 + self.header + masks_behind.len() + self.table.len() + self.gap.len();
        let profile = self.profile.clone().unwrap_or_default().1;
        let profile_at = pixels_at - 14 + self.pixels.len();
        let length = pixels_at + self.pixels.len() + profile.len();
        let mut out = b"BM".to_vec();
        out.extend([length as u32, 0, pixels_at as u32, self.header as u32].map(u32::to_le_bytes).concat());
        if self.header == 12 {
            out.extend([WIDTH, HEIGHT, 1, self.bits].map(u16::to_le_bytes).concat());
        } else {
            out.extend([u32::from(WIDTH), u32::from(HEIGHT)].map(u32::to_le_bytes).concat());
            out.extend([1, self.bits].map(u16::to_le_bytes).concat());
        }
        if self.header >= 40 {
            let entries = self.table.len() / 4;
            out.extend([self.compression, self.pixels.len() as u32, 0, 0, entries as u32, 0].map(u32::to_le_bytes).concat());
        }
        if self.header >= 52 && self.header != 64 {
            let masks: Vec<u8> = self.masks.iter().flat_map(|m| m.to_le_bytes()).collect();
            out.extend(masks);
            out.resize((14 + self.header).min(70), 0);
        }
        if self.header >= 108 {
            let kind = self.profile.as_ref().map_or(*b"sRGB", |(kind, _)| *kind);
            out.extend(kind.iter().rev());
            out.resize(14 + 108, 0);
        }
        if self.header == 124 {
            let profile_at = if profile.is_empty() { 0 } else { profile_at };
            out.extend([4, profile_at as u32, profile.len() as u32, 0].map(u32::to_le_bytes).concat());
        }
        out.resize(14 + self.header, 0);
        [&out, masks_behind.as_slice(), &self.table, &self.gap, &self.pixels, &profile, &self.behind].concat()
    }
}

pub(crate) fn bmp() -> Vec<u8> {
    Bmp::true_colour().bytes()
}

/// Clean files of every kind.
pub(crate) fn bmps() -> Vec<(&'static str, Bmp)> {
    let masks = vec![0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000];
    vec![
        ("true colour", Bmp::true_colour()),
        ("core header", Bmp { header: 12, ..Bmp::true_colour() }),
        ("core header, indexed", Bmp::indexed(12, 8)),
        ("short OS/2 header", Bmp { header: 16, ..Bmp::true_colour() }),
        ("OS/2 header", Bmp::indexed(64, 8)),
        ("1 bit", Bmp::indexed(40, 1)),
        ("4 bits", Bmp::indexed(40, 4)),
        ("8 bits", Bmp::indexed(40, 8)),
        ("runs", Bmp::runs()),
        ("16 bits", Bmp::fields()),
        ("32 bits, zeros", Bmp::four_bytes(40, |_| 0)),
        ("32 bits, ones", Bmp::four_bytes(40, |_| 255)),
        ("V2 fields", Bmp { header: 52, masks: vec![0xF800, 0x07E0, 0x001F], ..Bmp::fields() }),
        ("V3 alpha", Bmp { compression: 3, masks: masks.clone(), ..Bmp::four_bytes(56, |i| (i % 255) as u8 + 1) }),
        ("V4 alpha", Bmp { compression: 3, masks: masks.clone(), ..Bmp::four_bytes(108, |i| (i % 255) as u8 + 1) }),
        ("V5", Bmp { header: 124, ..Bmp::true_colour() }),
    ]
}

/// Where a secret can be.
pub(super) fn places(secret: &[u8], add: &mut dyn FnMut(&str, Format, Vec<u8>)) {
    let mut add = |place: &str, file: Vec<u8>| add(place, Format::Bmp, file);
    let join = |parts: &[&[u8]]| parts.concat();
    for (kind, bmp) in bmps() {
        add(&format!("behind the picture: {kind}"), Bmp { behind: secret.to_vec(), ..bmp.clone() }.bytes());
        add(&format!("before the pixels: {kind}"), Bmp { gap: secret.to_vec(), ..bmp }.bytes());
    }
    let at = |bmp: &Bmp, at: usize, length: usize| {
        let mut file = bmp.bytes();
        file[at..at + length].copy_from_slice(&secret[..length]);
        file
    };
    add("reserved words", at(&Bmp::true_colour(), 6, 4));
    add("resolution", at(&Bmp::true_colour(), 38, 8));
    add("OS/2 fields", at(&Bmp::indexed(64, 8), 54, 24));
    let latest = Bmp { header: 124, ..Bmp::true_colour() };
    add("masks that do not count", at(&latest, 54, 16));
    add("primaries that do not count", at(&latest, 74, 24));
    let calibrated = Bmp { profile: Some(([0; 4], Vec::new())), ..latest };
    add("primaries", at(&calibrated, 74, 24));
    add("last words", at(&calibrated, 122, 16));
    for (name, profile) in
        [("description", p3_profile(&String::from_utf8_lossy(secret))), ("behind its end", join(&[&p3_profile("P3"), secret]))]
    {
        add(&format!("ICC: {name}"), Bmp::with_profile(b"MBED", &profile).bytes());
    }
    add("linked profile", Bmp::with_profile(b"LINK", &join(&[b"C:\\", secret, b"\0"])).bytes());
    add("broken profile", Bmp::with_profile(b"MBED", secret).bytes());
    let pair = |secret: &[u8], i: usize| secret[i % secret.len()];
    add("fourth bytes", Bmp::four_bytes(40, |i| pair(secret, i)).bytes());
    let mut hidden = Bmp { compression: 3, masks: vec![0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000], ..Bmp::four_bytes(124, |_| 255) };
    for (i, pixel) in hidden.pixels.chunks_mut(4).take(100).enumerate() {
        pixel.copy_from_slice(&[pair(secret, 3 * i), pair(secret, 3 * i + 1), pair(secret, 3 * i + 2), 0]);
    }
    add("colour under zero alpha", hidden.bytes());
    let mut padded = Bmp::indexed(40, 1);
    padded.pixels.chunks_mut(4).zip(secret).for_each(|(row, &byte)| row[3] = byte);
    add("padding", padded.bytes());
    let mut table = Bmp::indexed(40, 8);
    table.table.extend(join(&[secret, &[0; 256]]).iter().take(256));
    add("unused colours", table.bytes());
    let mut table = Bmp::indexed(40, 8);
    table.table.chunks_mut(4).zip(secret).for_each(|(colour, &byte)| colour[3] = byte);
    add("fourth bytes of colours", table.bytes());
    let mut beside = Bmp::runs();
    beside.pixels.splice(16..16, join(&[&[0, secret.len() as u8], secret, &[0][..secret.len() % 2]]));
    add("runs right of the picture", beside.bytes());
    let mut behind = Bmp::runs();
    behind.pixels.truncate(behind.pixels.len() - 2);
    behind.pixels.extend(join(&[&[0, secret.len() as u8], secret, &[0][..secret.len() % 2], &[0, 1]]));
    add("runs below the picture", behind.bytes());
    let mut padded = Bmp::runs();
    let rows = padded.pixels.len() / 18;
    for (row, &byte) in (0..rows).zip(secret) {
        padded.pixels[row * 18 + 11] = byte;
    }
    add("padding of runs", padded.bytes());
}
