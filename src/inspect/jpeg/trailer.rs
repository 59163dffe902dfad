//! Says what follows a JPEG's true end: further pictures, gain maps, videos, vendors' blocks. None of it stays.

use std::cell::Cell;

use super::app::FurtherPicture;
use super::{Picture, Walk};
use crate::inspect::cursor::{Order, View};
use crate::inspect::{MetadataKind, Role};
use crate::{Error, Limits};

/// Divides the bytes behind `picture` into segments, with a finding each.
pub(super) fn classify(file: View, picture: &mut Picture, limits: &Limits, work: &Cell<u64>) -> Result<(), Error> {
    let further = std::mem::take(&mut picture.notes.further_pictures);
    let mut at = picture.end;
    // What begins like a picture and is none may be walked through to the end, again and again.
    let mut left = file.len().saturating_mul(4);
    for _ in 0..MAX_PIECES {
        let rest = file.from(at);
        if rest.is_empty() {
            return Ok(());
        }
        let indexed = further.iter().find(|f| f.range.start == at && f.range.end > at && f.range.end <= file.len());
        let length = if let Some(indexed) = indexed {
            let whole = rest.until(indexed.range.len());
            further_picture(whole, Some(indexed), picture, limits, work, &mut left)?.unwrap_or(0)
        } else if rest.bytes().starts_with(&[0xFF, 0xD8, 0xFF]) && left > 0 {
            further_picture(rest, None, picture, limits, work, &mut left)?.unwrap_or(0)
        } else if is_video(rest) {
            let video = rest.until(video_length(rest));
            note(video, "motion", MetadataKind::Motion, Some(format!("{} bytes of video", video.len())), picture)?;
            video.len()
        } else {
            0
        };
        if length > 0 {
            at = at.saturating_add(length);
            continue;
        }
        // Nothing that starts here: up to the next thing that may.
        let next = next_start(rest, at, &further);
        other(rest.until(next), picture)?;
        at = at.saturating_add(next);
    }
    other(file.from(at), picture)
}

/// A JPEG behind the first. Returns its length; `None` when it cannot be walked and no index vouches for it.
fn further_picture(
    whole: View,
    indexed: Option<&FurtherPicture>,
    picture: &mut Picture,
    limits: &Limits,
    work: &Cell<u64>,
    left: &mut usize,
) -> Result<Option<usize>, Error> {
    let walked = Walk::new(whole, limits, work).run();
    let length = match &walked {
        Ok(walked) => walked.end,
        Err(Error::Malformed { offset, .. }) => offset.saturating_sub(whole.offset(0)),
        Err(_) => whole.len(),
    };
    *left = left.saturating_sub(length);
    let walked = walked.ok();
    let path = indexed.map_or_else(|| "trailer/JPEG".to_owned(), |i| format!("MPF/{}", i.index));
    let length = match (&walked, indexed) {
        (_, Some(_)) => whole.len(),
        (Some(walked), None) => walked.end,
        (None, None) => return Ok(None),
    };
    let mut kind = match indexed.map(|i| i.kind) {
        Some(0x02_0002) => MetadataKind::Depth,
        _ => MetadataKind::MultiPicture,
    };
    let mut value = indexed.and_then(|i| kind_name(i.kind)).map(str::to_owned);
    if let Some(walked) = &walked {
        if walked.notes.has_gain_map_segment || walked.findings.any(MetadataKind::GainMap) {
            kind = MetadataKind::GainMap;
        } else if walked.findings.any(MetadataKind::Depth) {
            kind = MetadataKind::Depth;
        }
        value.get_or_insert_with(|| format!("{} × {} px", walked.frame.width, walked.frame.height));
    }
    note(whole.until(length), &path, kind, value, picture)?;
    if let Some(walked) = walked {
        picture.findings.adopt(&path, walked.findings);
    }
    Ok(Some(length))
}

