//! Reads Photoshop image resources, and the IPTC-IIM records in one of them. [IPTC-NAA IIM 4.2]

use super::cursor::{Order, View};
use super::ledger::Findings;
use super::{MetadataKind, icc, xmp};

/// Walks the `8BIM` resources of an APP13 segment or a TIFF tag.
pub(crate) fn resources(block: View, path: &str, findings: &mut Findings) {
    let mut rest = block;
    for _ in 0..MAX_RESOURCES {
        let Some((id, data, after)) = resource(rest) else { break };
        let path = format!("{path}/{}", resource_name(id).map_or_else(|| format!("0x{id:04X}"), str::to_owned));
        match id {
            0x0404 => {
                findings.detail(MetadataKind::Iptc, path.clone(), data.range(), None);
                records(data, &path, findings);
            }
            0x0409 | 0x040C => findings.detail(MetadataKind::Thumbnail, path, data.range(), Some(format!("{} bytes", data.len()))),
            0x040F => findings.detail(MetadataKind::Icc, path, data.range(), icc::description(data.bytes())),
            // Not walked: an Exif block may hold such resources again, and so on.
            0x0422 | 0x0423 => findings.detail(MetadataKind::Exif, path, data.range(), None),
            0x0424 => {
                findings.detail(MetadataKind::Xmp, path.clone(), data.range(), None);
                xmp::read(data, &path, findings);
            }
            _ => findings.detail(MetadataKind::Photoshop, path, data.range(), None),
        }
        rest = after;
    }
}

/// One resource: its number, its data, and what follows.
fn resource(block: View) -> Option<(u16, View, View)> {
    if !matches!(block.bytes().get(..4)?, b"8BIM" | b"MeSa" | b"AgHg" | b"PHUT" | b"DCSR") {
        return None;
    }
    let id = block.u16(4, Order::Big)?;
    // A name as a Pascal string, its length byte included padded to an even length.
    let name = usize::from(block.u8(6)?).saturating_add(2) & !1;
    let header = name.saturating_add(6);
    let size = block.length(header, Order::Big)?;
    let start = header.saturating_add(4);
    let data = block.get(start, size)?;
    Some((id, data, block.from(start.saturating_add(size.saturating_add(1) & !1))))
}

/// Names the records of an IIM block.
pub(crate) fn records(block: View, path: &str, findings: &mut Findings) {
    let mut rest = block;
    for _ in 0..MAX_RECORDS {
        let (Some(0x1C), Some(record), Some(dataset), Some(size)) = (rest.u8(0), rest.u8(1), rest.u8(2), rest.u16(3, Order::Big)) else {
            break;
        };
        // Above 32,767 the size is that of a longer size field, which no photo needs.
        let Some(data) = rest.get(5, usize::from(size)) else { break };
        let name = record_name(record, dataset).map_or_else(|| format!("{record}:{dataset}"), str::to_owned);
        let value = (record != 1 && dataset != 0).then(|| String::from_utf8_lossy(data.until(1024).bytes()).into_owned());
        findings.detail(MetadataKind::Iptc, format!("{path}/{name}"), data.range(), value);
        rest = rest.from(usize::from(size).saturating_add(5));
    }
}

fn resource_name(id: u16) -> Option<&'static str> {
    Some(match id {
        0x03ED => "ResolutionInfo",
        0x0404 => "IPTC",
        0x0406 => "JPEG_Quality",
        0x0409 | 0x040C => "PhotoshopThumbnail",
        0x040A => "CopyrightFlag",
        0x040B => "URL",
        0x040F => "ICC_Profile",
        0x0414 => "IDsBaseValue",
        0x041A => "SliceInfo",
        0x041E => "URL_List",
        0x0421 => "VersionInfo",
        0x0422 => "EXIFInfo",
        0x0423 => "ExifInfo2",
        0x0424 => "XMP",
        0x0425 => "IPTCDigest",
        0x0426 => "PrintScaleInfo",
        _ => return None,
    })
}

fn record_name(record: u8, dataset: u8) -> Option<&'static str> {
    Some(match (record, dataset) {
        (1, 0) => "EnvelopeRecordVersion",
        (1, 90) => "CodedCharacterSet",
        (2, 0) => "ApplicationRecordVersion",
        (2, 5) => "ObjectName",
        (2, 7) => "EditStatus",
        (2, 10) => "Urgency",
        (2, 15) => "Category",
        (2, 20) => "SupplementalCategories",
        (2, 22) => "FixtureIdentifier",
        (2, 25) => "Keywords",
        (2, 26) => "ContentLocationCode",
        (2, 27) => "ContentLocationName",
        (2, 30) => "ReleaseDate",
        (2, 35) => "ReleaseTime",
        (2, 40) => "SpecialInstructions",
        (2, 55) => "DateCreated",
        (2, 60) => "TimeCreated",
        (2, 62) => "DigitalCreationDate",
        (2, 63) => "DigitalCreationTime",
        (2, 65) => "OriginatingProgram",
        (2, 70) => "ProgramVersion",
        (2, 80) => "By-line",
        (2, 85) => "By-lineTitle",
        (2, 90) => "City",
        (2, 92) => "Sub-location",
        (2, 95) => "Province-State",
        (2, 100) => "Country-PrimaryLocationCode",
        (2, 101) => "Country-PrimaryLocationName",
        (2, 103) => "OriginalTransmissionReference",
        (2, 105) => "Headline",
        (2, 110) => "Credit",
        (2, 115) => "Source",
        (2, 116) => "CopyrightNotice",
        (2, 118) => "Contact",
        (2, 120) => "Caption-Abstract",
        (2, 121) => "LocalCaption",
        (2, 122) => "Writer-Editor",
        (2, 187) => "UniqueDocumentID",
        _ => return None,
    })
}

/// Most resources in one block. Photoshop writes about forty.
const MAX_RESOURCES: usize = 500;

/// Most records in one block. A hundred keywords are a hundred records.
const MAX_RECORDS: usize = 2000;
