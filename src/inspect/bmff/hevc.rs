//! HEVC: the decoder configuration, and NAL units. [ISO 14496-15 §8.3, ITU-T H.265 §7.3.1]

use std::ops::Range;

use super::boxes::Reader;
use super::coded::{Coded, Dropped};
use crate::inspect::MetadataKind;
use crate::inspect::cursor::{Order, View};

/// A decoder configuration record. [ISO 14496-15 §8.3.3.1.2]
pub(super) struct Configuration<'a> {
    record: View<'a>,
    /// Bytes of the length before each NAL unit.
    pub(super) length_size: usize,
    /// Type, with the bit that says that there are no others in the data, and the units.
    arrays: Vec<(u8, Vec<View<'a>>)>,
}

impl<'a> Configuration<'a> {
    pub(super) fn read(record: View<'a>) -> Option<Self> {
        let mut reader = Reader::new(record);
        let head = reader.take(23)?;
        if head.u8(0) != Some(1) {
            return None;
        }
        let length_size = usize::from(head.u8(21)? & 3).saturating_add(1);
        let mut arrays = Vec::new();
        for _ in 0..head.u8(22)? {
            let kind = reader.u8()?;
            let mut units = Vec::new();
            for _ in 0..reader.u16()? {
                let length = usize::from(reader.u16()?);
                units.push(reader.take(length)?);
            }
            arrays.push((kind, units));
        }
        Some(Self { record, length_size, arrays })
    }

    /// Parameter sets alone, each once, and nothing in reserved bits. What is about streams (frame rate, segmentation) is "unknown".
    pub(super) fn canonical(&self) -> Vec<u8> {
        let byte = |at| self.record.u8(at).unwrap_or(0);
        let mut out = vec![1];
        out.extend_from_slice(&self.profile());
        out.extend_from_slice(&[0xF0, 0, 0xFC, 0xFC | byte(16), 0xF8 | byte(17), 0xF8 | byte(18), 0, 0, byte(21) & 0x3F]);
        let mut count = 0_u8;
        let mut content = Vec::new();
        for kind in PARAMETER_SETS {
            let complete = self.arrays.iter().filter(|(k, _)| k & 63 == kind).all(|(k, _)| k & 0x80 != 0);
            let units = self.sets(kind);
            if units.is_empty() {
                continue;
            }
            count = count.saturating_add(1);
            content.push(kind | if complete { 0x80 } else { 0 });
            content.extend_from_slice(&u16::try_from(units.len()).unwrap_or(0).to_be_bytes());
            for unit in units {
                content.extend_from_slice(&u16::try_from(unit.len()).unwrap_or(0).to_be_bytes());
                content.extend_from_slice(unit);
            }
        }
        out.push(count);
        out.extend_from_slice(&content);
        out
    }

    /// Profile, compatibility flags, constraints and level: those of the first sequence parameter set, which states the same; some writers
    /// leave the constraints out. [ITU-T H.265 §7.3.3]
    fn profile(&self) -> [u8; 12] {
        let stated = self.record.array(1).unwrap_or_default();
        let set = self.sets(SPS).first().copied();
        // Two bytes of header, one of the set's own, then the same 12 bytes.
        let of_set: Option<[u8; 12]> = set.and_then(|set| unescaped(View::file(set).until(32).bytes()).get(3..15)?.try_into().ok());
        of_set.filter(|set| stated.iter().zip(set).any(|(&s, p)| s != 0 && s != *p)).unwrap_or(stated)
    }

    pub(super) fn parameter_sets(&self) -> Vec<&'a [u8]> {
        PARAMETER_SETS.iter().flat_map(|&kind| self.sets(kind)).collect()
    }

    /// The parameter sets of one type, each once.
    fn sets(&self, kind: u8) -> Vec<&'a [u8]> {
        let mut units: Vec<&[u8]> = Vec::new();
        for unit in self.arrays.iter().filter(|(k, _)| k & 63 == kind).flat_map(|(_, units)| units).map(|u| u.bytes()) {
            if unit_type(unit) == Some(kind) && layer(unit) == 0 && !units.contains(&unit) && units.len() < MAX_SETS {
                units.push(unit);
            }
        }
        units
    }

    /// What is in the record besides parameter sets.
    pub(super) fn strays(&self) -> Vec<Dropped> {
        let base = self.record.range().start;
        let units = self.arrays.iter().flat_map(|(_, units)| units);
        let strays = units.filter(|u| !unit_type(u.bytes()).is_some_and(|t| PARAMETER_SETS.contains(&t)) || layer(u.bytes()) > 0);
        strays.map(|u| dropped(*u, u.range().start.saturating_sub(base)..u.range().end.saturating_sub(base))).collect()
    }
}

