//! Properties of pictures: which may stay, and their one form. [ISO 23008-12 §6.5, ISO 14496-12 §12.1]

use super::boxes::{BmffBox, Full, Reader};
use super::hevc::Configuration;
use crate::inspect::MetadataKind;
use crate::inspect::cursor::{Order, View};
use crate::inspect::icc::{self, Sanitised};

/// What becomes of a property.
pub(super) enum Form {
    /// Stays, with this content.
    Stays(Vec<u8>),
    /// A colour profile that says sRGB, which goes without saying.
    Srgb,
    /// Goes.
    Goes(MetadataKind, Option<String>),
}

/// What becomes of a property of a picture.
pub(super) fn form(property: &BmffBox) -> Form {
    if &property.kind == b"colr" {
        return colour(property.content);
    }
    match canonical(property) {
        Some(content) => Form::Stays(content),
        None => gone(property),
    }
}

/// The one form of a property that may stay; `None` for all others, and for what is not as its rules say.
fn canonical(property: &BmffBox) -> Option<Vec<u8>> {
    let content = property.content;
    let start = |length: usize| content.get(0, length).map(|v| v.bytes().to_vec());
    let full = || property.full().filter(|f| f.version == 0);
    match &property.kind {
        b"ispe" => full_box(full()?.content.get(0, 8)?.bytes()),
        b"pixi" => {
            let depths = pixi(full()?)?;
            full_box(&[&[u8::try_from(depths.len()).ok()?], depths].concat())
        }
        b"hvcC" => Some(Configuration::read(content)?.canonical()),
        b"av1C" => av1_configuration(content),
        b"irot" => Some(vec![content.u8(0)? & 3]),
        b"imir" => Some(vec![content.u8(0)? & 1]),
        b"clap" => start(32),
        b"pasp" => start(8),
        b"auxC" => full_box(&[alpha(property)?, b"\0"].concat()),
        b"a1op" => start(1).filter(|b| b.first() <= Some(&31)),
        b"lsel" => start(2).filter(|_| content.u16(0, Order::Big).is_some_and(|layer| layer <= 3 || layer == 0xFFFF)),
        b"clli" => start(4),
        // Coordinates × 50,000 as 16-bit numbers, then luminances × 10,000 up to 10,000 cd/m².
        b"mdcv" => start(24).filter(|_| coordinates(content, 0..16) && content.u32(16, Order::Big) <= Some(100_000_000)),
        // Illuminance × 10,000, then the light's colour.
        b"amve" => start(8).filter(|_| coordinates(content, 4..8)),
        _ => None,
    }
}

/// Whether a picture that has this property must be shown with it. [ISO 23000-22 §7.3.5, ISO 23008-12 §6.5, AVIF §2.3]
pub(super) fn is_essential(kind: [u8; 4]) -> bool {
    matches!(&kind, b"hvcC" | b"av1C" | b"irot" | b"imir" | b"clap" | b"a1op" | b"lsel")
}

/// Properties that say something about a picture, but not how it is shown: they go even where a writer calls them essential.
pub(super) fn is_description(kind: [u8; 4]) -> bool {
    matches!(
        &kind,
        b"crtt"
            | b"mdft"
            | b"udes"
            | b"altt"
            | b"elng"
            | b"aebr"
            | b"wbbr"
            | b"fobr"
            | b"afbr"
            | b"dobr"
            | b"pano"
            | b"rloc"
            | b"a1lx"
            | b"auxC"
            | b"pixi"
            | b"colr"
            | b"pasp"
            | b"clli"
            | b"mdcv"
            | b"amve"
            | b"cclv"
            | b"reve"
            | b"ndwt"
            | b"cmin"
            | b"cmex"
            | b"subs"
    )
}

/// Whether a picture may have more than one property of this type; the order of these counts. [ISO 23008-12 §6.5.10]
pub(super) fn is_transformation(kind: [u8; 4]) -> bool {
    matches!(&kind, b"irot" | b"imir" | b"clap")
}

fn gone(property: &BmffBox) -> Form {
    let text = |from: usize| Some(String::from_utf8_lossy(property.content.from(from).until(1024).bytes()).replace('\0', " "));
    match &property.kind {
        b"crtt" | b"mdft" => Form::Goes(MetadataKind::Time, date(property)),
        b"udes" | b"altt" | b"elng" => Form::Goes(MetadataKind::Text, text(4)),
        b"auxC" => Form::Goes(MetadataKind::Unknown, text(4)),
        b"aebr" | b"wbbr" | b"fobr" | b"afbr" | b"dobr" | b"pano" | b"rloc" => Form::Goes(MetadataKind::MultiPicture, None),
        b"cmin" | b"cmex" => Form::Goes(MetadataKind::Depth, None),
        _ => Form::Goes(MetadataKind::Unknown, None),
    }
}

