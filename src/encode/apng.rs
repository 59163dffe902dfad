//! Animated PNG: what changed of each frame, packed by `png`, in chunks of our own. [PNG 3rd edition §11.3.4]

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::delta::{Part, changed};
use crate::inspect::png::crc::crc;
use crate::sequence::Delay;
use crate::{Error, Image};

pub(super) struct Writer {
    out: Vec<u8>,
    has_alpha: bool,
    sequence: u32,
    before: Option<Image>,
}

impl Writer {
    pub(super) fn new((width, height): (u32, u32), count: u32, plays: u32, has_alpha: bool) -> Self {
        let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, if has_alpha { 6 } else { 2 }, 0, 0, 0]].concat();
        chunk(&mut out, *b"IHDR", &[&header]);
        chunk(&mut out, *b"acTL", &[&count.to_be_bytes(), &plays.to_be_bytes()]);
        Self { out, has_alpha, sequence: 0, before: None }
    }

    pub(super) fn add(&mut self, image: &Image, delay: Delay) -> Result<(), Error> {
        let part = match &self.before {
            Some(before) => changed(before, image, |a, b| a != b).unwrap_or(Part::LEAST),
            None => Part::whole(image),
        };
        let (numerator, denominator) = fraction(delay);
        let place = [part.width, part.height, part.left, part.top].map(u32::to_be_bytes).concat();
        // Nothing is disposed of, and the part replaces what was there. [§11.3.4.2]
        let control = [&place[..], &numerator.to_be_bytes(), &denominator.to_be_bytes(), &[0, 0]].concat();
        let number = self.next();
        chunk(&mut self.out, *b"fcTL", &[&number, &control]);
        for data in self.packed(&part.of(image)?)? {
            if self.before.is_none() {
                chunk(&mut self.out, *b"IDAT", &[&data]);
            } else {
                let number = self.next();
                chunk(&mut self.out, *b"fdAT", &[&number, &data]);
            }
        }
        self.before = Some(image.clone());
        Ok(())
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        chunk(&mut self.out, *b"IEND", &[]);
        self.out
    }

    fn next(&mut self) -> [u8; 4] {
        let number = self.sequence.to_be_bytes();
        self.sequence += 1;
        number
    }

    /// The pixel data of a picture: what a still PNG has in its IDAT chunks.
    fn packed(&self, part: &Image) -> Result<Vec<Vec<u8>>, Error> {
        let failed = |e: png::EncodingError| Error::Unsupported(format!("PNG: {e}"));
        let mut still = Vec::new();
        let mut encoder = Encoder::new(&mut still, part.width(), part.height());
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        encoder.set_filter(Filter::Adaptive);
        encoder.set_color(if self.has_alpha { ColorType::Rgba } else { ColorType::Rgb });
        let mut writer = encoder.write_header().map_err(failed)?;
        if self.has_alpha {
            writer.write_image_data(part.pixels()).map_err(failed)?;
        } else {
            let colours: Vec<u8> = part.pixels().as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
            writer.write_image_data(&colours).map_err(failed)?;
        }
        writer.finish().map_err(failed)?;
        let (mut all, mut rest) = (Vec::new(), still.get(8..).unwrap_or_default());
        while let Some((head, behind)) = rest.split_first_chunk::<8>() {
            let [a, b, c, d, kind @ ..] = *head;
            let (data, next) = behind.split_at(behind.len().min(u32::from_be_bytes([a, b, c, d]) as usize));
            if &kind == b"IDAT" {
                all.push(data.to_vec());
            }
            rest = next.get(4..).unwrap_or_default();
        }
        Ok(all)
    }
}

/// The delay as two numbers of 16 bits: as it is, where it fits.
fn fraction(delay: Delay) -> (u16, u16) {
    match (u16::try_from(delay.numerator), u16::try_from(delay.denominator)) {
        (Ok(numerator), Ok(denominator)) => (numerator, denominator),
        _ => match u16::try_from(delay.in_parts(1000)) {
            Ok(parts) => (parts, 1000),
            Err(_) => (u16::try_from(delay.in_parts(10)).unwrap_or(u16::MAX), 10),
        },
    }
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[&[u8]]) {
    let data = data.concat();
    out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&kind);
    out.extend_from_slice(&data);
    out.extend_from_slice(&crc(&[&kind, &data]).to_be_bytes());
}
