//! Walks a JPEG: markers, entropy-coded data, and whatever follows the picture. [ITU-T T.81 Annex B]

mod app;
pub(crate) mod bits;
mod copy;
#[cfg(feature = "formats")]
pub(super) mod embedded;
mod frame;
mod progressive;
mod scan;
mod trailer;

use std::cell::Cell;

use super::cursor::{Order, View};
use super::ledger::{Findings, Tiles};
use super::{ColorSource, Inspection, JpegFrame, MetadataKind, Orientation, Role, Why, keep};
use crate::{Error, Format, Limits};
use copy::Original;
use frame::{Frame, ScanHeader, Tables};
use progressive::Progress;

pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, Error> {
    whole(bytes, None, limits)
}

/// The same for a file whose scans should be copies of those of `source`, which was inspected before. They are compared, not read again.
///
/// # Errors
/// Also where they differ, which says nothing about the file.
pub(super) fn inspect_copy(bytes: &[u8], source: (&[u8], &Inspection), limits: &Limits) -> Result<Inspection, Error> {
    let original = Original::new(View::file(source.0), source.1).ok_or_else(|| Error::malformed("the inspection is of another file", 0))?;
    whole(bytes, Some(&original), limits)
}

fn whole(bytes: &[u8], original: Option<&Original>, limits: &Limits) -> Result<Inspection, Error> {
    let file = View::file(bytes);
    let work = work(bytes.len());
    let mut picture = Walk { original, ..Walk::new(file, limits, &work) }.run()?;
    trailer::classify(file, &mut picture, limits, &work)?;
    let (frame, notes) = (picture.frame, picture.notes);
    Ok(Inspection {
        format: Format::Jpeg,
        width: frame.width,
        height: frame.height,
        orientation: Orientation::new(notes.orientation.map_or(1, u32::from)),
        frames: 1,
        has_alpha: false,
        bit_depth: frame.precision,
        color: ColorSource { icc: notes.icc, ..ColorSource::default() },
        jpeg: Some(JpegFrame {
            process: frame.process,
            components: frame.components(),
            mcu_width: frame.mcu().0,
            mcu_height: frame.mcu().1,
            adobe_transform: notes.adobe_transform,
        }),
        segments: picture.tiles.finish(bytes.len())?,
        findings: picture.findings.into_list(),
    })
}

/// A picture that was walked from SOI to EOI.
struct Picture {
    tiles: Tiles,
    findings: Findings,
    frame: Frame,
    notes: app::Notes,
    /// Just behind EOI.
    end: usize,
}

struct Walk<'a> {
    view: View<'a>,
    at: usize,
    tiles: Tiles,
    findings: Findings,
    frame: Option<Frame>,
    tables: Tables,
    progress: Progress,
    scans: usize,
    notes: app::Notes,
    limits: &'a Limits,
    /// Blocks that may still be read, over all pictures of the file.
    work: &'a Cell<u64>,
    /// What the scans are copies of.
    original: Option<&'a Original<'a>>,
}

impl<'a> Walk<'a> {
    fn new(view: View<'a>, limits: &'a Limits, work: &'a Cell<u64>) -> Self {
        Self {
            view,
            at: 0,
            tiles: Tiles::new(limits),
            findings: Findings::default(),
            frame: None,
            tables: Tables::default(),
            progress: Progress::default(),
            scans: 0,
            notes: app::Notes::default(),
            limits,
            work,
            original: None,
        }
    }

    fn run(mut self) -> Result<Picture, Error> {
        if !self.view.bytes().starts_with(&[0xFF, 0xD8]) {
            return Err(self.malformed("no SOI marker at the start"));
        }
        self.tile("SOI", 2, Role::Structure)?;
        loop {
            let marker = self.marker()?;
            match marker {
                0xD9 => break self.finish(),
                0xD8 => return Err(self.malformed("a second SOI inside the picture")),
                // Standalone markers that mean nothing here; decoders skip them.
                0x01 | 0xD0..=0xD7 => self.unknown(if marker == 1 { "TEM" } else { "RST" }, 2)?,
                _ => self.segment(marker)?,
            }
        }
    }

    /// Goes to the next marker; what lies before it is fill or garbage.
    fn marker(&mut self) -> Result<u8, Error> {
        let rest = self.view.from(self.at).bytes();
        let mut before = 0_usize;
        loop {
            match rest.get(before..) {
                Some([0xFF, 0xFF | 0x00, ..]) => before = before.saturating_add(1),
                Some([0xFF, marker, ..]) => {
                    let is_fill = rest.iter().take(before).all(|&b| b == 0xFF);
                    self.unknown(if is_fill { "fill" } else { "garbage" }, before)?;
                    return Ok(*marker);
                }
                Some([_, _, ..]) => before = before.saturating_add(1),
                _ => return Err(self.malformed("the file ends before the picture does: no EOI marker")),
            }
        }
    }

