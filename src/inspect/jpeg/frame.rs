//! Reads what a JPEG's pixels cannot be decoded without: frame and scan headers, tables. [ITU-T T.81 §B.2]

use std::ops::Range;
use std::rc::Rc;

use super::bits::Codes;
use crate::Error;
use crate::inspect::cursor::{Order, View};

/// A frame header.
pub(super) struct Frame {
    pub(super) process: u8,
    pub(super) precision: u8,
    pub(super) width: u32,
    /// 0 until DNL states it.
    pub(super) height: u32,
    pub(super) parts: Vec<Component>,
}

/// One component of a frame.
pub(super) struct Component {
    id: u8,
    pub(super) horizontal: u8,
    pub(super) vertical: u8,
    table: u8,
}

impl Frame {
    /// Reads a SOF segment's payload; `None` when it breaks the rules.
    pub(super) fn read(marker: u8, payload: View) -> Option<Self> {
        let count = payload.u8(5)?;
        if payload.len() != usize::from(count).checked_mul(3)?.checked_add(6)? || count == 0 {
            return None;
        }
        let mut parts: Vec<Component> = Vec::new();
        for index in 0..usize::from(count) {
            let [id, sampling, table] = payload.array(index.checked_mul(3)?.checked_add(6)?)?;
            let part = Component { id, horizontal: sampling >> 4, vertical: sampling & 15, table };
            let in_range = (1..=4).contains(&part.horizontal) && (1..=4).contains(&part.vertical) && table <= 3;
            if !in_range || parts.iter().any(|p| p.id == id) {
                return None;
            }
            parts.push(part);
        }
        Some(Self {
            process: marker & 15,
            precision: payload.u8(0)?,
            height: payload.u16(1, Order::Big)?.into(),
            width: payload.u16(3, Order::Big)?.into(),
            parts,
        })
    }

    /// # Errors
    /// [`Error::Unsupported`] for what hardly any viewer shows either.
    pub(super) fn check_supported(&self) -> Result<(), Error> {
        let what = match self.process {
            0..=2 => match (self.precision, self.parts.len()) {
                (8 | 12, 1 | 3 | 4) => return Ok(()),
                (8 | 12, count) => return Err(Error::Unsupported(format!("a JPEG with {count} components"))),
                (bits, _) => return Err(Error::Unsupported(format!("a JPEG with {bits} bits a sample"))),
            },
            3 => "a lossless JPEG",
            9..=11 => "an arithmetic-coded JPEG",
            _ => "a hierarchical JPEG",
        };
        Err(Error::Unsupported(format!("{what}, which hardly any viewer shows")))
    }

    pub(super) fn components(&self) -> u8 {
        u8::try_from(self.parts.len()).unwrap_or(u8::MAX)
    }

    /// Width and height of a minimum coded unit, px.
    pub(super) fn mcu(&self) -> (u32, u32) {
        let (horizontal, vertical) = self.largest();
        (horizontal.saturating_mul(8), vertical.saturating_mul(8))
    }

    /// Minimum coded units that cover the picture, across and down.
    pub(super) fn mcus(&self) -> (u32, u32) {
        let (width, height) = self.mcu();
        (self.width.div_ceil(width), self.height.div_ceil(height))
    }

    /// Blocks of a component that cover the picture, across and down. [§A.1.1, §A.2.2]
    pub(super) fn blocks(&self, component: &Component) -> (u32, u32) {
        let (horizontal, vertical) = self.largest();
        let blocks = |side: u32, factor: u8, largest: u32| side.saturating_mul(factor.into()).div_ceil(largest).div_ceil(8);
        (blocks(self.width, component.horizontal, horizontal), blocks(self.height, component.vertical, vertical))
    }

    fn largest(&self) -> (u32, u32) {
        let largest = |factor: fn(&Component) -> u8| self.parts.iter().map(factor).max().map_or(1, u32::from);
        (largest(|p| p.horizontal), largest(|p| p.vertical))
    }
}

/// A scan header.
pub(super) struct ScanHeader {
    pub(super) parts: Vec<ScanPart>,
    /// First and last coefficient, 0 to 63 in zigzag order.
    pub(super) first: u8,
    pub(super) last: u8,
    /// Bit position of the scan before, 0 in a band's first scan, and of this one.
    pub(super) high: u8,
    pub(super) low: u8,
}

