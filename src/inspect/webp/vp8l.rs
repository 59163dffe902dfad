//! Reads a lossless bitstream to its last code. Pixels are made only of the picture that says which codes are used where. [RFC 9649 §3]

use super::prefix::{Bits, Codes};

/// How many bytes hold a picture of `width` × `height` px, the header of a `VP8L` chunk left out. `None` when they end before the picture,
/// or when `work`, codes that may still be read, is spent: codes of no bits make a picture of any size out of nothing.
pub(super) fn measure(data: &[u8], width: u32, height: u32, work: &mut u64) -> Option<usize> {
    let mut bits = Bits::new(data);
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
                picture(&mut bits, blocks(width, size), blocks(height, size), Role::Inner, work)?;
            }
            3 => {
                let colours = bits.take(8)?.checked_add(1)?;
                picture(&mut bits, colours, 1, Role::Inner, work)?;
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
    picture(&mut bits, width, height, Role::Outer, work)?;
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
fn picture(bits: &mut Bits, width: u32, height: u32, role: Role, work: &mut u64) -> Option<Vec<u32>> {
    let cache_bits = if bits.take(1)? == 1 { Some(bits.take(4)?).filter(|size| (1..=11).contains(size))? } else { 0 };
    let mut meta = Meta { size: 0, width: 0, codes: Vec::new() };
    if role == Role::Outer && bits.take(1)? == 1 {
        meta.size = bits.take(3)?.checked_add(2)?;
        meta.width = blocks(width, meta.size);
        // Red and green hold the number. [§5.2.2]
        let pixels = picture(bits, meta.width, blocks(height, meta.size), Role::Meta, work)?;
        meta.codes = pixels.into_iter().map(|pixel| pixel >> 8 & 0xFFFF).collect();
    }
    let groups = meta.codes.iter().max().map_or(1, |&most| most.saturating_add(1));
    let groups: Vec<Group> = (0..groups).map(|_| Group::read(bits, cache_bits)).collect::<Option<_>>()?;
    if role == Role::Meta {
        *work = work.checked_sub(u64::from(width).checked_mul(height.into())?)?;
        return pixels(bits, width, height, groups.first()?, cache_bits);
    }
    codes(bits, width, height, &groups, &meta, work)?;
    Some(Vec::new())
}

/// Which group of codes is used in which block. Empty: one for all.
struct Meta {
    size: u32,
    width: u32,
    codes: Vec<u32>,
}

/// Reads the codes of a picture, and counts its pixels. [§5.2]
fn codes(bits: &mut Bits, width: u32, height: u32, groups: &[Group], meta: &Meta, work: &mut u64) -> Option<()> {
    let mut left = u64::from(width).checked_mul(height.into())?;
    let mut group = groups.first()?;
    if groups.len() == 1 && group.is_flat {
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
        *work = work.checked_sub(1)?;
        if group.is_flat {
            // To the end of the block: no pixel takes a bit.
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
    /// All pixels are the same, and none takes a bit.
    is_flat: bool,
}

impl Group {
    fn read(bits: &mut Bits, cache_bits: u32) -> Option<Self> {
        let cached = if cache_bits == 0 { 0 } else { 1 << cache_bits };
        let mut group = Self {
            green: Codes::read(bits, 280_usize.checked_add(cached)?)?,
            red: Codes::read(bits, 256)?,
            blue: Codes::read(bits, 256)?,
            alpha: Codes::read(bits, 256)?,
            distance: Codes::read(bits, 40)?,
            is_flat: false,
        };
        group.is_flat = matches!(group.only_symbol(), Some(0..=255 | 280..));
        Some(group)
    }

    /// The green symbol when nothing has to be read for a pixel.
    fn only_symbol(&self) -> Option<u32> {
        let (red, blue, alpha) = (self.red.only()?, self.blue.only()?, self.alpha.only()?);
        let green = self.green.only()?;
        (red < 256 && blue < 256 && alpha < 256).then_some(green)
    }
}

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
