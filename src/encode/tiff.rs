//! TIFF: pages of grey, RGB or RGBA, 8 bit, packed with Deflate behind the horizontal predictor. [TIFF 6.0 §8, §14]

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::{Channels, needed_channels};
use crate::{Error, Image};

pub(super) struct Writer {
    out: Vec<u8>,
    /// Where the next directory's place is to be written.
    link: usize,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { out: b"II*\0\0\0\0\0".to_vec(), link: 4 }
    }

    pub(super) fn add(&mut self, image: &Image) -> Result<(), Error> {
        let (samples, channels) = match needed_channels(image) {
            Channels::Gray(samples) => (samples, 1_u32),
            Channels::Rgb(samples) => (samples, 3),
            Channels::Rgba => (image.pixels().to_vec(), 4),
        };
        let row = image.width() as usize * channels as usize;
        let rows_per_strip = (STRIP / row).max(1);
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        for strip in samples.chunks(row * rows_per_strip) {
            let packed = packed(strip, row, channels as usize).map_err(|e| Error::Unsupported(format!("TIFF: {e}")))?;
            offsets.push(self.out.len());
            lengths.push(packed.len());
            self.out.extend_from_slice(&packed);
        }
        let rows_per_strip = u32::try_from(rows_per_strip).unwrap_or(u32::MAX);
        let mut tags = vec![
            (256, vec![image.width()]),
            (257, vec![image.height()]),
            (258, vec![8; channels as usize]),
            (259, vec![8]),
            (262, vec![if channels == 1 { 1 } else { 2 }]),
            (273, places(&offsets)?),
            (277, vec![channels]),
            (278, vec![rows_per_strip.min(image.height())]),
            (279, places(&lengths)?),
            (317, vec![2]),
        ];
        if channels == 4 {
            // Straight alpha.
            tags.push((338, vec![2]));
        }
        self.directory(&tags)
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Appends a directory whose values are all of type LONG.
    fn directory(&mut self, tags: &[(u16, Vec<u32>)]) -> Result<(), Error> {
        let mut values = self.out.len();
        let mut rows = Vec::new();
        for (tag, numbers) in tags {
            let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            rows.extend_from_slice(&tag.to_le_bytes());
            rows.extend_from_slice(&4_u16.to_le_bytes());
            rows.extend_from_slice(&count.to_le_bytes());
            if let [number] = numbers.as_slice() {
                rows.extend_from_slice(&number.to_le_bytes());
            } else {
                rows.extend_from_slice(&place(values)?.to_le_bytes());
                values += bytes.len();
                self.out.extend_from_slice(&bytes);
            }
        }
        self.out.resize(self.out.len().next_multiple_of(2), 0);
        let start = place(self.out.len())?.to_le_bytes();
        if let Some(link) = self.out.get_mut(self.link..self.link + 4) {
            link.copy_from_slice(&start);
        }
        self.out.extend_from_slice(&u16::try_from(tags.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.out.extend_from_slice(&rows);
        self.link = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        Ok(())
    }
}

/// Rows of differences to the pixel before, packed.
fn packed(strip: &[u8], row: usize, channels: usize) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    let mut differences = vec![0; row];
    for samples in strip.chunks_exact(row) {
        differences.copy_from_slice(samples);
        for (difference, before) in differences.iter_mut().skip(channels).zip(samples) {
            *difference = difference.wrapping_sub(*before);
        }
        encoder.write_all(&differences)?;
    }
    encoder.finish()
}

fn places(all: &[usize]) -> Result<Vec<u32>, Error> {
    all.iter().map(|&at| place(at)).collect()
}

fn place(at: usize) -> Result<u32, Error> {
    u32::try_from(at).map_err(|_| Error::Unsupported("a TIFF that would be longer than 4 GiB".into()))
}

/// Bytes of a strip before it is packed, about.
const STRIP: usize = 1 << 18;
