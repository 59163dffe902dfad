//! The few facts that a person may ask to keep: read out of what was found, whatever container or packet it was in, brought to one
//! form, and written as a fresh Exif block that holds nothing else.

#[cfg(feature = "pixels")]
use crate::inspect::Kept;
use crate::inspect::decimal::Decimal;
use crate::inspect::{Finding, Inspection, MetadataKind, Orientation, Why, keep};
use crate::{Format, Keep};

/// What was asked for and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    copyright: Option<String>,
    /// `YYYY:MM:DD HH:MM:SS`, as Exif writes it.
    date: Option<String>,
    place: Option<Place>,
}

/// A position to a tenth of a degree, about 11 km from north to south.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Tenths of a degree, north positive.
    latitude: i16,
    /// Tenths of a degree, east positive.
    longitude: i16,
}

impl Facts {
    /// What `keep` asks for, of a picture of which `inspection` tells. Only what is said of the picture itself counts, not what is said
    /// of others behind it.
    pub(crate) fn of(inspection: &Inspection, keep: &Keep) -> Self {
        let values = |paths: &'static [&'static str]| {
            let of_picture = inspection.findings.iter().filter(|f| !f.path.starts_with("MPF/") && !f.path.starts_with("trailer"));
            let of_picture: Vec<&Finding> = of_picture.collect();
            paths.iter().filter_map(move |path| of_picture.iter().find(|f| f.path.ends_with(path))?.value.clone())
        };
        Self {
            copyright: if keep.copyright { values(COPYRIGHT).find_map(|text| one_line(&text)) } else { None },
            date: if keep.date { values(DATE).find_map(|text| exif_date(&text)) } else { None },
            place: if keep.coarse_location {
                let latitude = values(LATITUDE).find_map(|text| tenths(&text, 900));
                let longitude = values(LONGITUDE).find_map(|text| tenths(&text, 1800));
                latitude.zip(longitude).map(|(latitude, longitude)| Place { latitude, longitude })
            } else {
                None
            },
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The Exif block that says these facts and which side is up: a TIFF header, IFD0, and the Exif and GPS directories where they are
    /// needed. `None` when there is nothing to say. [Exif 2.32 §4.6]
    pub(crate) fn exif(&self, orientation: Orientation) -> Option<Vec<u8>> {
        if self.is_empty() {
            return None;
        }
        let text = |tag: u16, text: &str| Entry {
            tag,
            kind: ASCII,
            count: count(text.len().saturating_add(1)),
            value: [text.as_bytes(), b"\0"].concat(),
        };
        let short = |tag: u16, value: u16| Entry { tag, kind: SHORT, count: 1, value: value.to_be_bytes().to_vec() };
        let pointer = |tag: u16, at: usize| Entry { tag, kind: LONG, count: 1, value: count(at).to_be_bytes().to_vec() };
        let mut main = Vec::new();
        if orientation != Orientation::UPRIGHT {
            main.push(short(0x0112, orientation.value().into()));
        }
        main.extend(self.copyright.as_deref().map(|copyright| text(0x8298, copyright)));
        let exif: Vec<Entry> = self.date.as_deref().map(|date| text(0x9003, date)).into_iter().collect();
        let gps = self.place.map(Place::entries).unwrap_or_default();
        let below = usize::from(!exif.is_empty()).saturating_add(usize::from(!gps.is_empty()));
        let exif_at = 8_usize.saturating_add(length(&main)).saturating_add(below.saturating_mul(12));
        let gps_at = if exif.is_empty() { exif_at } else { exif_at.saturating_add(length(&exif)) };
        if !exif.is_empty() {
            main.push(pointer(0x8769, exif_at));
        }
        if !gps.is_empty() {
            main.push(pointer(0x8825, gps_at));
        }
        let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
        for directory in [main, exif, gps].iter().filter(|directory| !directory.is_empty()) {
            write(&mut tiff, directory);
        }
        Some(tiff)
    }

    /// What is kept of this in a file of `format` that is encoded anew, and so is upright.
    #[cfg(feature = "pixels")]
    pub(crate) fn kept(&self, format: Format) -> Vec<Kept> {
        // What is around the block: marker, length and identifier; length, type and checksum; type and length.
        let (block, around) = match format {
            Format::Jpeg => ("APP1/Exif", 10),
            Format::Png => ("eXIf", 12),
            _ => ("EXIF", 8),
        };
        let Some(exif) = self.exif(Orientation::UPRIGHT).filter(|_| have_a_place_in(format)) else { return Vec::new() };
        let range = 0..exif.len().saturating_add(around);
        self.findings(block, &range).iter().filter_map(Finding::as_kept).collect()
    }

    /// What of this is kept, as findings within `range`; `block` is the Exif block's path.
    fn findings(&self, block: &str, range: &std::ops::Range<usize>) -> Vec<Finding> {
        let kept = |kind, path: &str, value: &str| Finding {
            kind,
            path: format!("{block}/{path}"),
            range: range.clone(),
            value: Some(value.to_owned()),
            kept: Some(Why::Asked),
        };
        let mut all = Vec::new();
        all.extend(self.copyright.as_deref().map(|text| kept(MetadataKind::Exif, "IFD0/Copyright", text)));
        all.extend(self.date.as_deref().map(|date| kept(MetadataKind::Exif, "ExifIFD/DateTimeOriginal", date)));
        if let Some(Place { latitude, longitude }) = self.place {
            for (name, tenths) in [("GPS/GPSLatitude", latitude), ("GPS/GPSLongitude", longitude)] {
                let degrees = Decimal::ratio(tenths.into(), 10).map(|degrees| degrees.with_digits(5));
                all.push(kept(MetadataKind::Gps, name, &degrees.unwrap_or_default()));
            }
        }
        all
    }
}

/// Whether an Exif block that holds facts may be written into files of `format`.
pub(crate) fn have_a_place_in(format: Format) -> bool {
    matches!(format, Format::Jpeg | Format::Png | Format::Webp)
}

/// Takes the Exif block of `inspection` for clean when it holds what `keep` allows and nothing else, byte for byte as we write it.
pub(crate) fn allow(inspection: &mut Inspection, bytes: &[u8], keep: &Keep) {
    let blocks = [("APP1/Exif", 10, 0), ("eXIf", 8, 4), ("EXIF", 8, 0)];
    let found = blocks.iter().find_map(|&(path, head, tail)| {
        let finding = inspection.findings.iter().find(|f| f.path == path && f.kind == MetadataKind::Exif && f.kept.is_none())?;
        let range = finding.range.clone();
        let tiff = bytes.get(range.start.checked_add(head)?..range.end.checked_sub(tail)?)?;
        Some((path, range, tiff))
    });
    let Some((path, range, tiff)) = found else { return };
    let facts = Facts::of(inspection, keep);
    let Some(expected) = facts.exif(inspection.orientation) else { return };
    // A WebP chunk of odd length is padded.
    let padded = [expected.as_slice(), &[0]].concat();
    if tiff != expected && !(path == "EXIF" && expected.len() % 2 == 1 && tiff == padded) {
        return;
    }
    let is_inside = |finding: &Finding| range.start <= finding.range.start && finding.range.end <= range.end;
    inspection.findings.retain(|finding| !(is_inside(finding) || path == "EXIF" && finding.path == keep::WEBP_EXIF_FLAG));
    if inspection.orientation != Orientation::UPRIGHT {
        inspection.findings.push(Finding {
            kind: MetadataKind::Exif,
            path: path.into(),
            range: range.clone(),
            value: None,
            kept: Some(Why::Orientation),
        });
    }
    inspection.findings.extend(facts.findings(path, &range));
}

impl Place {
    fn entries(self) -> Vec<Entry> {
        let half = |tag: u16, letter: u8| Entry { tag, kind: ASCII, count: 2, value: vec![letter, 0] };
        let degrees = |tag: u16, tenths: i16| {
            let numbers = [u32::from(tenths.unsigned_abs()), 10, 0, 1, 0, 1];
            Entry { tag, kind: RATIONAL, count: 3, value: numbers.iter().flat_map(|n| n.to_be_bytes()).collect() }
        };
        vec![
            Entry { tag: 0, kind: BYTE, count: 4, value: vec![2, 3, 0, 0] },
            half(1, if self.latitude < 0 { b'S' } else { b'N' }),
            degrees(2, self.latitude),
            half(3, if self.longitude < 0 { b'W' } else { b'E' }),
            degrees(4, self.longitude),
        ]
    }
}

/// One entry of a directory, big-endian.
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    value: Vec<u8>,
}

