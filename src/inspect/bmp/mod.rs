//! Walks a BMP: headers, masks, colour table, pixels, a profile, and what lies between and behind them.

mod header;
mod rows;
mod runs;

use std::ops::Range;

use super::cursor::{Order, View};
use super::icc::{Sanitised, sanitise};
use super::keep::{self, bmp as form};
use super::ledger::{Findings, Tiles};
use super::{ColorSource, Inspection, MetadataKind, Orientation, Role, Why, icc};
use crate::{Error, Format, Limits};
pub(crate) use header::Header;
use header::{Coding, FILE_HEADER};
use rows::Rows;
use runs::Runs;

pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, Error> {
    let bitmap = Bitmap::read(View::file(bytes), limits)?;
    let mut findings = Findings::default();
    bitmap.headers(&mut findings);
    bitmap.hidden(&mut findings);
    let segments = bitmap.tile(limits, &mut findings)?;
    let header = &bitmap.header;
    Ok(Inspection {
        format: Format::Bmp,
        width: header.width,
        height: header.height,
        orientation: Orientation::UPRIGHT,
        frames: 1,
        has_alpha: header.masks[3] != 0,
        bit_depth: header.depth(),
        color: ColorSource { icc: bitmap.embedded().map(|profile| profile.bytes().to_vec()), ..ColorSource::default() },
        jpeg: None,
        segments,
        findings: findings.into_list(),
    })
}

/// The pixels as they are shown, coded as they are: what must be the same in a stripped file.
pub(crate) fn picture(bytes: &[u8]) -> Option<Vec<u8>> {
    Bitmap::read(View::file(bytes), &Limits::UNLIMITED).ok().map(|bitmap| bitmap.kept_pixels())
}

/// A BMP, taken apart.
pub(crate) struct Bitmap<'a> {
    file: View<'a>,
    header: Header,
    pixels: View<'a>,
    runs: Option<Runs>,
    /// The profile, or the name of its file.
    profile: Option<Range<usize>>,
    /// The profile as it may stay.
    kept_profile: Option<Vec<u8>>,
}

impl<'a> Bitmap<'a> {
    pub(crate) fn read(file: View<'a>, limits: &Limits) -> Result<Self, Error> {
        let pixels_at = file.length(10, Order::Little).filter(|_| file.bytes().starts_with(b"BM"));
        let pixels_at = pixels_at.ok_or_else(|| Error::malformed("no BMP signature", 0))?;
        let header = Header::read(file, pixels_at)?;
        limits.check_picture(header.width, header.height, 4)?;
        let mut bitmap = Self { file, header, pixels: file.from(pixels_at), runs: None, profile: None, kept_profile: None };
        bitmap.profile = bitmap.stated_profile(pixels_at);
        bitmap.measure(pixels_at)?;
        bitmap.profile = bitmap.profile.take().filter(|profile| {
            let pixels = bitmap.pixels.range();
            profile.end <= pixels.start || profile.start >= pixels.end
        });
        if let Some(Sanitised::Rebuilt(profile)) = bitmap.embedded().map(|profile| sanitise(profile.bytes())) {
            bitmap.kept_profile = Some(profile);
        }
        Ok(bitmap)
    }

    /// The file as it may be: headers, colour table, pixels and profile, one behind the other.
    pub(crate) fn written(&self) -> Vec<u8> {
        let [head, table, pixels] = [self.kept_head(), self.kept_table(), self.kept_pixels()];
        [head, table, pixels, self.kept_profile.clone().unwrap_or_default()].concat()
    }

    /// Finds where the pixels end.
    fn measure(&mut self, pixels_at: usize) -> Result<(), Error> {
        let cut = || Error::malformed("the file ends before the picture does", pixels_at);
        if self.header.coding == Coding::Runs {
            // A profile behind the runs is none of them.
            let most = self.profile.as_ref().and_then(|profile| profile.start.checked_sub(pixels_at));
            let data = most.map_or(self.pixels, |most| self.pixels.until(most));
            let runs = Runs::read(&self.header, data.bytes()).ok_or_else(cut)?;
            self.pixels = self.pixels.until(runs.end);
            self.runs = Some(runs);
            return Ok(());
        }
        let (rows, stride) = (usize::try_from(self.header.height).unwrap_or(usize::MAX), self.header.stride());
        let length = stride.checked_mul(rows).ok_or_else(cut)?;
        // Some writers leave the padding of the last row out.
        if self.pixels.len() < length.saturating_sub(stride).saturating_add(self.header.row()) {
            return Err(cut());
        }
        self.pixels = self.pixels.until(length);
        Ok(())
    }

    /// Where a header of the latest kind says that a profile, or the name of one, is: behind the colour table.
    fn stated_profile(&self, pixels_at: usize) -> Option<Range<usize>> {
        let header = View::file(&self.header.stated).get(0, 124)?;
        if !matches!(header.u32(56, Order::Little)?, form::EMBEDDED | form::LINKED) {
            return None;
        }
        let start = header.length(112, Order::Little)?.checked_add(FILE_HEADER)?;
        let profile = self.file.get(start, header.length(116, Order::Little)?)?.range();
        let table_end = self.header.table_at().saturating_add(self.header.table_length());
        let is_apart = profile.start >= table_end && (profile.end <= pixels_at || profile.start >= pixels_at);
        (is_apart && !profile.is_empty()).then_some(profile)
    }

