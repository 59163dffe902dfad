//! Reads a lossless bitstream to its last code. Pixels are made only of the picture that says which codes are used where. [RFC 9649 §3]

/// How many bytes hold a picture of `width` × `height` px, the header of a `VP8L` chunk left out. `None` when they end before the picture.
pub(super) fn measure(data: &[u8], width: u32, height: u32) -> Option<usize> {
    let mut bits = Bits { data, at: 0, loaded: 0, count: 0 };
    let mut width = width;
    let mut seen = [false; 4];
    // Transforms, each at most once. [§3.5, §4]
    while bits.take(1)? == 1 {
        let kind = bits.take(2)?;
        let seen = seen.get_mut(usize::try_from(kind).ok()?)?;
        if std::mem::replace(seen, true) {
            return None;
        }
        match kind {
            0 | 1 => {
                let size = bits.take(3)?.checked_add(2)?;
                picture(&mut bits, blocks(width, size), blocks(height, size), Role::Inner)?;
            }
            3 => {
                let colours = bits.take(8)?.checked_add(1)?;
                picture(&mut bits, colours, 1, Role::Inner)?;
                // Several indices are in one pixel.
                let shared = match colours {
                    1..=2 => 3,
                    3..=4 => 2,
                    5..=16 => 1,
                    _ => 0,
                };
                width = blocks(width, shared);
            }
            _ => {}
        }
    }
    picture(&mut bits, width, height, Role::Outer)?;
    Some(bits.position())
}

/// What a picture is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It is shown.
    Outer,
    /// It says how another is to be read; its pixels do not matter here.
    Inner,
    /// It says which codes are used where.
    Meta,
}

/// Blocks of 2^`size` that cover a length.
fn blocks(length: u32, size: u32) -> u32 {
    length.div_ceil(1 << size)
}

/// Reads an entropy-coded picture. Its pixels are returned for [`Role::Meta`] only. [§5]
fn picture(bits: &mut Bits, width: u32, height: u32, role: Role) -> Option<Vec<u32>> {
    let cache_bits = if bits.take(1)? == 1 { Some(bits.take(4)?).filter(|size| (1..=11).contains(size))? } else { 0 };
    let mut meta = Meta { size: 0, width: 0, codes: Vec::new() };
    if role == Role::Outer && bits.take(1)? == 1 {
        meta.size = bits.take(3)?.checked_add(2)?;
        meta.width = blocks(width, meta.size);
        // Red and green hold the number. [§5.2.2]
        let pixels = picture(bits, meta.width, blocks(height, meta.size), Role::Meta)?;
        meta.codes = pixels.into_iter().map(|pixel| pixel >> 8 & 0xFFFF).collect();
    }
    let groups = meta.codes.iter().max().map_or(1, |&most| most.saturating_add(1));
    let groups: Vec<Group> = (0..groups).map(|_| Group::read(bits, cache_bits)).collect::<Option<_>>()?;
    if role == Role::Meta {
        return pixels(bits, width, height, groups.first()?, cache_bits);
    }
    codes(bits, width, height, &groups, &meta)?;
    Some(Vec::new())
}

/// Which group of codes is used in which block. Empty: one for all.
struct Meta {
    size: u32,
    width: u32,
    codes: Vec<u32>,
}

/// Reads the codes of a picture, and counts its pixels. [§5.2]
fn codes(bits: &mut Bits, width: u32, height: u32, groups: &[Group], meta: &Meta) -> Option<()> {
    let mut left = u64::from(width).checked_mul(height.into())?;
    let mut group = groups.first()?;
    if let ([_], Some(0..=255 | 280..)) = (groups, group.only_symbol()) {
        // All pixels are the same, and none takes a bit.
        return Some(());
    }
    let (mut x, mut y) = (0_u32, 0_u32);
    let mask = (1_u32 << meta.size).saturating_sub(1);
    let mut is_new = true;
    while left > 0 {
        if !meta.codes.is_empty() && (is_new || x & mask == 0) {
            let block = (y >> meta.size).checked_mul(meta.width)?.checked_add(x >> meta.size)?;
            group = groups.get(usize::try_from(*meta.codes.get(usize::try_from(block).ok()?)?).ok()?)?;
            is_new = false;
        }
        let symbol = bits.code(&group.green)?;
        let count = match symbol {
            0..=255 => {
                bits.code(&group.red)?;
                bits.code(&group.blue)?;
                bits.code(&group.alpha)?;
                1
            }
            256..=279 => {
                let length = bits.prefixed(symbol.saturating_sub(256))?;
                let distance = bits.code(&group.distance)?;
                bits.prefixed(distance)?;
                is_new = true;
                length
            }
            // A colour of the cache.
            _ => 1,
        };
        left = left.checked_sub(count.into())?;
        x = x.saturating_add(count);
        while x >= width {
            (x, y) = (x.saturating_sub(width), y.saturating_add(1));
        }
    }
    Some(())
}

