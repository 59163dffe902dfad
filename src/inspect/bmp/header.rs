//! Reads the information header, in all of its lengths.

use super::super::cursor::{Order, View};
use crate::Error;

/// What a BMP says about its pixels.
pub(crate) struct Header {
    /// The header as it stands in the file.
    pub(crate) stated: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bits of a pixel: 1, 4, 8, 16, 24 or 32.
    pub(crate) bits: u32,
    pub(crate) coding: Coding,
    /// Which bits of a pixel are red, green, blue and alpha; 0 for indexed pixels.
    pub(crate) masks: [u32; 4],
    /// Bytes of masks behind the header.
    pub(crate) masks_behind: usize,
    /// Colours in the table.
    pub(crate) entries: usize,
    /// Bytes of a colour in the table.
    pub(crate) entry: usize,
}

/// How pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Rows as they are.
    Plain,
    /// The same, with masks that say where a pixel's colours are.
    Fields,
    /// Runs. [Windows "Bitmap Compression"; OS/2's have three bytes a pixel]
    Runs,
}

impl Header {
    /// Reads the header behind the file header. `pixels_at`: where the pixels are stated to be.
    pub(super) fn read(file: View, pixels_at: usize) -> Result<Self, Error> {
        let malformed = |what: &str| Error::malformed(what, FILE_HEADER);
        let cut = || malformed("the file ends within its header");
        let size = file.length(FILE_HEADER, Order::Little).ok_or_else(cut)?;
        if !matches!(size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124) {
            return Err(malformed("a header of a length that BMP does not have"));
        }
        let header = file.get(FILE_HEADER, size).ok_or_else(cut)?;
        let number = |at| header.u32(at, Order::Little).unwrap_or(0);
        let short = |at| header.u16(at, Order::Little).map_or(0, u32::from);
        let (width, height, bits) = if size == 12 { (short(4), short(6), short(10)) } else { (number(4), number(8), short(14)) };
        let is_top_down = size != 12 && height > i32::MAX.unsigned_abs();
        let height = if is_top_down { height.wrapping_neg() } else { height };
        if width == 0 || height == 0 || width > i32::MAX.unsigned_abs() || height > i32::MAX.unsigned_abs() {
            return Err(malformed("a size that BMP does not have"));
        }
        let compression = if size >= 40 { number(16) } else { 0 };
        let coding = coding(compression, bits, size == 64)?;
        if coding == Coding::Runs && is_top_down {
            return Err(malformed("runs that go from top to bottom"));
        }
        let masks_behind = match (size, compression) {
            (40, 3) => 12,
            (40, 6) => 16,
            _ => 0,
        };
        let masks_at = size.saturating_add(FILE_HEADER);
        let mut read = Self {
            stated: header.bytes().to_vec(),
            width,
            height,
            bits,
            coding,
            masks: [0; 4],
            masks_behind,
            entries: 0,
            entry: if size == 12 { 3 } else { 4 },
        };
        read.masks = read.masks(file.get(masks_at, masks_behind).ok_or_else(cut)?).ok_or_else(|| malformed("masks that are no colours"))?;
        let room = pixels_at.checked_sub(read.table_at()).ok_or_else(|| malformed("the pixels begin within the header"))?;
        if bits <= 8 {
            let stated = if size >= 40 { header.length(32, Order::Little).unwrap_or(0) } else { 0 };
            let most = 1_usize << bits;
            read.entries = if stated == 0 { most } else { stated.min(most) }.min(room.checked_div(read.entry).unwrap_or(0));
        }
        Ok(read)
    }

    /// Where the colour table is.
    pub(super) fn table_at(&self) -> usize {
        FILE_HEADER.saturating_add(self.stated.len()).saturating_add(self.masks_behind)
    }

    pub(super) fn table_length(&self) -> usize {
        self.entries.saturating_mul(self.entry)
    }

    /// Bytes from one row to the next.
    pub(super) fn stride(&self) -> usize {
        let bits = u64::from(self.width).saturating_mul(self.bits.into());
        usize::try_from(bits.div_ceil(32).saturating_mul(4)).unwrap_or(usize::MAX)
    }

