//! Several pictures → one file, picture by picture: no more than one is held.
//!
//! The containers are written here; codecs pack what is in them. What comes out is not in the one form that a clean file has: the lossless
//! road brings it there.

use super::{Encoded, Shown, apng, gif, shown, tiff, webp};
use crate::inspect::inspect;
use crate::sequence::{Delay, Sequence};
use crate::strip::strip;
use crate::{Error, Format, Image, Limits};

/// Writes frames or pages.
pub struct FrameWriter {
    writer: Writer,
    shown: Vec<Shown>,
}

enum Writer {
    Gif(gif::Writer),
    Png(apng::Writer),
    Webp(webp::Writer),
    Tiff(tiff::Writer),
}

impl FrameWriter {
    /// A file of `format` for `count` pictures. Those of an animation are all of `size`; `has_alpha` says whether any has see-through
    /// pixels.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the format cannot hold such pictures.
    pub fn new(format: Format, sequence: Sequence, count: u32, size: (u32, u32), has_alpha: bool) -> Result<Self, Error> {
        let writer = match (format, sequence) {
            (Format::Gif, Sequence::Animation { plays }) => Writer::Gif(gif::Writer::new(size, plays)?),
            (Format::Png, Sequence::Animation { plays }) => Writer::Png(apng::Writer::new(size, count, plays, has_alpha)),
            (Format::Webp, Sequence::Animation { plays }) => Writer::Webp(webp::Writer::new(size, plays, has_alpha)?),
            (Format::Tiff, _) => Writer::Tiff(tiff::Writer::new()),
            (other, Sequence::Animation { .. }) => {
                let name = other.name();
                return Err(Error::Unsupported(format!(
                    "{name} holds no animation; {count} frames go into gif, png or webp: use format: same"
                )));
            }
            (other, Sequence::Pages) => {
                let name = other.name();
                return Err(Error::Unsupported(format!("{name} holds one page; {count} pages go into tiff only: use format: same")));
            }
        };
        Ok(Self { writer, shown: Vec::new() })
    }

    /// Appends a picture.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when it is too large for the format.
    pub fn add(&mut self, image: &Image, delay: Delay) -> Result<(), Error> {
        match &mut self.writer {
            Writer::Gif(writer) => {
                self.shown.extend(writer.add(image, delay)?);
                return Ok(());
            }
            Writer::Png(writer) => writer.add(image, delay)?,
            Writer::Webp(writer) => writer.add(image, delay)?,
            Writer::Tiff(writer) => writer.add(image)?,
        }
        self.shown.push(shown(image));
        Ok(())
    }

    /// The file, in the form of a clean one.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when it is longer than its format allows.
    pub fn finish(mut self) -> Result<Encoded, Error> {
        let (format, bytes) = match self.writer {
            Writer::Gif(writer) => {
                let (bytes, last) = writer.finish()?;
                self.shown.extend(last);
                (Format::Gif, bytes)
            }
            Writer::Png(writer) => (Format::Png, writer.finish()),
            Writer::Webp(writer) => (Format::Webp, writer.finish()?),
            Writer::Tiff(writer) => (Format::Tiff, writer.finish()),
        };
        let inspection = inspect(&bytes, format, &Limits::UNLIMITED)?;
        Ok(Encoded { bytes: strip(&bytes, &inspection)?.bytes, shown: self.shown })
    }
}