    fn embedded(&self) -> Option<View<'a>> {
        let is_embedded = View::file(&self.header.stated).u32(56, Order::Little) == Some(form::EMBEDDED);
        let profile = self.profile.as_ref().filter(|_| is_embedded)?;
        self.file.get(profile.start, profile.len())
    }

    /// Bytes before the colour table: they are compared with what is there, byte by byte.
    fn kept_head(&self) -> Vec<u8> {
        let pixels_at = self.header.table_at().saturating_add(self.header.table_length());
        let pixels = self.kept_pixels_length();
        let behind = pixels_at.saturating_add(pixels);
        let profile = self.kept_profile.as_ref().map(|profile| (behind.saturating_sub(FILE_HEADER), profile.len()));
        let length = behind.saturating_add(profile.map_or(0, |(_, length)| length));
        let mut out = form::file_header(length, pixels_at).to_vec();
        out.extend_from_slice(&form::information(&self.header, pixels, profile));
        let masks = self.header.masks.iter().flat_map(|mask| mask.to_le_bytes());
        out.extend(masks.take(self.header.masks_behind));
        out
    }

    fn table(&self) -> View<'a> {
        self.file.from(self.header.table_at()).until(self.header.table_length())
    }

    fn kept_table(&self) -> Vec<u8> {
        if self.header.bits > 8 {
            return Vec::new();
        }
        let used = self.runs.as_ref().map_or_else(|| rows::used(&self.header, self.pixels.bytes()), |runs| runs.used);
        form::colour_table(self.table().bytes(), self.header.entry, &used)
    }

    fn kept_pixels_length(&self) -> usize {
        let rows = usize::try_from(self.header.height).unwrap_or(usize::MAX);
        self.runs.as_ref().map_or_else(|| self.header.stride().saturating_mul(rows), |runs| runs.kept.len())
    }

    fn kept_pixels(&self) -> Vec<u8> {
        if let Some(runs) = &self.runs {
            return runs.kept.clone();
        }
        let mut out = Vec::with_capacity(self.kept_pixels_length());
        Rows::new(&self.header, self.pixels.bytes()).write(self.pixels.bytes(), &mut out);
        out
    }

    /// Notes where headers and colour table are not as they must be.
    fn headers(&self, findings: &mut Findings) {
        let kept = self.kept_head();
        let mut compare = |holder: &str, name: &str, start: usize, length: usize| {
            let (is, kept) = (self.file.get(start, length), kept.get(start..start.saturating_add(length)));
            if let (Some(is), Some(kept)) = (is, kept)
                && is.bytes() != kept
            {
                let value = if length == 2 { is.u16(0, Order::Little).map(u32::from) } else { is.u32(0, Order::Little) };
                let value = value.filter(|_| length <= 4).map(|number| match number {
                    0..=0x0FFF_FFFF => number.to_string(),
                    _ => format!("0x{number:08X}"),
                });
                findings.push(MetadataKind::Unknown, format!("{holder}/{name}"), is.range(), value);
            }
        };
        for (name, start, length) in FILE_FIELDS {
            compare("BITMAPFILEHEADER", name, *start, *length);
        }
        let fields = match self.header.stated.len() {
            12 => CORE_FIELDS,
            16 | 64 => OS2_FIELDS,
            _ => FIELDS,
        };
        for (name, start, length) in fields {
            compare(self.header.name(), name, FILE_HEADER.saturating_add(*start), *length);
        }
        compare("bit masks", "unused bits", self.header.table_at().saturating_sub(self.header.masks_behind), self.header.masks_behind);

        let (is, kept) = (self.table(), self.kept_table());
        let differ: Vec<usize> = (0..kept.len()).filter(|&at| is.u8(at) != kept.get(at).copied()).collect();
        if let (Some(&first), Some(&last)) = (differ.first(), differ.last()) {
            let range = is.offset(first)..is.offset(last.saturating_add(1));
            findings.push(MetadataKind::Unknown, "colour table/unused", range, None);
        }
    }

    /// Notes what the pixels hold besides the picture.
    fn hidden(&self, findings: &mut Findings) {
        if let Some(runs) = self.runs.as_ref().filter(|runs| self.pixels.bytes() != runs.kept) {
            let what = if runs.is_ended { "pixels/codes that draw nothing" } else { "pixels/end of bitmap/missing" };
            findings.push(MetadataKind::Unknown, what, self.pixels.range(), None);
        }
        if self.runs.is_some() {
            return;
        }
        let range = self.pixels.range();
        let mut push = |what: &str, count: usize, of: &str| {
            if count > 0 {
                findings.push(MetadataKind::Unknown, format!("pixels/{what}"), range.clone(), Some(format!("in {count} {of}")));
            }
        };
        let hidden = Rows::new(&self.header, self.pixels.bytes()).hidden(self.pixels.bytes());
        push("padding", hidden.padding, "rows");
        push("unused bits", hidden.unused, "pixels");
        push("colour under zero alpha", hidden.under_zero_alpha, "pixels");
        if self.pixels.len() < self.kept_pixels_length() {
            push("padding/missing", 1, "row");
        }
    }

    fn tile(&self, limits: &Limits, findings: &mut Findings) -> Result<Vec<super::Segment>, Error> {
        let mut tiles = Tiles::new(limits);
        let header = &self.header;
        let pixels = self.pixels.range();
        tiles.append("BITMAPFILEHEADER", FILE_HEADER, Role::Structure)?;
        tiles.append(header.name(), FILE_HEADER.saturating_add(header.stated.len()), Role::Structure)?;
        tiles.append("bit masks", header.table_at(), Role::Structure)?;
        tiles.append("colour table", header.table_at().saturating_add(header.table_length()), Role::Structure)?;
        let (before, behind) = (|p: &&Range<usize>| p.end <= pixels.start, |p: &&Range<usize>| p.start >= pixels.end);
        if let Some(profile) = self.profile.as_ref().filter(before) {
            self.append_profile(profile, &mut tiles, findings)?;
        }
        tiles.append("gap", pixels.start, Role::Unknown)?;
        tiles.append("pixels", pixels.end, Role::Pixels)?;
        if let Some(profile) = self.profile.as_ref().filter(behind) {
            self.append_profile(profile, &mut tiles, findings)?;
        }
        let end = self.profile.as_ref().map_or(pixels.end, |profile| profile.end.max(pixels.end));
        if end < self.file.len() {
            findings.push(MetadataKind::Trailer, "trailer", end..self.file.len(), None);
            tiles.append("trailer", self.file.len(), Role::Metadata(MetadataKind::Trailer))?;
        }
        tiles.finish(self.file.len())
    }

    fn append_profile(&self, range: &Range<usize>, tiles: &mut Tiles, findings: &mut Findings) -> Result<(), Error> {
        tiles.append("gap", range.start, Role::Unknown)?;
        let role = Role::Metadata(MetadataKind::Icc);
        let Some(profile) = self.embedded() else {
            // A file's name, and its folder's, up to a NUL.
            let name = self.file.get(range.start, range.len()).map(|name| String::from_utf8_lossy(name.until(1024).bytes()).into_owned());
            findings.push(MetadataKind::Icc, "linked profile", range.clone(), name);
            return tiles.append("linked profile", range.end, role);
        };
        if keep::is_clean_icc(profile.bytes()) {
            findings.keep(MetadataKind::Icc, "profile", range.clone(), Why::Colour);
        } else {
            findings.push(MetadataKind::Icc, "profile", range.clone(), icc::description(profile.bytes()));
            icc::read(profile, "profile", findings);
        }
        tiles.append("profile", range.end, role)
    }
}

