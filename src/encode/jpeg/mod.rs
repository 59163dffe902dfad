//! JPEG: baseline, one scan, 4:2:0, our own quantisation tables, Huffman tables fitted to the picture.
//!
//! Quantisation tables tell cameras and programs apart. Ours follow from a formula and the quality alone, so that the
//! photos of all users look alike. One kind of file is all that is written, in two goes: what the scan says is held until its symbols are
//! counted. So it takes half the time of an encoder for all kinds, and loops that become vector instructions are the same on every platform.

mod huffman;
mod planes;
mod transform;
mod words;

use self::huffman::Table;
use self::planes::{Picture, Planes, UNIT};
use self::transform::{Steps, Transform, ZIGZAG};
use self::words::{Speaker, Word};
use super::check_sides;
use crate::vector::vectorized;
use crate::{Error, Format, Image};

pub(super) fn encode(image: &Image, quality: u8) -> Result<Vec<u8>, Error> {
    if !(1..=100).contains(&quality) {
        return Err(Error::InvalidOption(format!("quality {quality}: must be 1 to 100")));
    }
    check_sides(image, Format::Jpeg, u32::from(u16::MAX))?;
    let steps = [steps(luma_step, quality), steps(chroma_step, quality)];
    let (words, tables) = words(&Picture::new(image), &steps).ok_or_else(|| Error::NotClean("a Huffman table does not fit".into()))?;
    let mut out = head(image, &steps, &tables);
    words::write(words.iter().flatten(), &tables.map(|table| table.code_book()), &mut out);
    out.extend([0xFF, EOI]);
    Ok(out)
}

/// What the scan says, by rows of minimum coded units, and the tables that take the fewest bits for it.
fn words(picture: &Picture<'_>, steps: &[Steps; 2]) -> Option<(Vec<Vec<Word>>, [Table; 4])> {
    let [luma, chroma] = steps.each_ref().map(Transform::new);
    let mut planes = Planes::new(picture.width);
    let mut speaker = Speaker::new();
    let mut rows: Vec<Vec<Word>> = Vec::with_capacity(picture.height.div_ceil(UNIT));
    for top in (0..picture.height).step_by(UNIT) {
        vectorized(
            #[inline(always)]
            || planes.fill(picture, top),
        );
        // About as many as in the row before.
        let mut words = Vec::with_capacity(rows.last().map_or(0, |row| row.len() + row.len() / 8));
        let (across, half) = (planes.units * UNIT, planes.units * 8);
        vectorized(
            #[inline(always)]
            || {
                for unit in 0..planes.units {
                    for (y, x) in [(0, 0), (0, 8), (8, 0), (8, 8)] {
                        speaker.say(0, &luma.coefficients(&planes.luma[y * across + unit * UNIT + x..], across), &mut words);
                    }
                    for (component, plane) in (1..).zip(&planes.chroma) {
                        speaker.say(component, &chroma.coefficients(&plane[unit * 8..], half), &mut words);
                    }
                }
            },
        );
        rows.push(words);
    }
    let tables = speaker.counts.iter().map(Table::fitted).collect::<Option<Vec<_>>>()?;
    Some((rows, tables.try_into().ok()?))
}

/// All before the scan's data. [ITU-T T.81 Annex B, JFIF 1.02]
fn head(image: &Image, steps: &[Steps; 2], tables: &[Table; 4]) -> Vec<u8> {
    let mut out = vec![0xFF, SOI];
    // Version 1.02, no density but square pixels, no thumbnail.
    segment(APP0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0", &mut out);
    for (number, steps) in (0..).zip(steps) {
        let mut body = vec![number];
        body.extend(ZIGZAG.map(|(u, v)| steps[u][v]));
        segment(DQT, &body, &mut out);
    }
    let mut frame = vec![8];
    // Two bytes each: sides were checked.
    [image.height(), image.width()].iter().for_each(|side| frame.extend_from_slice(&side.to_be_bytes()[2..]));
    // Name, sampling and quantisation table of Y, Cb and Cr.
    frame.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
    segment(SOF0, &frame, &mut out);
    for (table, of) in tables.iter().zip(TABLES) {
        let mut body = vec![of];
        table.write(&mut body);
        segment(DHT, &body, &mut out);
    }
    segment(SOS, &[3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0], &mut out);
    out
}

fn segment(marker: u8, body: &[u8], out: &mut Vec<u8>) {
    out.extend([0xFF, marker]);
    // The largest is a table of 256 symbols.
    out.extend(u16::try_from(2 + body.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(body);
}

/// Quantisation steps: `step` is that of quality 50, scaled as the IJG's library does, so that a quality means what people expect.
fn steps(step: fn(u32, u32) -> u32, quality: u8) -> Steps {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let scaled = |u: u32, v: u32| u8::try_from(((step(u, v) * percent + 50) / 100).clamp(1, 255)).unwrap_or(u8::MAX);
    [0, 1, 2, 3, 4, 5, 6, 7].map(|u| [0, 1, 2, 3, 4, 5, 6, 7].map(|v| scaled(u, v)))
}

/// Step of luma at horizontal and vertical frequency `u`, `v`, each 0..8.
///
/// The eye's contrast threshold grows about as the square of the frequency, and faster on diagonals (the oblique
/// effect). The constants were fitted on photos: at quality 85, size and PSNR are near those of the tables in T.81
/// Annex K.
fn luma_step(u: u32, v: u32) -> u32 {
    (11 + u * u + v * v + u * v).min(90)
}

/// Step of chroma: the threshold grows two and a half times as fast as luma's.
fn chroma_step(u: u32, v: u32) -> u32 {
    (14 + 5 * (u * u + v * v) / 2).min(90)
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const APP0: u8 = 0xE0;
const SOF0: u8 = 0xC0;
const DQT: u8 = 0xDB;
const DHT: u8 = 0xC4;
const SOS: u8 = 0xDA;

/// Class (0 for the first coefficients, 1 for the others) and number of the four tables: luma's, then chroma's.
const TABLES: [u8; 4] = [0x00, 0x10, 0x01, 0x11];
