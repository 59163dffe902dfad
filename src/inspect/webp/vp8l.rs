//! Reads a lossless bitstream to its last code. Pixels are made only of the picture that says which codes are used where. [RFC 9649 §3]

use super::prefix::{Bits, Codes, spend};

/// What the codes of a picture tell.
pub(super) struct Measured {
    /// How many bytes hold them.
    pub(super) end: usize,
    /// No colour that is stated is see-through.
    pub(super) is_opaque: bool,
}

/// Reads a picture of `width` × `height` px, the header of a `VP8L` chunk left out. `None` when it is cut short,
/// or when `work`, codes that may still be read, is spent: codes of no bits make a picture of any size out of nothing.
pub(super) fn measure(data: &[u8], width: u32, height: u32, work: &mut u64) -> Option<Measured> {
    let mut bits = Bits::new(data);
    let mut width = width;
    let mut seen = [false; 4];
    // What is stated is the difference to a colour nearby, where there is a predictor. Of the pixels that name colours none other counts.
    let (mut alpha, mut is_opaque) = (Some(255), true);
    // Transforms, each at most once. [§3.5, §4]
    while bits.take(1)? == 1 {
        let kind = bits.take(2)?;
        let seen = seen.get_mut(usize::try_from(kind).ok()?)?;
        if std::mem::replace(seen, true) {
            return None;
        }
        match kind {
            0 | 1 => {
                if kind == 0 {
                    alpha = alpha.map(|_| 0);
                }
                let size = bits.take(3)?.checked_add(2)?;
                picture(&mut bits, blocks(width, size), blocks(height, size), Role::Inner, work)?;
            }
            3 => {
                let colours = bits.take(8)?.checked_add(1)?;
                let differences = picture(&mut bits, colours, 1, Role::Palette, work)?.pixels;
                is_opaque =
                    differences.first().is_some_and(|first| first >> 24 == 255) && differences.iter().skip(1).all(|next| next >> 24 == 0);
                alpha = None;
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
    let stated = picture(&mut bits, width, height, Role::Outer, work)?.alphas;
    let is_other = |value: (usize, &bool)| *value.1 && alpha.is_some_and(|alpha| alpha != value.0);
    Some(Measured { end: bits.position(), is_opaque: is_opaque && !stated.iter().enumerate().any(is_other) })
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
    /// It is the colours of another.
    Palette,
}

/// A picture that was read.
struct Picture {
    /// Of [`Role::Meta`] and [`Role::Palette`] only.
    pixels: Vec<u32>,
    /// Which alpha values are stated, of others.
    alphas: [bool; 256],
}

/// Blocks of 2^`size` that cover a length.
fn blocks(length: u32, size: u32) -> u32 {
    length.div_ceil(1 << size)
}

/// Reads an entropy-coded picture. [§5]
fn picture(bits: &mut Bits, width: u32, height: u32, role: Role, work: &mut u64) -> Option<Picture> {
    let cache_bits = if bits.take(1)? == 1 { Some(bits.take(4)?).filter(|size| (1..=11).contains(size))? } else { 0 };
    let mut meta = Meta { size: 0, width: 0, codes: Vec::new() };
    if role == Role::Outer && bits.take(1)? == 1 {
        meta.size = bits.take(3)?.checked_add(2)?;
        meta.width = blocks(width, meta.size);
        // Red and green hold the number. [§5.2.2]
        let pixels = picture(bits, meta.width, blocks(height, meta.size), Role::Meta, work)?.pixels;
        meta.codes = pixels.into_iter().map(|pixel| pixel >> 8 & 0xFFFF).collect();
    }
    let groups = meta.codes.iter().max().map_or(1, |&most| most.saturating_add(1));
    let mut room = MAX_TABLES;
    let mut group = |_| {
        let group = Group::read(bits, cache_bits, work)?;
        room = room.checked_sub(group.size()).or_else(|| spend(work, u64::MAX).map(|()| 0))?;
        Some(group)
    };
    let groups: Vec<Group> = (0..groups).map(&mut group).collect::<Option<_>>()?;
    if matches!(role, Role::Meta | Role::Palette) {
        spend(work, u64::from(width).checked_mul(height.into())?)?;
        return Some(Picture { pixels: pixels(bits, width, height, groups.first()?, cache_bits)?, alphas: [false; 256] });
    }
    Some(Picture { pixels: Vec::new(), alphas: codes(bits, width, height, &groups, &meta, work)? })
}

/// Which group of codes is used in which block. Empty: one for all.
struct Meta {
    size: u32,
    width: u32,
    codes: Vec<u32>,
}

/// Reads the codes of a picture, and counts its pixels. Returns the alpha values that are stated. [§5.2]
fn codes(bits: &mut Bits, width: u32, height: u32, groups: &[Group], meta: &Meta, work: &mut u64) -> Option<[bool; 256]> {
    let mut alphas = [false; 256];
    let mut note = |alpha: u32| {
        if let Some(alpha) = usize::try_from(alpha).ok().and_then(|alpha| alphas.get_mut(alpha)) {
            *alpha = true;
        }
    };
    let mut left = u64::from(width).checked_mul(height.into())?;
    let mut group = groups.first()?;
    if groups.len() == 1 && group.is_flat {
        // All pixels are the same, and none takes a bit.
        group.stated_alpha().into_iter().for_each(note);
        return Some(alphas);
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
        spend(work, 1)?;
        if group.is_flat {
            // To the end of the block: no pixel takes a bit.
            group.stated_alpha().into_iter().for_each(&mut note);
            let in_block = mask.saturating_sub(x & mask).saturating_add(1);
            let run = in_block.min(width.saturating_sub(x));
            left = left.checked_sub(run.into())?;
            x = x.saturating_add(run);
            if x >= width {
                (x, y) = (0, y.saturating_add(1));
            }
            continue;
        }
        let symbol = bits.code(&group.green)?;
        let count = match symbol {
            0..=255 => {
                bits.code(&group.red)?;
                bits.code(&group.blue)?;
                note(bits.code(&group.alpha)?);
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
    Some(alphas)
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
    /// All pixels are the same, and none takes a bit.
    is_flat: bool,
}

impl Group {
    fn read(bits: &mut Bits, cache_bits: u32, work: &mut u64) -> Option<Self> {
        let cached = if cache_bits == 0 { 0 } else { 1 << cache_bits };
        let mut group = Self {
            green: Codes::read(bits, 280_usize.checked_add(cached)?, work)?,
            red: Codes::read(bits, 256, work)?,
            blue: Codes::read(bits, 256, work)?,
            alpha: Codes::read(bits, 256, work)?,
            distance: Codes::read(bits, 40, work)?,
            is_flat: false,
        };
        group.is_flat = matches!(group.only_symbol(), Some(0..=255 | 280..));
        Some(group)
    }

    /// Entries of its tables.
    fn size(&self) -> usize {
        [&self.green, &self.red, &self.blue, &self.alpha, &self.distance].map(Codes::size).iter().sum()
    }

    /// The alpha of pixels for which nothing has to be read, unless they are those of the cache.
    fn stated_alpha(&self) -> Option<u32> {
        self.only_symbol().filter(|green| *green < 256).and_then(|_| self.alpha.only())
    }

    /// The green symbol when nothing has to be read for a pixel.
    fn only_symbol(&self) -> Option<u32> {
        let (red, blue, alpha) = (self.red.only()?, self.blue.only()?, self.alpha.only()?);
        let green = self.green.only()?;
        (red < 256 && blue < 256 && alpha < 256).then_some(green)
    }
}

/// Most entries of all tables of a picture, of four bytes each. Encoders make some thousand groups of them at most.
const MAX_TABLES: usize = 32 << 20;

/// [§5.2.3]
const CACHE_HASH: u32 = 0x1E35_A7BD;

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