    /// A marker with a length. `at` is at the marker.
    fn segment(&mut self, marker: u8) -> Result<(), Error> {
        let short = |walk: &Self| walk.malformed(&format!("{} is longer than the file", name(marker)));
        let length = usize::from(self.view.u16(self.at.saturating_add(2), Order::Big).ok_or_else(|| short(self))?);
        if length < 2 {
            return Err(self.malformed(&format!("{} has a length below 2", name(marker))));
        }
        let whole = self.view.get(self.at, length.saturating_add(2)).ok_or_else(|| short(self))?;
        let payload = whole.from(4);
        match marker {
            0xDB => self.table(whole, |t, p| t.quantization(p)),
            0xC4 => self.table(whole, |t, p| t.huffman(p)),
            0xDD => self.table(whole, |t, p| t.restart(p)),
            0xC0..=0xCF if marker != 0xC8 && marker != 0xCC => self.start_of_frame(marker, whole),
            0xDA => self.scan(whole),
            0xDC => self.number_of_lines(whole),
            0xDE | 0xDF => Err(Error::Unsupported("a hierarchical JPEG, which hardly any viewer shows".into())),
            0xF7 => Err(Error::Unsupported("a JPEG-LS picture".into())),
            _ => self.metadata(marker, whole, payload),
        }
    }

    fn table(&mut self, whole: View, read: impl Fn(&mut Tables, View) -> Option<()>) -> Result<(), Error> {
        let marker = whole.u8(1).unwrap_or(0);
        read(&mut self.tables, whole.from(4))
            .ok_or_else(|| self.malformed(&format!("{} does not hold what its length says", name(marker))))?;
        if self.tables.count() > MAX_TABLES {
            return Err(Error::LimitExceeded(format!("more than {MAX_TABLES} tables in one picture")));
        }
        self.tile(name(marker), whole.len(), Role::Structure)
    }

    fn start_of_frame(&mut self, marker: u8, whole: View) -> Result<(), Error> {
        if self.frame.is_some() {
            return Err(self.malformed("a second frame header"));
        }
        let frame =
            Frame::read(marker, whole.from(4)).ok_or_else(|| self.malformed("the frame header does not hold what its length says"))?;
        frame.check_supported()?;
        if frame.width == 0 {
            return Err(self.malformed("the picture has no width"));
        }
        self.limits.check_picture(frame.width, frame.height, 4)?;
        if self.original.is_some_and(|original| !original.has_frame(whole)) {
            return Err(self.malformed("another frame header than the original's"));
        }
        self.frame = Some(frame);
        self.tile(name(marker), whole.len(), Role::Structure)
    }

    fn scan(&mut self, whole: View) -> Result<(), Error> {
        let Some(frame) = &self.frame else { return Err(self.malformed("a scan before the frame header")) };
        let header =
            ScanHeader::read(whole.from(4), frame).ok_or_else(|| self.malformed("the scan header does not fit the frame header"))?;
        self.tables
            .use_for(&header, frame)
            .ok_or_else(|| Error::malformed("a scan needs a table that was not defined", whole.offset(0)))?;
        if self.tables.have_changed() {
            return Err(Error::Unsupported(
                "a JPEG whose quantization tables change from scan to scan, which decoders do not agree on".into(),
            ));
        }
        let start = self.at.saturating_add(whole.len());
        let data = self.view.from(start);
        let length = entropy_coded_length(data).ok_or_else(|| self.malformed("the file ends within a scan: no EOI marker"))?;
        self.height_from_dnl(start.saturating_add(length));
        let Some(frame) = &self.frame else { return Err(self.malformed("no frame header")) };
        if frame.height == 0 {
            return Err(self.malformed("the picture has no height"));
        }
        self.limits.check_picture(frame.width, frame.height, 4)?;
        self.spend(scan::blocks(frame, &header))?;
        let Some(frame) = &self.frame else { return Err(self.malformed("no frame header")) };
        let data = data.until(length);
        let runs = match self.original {
            None => scan::measure(data, frame, &header, &self.tables, &mut self.progress),
            Some(original) => self.progress.begin(frame, &header).and_then(|()| {
                let runs = original.runs(self.scans, (self.view, data), frame, (whole.from(4), &header), &self.tables);
                runs.ok_or_else(|| "another scan than the original's".into())
            }),
        };
        let runs = runs.map_err(|what| self.malformed(&what))?;
        self.tile("SOS", whole.len(), Role::Structure)?;
        self.scans = self.scans.saturating_add(1);
        if self.scans > MAX_SCANS {
            return Err(Error::LimitExceeded(format!("more than {MAX_SCANS} scans in one picture")));
        }
        for run in runs {
            self.excess(start.saturating_add(run.start))?;
            self.tile("scan", start.saturating_add(run.end).saturating_sub(self.at), Role::Pixels)?;
        }
        self.excess(start.saturating_add(length))
    }

