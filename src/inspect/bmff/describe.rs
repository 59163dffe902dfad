//! Names what is in a file besides its picture.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Claim;
use super::boxes::{BmffBox, name};
use super::coded::joined;
use super::graph::is_alpha_item;
use super::hevc::Configuration;
use super::meta::{Item, Meta};
use super::picture::item_name;
use super::property::{self, Form};
use crate::inspect::cursor::{Order, View};
use crate::inspect::ledger::Findings;
use crate::inspect::{MetadataKind, Role, Why, c2pa, exif, icc, xmp};

/// Names every item that does not stay, and claims its data.
pub(super) fn items(file: View, meta: &Meta, kept: &BTreeSet<usize>, claims: &mut Vec<Claim>, findings: &mut Findings) {
    let kinds = kinds(meta, kept);
    let mut budget = file.len();
    for (index, item) in meta.items.iter().enumerate() {
        if !item.name.is_empty() {
            let value = String::from_utf8_lossy(item.name.until(1024).bytes()).into_owned();
            findings.detail(MetadataKind::Text, format!("meta/iinf/{}/name", item_name(item)), item.name.range(), Some(value));
        }
        if kept.contains(&index) {
            continue;
        }
        let kind = kinds.get(&index).copied().unwrap_or(MetadataKind::Unknown);
        let path = item_name(item);
        let pieces = meta.pieces(item, file).unwrap_or_default();
        let value = what(meta, item);
        if pieces.is_empty() {
            findings.push(kind, path.clone(), item.entry.range(), value.clone());
        }
        let role = if kind == MetadataKind::Unknown { Role::Unknown } else { Role::Metadata(kind) };
        claims.extend(pieces.iter().map(|p| Claim { range: p.clone(), name: path.clone(), role, value: value.clone() }));
        // Any number of items may point to the same bytes: those are not read again and again.
        let length = pieces.iter().map(Range::len).fold(0, usize::saturating_add);
        let Some(left) = budget.checked_sub(length) else { continue };
        budget = left;
        payload(file, item, &pieces, &path, findings);
    }
}

/// Looks into Exif and XMP.
fn payload(file: View, item: &Item, pieces: &[Range<usize>], path: &str, findings: &mut Findings) {
    let Some(first) = pieces.first() else { return };
    let data = joined(file, pieces);
    // What lies in one piece can be pointed at.
    let view = match pieces {
        [one] => file.get(one.start, one.len()).unwrap_or(file.until(0)),
        _ => View::unpacked(&data, first.clone()),
    };
    if &item.kind == b"Exif" {
        // Where the TIFF header is, counted from behind this number. [ISO 23008-12 §A.2.1]
        let stated = view.length(0, Order::Big).map(|at| view.from(at.saturating_add(4)));
        let is_tiff = |v: &View| matches!(v.bytes().get(..2), Some(b"II" | b"MM"));
        let tiff = stated.filter(is_tiff).or_else(|| Some(view.from(view.find(b"Exif\0\0")?.saturating_add(6))).filter(is_tiff));
        exif::read(tiff.unwrap_or(view.from(4)), path, findings);
        return;
    }
    if item.encoding.bytes() == b"deflate" {
        if let Some(unpacked) = findings.unpack(view.bytes()) {
            xmp::read(View::unpacked(&unpacked, first.clone()), path, findings);
        }
    } else if is_xmp(item) {
        xmp::read(view, path, findings);
    }
}

fn is_xmp(item: &Item) -> bool {
    &item.kind == b"mime" && item.content_type.bytes() == b"application/rdf+xml"
}

/// What an item is, for people.
fn what(meta: &Meta, item: &Item) -> Option<String> {
    if matches!(&item.kind, b"mime" | b"uri ") {
        return (!item.content_type.is_empty()).then(|| String::from_utf8_lossy(item.content_type.until(256).bytes()).into_owned());
    }
    let properties = || meta.properties_of(item).map(|(_, p, _)| p);
    let auxiliary = properties().filter(|p| &p.kind == b"auxC").find_map(property::auxiliary_type);
    auxiliary.or_else(|| {
        let size = properties().find(|p| &p.kind == b"ispe")?.content;
        Some(format!("{} × {} px", size.u32(4, Order::Big)?, size.u32(8, Order::Big)?))
    })
}

