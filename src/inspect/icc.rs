//! Reads ICC profiles, and rebuilds them so that only colour is left. [ICC.1:2022]

use super::MetadataKind;
use super::cursor::{Order, View};
use super::icc_srgb;
use super::ledger::Findings;

/// What is left of a profile when all that is not colour is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sanitised {
    /// It says sRGB, which is what a picture without a profile means.
    Srgb,
    /// Rebuilt: sanitising it again gives the same bytes.
    Rebuilt(Vec<u8>),
    /// Broken, or of a kind that we cannot rebuild.
    Refused,
}

/// Rebuilds `profile` from its colorimetric tags alone, each read by its own type's rules so that nothing rides behind it.
pub(crate) fn sanitise(profile: &[u8]) -> Sanitised {
    let Some(tags) = Tags::read(View::file(profile)) else { return Sanitised::Refused };
    if icc_srgb::is_srgb(&tags) {
        return Sanitised::Srgb;
    }
    rebuild(&tags).map_or(Sanitised::Refused, Sanitised::Rebuilt)
}

/// The profile's name for people.
pub(crate) fn description(profile: &[u8]) -> Option<String> {
    let tags = Tags::read(View::file(profile))?;
    text(tags.get(*b"desc")?)
}

/// Names what a profile holds besides colour.
pub(crate) fn read(profile: View, path: &str, findings: &mut Findings) {
    for (field, at) in [("PreferredCMM", 4), ("Platform", 40), ("Manufacturer", 48), ("Model", 52), ("Creator", 80)] {
        if let Some(value) = profile.get(at, 4).filter(|v| v.bytes().iter().any(|b| !matches!(b, 0 | b' '))) {
            findings.detail(
                MetadataKind::Icc,
                format!("{path}/{field}"),
                value.range(),
                Some(String::from_utf8_lossy(value.bytes()).into_owned()),
            );
        }
    }
    if let Some(date) = profile.get(24, 12).filter(|d| d.bytes().iter().any(|&b| b != 0)) {
        let part = |i| date.u16(i, Order::Big).unwrap_or(0);
        let value = format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", part(0), part(2), part(4), part(6), part(8), part(10));
        findings.detail(MetadataKind::Icc, format!("{path}/DateTime"), date.range(), Some(value));
    }
    if let Some(id) = profile.get(84, 16).filter(|d| d.bytes().iter().any(|&b| b != 0)) {
        findings.detail(MetadataKind::Icc, format!("{path}/ProfileID"), id.range(), None);
    }
    let Some(tags) = Tags::read(profile) else { return };
    for (name, data) in &tags.list {
        if !COLORIMETRIC.contains(name) {
            let path = format!("{path}/{}", String::from_utf8_lossy(name).trim());
            findings.detail(MetadataKind::Icc, path, data.range(), text(*data));
        }
    }
}

/// A profile's header and tag table.
pub(crate) struct Tags<'a> {
    header: View<'a>,
    list: Vec<([u8; 4], View<'a>)>,
}

impl<'a> Tags<'a> {
    fn read(profile: View<'a>) -> Option<Self> {
        let header = profile.get(0, HEADER)?;
        // The stated size may be less than what is there, never more.
        let profile = profile.get(0, profile.length(0, Order::Big)?)?;
        if header.array(36)? != *b"acsp" {
            return None;
        }
        let count = profile.length(HEADER, Order::Big)?;
        if count > MAX_TAGS {
            return None;
        }
        let mut list = Vec::new();
        for index in 0..count {
            let entry = profile.get(index.checked_mul(12)?.checked_add(HEADER + 4)?, 12)?;
            list.push((entry.array(0)?, profile.get(entry.length(4, Order::Big)?, entry.length(8, Order::Big)?)?));
        }
        Some(Self { header, list })
    }

