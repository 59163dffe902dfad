//! Reads what a JPEG's pixels cannot be decoded without: frame and scan headers, tables. [ITU-T T.81 §B.2]

use crate::Error;
use crate::inspect::cursor::{Order, View};

/// A frame header.
pub(super) struct Frame {
    pub(super) process: u8,
    pub(super) precision: u8,
    pub(super) width: u32,
    /// 0 until DNL states it.
    pub(super) height: u32,
    parts: Vec<Component>,
}

/// One component of a frame.
struct Component {
    id: u8,
    horizontal: u8,
    vertical: u8,
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
            let part = Component { id, horizontal: sampling >> 4, vertical: sampling & 15 };
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
        let largest = |factor: fn(&Component) -> u8| u32::from(self.parts.iter().map(factor).max().unwrap_or(1)).saturating_mul(8);
        (largest(|p| p.horizontal), largest(|p| p.vertical))
    }

    /// Whether a SOS segment's payload is one for this frame.
    pub(super) fn allows_scan(&self, payload: View) -> bool {
        let Some(count) = payload.u8(0).map(usize::from) else { return false };
        let right_length = payload.len() == count.saturating_mul(2).saturating_add(4);
        let known = |index: usize| {
            let id = payload.u8(index.saturating_mul(2).saturating_add(1));
            self.parts.iter().any(|p| Some(p.id) == id)
        };
        (1..=4).contains(&count) && right_length && (0..count).all(known)
    }
}

/// Quantization and Huffman tables, and the restart interval.
#[derive(Default)]
pub(super) struct Tables {
    restart_interval: u16,
}

impl Tables {
    /// Reads a DQT segment's payload; `None` unless it is tables to its last byte.
    pub(super) fn quantization(&mut self, mut payload: View) -> Option<()> {
        while !payload.is_empty() {
            let length = match payload.u8(0)? {
                0x00..=0x03 => 65,
                0x10..=0x13 => 129,
                _ => return None,
            };
            payload.get(0, length)?;
            payload = payload.from(length);
        }
        Some(())
    }

    /// Reads a DHT segment's payload; `None` unless it is tables to its last byte.
    pub(super) fn huffman(&mut self, mut payload: View) -> Option<()> {
        while !payload.is_empty() {
            if !matches!(payload.u8(0)?, 0x00..=0x03 | 0x10..=0x13) {
                return None;
            }
            let codes: usize = payload.get(1, 16)?.bytes().iter().map(|&n| usize::from(n)).sum();
            if codes > 256 {
                return None;
            }
            let length = codes.checked_add(17)?;
            payload.get(0, length)?;
            payload = payload.from(length);
        }
        Some(())
    }

    /// Reads a DRI segment's payload.
    pub(super) fn restart(&mut self, payload: View) -> Option<()> {
        self.restart_interval = payload.u16(0, Order::Big).filter(|_| payload.len() == 2)?;
        Some(())
    }
}