/// Bytes of a directory with its values.
fn length(entries: &[Entry]) -> usize {
    let outside = |entry: &Entry| if entry.value.len() > 4 { entry.value.len().next_multiple_of(2) } else { 0 };
    entries.iter().map(|entry| outside(entry).saturating_add(12)).sum::<usize>().saturating_add(6)
}

fn write(tiff: &mut Vec<u8>, entries: &[Entry]) {
    let mut values = Vec::new();
    let values_at = tiff.len().saturating_add(6).saturating_add(entries.len().saturating_mul(12));
    tiff.extend_from_slice(&u16::try_from(entries.len()).unwrap_or(u16::MAX).to_be_bytes());
    for Entry { tag, kind, count: number, value } in entries {
        tiff.extend_from_slice(&tag.to_be_bytes());
        tiff.extend_from_slice(&kind.to_be_bytes());
        tiff.extend_from_slice(&number.to_be_bytes());
        let mut field = value.clone();
        if value.len() > 4 {
            field = count(values_at.saturating_add(values.len())).to_be_bytes().to_vec();
            values.extend_from_slice(value);
            values.resize(values.len().next_multiple_of(2), 0);
        }
        field.resize(4, 0);
        tiff.extend_from_slice(&field);
    }
    tiff.extend_from_slice(&[0; 4]);
    tiff.extend_from_slice(&values);
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Text as it can be read back: no control characters, at most [`MAX_TEXT`] characters.
fn one_line(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|&c| !c.is_control() && !is_unseen(c)).take(MAX_TEXT).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

/// Characters that nobody sees, in which a line could say something else: line ends of another kind, marks of direction and width, tags,
/// variants, private ones. [Unicode 16, general categories Cf, Zl, Zp, Co]
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..)
}

