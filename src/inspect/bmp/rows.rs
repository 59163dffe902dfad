//! Rows of plain pixels, and what hides between and beside their colours.

use super::header::Header;

/// What of plain pixels is shown, to tell it from what is not.
pub(super) struct Rows {
    row: usize,
    stride: usize,
    bits: u32,
    /// Bits of the row's last byte that belong to a pixel.
    last: u8,
    /// The bits of a pixel that hold its colours.
    shown: u32,
    alpha: u32,
    /// What the other bits are: all zeros or all ones, the same for all pixels.
    unused: u32,
    /// Whether alpha counts: where all of it is zero, viewers take the picture for opaque.
    has_alpha: bool,
}

/// How much was hidden.
#[derive(Default)]
pub(super) struct Hidden {
    /// Rows with something behind their last pixel.
    pub(super) padding: usize,
    /// Pixels with something beside their colours.
    pub(super) unused: usize,
    /// Pixels with a colour that nobody can see.
    pub(super) under_zero_alpha: usize,
}

impl Rows {
    /// `data`: the pixels as they are.
    pub(super) fn new(header: &Header, data: &[u8]) -> Self {
        let [red, green, blue, alpha] = header.masks;
        let bits_of_last = header.width.wrapping_mul(header.bits) & 7;
        let mut rows = Self {
            row: header.row(),
            stride: header.stride(),
            bits: header.bits,
            last: if bits_of_last == 0 { 0xFF } else { !(0xFF_u8 >> bits_of_last) },
            shown: red | green | blue | alpha,
            alpha,
            unused: 0,
            has_alpha: false,
        };
        let (mut any, mut all, mut any_alpha) = (0, u32::MAX, 0);
        let mut look = |pixel: u32| {
            (any, all, any_alpha) = (any | pixel & !rows.shown, all & (pixel | rows.shown), any_alpha | pixel & alpha);
        };
        for row in data.chunks(rows.stride) {
            let row = row.get(..rows.row).unwrap_or(row);
            match header.bits {
                16 => row.as_chunks::<2>().0.iter().for_each(|&pixel| look(u16::from_le_bytes(pixel).into())),
                32 => row.as_chunks::<4>().0.iter().for_each(|&pixel| look(u32::from_le_bytes(pixel))),
                _ => {}
            }
        }
        let bits = if header.bits == 16 { 0xFFFF } else { u32::MAX };
        // One of the two is what the file says; where it says neither, ones are opaque to viewers that take them for alpha.
        rows.unused = if any == 0 { 0 } else { !rows.shown & bits };
        rows.has_alpha = any_alpha != 0;
        rows
    }

    /// Appends the rows to `out` as they are shown. A last row without its padding gets it.
    pub(super) fn write(&self, data: &[u8], out: &mut Vec<u8>) -> Hidden {
        let mut hidden = Hidden::default();
        for row in data.chunks(self.stride) {
            let start = out.len();
            out.extend_from_slice(row);
            out.resize(start.saturating_add(self.stride), 0);
            if let Some(row) = out.get_mut(start..) {
                self.clean(row, &mut hidden);
            }
        }
        hidden
    }

    /// Like [`Rows::write`], but only counts.
    pub(super) fn hidden(&self, data: &[u8]) -> Hidden {
        let mut hidden = Hidden::default();
        let mut scratch = Vec::with_capacity(self.stride);
        for row in data.chunks(self.stride) {
            scratch.clear();
            scratch.extend_from_slice(row);
            self.clean(&mut scratch, &mut hidden);
        }
        hidden
    }

    fn clean(&self, row: &mut [u8], hidden: &mut Hidden) {
        let (pixels, padding) = row.split_at_mut(self.row.min(row.len()));
        let mut is_padded = padding.iter().any(|&byte| byte != 0);
        padding.fill(0);
        if let Some(last) = pixels.last_mut().filter(|_| self.bits < 8) {
            is_padded |= *last & !self.last != 0;
            *last &= self.last;
        }
        hidden.padding = hidden.padding.saturating_add(is_padded.into());
        match self.bits {
            16 => {
                for bytes in pixels.as_chunks_mut::<2>().0 {
                    let pixel = self.pixel(u16::from_le_bytes(*bytes).into(), hidden);
                    *bytes = u16::try_from(pixel & 0xFFFF).unwrap_or(0).to_le_bytes();
                }
            }
            32 => pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|b| *b = self.pixel(u32::from_le_bytes(*b), hidden).to_le_bytes()),
            _ => {}
        }
    }

    fn pixel(&self, pixel: u32, hidden: &mut Hidden) -> u32 {
        let mut shown = pixel & self.shown;
        if pixel & !self.shown != self.unused {
            hidden.unused = hidden.unused.saturating_add(1);
        }
        if self.has_alpha && shown & self.alpha == 0 && shown != 0 {
            hidden.under_zero_alpha = hidden.under_zero_alpha.saturating_add(1);
            shown = 0;
        }
        shown | self.unused
    }
}

/// The indices that plain pixels have.
pub(super) fn used(header: &Header, data: &[u8]) -> [bool; 256] {
    let mut used = [false; 256];
    let pixels_in_byte = 8_u32.checked_div(header.bits).unwrap_or(1).max(1);
    let mask = u8::MAX >> 8_u32.saturating_sub(header.bits);
    for row in data.chunks(header.stride()) {
        let mut left = header.width;
        for &byte in row.iter().take(header.row()) {
            for index in 0..pixels_in_byte.min(left) {
                let shift = 8_u32.saturating_sub(header.bits.saturating_mul(index.saturating_add(1)));
                if let Some(used) = used.get_mut(usize::from(byte >> shift & mask)) {
                    *used = true;
                }
            }
            left = left.saturating_sub(pixels_in_byte);
        }
    }
    used
}