/// A component of a scan: its number in the frame, and its tables.
pub(super) struct ScanPart {
    pub(super) index: usize,
    pub(super) dc: u8,
    pub(super) ac: u8,
}

impl ScanHeader {
    /// Reads a SOS segment's payload; `None` when it does not fit the frame.
    pub(super) fn read(payload: View, frame: &Frame) -> Option<Self> {
        let count = usize::from(payload.u8(0)?);
        if !(1..=4).contains(&count) || payload.len() != count.saturating_mul(2).saturating_add(4) {
            return None;
        }
        let mut parts: Vec<ScanPart> = Vec::new();
        for number in 0..count {
            let [id, tables] = payload.array(number.checked_mul(2)?.checked_add(1)?)?;
            let index = frame.parts.iter().position(|p| p.id == id)?;
            if parts.iter().any(|p| p.index == index) {
                return None;
            }
            parts.push(ScanPart { index, dc: tables >> 4, ac: tables & 15 });
        }
        let [first, last, position] = payload.array(count.checked_mul(2)?.checked_add(1)?)?;
        let header = Self { parts, first, last, high: position >> 4, low: position & 15 };
        // Outside progressive pictures the last three bytes mean nothing and are fixed. [§B.2.3]
        let fixed = (first, last, position) == (0, 63, 0);
        let banded = if first == 0 { last == 0 } else { first <= last && last <= 63 && count == 1 };
        let fits = if frame.process == 2 { banded && header.low <= 13 && header.high <= 13 } else { fixed };
        // More blocks than ten in one unit are not allowed. [§B.2.3]
        let blocks: u32 =
            header.parts.iter().filter_map(|p| frame.parts.get(p.index)).map(|p| u32::from(p.horizontal) * u32::from(p.vertical)).sum();
        (fits && (count == 1 || blocks <= 10)).then_some(header)
    }

    /// The coefficients that the scan is about.
    pub(super) fn band(&self, frame: &Frame) -> (u8, u8) {
        if frame.process == 2 { (self.first, self.last) } else { (0, 63) }
    }

    /// Whether the scan's codes are those of DC tables, and of AC tables.
    pub(super) fn needs(&self, frame: &Frame) -> (bool, bool) {
        if frame.process == 2 { (self.first == 0 && self.high == 0, self.first > 0) } else { (true, true) }
    }
}

/// Quantization and Huffman tables, and the restart interval.
#[derive(Clone, Default)]
pub(super) struct Tables {
    /// Every definition so far; a later one of the same kind and number takes an earlier one's place.
    definitions: Vec<Definition>,
    restart_interval: u16,
}

/// A table as the file defines it.
#[derive(Clone)]
struct Definition {
    class: Class,
    id: u8,
    range: Range<usize>,
    is_used: bool,
    codes: Option<Rc<Codes>>,
    /// A quantization table, its number included.
    values: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Quantization,
    Dc,
    Ac,
    RestartInterval,
}

impl Tables {
    /// How many were defined.
    pub(super) fn count(&self) -> usize {
        self.definitions.len()
    }

    /// Reads a DQT segment's payload; `None` unless it is tables to its last byte.
    pub(super) fn quantization(&mut self, mut payload: View) -> Option<()> {
        while !payload.is_empty() {
            let length = match payload.u8(0)? {
                0x00..=0x03 => 65,
                0x10..=0x13 => 129,
                _ => return None,
            };
            let (range, values) = (payload.get(0, length)?.range(), payload.get(0, length)?.bytes().to_vec());
            let id = payload.u8(0)? & 15;
            self.definitions.push(Definition { class: Class::Quantization, id, range, is_used: false, codes: None, values });
            payload = payload.from(length);
        }
        Some(())
    }