/// Tells the NAL units that are the picture from all others.
///
/// # Errors
/// What is wrong, and where in `data`.
pub(super) fn walk(data: View, length_size: usize, known_sets: &[&[u8]]) -> Result<Coded, (String, usize)> {
    let (coded, sets) = pass(data, length_size, known_sets, false)?;
    // Parameter sets that were stated before may go, when none of them replaces another.
    match sets {
        Sets::Known => Ok(pass(data, length_size, known_sets, true)?.0),
        Sets::None | Sets::New => Ok(coded),
    }
}

/// Which parameter sets are among the picture's data.
#[derive(PartialEq, Eq)]
enum Sets {
    None,
    Known,
    New,
}

fn pass(data: View, length_size: usize, known_sets: &[&[u8]], sets_go: bool) -> Result<(Coded, Sets), (String, usize)> {
    let mut coded = Coded::default();
    let mut sets = Sets::None;
    let mut has_slice = false;
    let mut at = 0_usize;
    while at < data.len() {
        let mut reader = Reader::new(data.from(at));
        let Some(length) = reader.number(length_size).and_then(|n| usize::try_from(n).ok()) else {
            coded.drop_unit(Dropped { range: at..data.len(), kind: MetadataKind::Unknown, name: "excess", value: None });
            break;
        };
        let Some(unit) = reader.take(length) else {
            return Err(("a NAL unit is longer than the picture's data".into(), at));
        };
        let end = at.saturating_add(length_size).saturating_add(length);
        match unit_type(unit.bytes()) {
            Some(0..=9 | 16..=21) if layer(unit.bytes()) == 0 => {
                has_slice = true;
                coded.keep(at..end);
            }
            Some(kind) if PARAMETER_SETS.contains(&kind) && layer(unit.bytes()) == 0 => {
                let is_known = known_sets.contains(&unit.bytes());
                sets = if is_known && sets != Sets::New { Sets::Known } else { Sets::New };
                if sets_go {
                    coded.drop_unit(Dropped { range: at..end, kind: MetadataKind::Unknown, name: "parameter set again", value: None });
                } else {
                    coded.keep(at..end);
                }
            }
            _ => coded.drop_unit(dropped(unit, at..end)),
        }
        at = end;
    }
    if !has_slice {
        return Err(("no slice of a picture in it".into(), 0));
    }
    Ok((coded, sets))
}

fn dropped(unit: View, range: Range<usize>) -> Dropped {
    let (kind, name) = match unit_type(unit.bytes()) {
        _ if layer(unit.bytes()) > 0 => (MetadataKind::MultiPicture, "NAL unit of another layer"),
        Some(35) => (MetadataKind::Unknown, "access unit delimiter"),
        Some(36 | 37) => (MetadataKind::Unknown, "end of sequence"),
        Some(38) => (MetadataKind::Unknown, "filler data"),
        Some(39 | 40) => return supplement(unit, range),
        _ => (MetadataKind::Unknown, "NAL unit of an unknown type"),
    };
    Dropped { range, kind, name, value: None }
}

/// Supplemental enhancement information. [ITU-T H.265 §7.3.5, Annex D]
fn supplement(unit: View, range: Range<usize>) -> Dropped {
    let stray = Dropped { range, kind: MetadataKind::Unknown, name: "SEI", value: None };
    let payload = unit.from(2);
    // The first message's type and length: of user data, 16 bytes that name their owner, then whatever the owner likes.
    let length = usize::from(payload.u8(1).unwrap_or(0));
    let more = payload.bytes().iter().skip(1).take_while(|&&b| b == 0xFF).count();
    match payload.u8(0) {
        Some(5) => {
            let length = length.saturating_add(more.saturating_mul(255));
            let text = payload.from(more.saturating_add(2)).until(length).from(16).until(1024);
            let value = Some(String::from_utf8_lossy(text.bytes()).into_owned());
            Dropped { kind: MetadataKind::Text, name: "SEI user data", value, ..stray }
        }
        Some(136) => Dropped { kind: MetadataKind::Time, name: "SEI time code", ..stray },
        _ => stray,
    }
}

/// [ITU-T H.265 §7.3.1.2]
fn unit_type(unit: &[u8]) -> Option<u8> {
    (unit.len() > 2).then_some(unit.first()? >> 1 & 63)
}

/// 0 for the picture itself; others are further views and depths.
fn layer(unit: &[u8]) -> u16 {
    View::file(unit).u16(0, Order::Big).map_or(0, |header| header >> 3 & 63)
}

/// Without the bytes that keep start codes out. [ITU-T H.265 §7.3.1.1]
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len());
    let mut zeros = 0_usize;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros.saturating_add(1) } else { 0 };
        out.push(byte);
    }
    out
}

const SPS: u8 = 33;

/// Video, sequence and picture parameter sets.
const PARAMETER_SETS: [u8; 3] = [32, 33, 34];

/// Most parameter sets of one type: their numbers go up to 63.
const MAX_SETS: usize = 64;