/// Reads a picture, pixels and all.
fn pixels(bits: &mut Bits, width: u32, height: u32, group: &Group, cache_bits: u32) -> Option<Vec<u32>> {
    let total = usize::try_from(width.checked_mul(height)?).ok()?;
    let mut out: Vec<u32> = Vec::with_capacity(total);
    let mut cache = vec![0_u32; if cache_bits == 0 { 0 } else { 1 << cache_bits }];
    let slot = |pixel: u32| pixel.wrapping_mul(CACHE_HASH).checked_shr(32_u32.saturating_sub(cache_bits)).unwrap_or(0);
    while out.len() < total {
        let symbol = bits.code(&group.green)?;
        let from = out.len();
        match symbol {
            0..=255 => {
                let (red, blue, alpha) = (bits.code(&group.red)?, bits.code(&group.blue)?, bits.code(&group.alpha)?);
                out.push(alpha << 24 | red << 16 | symbol << 8 | blue);
            }
            256..=279 => {
                let length = usize::try_from(bits.prefixed(symbol.saturating_sub(256))?).ok()?;
                let distance = bits.code(&group.distance)?;
                let distance = usize::try_from(distance_of(bits.prefixed(distance)?, width)).ok()?;
                if length > total.saturating_sub(out.len()) {
                    return None;
                }
                for _ in 0..length {
                    out.push(*out.get(out.len().checked_sub(distance)?)?);
                }
            }
            _ => out.push(*cache.get(usize::try_from(symbol.saturating_sub(280)).ok()?)?),
        }
        for &pixel in out.get(from..)? {
            if let Some(entry) = cache.get_mut(usize::try_from(slot(pixel)).ok()?) {
                *entry = pixel;
            }
        }
    }
    Some(out)
}

/// The distance that a distance code stands for: small ones are of pixels nearby, in two dimensions. [§5.2.2]
fn distance_of(code: u32, width: u32) -> u32 {
    let Some(&(x, y)) = usize::try_from(code).ok().and_then(|code| NEARBY.get(code.checked_sub(1)?)) else {
        return code.saturating_sub(120);
    };
    let distance = i64::from(y).saturating_mul(width.into()).saturating_add(x.into());
    u32::try_from(distance.max(1)).unwrap_or(1)
}

/// Five codes that are used together. [§6.2]
struct Group {
    green: Codes,
    red: Codes,
    blue: Codes,
    alpha: Codes,
    distance: Codes,
}

impl Group {
    fn read(bits: &mut Bits, cache_bits: u32) -> Option<Self> {
        let cached = if cache_bits == 0 { 0 } else { 1 << cache_bits };
        Some(Self {
            green: Codes::read(bits, 280_usize.checked_add(cached)?)?,
            red: Codes::read(bits, 256)?,
            blue: Codes::read(bits, 256)?,
            alpha: Codes::read(bits, 256)?,
            distance: Codes::read(bits, 40)?,
        })
    }

    /// The green symbol when nothing has to be read for a pixel.
    fn only_symbol(&self) -> Option<u32> {
        let (red, blue, alpha) = (self.red.only()?, self.blue.only()?, self.alpha.only()?);
        let green = self.green.only()?;
        (red < 256 && blue < 256 && alpha < 256).then_some(green)
    }
}

/// A prefix code: a table by the next bits, and further tables for longer codes.
struct Codes {
    /// Bits that the first table is looked up by: 0 when there is but one symbol.
    root: u32,
    /// A code's length and symbol, or, where the length is greater than `root`, the length's bits and the start of a further table.
    table: Vec<(u8, u16)>,
}