/// What the items that do not stay are.
fn kinds(meta: &Meta, kept: &BTreeSet<usize>) -> BTreeMap<usize, MetadataKind> {
    let mut from: BTreeMap<usize, MetadataKind> = BTreeMap::new();
    for reference in &meta.references {
        let Some(&index) = meta.index.get(&reference.from) else { continue };
        match &reference.kind {
            b"thmb" => drop(from.insert(index, MetadataKind::Thumbnail)),
            b"auxl" => {
                let item = meta.items.get(index);
                let urn = item
                    .and_then(|i| meta.properties_of(i).find_map(|(_, p, _)| (&p.kind == b"auxC").then(|| property::auxiliary_type(p))?));
                let is_alpha = item.is_some_and(|i| is_alpha_item(meta, i));
                from.entry(index).or_insert(if is_alpha { MetadataKind::MultiPicture } else { auxiliary(&urn.unwrap_or_default()) });
            }
            _ => {}
        }
    }
    for (index, item) in meta.items.iter().enumerate() {
        let kind = match &item.kind {
            b"Exif" => MetadataKind::Exif,
            b"mime" if is_xmp(item) => MetadataKind::Xmp,
            b"mime" if item.content_type.bytes().starts_with(b"text/") => MetadataKind::Text,
            b"tmap" => MetadataKind::GainMap,
            b"hvc1" | b"hev1" | b"av01" | b"grid" | b"iovl" | b"iden" | b"jpeg" | b"avc1" | b"lhv1" | b"vvc1" | b"j2k1" | b"unci" => {
                from.get(&index).copied().unwrap_or(MetadataKind::MultiPicture)
            }
            _ => from.get(&index).copied().unwrap_or(MetadataKind::Unknown),
        };
        from.insert(index, kind);
    }
    // What a picture that goes is made of is of its kind. Nothing is made of what is made of it, or that is cut here.
    for _ in 0..MAX_DERIVATIONS {
        for reference in meta.references.iter().filter(|r| &r.kind == b"dimg") {
            let Some(&user) = meta.index.get(&reference.from).filter(|u| !kept.contains(u)) else { continue };
            let Some(&kind) = from.get(&user).filter(|k| **k != MetadataKind::MultiPicture) else { continue };
            for input in reference.to.iter().filter_map(|id| meta.index.get(id)) {
                from.insert(*input, kind);
            }
        }
    }
    from
}

/// By the name that its maker gave it.
fn auxiliary(urn: &str) -> MetadataKind {
    let has = |word: &str| urn.to_ascii_lowercase().contains(word);
    if has("gainmap") {
        MetadataKind::GainMap
    } else if has("depth") || has("disparity") || has("matte") || urn == "urn:mpeg:hevc:2015:auxid:2" {
        MetadataKind::Depth
    } else {
        MetadataKind::MultiPicture
    }
}

/// Names what goes of properties, and the profile that stays.
pub(super) fn properties(meta: &Meta, kept: &BTreeSet<usize>, findings: &mut Findings) {
    let mut by_kept = BTreeSet::new();
    let mut by_others = BTreeSet::new();
    for (index, item) in meta.items.iter().enumerate() {
        let users = if kept.contains(&index) { &mut by_kept } else { &mut by_others };
        users.extend(item.properties.iter().map(|&(property, _)| property));
    }
    for (index, property) in meta.properties.iter().enumerate() {
        let path = format!("meta/iprp/{}", property.name());
        let range = property.whole.range();
        let is_used = by_kept.contains(&index);
        if !is_used
            && by_others.contains(&index)
            && !matches!(property::form(property), Form::Goes(MetadataKind::Text | MetadataKind::Time, _))
        {
            continue;
        }
        match property::form(property) {
            Form::Goes(kind, value) => findings.push(kind, path, range, value),
            Form::Stays(_) if !is_used => findings.push(MetadataKind::Unknown, path, range, Some("of no picture".into())),
            Form::Srgb => profile(property, path, findings),
            Form::Stays(content) if content == property.content.bytes() => {
                if property::profile(property.content).is_some() {
                    findings.keep(MetadataKind::Icc, path, range, Why::Colour);
                }
            }
            Form::Stays(_) if property::profile(property.content).is_some() => profile(property, path, findings),
            Form::Stays(content) => {
                let strays = Some(property).filter(|p| &p.kind == b"hvcC").and_then(|p| Configuration::read(p.content)).map(|c| c.strays());
                let base = property.content.range().start;
                for stray in strays.unwrap_or_default() {
                    let range = stray.range.start.saturating_add(base)..stray.range.end.saturating_add(base);
                    findings.push(stray.kind, format!("{path}/{}", stray.name), range, stray.value);
                }
                // What is before the parameter sets in a decoder configuration is numbers about the stream, which are merely written anew.
                let skip = if &property.kind == b"hvcC" { 23 } else { 0 };
                if content.get(skip..) != property.content.bytes().get(skip..) {
                    findings.push(MetadataKind::Unknown, path, range, None);
                }
            }
        }
    }
}

