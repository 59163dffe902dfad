//! GIF, by `gif`: of each frame the pixels that changed, with colours of their own. [GIF89a]
//!
//! A GIF cannot draw a see-through pixel over another. So a frame is written when the next one is known: where that needs it, the canvas
//! is cleared in between.

use gif::{DisposalMethod, Encoder, EncodingError, Frame, Repeat};

use super::check_size;
use super::delta::{Part, changed};
use super::palette::Palette;
use super::{Shown, shown};
use crate::sequence::Delay;
use crate::{Error, Format, Image};

pub(super) struct Writer {
    encoder: Encoder<Vec<u8>>,
    /// The canvas before the waiting frame, as it was meant and as it is shown, which has fewer colours.
    meant: Image,
    shown: Image,
    waiting: Option<(Image, Delay)>,
}

impl Writer {
    pub(super) fn new(size: (u32, u32), plays: u32) -> Result<Self, Error> {
        check_size(size, Format::Gif, u16::MAX.into())?;
        let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
        let mut encoder = Encoder::new(Vec::new(), side(size.0), side(size.1), &[]).map_err(failed)?;
        // The file says how often it is repeated, and nothing where it is not.
        if let Some(repetitions) = plays.checked_sub(1) {
            encoder.set_repeat(Repeat::Finite(u16::try_from(repetitions).unwrap_or(u16::MAX))).map_err(failed)?;
        } else {
            encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
        }
        let empty = Image::new(size.0, size.1, vec![0; size.0 as usize * size.1 as usize * 4])?;
        Ok(Self { encoder, meant: empty.clone(), shown: empty, waiting: None })
    }

    /// Takes a frame, and writes the one before. Says what a decoder must show for that.
    pub(super) fn add(&mut self, image: &Image, delay: Delay) -> Result<Option<Shown>, Error> {
        let next = in_or_out(image);
        let before = self.waiting.take();
        let written = before.map(|(before, delay)| self.write(&before, delay, Some(&next))).transpose()?;
        self.waiting = Some((next, delay));
        Ok(written)
    }

    /// Writes the last frame.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, Option<Shown>), Error> {
        let last = self.waiting.take().map(|(image, delay)| self.write(&image, delay, None)).transpose()?;
        Ok((self.encoder.into_inner().map_err(failed)?, last))
    }

    fn write(&mut self, image: &Image, delay: Delay, next: Option<&Image>) -> Result<Shown, Error> {
        let drawn = changed(&self.meant, image, |a, b| a != b);
        let cleared = next.and_then(|next| changed(image, next, |now, then| now[3] != 0 && then[3] == 0));
        let part = match (drawn, cleared) {
            (Some(drawn), Some(cleared)) => drawn.union(cleared),
            (Some(part), None) | (None, Some(part)) => part,
            (None, None) => Part::LEAST,
        };
        let mut changes: Vec<[u8; 3]> = Vec::new();
        let mut is_kept: Vec<bool> = Vec::new();
        for (before, row) in part.rows(&self.meant).zip(part.rows(image)) {
            for (before, pixel) in before.as_chunks::<4>().0.iter().zip(row.as_chunks::<4>().0) {
                is_kept.push(before == pixel);
                if before != pixel {
                    changes.push([pixel[0], pixel[1], pixel[2]]);
                }
            }
        }
        let needs_transparency = is_kept.contains(&true);
        let palette = Palette::new(&changes, if needs_transparency { 255 } else { 256 });
        let transparent = needs_transparency.then(|| u8::try_from(palette.colours.len()).unwrap_or(u8::MAX));
        let mut colours = changes.iter().map(|&colour| palette.index(colour));
        let indices: Vec<u8> =
            is_kept.iter().map(|is_kept| if *is_kept { transparent } else { colours.next() }.unwrap_or_default()).collect();
        self.draw(part, &indices, &palette, transparent);

        let mut table = palette.colours.concat();
        table.resize((palette.colours.len() + usize::from(needs_transparency)).max(2) * 3, 0);
        let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
        let frame = Frame {
            delay: u16::try_from(delay.in_parts(100)).unwrap_or(u16::MAX),
            dispose: if cleared.is_some() { DisposalMethod::Background } else { DisposalMethod::Keep },
            transparent,
            left: side(part.left),
            top: side(part.top),
            width: side(part.width),
            height: side(part.height),
            palette: Some(table),
            buffer: indices.into(),
            ..Frame::default()
        };
        self.encoder.write_frame(&frame).map_err(failed)?;
        let is_shown = shown(&self.shown);
        self.meant = image.clone();
        if cleared.is_some() {
            clear(&mut self.meant, part);
            clear(&mut self.shown, part);
        }
        Ok(is_shown)
    }

    /// Draws what a decoder will.
    fn draw(&mut self, part: Part, indices: &[u8], palette: &Palette, transparent: Option<u8>) {
        let stride = self.shown.width() as usize * 4;
        let rows = self.shown.pixels_mut().chunks_exact_mut(stride).skip(part.top as usize);
        for (row, indices) in rows.zip(indices.chunks_exact(part.width as usize)) {
            for (pixel, index) in row.as_chunks_mut::<4>().0.iter_mut().skip(part.left as usize).zip(indices) {
                if let Some(&[r, g, b]) = palette.colours.get(usize::from(*index)).filter(|_| transparent != Some(*index)) {
                    *pixel = [r, g, b, 255];
                }
            }
        }
    }
}

/// A pixel is there or it is not.
fn in_or_out(image: &Image) -> Image {
    let mut out = image.clone();
    for pixel in out.pixels_mut().as_chunks_mut::<4>().0 {
        *pixel = if pixel[3] < 128 { [0; 4] } else { [pixel[0], pixel[1], pixel[2], 255] };
    }
    out
}

fn clear(image: &mut Image, part: Part) {
    let stride = image.width() as usize * 4;
    let columns = part.left as usize * 4..(part.left + part.width) as usize * 4;
    for row in image.pixels_mut().chunks_exact_mut(stride).skip(part.top as usize).take(part.height as usize) {
        row[columns.clone()].fill(0);
    }
}

fn failed(error: EncodingError) -> Error {
    Error::Unsupported(format!("GIF: {error}"))
}
