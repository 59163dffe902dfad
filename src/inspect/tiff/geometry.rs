//! What a page's tags say about its pixels: how many, how stored, in how many strips or tiles. [TIFF 6.0 §8, §15]

use crate::inspect::exif::Entry;
use crate::{Error, Limits};

/// A page's pixels.
pub(crate) struct Geometry {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bits of each sample of a pixel.
    pub(crate) bits: Vec<u64>,
    pub(crate) photometric: u64,
    pub(crate) compression: u64,
    /// The first bit of a byte is its lowest.
    pub(crate) is_bit_reversed: bool,
    /// Each sample has strips of its own.
    pub(crate) is_planar: bool,
    /// Of the colour samples, across and down: 1, 2 or 4.
    subsampling: (u64, u64),
    /// Width and height of a tile.
    pub(crate) tile: Option<(u32, u32)>,
    pub(crate) rows_per_strip: u32,
}

/// The tag of that number that counts: the first.
pub(crate) fn first<'e, 'a>(entries: &'e [Entry<'a>], tag: u16) -> Option<&'e Entry<'a>> {
    entries.iter().find(|entry| entry.tag == tag && entry.is_there)
}

pub(crate) fn number(entries: &[Entry], tag: u16) -> Option<u64> {
    first(entries, tag)?.numbers().next()
}

impl Geometry {
    /// Reads the tags of a page called `name`.
    pub(crate) fn read(entries: &[Entry], name: &str, at: usize, limits: &Limits) -> Result<Self, Error> {
        let malformed = |what: &str| Error::malformed(format!("{name}: {what}"), at);
        // A tag that decides how pixels are read must be what it should, or one reader would take it and another not.
        let one = |tag| {
            let Some(entry) = first(entries, tag) else { return Ok(None) };
            match entry.numbers().take(2).collect::<Vec<u64>>().as_slice() {
                [n] if *n <= u32::MAX.into() => Ok(Some(*n)),
                _ => Err(malformed(&format!("tag {tag} is not one number"))),
            }
        };
        let short =
            |tag| one(tag).and_then(|n| if n > Some(u16::MAX.into()) { Err(malformed("a number that is too large")) } else { Ok(n) });
        let side = |tag| Ok::<_, Error>(one(tag)?.and_then(|n| u32::try_from(n).ok()).filter(|&n| n > 0));
        let (Some(width), Some(height)) = (side(WIDTH)?, side(LENGTH)?) else { return Err(malformed("no width or no height")) };
        let samples = short(SAMPLES_PER_PIXEL)?.unwrap_or(1);
        let count = usize::try_from(samples).ok().filter(|n| (1..=MAX_SAMPLES).contains(n));
        let Some(count) = count else { return Err(malformed("a number of samples that no picture has")) };
        let mut bits: Vec<u64> =
            first(entries, BITS_PER_SAMPLE).map_or_else(|| vec![1], |e| e.numbers().take(count.saturating_add(1)).collect());
        // Many writers state it once for all samples.
        if bits.len() == 1 {
            bits.resize(count, bits.first().copied().unwrap_or(1));
        }
        if bits.len() != count || bits.iter().any(|b| !(1..=64).contains(b)) {
            return Err(malformed("a number of bits that no sample has"));
        }
        let pixel_bytes = bits.iter().sum::<u64>().div_ceil(8);
        limits.check_picture(width, height, u32::try_from(pixel_bytes).unwrap_or(u32::MAX))?;
        let photometric = short(PHOTOMETRIC)?.unwrap_or(0);
        let compression = short(COMPRESSION)?.unwrap_or(1);
        let is_planar = short(PLANAR)? == Some(2) && count > 1;
        let mut subsampling = (1, 1);
        // JPEG data say themselves how they are sampled.
        if photometric == YCBCR && compression != JPEG && count == 3 {
            subsampling = match first(entries, SUBSAMPLING).map(|e| e.numbers().take(3).collect::<Vec<u64>>()).as_deref() {
                None => (2, 2),
                Some(&[across @ (1 | 2 | 4), down @ (1 | 2 | 4)]) => (across, down),
                Some(_) => return Err(malformed("a subsampling that TIFF does not have")),
            };
            if is_planar && subsampling != (1, 1) {
                return Err(Error::Unsupported("a TIFF with subsampled colours in planes of their own".into()));
            }
        }
        let tile = match (first(entries, TILE_WIDTH), first(entries, TILE_LENGTH)) {
            (None, None) => None,
            _ => match (side(TILE_WIDTH)?, side(TILE_LENGTH)?) {
                (Some(width), Some(height)) => Some((width, height)),
                _ => return Err(malformed("tiles without a size")),
            },
        };
        if let Some((width, height)) = tile {
            limits.check_picture(width, height, u32::try_from(pixel_bytes).unwrap_or(u32::MAX))?;
        }
        let rows_per_strip = match one(ROWS_PER_STRIP)? {
            Some(0) => return Err(malformed("strips of no rows")),
            rows => u32::try_from(rows.unwrap_or(u64::MAX)).unwrap_or(u32::MAX).min(height),
        };
        let is_bit_reversed = short(FILL_ORDER)? == Some(2);
        Ok(Self { width, height, bits, photometric, compression, is_bit_reversed, is_planar, subsampling, tile, rows_per_strip })
    }