    /// Reads a DHT segment's payload; `None` unless it is tables to its last byte.
    pub(super) fn huffman(&mut self, mut payload: View) -> Option<()> {
        while !payload.is_empty() {
            let class = match payload.u8(0)? {
                0x00..=0x03 => Class::Dc,
                0x10..=0x13 => Class::Ac,
                _ => return None,
            };
            let counts: [u8; 16] = payload.array(1)?;
            let symbols: usize = counts.iter().map(|&n| usize::from(n)).sum();
            let length = symbols.checked_add(17)?;
            let codes = Codes::new(counts, payload.get(17, symbols)?.bytes())?;
            let range = payload.get(0, length)?.range();
            self.definitions.push(Definition {
                class,
                id: payload.u8(0)? & 15,
                range,
                is_used: false,
                codes: Some(Rc::new(codes)),
                values: Vec::new(),
            });
            payload = payload.from(length);
        }
        Some(())
    }

    /// Reads a DRI segment's payload.
    pub(super) fn restart(&mut self, payload: View) -> Option<()> {
        self.restart_interval = payload.u16(0, Order::Big).filter(|_| payload.len() == 2)?;
        let range = payload.range();
        self.definitions.push(Definition { class: Class::RestartInterval, id: 0, range, is_used: false, codes: None, values: Vec::new() });
        Some(())
    }

    /// Minimum coded units between restart markers; 0 without them.
    pub(super) fn restart_interval(&self) -> u16 {
        self.restart_interval
    }

    /// The Huffman table that is in force, `class` 0 for DC and 1 for AC.
    pub(super) fn codes(&self, class: u8, id: u8) -> Option<&Codes> {
        let class = if class == 0 { Class::Dc } else { Class::Ac };
        self.definitions.iter().rev().find(|d| d.class == class && d.id == id)?.codes.as_deref()
    }

    /// Takes down which tables a scan uses; `None` when a quantization table is missing.
    pub(super) fn use_for(&mut self, header: &ScanHeader, frame: &Frame) -> Option<()> {
        let (needs_dc, needs_ac) = header.needs(frame);
        // Without one there are no restart markers.
        _ = self.mark(Class::RestartInterval, 0);
        for part in &header.parts {
            self.mark(Class::Quantization, frame.parts.get(part.index)?.table)?;
            if needs_dc {
                self.mark(Class::Dc, part.dc)?;
            }
            if needs_ac {
                self.mark(Class::Ac, part.ac)?;
            }
        }
        Some(())
    }

    /// Whether scans use quantization tables of the same number that differ: some decoders go by the one in force at a component's first scan,
    /// others by the last.
    pub(super) fn have_changed(&self) -> bool {
        let used = || self.definitions.iter().filter(|d| d.class == Class::Quantization && d.is_used);
        used().any(|one| used().find(|first| first.id == one.id).is_some_and(|first| first.values != one.values))
    }

    /// The definitions that decide how a scan is read, as `file` has them; `None` when one is missing. Without restart markers the last is
    /// empty.
    pub(super) fn in_force<'a>(&self, file: View<'a>, header: &ScanHeader, frame: &Frame) -> Option<Vec<&'a [u8]>> {
        let (needs_dc, needs_ac) = header.needs(frame);
        let bytes = |class: Class, id: u8| {
            let Range { start, end } = self.definitions.iter().rev().find(|d| d.class == class && d.id == id)?.range.clone();
            file.get(start, end.checked_sub(start)?).map(View::bytes)
        };
        let mut all = Vec::new();
        for part in &header.parts {
            for (is_needed, class, id) in [(needs_dc, Class::Dc, part.dc), (needs_ac, Class::Ac, part.ac)] {
                if is_needed {
                    all.push(bytes(class, id)?);
                }
            }
        }
        all.push(bytes(Class::RestartInterval, 0).unwrap_or_default());
        Some(all)
    }

    fn mark(&mut self, class: Class, id: u8) -> Option<()> {
        self.definitions.iter_mut().rev().find(|d| d.class == class && d.id == id)?.is_used = true;
        Some(())
    }

    /// Tables that no scan uses.
    pub(super) fn unused(&self) -> impl Iterator<Item = (&'static str, Range<usize>)> {
        let name = |class| match class {
            Class::Quantization => "DQT/unused",
            Class::Dc | Class::Ac => "DHT/unused",
            Class::RestartInterval => "DRI/unused",
        };
        self.definitions.iter().filter(|d| !d.is_used).map(move |d| (name(d.class), d.range.clone()))
    }
}