    pub(crate) fn get(&self, name: [u8; 4]) -> Option<View<'a>> {
        self.list.iter().find(|(n, _)| *n == name).map(|(_, data)| *data)
    }

    /// The colour space of the pixels, such as `RGB `.
    pub(crate) fn space(&self) -> Option<[u8; 4]> {
        self.header.array(16)
    }

    /// Whether a tag is there that goes before a matrix and three curves. [ICC.1:2022 §8.10, §9.2.17]
    pub(crate) fn has_tables(&self) -> bool {
        self.list.iter().any(|(name, data)| match name {
            b"A2B0" | b"A2B1" | b"A2B2" => true,
            // Code points may say sRGB as well: primaries 1, transfer 13. The other two are not about RGB. [ITU-T H.273 §8]
            b"cicp" => data.array(8) != Some([1, 13]),
            _ => false,
        })
    }
}

fn rebuild(tags: &Tags) -> Option<Vec<u8>> {
    let space = tags.space()?;
    let channels = match &space {
        b"GRAY" => 1,
        b"RGB " => 3,
        b"CMYK" => 4,
        _ => return None,
    };
    let class: [u8; 4] = tags.header.array(12)?;
    let connection: [u8; 4] = tags.header.array(20)?;
    if !matches!(&class, b"mntr" | b"scnr" | b"prtr" | b"spac") || !matches!(&connection, b"XYZ " | b"Lab ") {
        return None;
    }
    let version = tags.header.u8(8)?;
    if !matches!(version, 2 | 4) {
        return None;
    }
    let mut content: Vec<([u8; 4], Vec<u8>)> = vec![(*b"desc", neutral_text(version, b"desc")), (*b"cprt", neutral_text(version, b"text"))];
    let mut left = MAX_CONTENT;
    for name in COLORIMETRIC {
        let Some(data) = tags.get(*name) else { continue };
        let element = element(data)?;
        // Any number of tags may be said to have the same data.
        left = left.checked_sub(element.len())?;
        content.push((*name, element));
    }
    // [ICC.1:2022 §8] What a reader needs to get from pixels to the connection space.
    let has = |name: &[u8; 4]| content.iter().any(|(n, _)| n == name);
    let by_matrix = channels == 3 && [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"].into_iter().all(has);
    let by_curve = channels == 1 && has(b"kTRC");
    if !(by_matrix || by_curve || has(b"A2B0")) {
        return None;
    }
    assemble(tags, version, class, space, connection, &content)
}

fn assemble(
    tags: &Tags,
    version: u8,
    class: [u8; 4],
    space: [u8; 4],
    connection: [u8; 4],
    content: &[([u8; 4], Vec<u8>)],
) -> Option<Vec<u8>> {
    let mut table = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    let base = content.len().checked_mul(12)?.checked_add(HEADER + 4)?;
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (index, (name, element)) in content.iter().enumerate() {
        // Equal tags share their data, as the three curves of a display profile mostly do.
        let shared = content.iter().take(index).position(|(_, earlier)| earlier == element).and_then(|i| places.get(i)).copied();
        let place = shared.unwrap_or((base.saturating_add(data.len()), element.len()));
        if shared.is_none() {
            data.extend_from_slice(element);
            data.resize(data.len().next_multiple_of(4), 0);
        }
        places.push(place);
        table.extend_from_slice(name);
        table.extend_from_slice(&u32::try_from(place.0).ok()?.to_be_bytes());
        table.extend_from_slice(&u32::try_from(place.1).ok()?.to_be_bytes());
    }
    let size = base.checked_add(data.len())?;
    let mut out = Vec::with_capacity(size);
    out.extend_from_slice(&u32::try_from(size).ok()?.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(if version == 2 { &[2, 0x10, 0, 0] } else { &[4, 0x30, 0, 0] });
    for word in [class, space, connection] {
        out.extend_from_slice(&word);
    }
    out.extend_from_slice(&[0; 12]);
    out.extend_from_slice(b"acsp");
    out.extend_from_slice(&[0; 24]);
    // Rendering intent, 0 to 3; the illuminant is D50 in every profile. [ICC.1:2022 §7.2.15, §7.2.16]
    out.extend_from_slice(&(tags.header.u32(64, Order::Big)? & 3).to_be_bytes());
    out.extend_from_slice(&[0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D]);
    out.resize(HEADER, 0);
    out.extend_from_slice(&u32::try_from(content.len()).ok()?.to_be_bytes());
    out.extend_from_slice(&table);
    out.extend_from_slice(&data);
    Some(out)
}

/// A tag's data as long as its type says, `None` when it is shorter or of a type that we do not know.
fn element(data: View) -> Option<Vec<u8>> {
    let kind = data.array::<4>(0)?;
    let length = match &kind {
        b"curv" => data.length(8, Order::Big)?.checked_mul(2)?.checked_add(12)?,
        b"para" => 12_usize.checked_add(para_parameters(data)?.checked_mul(4)?)?,
        b"XYZ " => 20,
        // Only `chad` is of this type: nine numbers.
        b"sf32" => 44,
        b"cicp" => 12,
        b"mft1" => mft_length(data, 1)?,
        b"mft2" => mft_length(data, 2)?,
        b"mAB " | b"mBA " => return multi_process(data),
        _ => return None,
    };
    let mut out = data.get(0, length)?.bytes().to_vec();
    // Reserved bytes are zero. [ICC.1:2022 §10]
    out.get_mut(4..8)?.fill(0);
    if &kind == b"para" {
        out.get_mut(10..12)?.fill(0);
    }
    if matches!(&kind, b"mft1" | b"mft2") {
        *out.get_mut(11)? = 0;
    }
    Some(out)
}

fn para_parameters(data: View) -> Option<usize> {
    [1, 3, 4, 5, 7].get(usize::from(data.u16(8, Order::Big)?)).copied()
}

/// [ICC.1:2022 §10.10, §10.11]
fn mft_length(data: View, width: usize) -> Option<usize> {
    let (inputs, outputs, grid) = (usize::from(data.u8(8)?), usize::from(data.u8(9)?), usize::from(data.u8(10)?));
    let (start, before, after) = if width == 1 {
        (48_usize, 256, 256)
    } else {
        (52, usize::from(data.u16(48, Order::Big)?), usize::from(data.u16(50, Order::Big)?))
    };
    if inputs == 0 || inputs > 4 || outputs == 0 || outputs > 4 {
        return None;
    }
    let cells = grid.checked_pow(u32::try_from(inputs).ok()?)?.checked_mul(outputs)?;
    let entries = inputs.checked_mul(before)?.checked_add(cells)?.checked_add(outputs.checked_mul(after)?)?;
    start.checked_add(entries.checked_mul(width)?)
}

/// `mAB ` and `mBA `, put together anew from their parts in one order. [ICC.1:2022 §10.12, §10.13]
fn multi_process(data: View) -> Option<Vec<u8>> {
    let (inputs, outputs) = (data.u8(8)?, data.u8(9)?);
    if inputs == 0 || inputs > 4 || outputs == 0 || outputs > 4 {
        return None;
    }
    let kind: [u8; 4] = data.array(0)?;
    // The B curves stand on the connection space's side, the A curves on the pixels'.
    let (b_curves, a_curves) = if &kind == b"mAB " { (outputs, inputs) } else { (inputs, outputs) };
    let offset = |at| data.length(at, Order::Big);
    let mut out = kind.to_vec();
    out.extend_from_slice(&[0, 0, 0, 0, inputs, outputs, 0, 0]);
    out.resize(32, 0);
    let place = |out: &mut Vec<u8>, at: usize, part: Option<Vec<u8>>| -> Option<()> {
        if let Some(part) = part {
            let start = u32::try_from(out.len()).ok()?;
            out.get_mut(at..at.checked_add(4)?)?.copy_from_slice(&start.to_be_bytes());
            out.extend_from_slice(&part);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        Some(())
    };
    let part = |at, read: &dyn Fn(View) -> Option<Vec<u8>>| -> Option<Option<Vec<u8>>> {
        match offset(at)? {
            0 => Some(None),
            start => Some(Some(read(data.from(start))?)),
        }
    };
    place(&mut out, 12, part(12, &|v| curves(v, b_curves))?)?;
    place(&mut out, 16, part(16, &|v| Some(v.get(0, 48)?.bytes().to_vec()))?)?;
    place(&mut out, 20, part(20, &|v| curves(v, b_curves))?)?;
    place(&mut out, 24, part(24, &|v| colour_table(v, inputs, outputs))?)?;
    place(&mut out, 28, part(28, &|v| curves(v, a_curves))?)?;
    Some(out)
}

/// `count` curves, each padded to four bytes.
fn curves(mut data: View, count: u8) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for _ in 0..count {
        if !matches!(&data.array::<4>(0)?, b"curv" | b"para") {
            return None;
        }
        let curve = element(data)?;
        out.extend_from_slice(&curve);
        out.resize(out.len().next_multiple_of(4), 0);
        data = data.from(curve.len().next_multiple_of(4));
    }
    Some(out)
}

/// The table of many dimensions between the curves: 16 grid sizes, a precision, then the numbers.
fn colour_table(data: View, inputs: u8, outputs: u8) -> Option<Vec<u8>> {
    let width = usize::from(data.u8(16)?);
    if !matches!(width, 1 | 2) {
        return None;
    }
    let mut cells = usize::from(outputs);
    for dimension in 0..usize::from(inputs) {
        cells = cells.checked_mul(usize::from(data.u8(dimension)?))?;
    }
    let mut out = data.get(0, 20_usize.checked_add(cells.checked_mul(width)?)?)?.bytes().to_vec();
    out.get_mut(usize::from(inputs)..16)?.fill(0);
    out.get_mut(17..20)?.fill(0);
    Some(out)
}

/// The text tags that every profile must have, saying nothing. [ICC.1:2001-04 §6.5.17; ICC.1:2022 §10.15]
fn neutral_text(version: u8, kind_of_v2: &[u8; 4]) -> Vec<u8> {
    if version == 4 {
        let mut out = b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0CenUS\0\0\0\x02\0\0\0\x1C".to_vec();
        out.extend_from_slice(&[0, b'c', 0, 0]);
        return out;
    }
    if kind_of_v2 == b"text" {
        return b"text\0\0\0\0c\0".to_vec();
    }
    let mut out = b"desc\0\0\0\0\0\0\0\x02c\0".to_vec();
    // Then a Unicode and a Macintosh text, both empty: 8 bytes, and 3 with room for 67.
    out.resize(out.len().saturating_add(8 + 3 + 67), 0);
    out
}

/// What a text tag says.
fn text(data: View) -> Option<String> {
    match &data.array::<4>(0)? {
        b"text" => Some(String::from_utf8_lossy(data.from(8).until(1024).bytes()).into_owned()),
        b"desc" => Some(String::from_utf8_lossy(data.get(12, data.length(8, Order::Big)?)?.until(1024).bytes()).into_owned()),
        b"mluc" => {
            let text = data.get(data.length(24, Order::Big)?, data.length(20, Order::Big)?)?.until(1024);
            let units: Vec<u16> = text.bytes().chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?))).collect();
            Some(String::from_utf16_lossy(&units))
        }
        _ => None,
    }
}

const HEADER: usize = 128;

/// Most bytes of all tags that stay. The largest real profiles, of four inks, have some three million.
const MAX_CONTENT: usize = 32 << 20;

/// Most tags in one profile. Real ones have up to some forty.
const MAX_TAGS: usize = 200;

/// The tags that say what colours the numbers mean, in the order in which they are written.
const COLORIMETRIC: &[[u8; 4]] = &[
    *b"wtpt", *b"chad", *b"rXYZ", *b"gXYZ", *b"bXYZ", *b"rTRC", *b"gTRC", *b"bTRC", *b"kTRC", *b"A2B0", *b"A2B1", *b"A2B2", *b"B2A0",
    *b"B2A1", *b"B2A2", *b"gamt", *b"cicp",
];