    /// Takes note that a scan's blocks are read. Scans of next to no bytes may speak of all of them.
    fn spend(&self, blocks: u64) -> Result<(), Error> {
        let left = self.work.get().checked_sub(blocks);
        self.work.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| Error::LimitExceeded("scans that speak of too many blocks".into()))
    }

    /// Bytes in a scan that no code is read from; decoders skip them.
    fn excess(&mut self, end: usize) -> Result<(), Error> {
        self.unknown("scan/excess", end.saturating_sub(self.at))
    }

    /// A frame header without a height needs that of the DNL segment at `at`, before the scan can be read.
    fn height_from_dnl(&mut self, at: usize) {
        let dnl = self.view.from(at);
        if let (Some([0xFF, 0xDC, 0, 4]), Some(lines), Some(frame)) = (dnl.array(0), dnl.u16(4, Order::Big), self.frame.as_mut())
            && frame.height == 0
            && self.scans == 0
        {
            frame.height = lines.into();
        }
    }

    /// DNL states the height behind the first scan. [ITU-T T.81 §B.2.5]
    fn number_of_lines(&mut self, whole: View) -> Result<(), Error> {
        let lines = whole.u16(4, Order::Big).filter(|_| whole.len() == 6).map(u32::from);
        let (Some(lines), Some(frame), 1) = (lines, &self.frame, self.scans) else {
            return Err(self.malformed("a DNL segment out of place"));
        };
        if frame.height != lines {
            return Err(self.malformed("DNL and the frame header state different heights"));
        }
        self.tile("DNL", whole.len(), Role::Structure)
    }

    fn metadata(&mut self, marker: u8, whole: View, payload: View) -> Result<(), Error> {
        let why = keep::jpeg(marker, payload.bytes()).filter(|_| self.notes.is_first(marker));
        let role = match why {
            Some(Why::Structure) => Role::Structure,
            Some(why) => {
                self.findings.keep(MetadataKind::Exif, "APP1/Exif", whole.range(), why);
                Role::Metadata(MetadataKind::Exif)
            }
            None => Role::Metadata(app::classify(marker, whole, &mut self.notes, &mut self.findings)),
        };
        self.notes.remember(marker, payload);
        self.tile(name(marker), whole.len(), role)
    }

    fn finish(mut self) -> Result<Picture, Error> {
        if self.scans > 0 && !self.progress.is_complete() {
            return Err(self.malformed("scans are missing: the picture ends before it is whole"));
        }
        let Some(frame) = self.frame.take() else { return Err(self.malformed("no frame header")) };
        if self.scans == 0 {
            return Err(self.malformed("no scan"));
        }
        self.tile("EOI", 2, Role::Structure)?;
        for (name, range) in self.tables.unused() {
            self.findings.push(MetadataKind::Unknown, name, range, None);
        }
        self.notes.settle_profile(&mut self.findings);
        Ok(Picture { tiles: self.tiles, findings: self.findings, frame, notes: self.notes, end: self.at })
    }

    /// Appends the next `length` bytes.
    fn tile(&mut self, name: impl Into<String>, length: usize, role: Role) -> Result<(), Error> {
        self.at = self.at.saturating_add(length);
        self.tiles.append(name, self.at, role)
    }

    fn unknown(&mut self, name: &str, length: usize) -> Result<(), Error> {
        if length > 0 {
            let range = self.view.get(self.at, length).map_or(0..0, View::range);
            self.findings.push(MetadataKind::Unknown, name, range, None);
        }
        self.tile(name, length, Role::Unknown)
    }

    fn malformed(&self, what: &str) -> Error {
        Error::malformed(what, self.view.offset(self.at))
    }
}

/// How many bytes come before the marker that ends a scan. Stuffed zeros and restart markers are inside. [ITU-T T.81 §B.1.1.5]
fn entropy_coded_length(data: View) -> Option<usize> {
    let bytes = data.bytes();
    let mut at = 0_usize;
    loop {
        at = at.saturating_add(bits::plain_length(bytes.get(at..)?));
        let fill = bytes.get(at..)?.iter().take_while(|&&b| b == 0xFF).count();
        let behind = at.saturating_add(fill);
        match bytes.get(behind)? {
            0x00 | 0xD0..=0xD7 => at = behind.saturating_add(1),
            _ => return Some(at),
        }
    }
}

/// A marker's name in the standard.
fn name(marker: u8) -> String {
    match marker {
        0xC4 => "DHT".into(),
        0xC8 | 0xF0..=0xFD => format!("JPG{}", marker & 15),
        0xCC => "DAC".into(),
        0xC0..=0xCF => format!("SOF{}", marker & 15),
        0xDA => "SOS".into(),
        0xDB => "DQT".into(),
        0xDC => "DNL".into(),
        0xDD => "DRI".into(),
        0xE0..=0xEF => format!("APP{}", marker & 15),
        0xFE => "COM".into(),
        other => format!("0x{other:02X}"),
    }
}

/// How many blocks may be read in a file of `length` bytes: some for every byte, and enough for a smooth picture of the most pixels, of
/// which an encoder's twenty scans say next to nothing.
pub(in crate::inspect) fn work(length: usize) -> Cell<u64> {
    Cell::new((length as u64).saturating_mul(2).saturating_add(1 << 26))
}

/// Most tables of one picture. Encoders write up to four for each scan.
const MAX_TABLES: usize = 1024;

/// Most scans of one picture. Encoders write up to some twenty; each costs a walk over all blocks, however short it is.
const MAX_SCANS: usize = 200;
