//! AV1: open bitstream units (OBUs). [AV1 §5.3]

use super::coded::{Coded, Dropped};
use crate::inspect::MetadataKind;
use crate::inspect::cursor::View;

/// Tells the OBUs that are the picture from all others.
///
/// # Errors
/// What is wrong, and where in `data`.
pub(super) fn walk(data: View, needs_header: bool) -> Result<Coded, (String, usize)> {
    let mut coded = Coded::default();
    let (mut has_header, mut has_frame) = (false, false);
    let mut at = 0_usize;
    while at < data.len() {
        let unit = Unit::read(data.from(at)).ok_or_else(|| ("an OBU is longer than the picture's data".to_owned(), at))?;
        let end = at.saturating_add(unit.length);
        let drop = |kind, name| Dropped { range: at..end, kind, name, value: None };
        match unit.kind {
            1 => {
                has_header = true;
                coded.keep(at..end);
            }
            3 | 4 | 6 | 7 => {
                has_frame = true;
                coded.keep(at..end);
            }
            2 => coded.drop_unit(drop(MetadataKind::Unknown, "temporal delimiter")),
            5 => {
                let (kind, name) = match unit.content.u8(0) {
                    Some(4) => (MetadataKind::Text, "metadata OBU (T.35)"),
                    Some(5) => (MetadataKind::Time, "metadata OBU (time code)"),
                    _ => (MetadataKind::Unknown, "metadata OBU"),
                };
                coded.drop_unit(drop(kind, name));
            }
            8 => coded.drop_unit(drop(MetadataKind::Unknown, "tile list OBU")),
            15 => coded.drop_unit(drop(MetadataKind::Unknown, "padding OBU")),
            _ => coded.drop_unit(drop(MetadataKind::Unknown, "OBU of an unknown type")),
        }
        at = end;
    }
    if !has_frame || needs_header && !has_header {
        return Err(("no frame of a picture in it".into(), 0));
    }
    Ok(coded)
}

struct Unit<'a> {
    kind: u8,
    content: View<'a>,
    /// Header included.
    length: usize,
}

impl<'a> Unit<'a> {
    /// [AV1 §5.3.1, §5.3.2]
    fn read(data: View<'a>) -> Option<Self> {
        let header = data.u8(0).filter(|b| b & 0x80 == 0)?;
        let mut at = if header & 4 == 0 { 1 } else { 2 };
        // Without a size of its own a unit goes to the end.
        let size = if header & 2 == 0 { data.len().checked_sub(at)? } else { leb128(data, &mut at)? };
        Some(Self { kind: header >> 3 & 15, content: data.get(at, size)?, length: at.saturating_add(size) })
    }
}

/// [AV1 §4.10.5]
fn leb128(data: View, at: &mut usize) -> Option<usize> {
    let mut value = 0_u64;
    for index in 0..8_u32 {
        let byte = data.u8(*at)?;
        *at = at.saturating_add(1);
        value |= u64::from(byte & 0x7F) << index.saturating_mul(7);
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}