    pub(crate) fn samples(&self) -> usize {
        self.bits.len()
    }

    /// Strips or tiles of one plane, across and down.
    fn grid(&self) -> (u64, u64) {
        match self.tile {
            Some((width, height)) => (self.width.div_ceil(width).into(), self.height.div_ceil(height).into()),
            None => (1, self.height.div_ceil(self.rows_per_strip.max(1)).into()),
        }
    }

    /// How many strips or tiles there are.
    pub(crate) fn chunks(&self) -> u64 {
        let (across, down) = self.grid();
        let planes = if self.is_planar { self.bits.len() as u64 } else { 1 };
        across.saturating_mul(down).saturating_mul(planes)
    }

    /// Width and height of a strip or tile, px.
    pub(crate) fn chunk_size(&self, index: u64) -> (u32, u32) {
        if let Some(tile) = self.tile {
            return tile;
        }
        let (_, down) = self.grid();
        let row = u32::try_from(index % down.max(1)).unwrap_or(u32::MAX).saturating_mul(self.rows_per_strip);
        (self.width, self.height.saturating_sub(row).min(self.rows_per_strip))
    }

    /// Bytes that a strip or tile unpacks to.
    pub(crate) fn unpacked_length(&self, index: u64) -> u64 {
        let (width, rows) = self.chunk_size(index);
        let (width, rows) = (u64::from(width), u64::from(rows));
        if self.is_planar {
            let (across, down) = self.grid();
            let plane = usize::try_from(index / across.saturating_mul(down).max(1)).unwrap_or(usize::MAX);
            let bits = self.bits.get(plane).copied().unwrap_or(1);
            return width.saturating_mul(bits).div_ceil(8).saturating_mul(rows);
        }
        let (across, down) = self.subsampling;
        if (across, down) != (1, 1) {
            // Blocks of pixels: their luma samples, then one of each colour. [TIFF 6.0 §21]
            let block = across.saturating_mul(down).saturating_add(2).saturating_mul(self.bits.first().copied().unwrap_or(8));
            return width.div_ceil(across).saturating_mul(block).div_ceil(8).saturating_mul(rows.div_ceil(down));
        }
        width.saturating_mul(self.bits.iter().sum()).div_ceil(8).saturating_mul(rows)
    }
}

/// Most samples of a pixel. Satellites have some hundreds.
const MAX_SAMPLES: usize = 4096;

pub(crate) const WIDTH: u16 = 256;
pub(crate) const LENGTH: u16 = 257;
pub(crate) const BITS_PER_SAMPLE: u16 = 258;
pub(crate) const COMPRESSION: u16 = 259;
pub(crate) const PHOTOMETRIC: u16 = 262;
pub(crate) const FILL_ORDER: u16 = 266;
pub(crate) const STRIP_OFFSETS: u16 = 273;
pub(crate) const SAMPLES_PER_PIXEL: u16 = 277;
pub(crate) const ROWS_PER_STRIP: u16 = 278;
pub(crate) const STRIP_BYTE_COUNTS: u16 = 279;
pub(crate) const PLANAR: u16 = 284;
pub(crate) const TILE_WIDTH: u16 = 322;
pub(crate) const TILE_LENGTH: u16 = 323;
pub(crate) const TILE_OFFSETS: u16 = 324;
pub(crate) const TILE_BYTE_COUNTS: u16 = 325;
pub(crate) const SUBSAMPLING: u16 = 530;

/// Photometric interpretation.
pub(crate) const YCBCR: u64 = 6;

/// Compression.
pub(crate) const JPEG: u64 = 7;