impl Codes {
    /// [§6.2.1]
    fn read(bits: &mut Bits, alphabet: usize) -> Option<Self> {
        let mut lengths = vec![0_u8; alphabet];
        if bits.take(1)? == 1 {
            let count = bits.take(1)?.checked_add(1)?;
            let width = if bits.take(1)? == 1 { 8 } else { 1 };
            let first = bits.take(width)?;
            *lengths.get_mut(usize::try_from(first).ok()?)? = 1;
            if count == 2 {
                let second = bits.take(8)?;
                *lengths.get_mut(usize::try_from(second).ok()?)? = 1;
            }
            return Self::new(&lengths);
        }
        let count = usize::try_from(bits.take(4)?.checked_add(4)?).ok()?;
        let mut lengths_of_lengths = [0_u8; 19];
        for &index in LENGTH_ORDER.get(..count)? {
            *lengths_of_lengths.get_mut(index)? = u8::try_from(bits.take(3)?).ok()?;
        }
        let codes = Self::new(&lengths_of_lengths)?;
        let mut left = alphabet;
        if bits.take(1)? == 1 {
            let width = bits.take(3)?.checked_mul(2)?.checked_add(2)?;
            left = usize::try_from(bits.take(width)?.checked_add(2)?).ok()?;
            if left > alphabet {
                return None;
            }
        }
        let (mut at, mut before) = (0_usize, 8_u8);
        while at < alphabet && left > 0 {
            left = left.saturating_sub(1);
            let symbol = bits.code(&codes)?;
            let (length, count) = match symbol {
                0..=15 => (u8::try_from(symbol).ok()?, 1),
                16 => (before, bits.take(2)?.checked_add(3)?),
                17 => (0, bits.take(3)?.checked_add(3)?),
                _ => (0, bits.take(7)?.checked_add(11)?),
            };
            let end = at.checked_add(usize::try_from(count).ok()?)?;
            lengths.get_mut(at..end)?.fill(length);
            if (1..=15).contains(&symbol) {
                before = length;
            }
            at = end;
        }
        Self::new(&lengths)
    }

    /// From each symbol's length. A code must be complete, or of one symbol.
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u32; 16];
        for &length in lengths {
            let count = counts.get_mut(usize::from(length))?;
            *count = count.checked_add(1)?;
        }
        counts[0] = 0;
        if counts.iter().sum::<u32>() == 1 {
            let symbol = lengths.iter().position(|&length| length > 0)?;
            return Some(Self { root: 0, table: vec![(0, u16::try_from(symbol).ok()?)] });
        }
        // What is left of the code space after each length.
        let mut next = [0_u32; 16];
        let (mut code, mut longest) = (0_u32, 0_u32);
        for (length, (&count, next)) in (0_u32..).zip(counts.iter().zip(&mut next)) {
            code <<= 1;
            *next = code;
            code = code.checked_add(count)?;
            if count > 0 {
                longest = length;
            }
            if code > 1 << length {
                return None;
            }
        }
        if code != 1 << 15 {
            return None;
        }
        let root = longest.min(ROOT);
        let mut table = vec![(0_u8, 0_u16); 1 << root];
        for (symbol, &length) in (0_u16..).zip(lengths).filter(|(_, length)| **length > 0) {
            let next = next.get_mut(usize::from(length))?;
            let length = u32::from(length);
            // Codes come with their first bit first, and tables are looked up by the last ones.
            let code = next.reverse_bits().checked_shr(32_u32.saturating_sub(length))?;
            *next = next.checked_add(1)?;
            let low = usize::try_from(code & (1_u32 << root.min(length)).saturating_sub(1)).ok()?;
            if length <= root {
                let entry = (u8::try_from(length).ok()?, symbol);
                table.iter_mut().take(1 << root).skip(low).step_by(1 << length).for_each(|slot| *slot = entry);
                continue;
            }
            // Further tables are as large as the longest code needs: simple, and small enough.
            let further = longest.saturating_sub(root);
            let (marker, start) = *table.get(low)?;
            let start = if marker == 0 {
                let start = table.len();
                table.resize(start.checked_add(1 << further)?, (0, 0));
                *table.get_mut(low)? = (u8::try_from(root.saturating_add(further)).ok()?, u16::try_from(start).ok()?);
                start
            } else {
                usize::from(start)
            };
            let high = usize::try_from(code >> root).ok()?;
            let entry = (u8::try_from(length).ok()?, symbol);
            let slots = table.get_mut(start..start.checked_add(1 << further)?)?;
            slots.iter_mut().skip(high).step_by(1 << length.saturating_sub(root)).for_each(|slot| *slot = entry);
        }
        Some(Self { root, table })
    }

    fn only(&self) -> Option<u32> {
        match (self.root, self.table.first()) {
            (0, Some(&(_, symbol))) => Some(symbol.into()),
            _ => None,
        }
    }
}

/// Bits, those of less weight first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    loaded: u64,
    count: u32,
}