/// A type code's meaning. [CIPA DC-007 table 4]
fn kind_name(kind: u32) -> Option<&'static str> {
    Some(match kind {
        0x01_0001 => "large thumbnail (VGA)",
        0x01_0002 => "large thumbnail (full HD)",
        0x02_0001 => "panorama",
        0x02_0002 => "disparity",
        0x02_0003 => "multi-angle",
        0x03_0000 => "baseline picture",
        _ => return None,
    })
}

fn is_video(rest: View) -> bool {
    rest.bytes().get(4..8) == Some(b"ftyp") && rest.length(0, Order::Big).is_some_and(|l| (8..=1024).contains(&l))
}

/// How far boxes follow on boxes.
fn video_length(video: View) -> usize {
    let mut at = 0_usize;
    for _ in 0..MAX_BOXES {
        let rest = video.from(at);
        let (Some(length), Some(kind)) = (rest.length(0, Order::Big), rest.array::<4>(4)) else { break };
        if !kind.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | 0xA9)) {
            break;
        }
        let length = match length {
            0 => rest.len(),
            1 => rest.u64(8, Order::Big).and_then(|l| usize::try_from(l).ok()).unwrap_or(rest.len()),
            short => short,
        };
        if length < 8 {
            break;
        }
        at = at.saturating_add(length).min(video.len());
    }
    at.max(8)
}

/// How many bytes lie before the next thing that has a name.
fn next_start(rest: View, at: usize, further: &[FurtherPicture]) -> usize {
    let inside = rest.from(1);
    let jpeg = inside.find(&[0xFF, 0xD8, 0xFF]).map(|i| i.saturating_add(1));
    // The box's length is before its type. What lies behind the next picture is looked through from there on.
    let before = rest.until(jpeg.map_or(rest.len(), |at| at.saturating_add(8)));
    let video = before.from(8).find(b"ftyp").map(|i| i.saturating_add(4)).filter(|&i| is_video(rest.from(i)));
    let indexed = further.iter().filter_map(|f| f.range.start.checked_sub(at)).filter(|&d| d > 0).min();
    [jpeg, video, indexed].into_iter().flatten().min().unwrap_or(rest.len()).min(rest.len())
}

/// Bytes that are neither picture nor video.
fn other(piece: View, picture: &mut Picture) -> Result<(), Error> {
    if piece.is_empty() {
        return Ok(());
    }
    if piece.bytes().iter().all(|&b| b == 0) {
        return note(piece, "trailer/padding", MetadataKind::Trailer, None, picture);
    }
    let has = |needle: &[u8]| piece.contains(needle);
    let maker = SIGNATURES.iter().find(|(signature, _)| has(signature)).map(|(_, name)| *name);
    let kind = if has(b"DepthMap") { MetadataKind::Depth } else { MetadataKind::Trailer };
    let path = maker.map_or_else(|| "trailer".to_owned(), |maker| format!("trailer/{maker}"));
    note(piece, &path, kind, None, picture)
}

fn note(piece: View, path: &str, kind: MetadataKind, value: Option<String>, picture: &mut Picture) -> Result<(), Error> {
    picture.findings.push(kind, path, piece.range(), value);
    picture.tiles.append(path, piece.range().end, Role::Metadata(kind))
}

/// Most pieces that are told apart; what follows is one more.
const MAX_PIECES: usize = 64;

/// Most boxes of a video. Fragmented ones have some hundreds.
const MAX_BOXES: usize = 10_000;

/// What vendors' blocks hold somewhere.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"SEFT", "Samsung"),
    (b"MotionPhoto_Data", "Samsung"),
    (b"HTCCamera", "HTC"),
    (b"PK\x03\x04", "ZIP"),
    (b"CANON OPTIONAL DATA\0", "Canon"),
    (b"cbipcbbl", "PhotoMechanic"),
    (b"AXS!", "AFCP"),
    (b"\xA1\xB2\xC3\xD4", "FotoStation"),
    (b"vivo{", "Vivo"),
    (b"OnePlus", "OnePlus"),
    (b"~\x10\x04", "MIE"),
];
