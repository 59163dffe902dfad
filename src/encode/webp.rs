//! WebP, lossless: a RIFF header and one VP8L chunk, or what changed of each frame in a container of our own.

use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::delta::{Part, changed};
use super::{Channels, check_sides, check_size, needed_channels};
use crate::inspect::webp as container;
use crate::riff::{self, riff_chunk};
use crate::sequence::Delay;
use crate::{Error, Format, Image};

pub(super) fn encode(image: &Image) -> Result<Vec<u8>, Error> {
    check_sides(image, Format::Webp, MAX_SIDE)?;
    let mut bytes = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    let (width, height) = (image.width(), image.height());
    match needed_channels(image) {
        Channels::Gray(samples) => encoder.write_image(&samples, width, height, ExtendedColorType::L8),
        Channels::Rgb(samples) => encoder.write_image(&samples, width, height, ExtendedColorType::Rgb8),
        Channels::Rgba => encoder.write_image(image.pixels(), width, height, ExtendedColorType::Rgba8),
    }
    .map_err(|e| Error::Unsupported(format!("WebP: {e}")))?;
    Ok(bytes)
}

/// Writes an animation. [RFC 9649 §2.7.1]
pub(super) struct Writer {
    body: Vec<u8>,
    before: Option<Image>,
}

impl Writer {
    pub(super) fn new(size: (u32, u32), plays: u32, has_alpha: bool) -> Result<Self, Error> {
        check_size(size, Format::Webp, MAX_SIDE)?;
        let flags = container::ANIMATION | if has_alpha { container::ALPHA } else { 0 };
        let mut body = Vec::new();
        riff_chunk(&mut body, *b"VP8X", &riff::extended(flags, size));
        // A background that nobody heeds, and how often it is played.
        let plays = u16::try_from(plays).unwrap_or(u16::MAX).to_le_bytes();
        riff_chunk(&mut body, *b"ANIM", &[0, 0, 0, 0, plays[0], plays[1]]);
        Ok(Self { body, before: None })
    }

    pub(super) fn add(&mut self, image: &Image, delay: Delay) -> Result<(), Error> {
        let part = match &self.before {
            Some(before) => changed(before, image, |a, b| a != b).unwrap_or(Part::LEAST).evened(),
            None => Part::whole(image),
        };
        let delay = delay.in_parts(1000).min((1 << 24) - 1);
        let numbers = [part.left / 2, part.top / 2, part.width - 1, part.height - 1, delay];
        let mut frame: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes().into_iter().take(3)).collect();
        // It replaces what was there, and stays.
        frame.push(2);
        let still = encode(&part.of(image)?)?;
        frame.extend_from_slice(still.get(12..).unwrap_or_default());
        riff_chunk(&mut self.body, *b"ANMF", &frame);
        self.before = Some(image.clone());
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
        if u32::try_from(self.body.len() + 12).is_err() {
            return Err(Error::Unsupported("a WebP that would be longer than 4 GiB".into()));
        }
        Ok(riff::file(&self.body))
    }
}

/// libwebp reads no longer side, though VP8L could say one px more.
const MAX_SIDE: u32 = 16383;