/// Names what the handler calls itself. [ISO 14496-12 §8.4.3]
pub(super) fn names(meta: &Meta, findings: &mut Findings) {
    let Some(handler) = meta.boxes.iter().find(|b| &b.kind == b"hdlr") else { return };
    let name = handler.content.from(24);
    if name.bytes().iter().any(|&b| b != 0) {
        let value = String::from_utf8_lossy(name.until(1024).bytes()).into_owned();
        findings.push(MetadataKind::Text, "meta/hdlr/name", name.range(), Some(value));
    }
}

/// Names a profile that does not stay as it is.
pub(super) fn profile(property: &BmffBox, path: String, findings: &mut Findings) {
    let Some(profile) = property::profile(property.content) else { return };
    findings.push(MetadataKind::Icc, path.clone(), property.whole.range(), icc::description(profile.bytes()));
    icc::read(profile, &path, findings);
}

/// What a box at the top of the file is that does not stay, and what is in it.
pub(super) fn stray(stray: &BmffBox, findings: &mut Findings) -> (String, MetadataKind) {
    let content = stray.content;
    match &stray.kind {
        b"uuid" if content.bytes().starts_with(C2PA) => {
            // Version and flags, then what the box is for, and where the next one is. [C2PA 2.1 §A.5]
            let purpose = content.from(20).split_nul();
            let boxes = purpose.map(|(_, rest)| rest.from(8)).filter(|b| b.bytes().get(4..8) == Some(b"jumb"));
            c2pa::read(boxes.unwrap_or(content.from(20)), "uuid/C2PA", findings);
            ("uuid/C2PA".into(), MetadataKind::C2pa)
        }
        b"uuid" if content.bytes().starts_with(XMP) => {
            xmp::read(content.from(16), "uuid/XMP", findings);
            ("uuid/XMP".into(), MetadataKind::Xmp)
        }
        b"uuid" => {
            let id: String = content.until(16).bytes().iter().map(|b| format!("{b:02x}")).collect();
            (format!("uuid/{id}"), MetadataKind::Unknown)
        }
        b"jumb" => {
            c2pa::read(stray.whole, "jumb", findings);
            ("jumb".into(), MetadataKind::C2pa)
        }
        b"mpvd" => ("mpvd".into(), MetadataKind::Motion),
        b"moov" | b"moof" => (stray.name(), MetadataKind::Motion),
        b"udta" => (stray.name(), MetadataKind::Text),
        kind => (name(*kind), MetadataKind::Unknown),
    }
}

/// Seconds since 1904 as a date. [ISO 14496-12 §8.2.2.3]
pub(super) fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days from 1904-01-01 to 0000-03-01 in the Gregorian calendar, then whole 400-year rounds of 146,097 days.
    let days = days.min(1 << 40).saturating_add(695_361);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era.saturating_sub(of_era / 1460).saturating_add(of_era / 36_524).saturating_sub(of_era / 146_096)) / 365;
    let of_year = of_era.saturating_sub(year.saturating_mul(365).saturating_add(year / 4).saturating_sub(year / 100));
    let month = of_year.saturating_mul(5).saturating_add(2) / 153;
    let day = of_year.saturating_sub(month.saturating_mul(153).saturating_add(2) / 5).saturating_add(1);
    let (month, next) = if month < 10 { (month.saturating_add(3), 0) } else { (month.saturating_sub(9), 1) };
    let year = era.saturating_mul(400).saturating_add(year).saturating_add(next);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Deepest row of pictures that are made of each other and go.
const MAX_DERIVATIONS: usize = 4;

/// [C2PA 2.1 §A.5.1]
const C2PA: &[u8] = b"\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81";

/// [ISO 16684-3, XMP part 3 §1.1.5]
const XMP: &[u8] = b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";