/// Microseconds since 1904. [ISO 23008-12 §6.5.18, §6.5.19]
fn date(property: &BmffBox) -> Option<String> {
    let micros = property.full()?.content.u64(0, Order::Big)?;
    Some(super::describe::date(micros / 1_000_000))
}

fn full_box(content: &[u8]) -> Option<Vec<u8>> {
    Some([&[0; 4], content].concat())
}

/// Bits of each channel. [ISO 23008-12 §6.5.6]
fn pixi(full: Full<'_>) -> Option<&[u8]> {
    let mut reader = Reader::new(full.content);
    let channels = usize::from(reader.u8().filter(|c| (1..=4).contains(c))?);
    Some(reader.take(channels)?.bytes()).filter(|depths| depths.iter().all(|d| (1..=32).contains(d)))
}

/// Bits of the first channel.
pub(super) fn depth(kind: [u8; 4], content: View) -> Option<u8> {
    match &kind {
        b"pixi" => content.u8(5),
        b"hvcC" => content.u8(17).map(|b| (b & 7).saturating_add(8)),
        b"av1C" => content.u8(2).map(|flags| match flags >> 5 & 3 {
            0 | 1 => 8,
            2 => 10,
            _ => 12,
        }),
        _ => None,
    }
}

/// The type of an auxiliary picture.
pub(super) fn auxiliary_type(property: &BmffBox) -> Option<String> {
    let mut reader = Reader::new(property.full()?.content.until(256));
    Some(String::from_utf8_lossy(reader.text().bytes()).into_owned())
}

/// The type of an auxiliary picture, when it says what is see-through. [ISO 23008-12 §7.5.3.1, AVIF §4]
pub(super) fn alpha<'a>(property: &BmffBox<'a>) -> Option<&'a [u8]> {
    let mut reader = Reader::new(property.full()?.content.until(64));
    let urn = reader.text().bytes();
    ALPHA.contains(&urn).then_some(urn)
}

/// Four bytes: marker, version, profile, level and flags. The sequence header that may follow is in the picture's data as well, and an initial
/// delay is for streams. [AV1-ISOBMFF §2.3.3]
fn av1_configuration(content: View) -> Option<Vec<u8>> {
    let [0x81, profile, flags, _] = content.array(0)? else { return None };
    Some(vec![0x81, profile, flags, 0])
}

fn coordinates(content: View, at: std::ops::Range<usize>) -> bool {
    at.step_by(2).all(|at| content.u16(at, Order::Big).is_some_and(|n| n <= 50_000))
}

/// [ISO 14496-12 §12.1.5]
fn colour(content: View) -> Form {
    let canonical = match content.array::<4>(0) {
        Some(kind @ ([b'n', b'c', b'l', b'x'] | [b'n', b'c', b'l', b'c'])) => code_points(content).map(|[p, t, m, full]| {
            let mut out = kind.to_vec();
            out.extend([0, p, 0, t, 0, m]);
            if &kind == b"nclx" {
                out.push(full << 7);
            }
            out
        }),
        Some([b'p', b'r', b'o', b'f'] | [b'r', b'I', b'C', b'C']) => match icc::sanitise(content.from(4).bytes()) {
            Sanitised::Srgb => return Form::Srgb,
            Sanitised::Rebuilt(profile) => Some([b"prof", profile.as_slice()].concat()),
            Sanitised::Refused => return Form::Goes(MetadataKind::Icc, icc::description(content.from(4).bytes())),
        },
        _ => None,
    };
    canonical.map_or(Form::Goes(MetadataKind::Unknown, None), Form::Stays)
}

/// Colour primaries, transfer function, matrix coefficients, full range flag. [ITU-T H.273 §8]
pub(super) fn code_points(content: View) -> Option<[u8; 4]> {
    let kind: [u8; 4] = content.array(0)?;
    let point = |at| u8::try_from(content.u16(at, Order::Big)?).ok();
    let full = match &kind {
        b"nclx" => content.u8(10)? >> 7,
        b"nclc" => 0,
        _ => return None,
    };
    Some([point(4)?, point(6)?, point(8)?, full])
}

/// The profile in a `colr` box.
pub(super) fn profile(content: View) -> Option<View> {
    content.after(b"prof").or_else(|| content.after(b"rICC"))
}

const ALPHA: [&[u8]; 3] = [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:avc:2015:auxid:1"];