    /// Bytes of a row that hold pixels.
    pub(super) fn row(&self) -> usize {
        let bits = u64::from(self.width).saturating_mul(self.bits.into());
        usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX)
    }

    /// Bits of one channel of a pixel; those of a colour table have eight.
    pub(super) fn depth(&self) -> u8 {
        match self.masks.iter().map(|mask| mask.count_ones()).max() {
            Some(bits @ 1..=16) => u8::try_from(bits).unwrap_or(16),
            Some(17..) => 16,
            Some(0) | None => 8,
        }
    }

    pub(crate) fn is_core(&self) -> bool {
        self.stated.len() == 12
    }

    pub(crate) fn is_os2(&self) -> bool {
        matches!(self.stated.len(), 16 | 64)
    }

    pub(super) fn name(&self) -> &'static str {
        match self.stated.len() {
            12 => "BITMAPCOREHEADER",
            16 | 64 => "OS22XBITMAPHEADER",
            52 => "BITMAPV2INFOHEADER",
            56 => "BITMAPV3INFOHEADER",
            108 => "BITMAPV4HEADER",
            124 => "BITMAPV5HEADER",
            _ => "BITMAPINFOHEADER",
        }
    }

    /// The masks as the header itself must state them: none where the coding implies them.
    pub(crate) fn masks_in_header(&self) -> [u32; 4] {
        match (self.coding, self.masks) {
            (Coding::Fields, masks) => masks,
            (_, [_, _, _, alpha]) => [0, 0, 0, alpha],
        }
    }

    /// `None` when masks overlap, have holes or ask for bits that a pixel does not have.
    fn masks(&self, behind: View) -> Option<[u32; 4]> {
        let stated = View::file(&self.stated);
        let inside = |at| if self.is_os2() { 0 } else { stated.u32(at, Order::Little).unwrap_or(0) };
        let mut masks = match (self.coding, self.bits) {
            (Coding::Plain, 16) => [0x7C00, 0x03E0, 0x001F, 0],
            // Where a header of the later kinds states an alpha channel some viewers show it, though it need not be stated here.
            (Coding::Plain, 32) => [0x00FF_0000, 0xFF00, 0xFF, if inside(52) == 0xFF00_0000 { 0xFF00_0000 } else { 0 }],
            (Coding::Plain | Coding::Runs, _) => [0; 4],
            (Coding::Fields, _) if self.masks_behind > 0 => [0, 4, 8, 12].map(|at| behind.u32(at, Order::Little).unwrap_or(0)),
            (Coding::Fields, _) => [40, 44, 48, 52].map(inside),
        };
        let mut all = 0;
        for mask in &mut masks {
            if self.bits == 16 {
                *mask &= 0xFFFF;
            }
            let run = mask.checked_shr(mask.trailing_zeros()).unwrap_or(0);
            if all & *mask != 0 || run & run.wrapping_add(1) != 0 {
                return None;
            }
            all |= *mask;
        }
        Some(masks)
    }
}

fn coding(compression: u32, bits: u32, is_os2: bool) -> Result<Coding, Error> {
    let unsupported = |what: &str| Err(Error::Unsupported(format!("BMP: {what}")));
    match (compression, bits) {
        (0, 1 | 4 | 8 | 16 | 24 | 32) => Ok(Coding::Plain),
        (1, 8) | (2, 4) => Ok(Coding::Runs),
        (4, 24) if is_os2 => Ok(Coding::Runs),
        (3, _) if is_os2 => unsupported("Huffman 1D coding of OS/2"),
        (3 | 6, 16 | 32) => Ok(Coding::Fields),
        (4, _) => unsupported("a JPEG inside"),
        (5, _) => unsupported("a PNG inside"),
        (11..=13, _) => unsupported("four inks"),
        (0, 2 | 64) => unsupported("2 or 64 bits a pixel"),
        _ => Err(Error::malformed("a coding that BMP does not have", FILE_HEADER)),
    }
}

/// Length of the file header, which is before the information header.
pub(super) const FILE_HEADER: usize = 14;