impl Bits<'_> {
    /// Reads `n` bits, at most 24.
    fn take(&mut self, n: u32) -> Option<u32> {
        self.load();
        let number = self.loaded & (1_u64 << n).wrapping_sub(1);
        self.skip(n)?;
        u32::try_from(number).ok()
    }

    #[inline]
    fn code(&mut self, codes: &Codes) -> Option<u32> {
        self.load();
        let mask = |bits: u32| (1_u64 << bits).wrapping_sub(1);
        let at = |bits: u64| usize::try_from(bits).ok();
        let &(length, symbol) = codes.table.get(at(self.loaded & mask(codes.root))?)?;
        if u32::from(length) <= codes.root {
            self.skip(length.into())?;
            return Some(symbol.into());
        }
        let further = u32::from(length).saturating_sub(codes.root);
        let high = at(self.loaded >> codes.root & mask(further))?;
        let &(length, symbol) = codes.table.get(usize::from(symbol).checked_add(high)?)?;
        self.skip(length.into())?;
        Some(symbol.into())
    }

    /// A number of a prefix and extra bits: lengths and distances. [§5.2.2]
    fn prefixed(&mut self, prefix: u32) -> Option<u32> {
        if prefix < 4 {
            return prefix.checked_add(1);
        }
        let extra = prefix.saturating_sub(2) >> 1;
        let start = 2_u32.saturating_add(prefix & 1) << extra;
        start.checked_add(self.take(extra)?)?.checked_add(1)
    }

    /// Where the first byte is of which no bit was read.
    fn position(&self) -> usize {
        self.at.saturating_sub(usize::try_from(self.count / 8).unwrap_or(0))
    }

    #[inline]
    fn skip(&mut self, n: u32) -> Option<()> {
        self.count = self.count.checked_sub(n)?;
        self.loaded >>= n;
        Some(())
    }

    /// Makes 32 bits or more ready, where there are as many.
    #[inline]
    fn load(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(bytes) = self.data.get(self.at..).and_then(|rest| rest.first_chunk::<4>()) {
            self.loaded |= u64::from(u32::from_le_bytes(*bytes)) << self.count;
            (self.at, self.count) = (self.at.wrapping_add(4), self.count.wrapping_add(32));
            return;
        }
        while let Some(&byte) = self.data.get(self.at).filter(|_| self.count <= 56) {
            self.loaded |= u64::from(byte) << self.count;
            (self.at, self.count) = (self.at.wrapping_add(1), self.count.wrapping_add(8));
        }
    }
}

/// Bits of a first table.
const ROOT: u32 = 8;

/// [§5.2.3]
const CACHE_HASH: u32 = 0x1E35_A7BD;

/// The order in which the lengths of length codes come. [§6.2.1]
const LENGTH_ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Pixels nearby, by distance codes from 1 on: how far to the left and up. [§5.2.2]
const NEARBY: [(i8, i8); 120] = [
    (0, 1),
    (1, 0),
    (1, 1),
    (-1, 1),
    (0, 2),
    (2, 0),
    (1, 2),
    (-1, 2),
    (2, 1),
    (-2, 1),
    (2, 2),
    (-2, 2),
    (0, 3),
    (3, 0),
    (1, 3),
    (-1, 3),
    (3, 1),
    (-3, 1),
    (2, 3),
    (-2, 3),
    (3, 2),
    (-3, 2),
    (0, 4),
    (4, 0),
    (1, 4),
    (-1, 4),
    (4, 1),
    (-4, 1),
    (3, 3),
    (-3, 3),
    (2, 4),
    (-2, 4),
    (4, 2),
    (-4, 2),
    (0, 5),
    (3, 4),
    (-3, 4),
    (4, 3),
    (-4, 3),
    (5, 0),
    (1, 5),
    (-1, 5),
    (5, 1),
    (-5, 1),
    (2, 5),
    (-2, 5),
    (5, 2),
    (-5, 2),
    (4, 4),
    (-4, 4),
    (3, 5),
    (-3, 5),
    (5, 3),
    (-5, 3),
    (0, 6),
    (6, 0),
    (1, 6),
    (-1, 6),
    (6, 1),
    (-6, 1),
    (2, 6),
    (-2, 6),
    (6, 2),
    (-6, 2),
    (4, 5),
    (-4, 5),
    (5, 4),
    (-5, 4),
    (3, 6),
    (-3, 6),
    (6, 3),
    (-6, 3),
    (0, 7),
    (7, 0),
    (1, 7),
    (-1, 7),
    (5, 5),
    (-5, 5),
    (7, 1),
    (-7, 1),
    (4, 6),
    (-4, 6),
    (6, 4),
    (-6, 4),
    (2, 7),
    (-2, 7),
    (7, 2),
    (-7, 2),
    (3, 7),
    (-3, 7),
    (7, 3),
    (-7, 3),
    (5, 6),
    (-5, 6),
    (6, 5),
    (-6, 5),
    (8, 0),
    (4, 7),
    (-4, 7),
    (7, 4),
    (-7, 4),
    (8, 1),
    (8, 2),
    (6, 6),
    (-6, 6),
    (8, 3),
    (5, 7),
    (-5, 7),
    (7, 5),
    (-7, 5),
    (8, 4),
    (6, 7),
    (-6, 7),
    (7, 6),
    (-7, 6),
    (8, 5),
    (7, 7),
    (-7, 7),
    (8, 6),
    (8, 7),
];