/// Name, place and length of each field. [BITMAPFILEHEADER]
const FILE_FIELDS: &[(&str, usize, usize)] = &[("bfSize", 2, 4), ("bfReserved1", 6, 2), ("bfReserved2", 8, 2), ("bfOffBits", 10, 4)];

/// [BITMAPCOREHEADER]
const CORE_FIELDS: &[(&str, usize, usize)] = &[("bcPlanes", 8, 2)];

/// [BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER]
const FIELDS: &[(&str, usize, usize)] = &[
    ("biPlanes", 12, 2),
    ("biSizeImage", 20, 4),
    ("biXPelsPerMeter", 24, 4),
    ("biYPelsPerMeter", 28, 4),
    ("biClrUsed", 32, 4),
    ("biClrImportant", 36, 4),
    ("bV4RedMask", 40, 4),
    ("bV4GreenMask", 44, 4),
    ("bV4BlueMask", 48, 4),
    ("bV4AlphaMask", 52, 4),
    ("bV4CSType", 56, 4),
    ("bV4Endpoints", 60, 36),
    ("bV4Gamma", 96, 12),
    ("bV5Intent", 108, 4),
    ("bV5ProfileData", 112, 4),
    ("bV5ProfileSize", 116, 4),
    ("bV5Reserved", 120, 4),
];

/// [OS/2 2.x BITMAPINFOHEADER2]
const OS2_FIELDS: &[(&str, usize, usize)] = &[
    ("cPlanes", 12, 2),
    ("cbImage", 20, 4),
    ("cxResolution", 24, 4),
    ("cyResolution", 28, 4),
    ("cclrUsed", 32, 4),
    ("cclrImportant", 36, 4),
    ("usUnits", 40, 2),
    ("usReserved", 42, 2),
    ("usRecording", 44, 2),
    ("usRendering", 46, 2),
    ("cSize1", 48, 4),
    ("cSize2", 52, 4),
    ("ulColorEncoding", 56, 4),
    ("ulIdentifier", 60, 4),
];