/// A date of Exif or XMP in Exif's form, seconds and all, its zone left out.
fn exif_date(text: &str) -> Option<String> {
    let digits: Vec<u16> = text.split(|c: char| !c.is_ascii_digit()).take(6).map(|n| n.parse().unwrap_or(u16::MAX)).collect();
    let [year, month, day, hour, minute, second] = digits.as_slice() else { return None };
    let is_date = (1826..=9999).contains(year) && (1..=12).contains(month) && (1..=31).contains(day);
    let is_time = *hour < 24 && *minute < 60 && *second <= 60;
    (is_date && is_time).then(|| format!("{year:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}"))
}

/// Degrees, as findings give them (`-0.12750`) or XMP does (`51,30.2N`, `51,30,12N`), in tenths of a degree of at most `most`.
fn tenths(text: &str, most: i16) -> Option<i16> {
    let degrees = match Decimal::parse(text) {
        Some(degrees) => degrees,
        None => {
            let (half, numbers) = text.as_bytes().split_last()?;
            let mut sum = Decimal::ratio(0, 1)?;
            for (part, size) in numbers.split(|&b| b == b',').zip([1, 60, 3600]) {
                sum = sum.checked_add(Decimal::parse(std::str::from_utf8(part).ok()?.trim())?.divided_by(size)?)?;
            }
            match half {
                b'N' | b'E' => sum,
                b'S' | b'W' => sum.negative(),
                _ => return None,
            }
        }
    };
    i16::try_from(degrees.tenths()).ok().filter(|tenths| tenths.abs() <= most)
}

const BYTE: u16 = 1;
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// Longest copyright line, characters. Shorter than the longest value of a finding, so that it is read back whole.
const MAX_TEXT: usize = 200;

/// Where each fact may stand, what is trusted most first.
const COPYRIGHT: &[&str] = &["/IFD0/Copyright", "/dc:rights", "/IPTC/CopyrightNotice", "tEXt/Copyright", "iTXt/Copyright"];
const DATE: &[&str] =
    &["/ExifIFD/DateTimeOriginal", "/exif:DateTimeOriginal", "/photoshop:DateCreated", "/ExifIFD/CreateDate", "/xmp:CreateDate"];
const LATITUDE: &[&str] = &["/GPS/GPSLatitude", "/exif:GPSLatitude"];
const LONGITUDE: &[&str] = &["/GPS/GPSLongitude", "/exif:GPSLongitude"];

#[cfg(test)]
mod tests {
    use super::{exif_date, tenths};

    #[test]
    fn dates_and_degrees_are_brought_to_one_form() {
        assert_eq!(exif_date("2024-05-17T09:30:12.50+02:00").as_deref(), Some("2024:05:17 09:30:12"));
        assert_eq!(exif_date("2024:05:17 09:30:12").as_deref(), Some("2024:05:17 09:30:12"));
        for bad in ["2024", "0000:00:00 00:00:00", "2024:13:01 00:00:00", "    :  :     :  :  "] {
            assert_eq!(exif_date(bad), None, "{bad}");
        }
        for (text, value) in [("51.50333", 515), ("-0.12750", -1), ("51,30.2N", 515), ("0,7,39W", -1), ("-179.97", -1800)] {
            assert_eq!(tenths(text, 1800), Some(value), "{text}");
        }
        for bad in ["", "north", "91.0", "NaN", "inf", "51,x,N"] {
            assert_eq!(tenths(bad, 900), None, "{bad}");
        }
    }
}
