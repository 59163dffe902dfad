//! JPEG: baseline, extended and progressive, 8 bit. [ITU-T T.81]
//!
//! Our own decoder, because the others show a damaged or cut picture with its rest filled in, without saying so: here
//! every block has come out of the file, or there is no picture.

mod huffman;
mod idct;
mod planes;
mod scan;

use huffman::Table;
use planes::Model;
use scan::{Mcus, Scan, ScanComponent};

use super::Picture;
use crate::Error;
use crate::inspect::Inspection;

/// Decodes the first picture in `bytes`; what comes after its end is not looked at.
pub(super) fn decode(bytes: &[u8], inspection: &Inspection) -> Result<Picture, Error> {
    let mut decoder = Decoder { bytes, ..Decoder::default() };
    decoder.read_segments(inspection)?;
    let frame = decoder.frame.take().ok_or_else(|| Error::malformed("JPEG without a frame header", bytes.len()))?;
    frame.finish(decoder.is_jfif, inspection.jpeg.and_then(|jpeg| jpeg.adobe_transform), bytes.len())
}

/// The tables and the frame that segments have set so far.
#[derive(Default)]
struct Decoder<'a> {
    bytes: &'a [u8],
    /// Quantisation steps in zigzag order.
    steps: [Option<[i32; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart_interval: usize,
    is_jfif: bool,
    frame: Option<Frame>,
}

/// A frame header, and what its scans have decoded. [T.81 §B.2.2]
struct Frame {
    width: usize,
    height: usize,
    is_progressive: bool,
    across: usize,
    down: usize,
    components: Vec<Component>,
    scans: usize,
}

/// A component of the frame.
struct Component {
    id: u8,
    /// Blocks of an MCU, across and down: the sampling factors.
    blocks_x: usize,
    blocks_y: usize,
    /// How many samples of the picture one sample stands for, across and down.
    ratio_x: usize,
    ratio_y: usize,
    /// Size in samples, padding left out.
    width: usize,
    height: usize,
    table: usize,
    /// Quantisation steps in zigzag order, as they were when the component's first scan began.
    steps: [i32; 64],
    has_steps: bool,
    /// Samples, rows `stride` apart, padded to whole MCUs.
    plane: Vec<u8>,
    stride: usize,
    /// Coefficients of a progressive picture, 64 a block.
    coefficients: Vec<i16>,
    /// By coefficient in zigzag order: bits still to come; `None` before its first scan.
    bits_left: [Option<u32>; 64],
}

impl Component {
    /// Row `y` of the plane, padding left out.
    fn row(&self, y: usize) -> &[u8] {
        &self.plane[y * self.stride..][..self.width]
    }
}

impl Decoder<'_> {
    /// Reads segments up to the end of the picture. A missing end marker is no flaw: whether all blocks came is.
    fn read_segments(&mut self, inspection: &Inspection) -> Result<(), Error> {
        if self.bytes.get(..2) != Some(&[0xff, 0xd8]) {
            return Err(Error::malformed("JPEG without a start marker", 0));
        }
        let mut at = 2;
        while let Some(start) = next_marker(self.bytes, at) {
            let marker = self.bytes[start + 1];
            at = start + 2;
            match marker {
                EOI => return Ok(()),
                0x01 | 0xd0..=0xd7 => continue,
                0xd8 => return Err(Error::malformed("a second start marker within the picture", start)),
                _ => {}
            }
            let flaw = || Error::malformed(format!("the segment of marker {marker:02x} is cut short"), start);
            let length = self.bytes.get(at..at + 2).map(|pair| usize::from(pair[0]) << 8 | usize::from(pair[1])).ok_or_else(flaw)?;
            let payload = self.bytes.get(at + 2..at + length).ok_or_else(flaw)?;
            at += length;
            match marker {
                0xdb => self.read_steps(payload).ok_or_else(flaw)?,
                0xc4 => self.read_huffman(payload, start)?,
                0xdd => self.restart_interval = payload.first_chunk::<2>().map(|&b| usize::from(u16::from_be_bytes(b))).ok_or_else(flaw)?,
                0xe0 => self.is_jfif |= payload.starts_with(b"JFIF\0"),
                0xc0..=0xc2 if self.frame.is_none() => self.frame = Some(Frame::new(marker, payload, start, inspection)?),
                0xc0..=0xc2 => return Err(Error::Unsupported("JPEG with several frames (hierarchical)".into())),
                0xc3 => return Err(Error::Unsupported("lossless JPEG".into())),
                0xc5..=0xc7 | 0xde | 0xdf => return Err(Error::Unsupported("hierarchical JPEG".into())),
                0xc9..=0xcf => return Err(Error::Unsupported("JPEG with arithmetic coding".into())),
                0xdc => return Err(Error::Unsupported("JPEG that gives its height after the first scan".into())),
                0xda => at = self.read_scan(payload, start, at)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// DQT [T.81 §B.2.4.1]
    fn read_steps(&mut self, mut payload: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = payload.split_first() {
            let (is_wide, length) = if head >> 4 == 0 { (false, 64) } else { (true, 128) };
            let (values, rest) = rest.split_at_checked(length)?;
            let mut steps = [0; 64];
            for (index, step) in steps.iter_mut().enumerate() {
                *step =
                    if is_wide { i32::from(values[2 * index]) << 8 | i32::from(values[2 * index + 1]) } else { i32::from(values[index]) };
            }
            *self.steps.get_mut(usize::from(head & 15))? = Some(steps);
            payload = rest;
        }
        Some(())
    }

    /// DHT [T.81 §B.2.4.2]
    fn read_huffman(&mut self, mut payload: &[u8], start: usize) -> Result<(), Error> {
        let flaw = |what: &str| Error::malformed(what, start);
        while let Some((&head, rest)) = payload.split_first() {
            let counts = rest.first_chunk::<16>().ok_or_else(|| flaw("a Huffman table is cut short"))?;
            let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = rest.get(16..16 + total).ok_or_else(|| flaw("a Huffman table is cut short"))?;
            let table = Table::new(counts, symbols).map_err(flaw)?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(head & 15)).ok_or_else(|| flaw("a Huffman table has a number above 3"))? = Some(table);
            payload = &rest[16 + total..];
        }
        Ok(())
    }

    /// SOS and the data after it [T.81 §B.2.3]. Gives where the data ends.
    fn read_scan(&mut self, payload: &[u8], start: usize, data_at: usize) -> Result<usize, Error> {
        let flaw = |what: &str| Error::malformed(what, start);
        let frame = self.frame.as_mut().ok_or_else(|| flaw("a scan comes before the frame header"))?;
        let count = usize::from(payload.first().copied().unwrap_or(0));
        if !(1..=4).contains(&count) || payload.len() != 4 + 2 * count {
            return Err(flaw("a scan header has a wrong length"));
        }
        let mut components = Vec::with_capacity(count);
        for pair in payload[1..=2 * count].as_chunks::<2>().0 {
            let index = frame.components.iter().position(|c| c.id == pair[0]).ok_or_else(|| flaw("a scan names an unknown component"))?;
            if components.iter().any(|c: &ScanComponent| c.index == index) {
                return Err(flaw("a scan names a component twice"));
            }
            components.push(ScanComponent {
                index,
                dc: self.dc.get(usize::from(pair[1] >> 4)).and_then(Option::as_ref),
                ac: self.ac.get(usize::from(pair[1] & 15)).and_then(Option::as_ref),
            });
        }
        let [first, last, approximation] = [payload[1 + 2 * count], payload[2 + 2 * count], payload[3 + 2 * count]];
        let scan = Scan {
            components,
            first: usize::from(first),
            last: usize::from(last),
            high: u32::from(approximation >> 4),
            low: u32::from(approximation & 15),
        };
        frame.scans += 1;
        if frame.scans > MAX_SCANS {
            return Err(Error::LimitExceeded(format!("JPEG with more than {MAX_SCANS} scans")));
        }
        frame.begin(&scan, &self.steps).map_err(flaw)?;
        let mcus = Mcus { across: frame.across, down: frame.down, restart_interval: self.restart_interval };
        let decode = if frame.is_progressive { scan::progressive } else { scan::sequential };
        decode(&scan, &mut frame.components, &mcus, self.bytes, data_at)
    }
}

impl Frame {
    /// SOF [T.81 §B.2.2]
    fn new(marker: u8, payload: &[u8], start: usize, inspection: &Inspection) -> Result<Self, Error> {
        let flaw = |what: &str| Error::malformed(what, start);
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = payload else { return Err(flaw("a frame header is cut short")) };
        if precision != 8 {
            return Err(Error::Unsupported(format!("JPEG with {precision} bits a sample")));
        }
        let (width, height) = (usize::from(w1) << 8 | usize::from(w0), usize::from(h1) << 8 | usize::from(h0));
        // The limits were checked for the size that was inspected.
        if (width, height) != (inspection.width as usize, inspection.height as usize) || width == 0 || height == 0 {
            return Err(flaw("the frame header's size is not that of the picture"));
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(Error::Unsupported(format!("JPEG with {count} components")));
        }
        if rest.len() != usize::from(count) * 3 {
            return Err(flaw("a frame header has a wrong length"));
        }
        let listed = rest.as_chunks::<3>().0;
        let factors = listed.iter().map(|c| (usize::from(c[1] >> 4), usize::from(c[1] & 15)));
        if factors.clone().any(|(x, y)| !(1..=4).contains(&x) || !(1..=4).contains(&y)) || listed.iter().any(|c| c[2] > 3) {
            return Err(flaw("a frame header has sampling factors or a table number out of range"));
        }
        // The only component of a grey picture is never subsampled, whatever its factors say.
        let factors: Vec<_> = if count == 1 { vec![(1, 1)] } else { factors.collect() };
        let max_x = factors.iter().map(|f| f.0).max().unwrap_or(1);
        let max_y = factors.iter().map(|f| f.1).max().unwrap_or(1);
        let (across, down) = (width.div_ceil(8 * max_x), height.div_ceil(8 * max_y));
        let is_progressive = marker == 0xc2;
        let mut components: Vec<Component> = Vec::with_capacity(listed.len());
        for (&[id, _, table], &(blocks_x, blocks_y)) in listed.iter().zip(&factors) {
            if max_x % blocks_x != 0 || max_y % blocks_y != 0 {
                return Err(Error::Unsupported("JPEG whose components' sizes are not multiples of each other".into()));
            }
            if components.iter().any(|c| c.id == id) {
                return Err(flaw("two components have the same name"));
            }
            let (stride, rows) = (across * blocks_x * 8, down * blocks_y * 8);
            components.push(Component {
                id,
                blocks_x,
                blocks_y,
                ratio_x: max_x / blocks_x,
                ratio_y: max_y / blocks_y,
                width: (width * blocks_x).div_ceil(max_x),
                height: (height * blocks_y).div_ceil(max_y),
                table: usize::from(table),
                steps: [0; 64],
                has_steps: false,
                plane: if is_progressive { Vec::new() } else { vec![0; stride * rows] },
                stride,
                coefficients: if is_progressive { vec![0; stride * rows] } else { Vec::new() },
                bits_left: [None; 64],
            });
        }
        Ok(Self { width, height, is_progressive, across, down, components, scans: 0 })
    }

    /// Checks that `scan` takes up where earlier ones left off, and takes note of it.
    fn begin(&mut self, scan: &Scan, steps: &[Option<[i32; 64]>; 4]) -> Result<(), &'static str> {
        let whole = (scan.first, scan.last, scan.high, scan.low) == (0, 63, 0, 0);
        let in_order = scan.first <= scan.last && scan.last < 64 && scan.low <= 13 && (scan.high == 0 || scan.high == scan.low + 1);
        // A band is of one component; averages go alone. [T.81 §G.1.1.1.1]
        let is_band = scan.first > 0 && scan.components.len() == 1;
        let is_averages = scan.first == 0 && scan.last == 0;
        if if self.is_progressive { !(in_order && (is_band || is_averages)) } else { !whole } {
            return Err("a scan header has parameters out of range");
        }
        for part in &scan.components {
            let Some(component) = self.components.get_mut(part.index) else { continue };
            if !component.has_steps {
                component.steps = steps.get(component.table).copied().flatten().ok_or("a quantisation table is missing")?;
                component.has_steps = true;
            }
            for bits in &mut component.bits_left[scan.first..=scan.last] {
                if *bits != (scan.high > 0).then_some(scan.high) {
                    return Err("a scan repeats or skips a part of the picture");
                }
                *bits = Some(scan.low);
            }
        }
        Ok(())
    }

    /// Makes the picture, when all of it has come.
    fn finish(mut self, is_jfif: bool, adobe_transform: Option<u8>, end: usize) -> Result<Picture, Error> {
        if self.components.iter().flat_map(|c| &c.bits_left).any(|&bits| bits != Some(0)) {
            return Err(Error::malformed("the picture ends before its last scan", end));
        }
        if self.is_progressive {
            for component in &mut self.components {
                component.plane = vec![0; component.coefficients.len()];
                scan::finish(component);
            }
        }
        let model = model(&self.components, is_jfif, adobe_transform);
        let samples = planes::assemble(&self.components, model, self.width, self.height);
        Ok(Picture { width: self.width, samples, is_gray: model == Model::Gray })
    }
}

/// How components make up colours: no segment says so outright. [T.871 §7; Adobe TN 5116 §18]
fn model(components: &[Component], is_jfif: bool, adobe_transform: Option<u8>) -> Model {
    match components {
        [_] => Model::Gray,
        [_, _, _] if is_jfif => Model::YCbCr,
        [r, g, b] => match adobe_transform {
            Some(0) => Model::Rgb,
            Some(_) => Model::YCbCr,
            None if [r.id, g.id, b.id] == *b"RGB" => Model::Rgb,
            None => Model::YCbCr,
        },
        _ => match adobe_transform {
            None => Model::Cmyk,
            Some(2) => Model::Ycck,
            Some(_) => Model::InvertedCmyk,
        },
    }
}

/// Where the next marker begins, from `at` on. Bytes between segments are skipped, as all decoders do.
fn next_marker(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff)).map(|offset| at + offset)
}

const EOI: u8 = 0xd9;
/// Most scans. Real files have about ten; each costs a walk over all blocks, however short its data.
const MAX_SCANS: usize = 256;
