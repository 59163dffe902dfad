//! Files of several pictures: the frames of an animation as a viewer shows them, whole and one by one, or the pages of a TIFF.
//!
//! Frames are made when they are asked for, so that no more than one is in memory, however many there are.

use std::sync::Arc;

use super::canvas::{Canvas, Patch};
use super::{Frame, Picture, Samples};
use super::{apng, clear_hidden, color, gif, tiff, webp};
use crate::inspect::{ColorSource, Inspection, Orientation};
use crate::sequence::{Delay, Sequence};
use crate::{Error, Format, Image, Limits};

/// Reads a file's pictures one after the other.
pub struct Frames {
    reader: Reader,
    color: ColorSource,
    orientation: Orientation,
    sequence: Sequence,
    count: u32,
    /// What could not be done as the file asks, for people.
    pub warnings: Vec<String>,
}

/// What a reader gives: a part of an animation's canvas.
pub(super) struct Step {
    pub(super) picture: Drawn,
    pub(super) delay: Delay,
    pub(super) is_shown: bool,
}

/// A part of the canvas, with its colours as the file has them.
pub(super) struct Drawn {
    pub(super) patch: Patch,
    pub(super) samples: Samples,
    pub(super) is_gray: bool,
}

enum Reader {
    Gif(Box<gif::Reader>, Canvas),
    Png(Box<apng::Reader>, Canvas),
    Webp(webp::Reader, Canvas),
    Tiff(Box<tiff::Reader>),
}

impl Frames {
    /// Opens a file of which `inspection` tells. It must be a clean one, stripped if need be, so that decoders see only what the lossless
    /// road would write. `color` tells of the colours in the source.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] before anything is decoded, [`Error::Unsupported`] for what we do not decode, [`Error::Malformed`].
    pub fn open(clean: &[u8], inspection: &Inspection, color: &ColorSource, limits: &Limits) -> Result<Self, Error> {
        let (width, height) = (inspection.width, inspection.height);
        let pages = if inspection.format == Format::Tiff { tiff::pages(clean, limits)? } else { Vec::new() };
        let count = inspection.frames;
        let pixels = match inspection.format {
            Format::Tiff => pages.iter().map(tiff::Page::pixels).sum(),
            _ => u64::from(width) * u64::from(height) * u64::from(count),
        };
        limits.check_frames(count, pixels)?;
        // A canvas, one to restore, a frame, and the picture that is made of it; or a page as it is stored, and the same.
        let copies = if inspection.format == Format::Tiff { 2 } else { 4 };
        limits.check_picture(width, height, if inspection.bit_depth > 8 { 8 } else { 4 } * copies)?;
        let bytes: Arc<[u8]> = Arc::from(clean);
        let canvas = || Canvas::new(width, height);
        let (reader, sequence) = match inspection.format {
            Format::Gif => {
                let plays = gif::plays(inspection, &bytes);
                (Reader::Gif(Box::new(gif::Reader::open(bytes, limits)?), canvas()), Sequence::Animation { plays })
            }
            Format::Png => {
                let reader = apng::Reader::open(bytes, limits)?;
                let plays = reader.plays();
                (Reader::Png(Box::new(reader), canvas()), Sequence::Animation { plays })
            }
            Format::Webp => {
                let reader = webp::Reader::open(bytes)?;
                let plays = reader.plays();
                (Reader::Webp(reader, canvas()), Sequence::Animation { plays })
            }
            Format::Tiff => (Reader::Tiff(Box::new(tiff::Reader::open(bytes, pages, limits)?)), Sequence::Pages),
            other => return Err(Error::Unsupported(format!("{} files hold one picture", other.name()))),
        };
        Ok(Self { reader, color: color.clone(), orientation: inspection.orientation, sequence, count, warnings: Vec::new() })
    }

    /// How many pictures viewers show.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// What they are to each other.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The next one; `None` behind the last. An error ends the sequence.
    ///
    /// # Errors
    /// [`Error::Malformed`] for damaged data, [`Error::Unsupported`] for what we do not decode.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        let orientation = self.orientation;
        let (step, canvas) = match &mut self.reader {
            Reader::Tiff(reader) => {
                let Some(page) = reader.next_page()? else { return Ok(None) };
                let pixels = color::to_srgb(page.picture, &page.color, &mut self.warnings)?;
                self.warnings.dedup();
                let mut image = Image::new(page.width, page.height, pixels)?;
                let hidden_pixels = clear_hidden(&mut image);
                return Ok(Some(Frame { image, orientation: page.orientation, delay: Delay::NONE, hidden_pixels, is_shown: true }));
            }
            Reader::Gif(reader, canvas) => (reader.next_step()?, canvas),
            Reader::Png(reader, canvas) => (reader.next_step()?, canvas),
            Reader::Webp(reader, canvas) => (reader.next_step()?, canvas),
        };
        let Some(Step { picture: Drawn { mut patch, samples, is_gray }, delay, is_shown }) = step else { return Ok(None) };
        let picture = Picture { width: patch.width as usize, samples, is_gray };
        let mut warnings = Vec::new();
        patch.pixels = color::to_srgb(picture, &self.color, &mut warnings)?;
        warnings.retain(|warning| !self.warnings.contains(warning));
        self.warnings.append(&mut warnings);
        let mut drawn = Image::new(patch.width, patch.height, std::mem::take(&mut patch.pixels))?;
        let hidden = clear_hidden(&mut drawn);
        if !is_shown {
            return Ok(Some(Frame { image: drawn, orientation, delay, hidden_pixels: hidden, is_shown }));
        }
        patch.pixels = drawn.into_pixels();
        let outside = canvas.draw(&patch);
        let image = Image::new(canvas.width(), canvas.height(), canvas.pixels().to_vec())?;
        Ok(Some(Frame { image, orientation, delay, hidden_pixels: hidden + outside, is_shown }))
    }
}
