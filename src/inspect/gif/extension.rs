//! GIF's extensions: two of them say how frames follow each other, all others are about the picture. [GIF89a §23–26]

use super::{SubBlocks, Walk, Written, cut, keep, sub_blocks};
use crate::Error;
use crate::inspect::cursor::View;
use crate::inspect::ledger::Findings;
use crate::inspect::{MetadataKind, Role, c2pa, icc, iptc, xmp};

impl Walk<'_, '_> {
    pub(super) fn extension(&mut self, at: usize) -> Result<(), Error> {
        let label = self.file.u8(at.saturating_add(1)).ok_or_else(|| cut(at))?;
        let blocks = sub_blocks(self.file, at.saturating_add(2)).ok_or_else(|| cut(at))?;
        match label {
            0xF9 => self.control(&blocks),
            0xFF => self.application(&blocks),
            0xFE => self.removed("Comment Extension", &blocks, MetadataKind::Comment, text(&blocks.data)),
            // Text that the viewer is to draw itself, behind 12 bytes of where and how. None does.
            0x01 => self.removed("Plain Text Extension", &blocks, MetadataKind::Text, text(blocks.data.get(12..).unwrap_or_default())),
            other => self.removed(&format!("Extension 0x{other:02X}"), &blocks, MetadataKind::Unknown, None),
        }
    }

    /// One goes before each picture; where there are more, the last counts. [§23]
    fn control(&mut self, blocks: &SubBlocks) -> Result<(), Error> {
        let name = "Graphic Control Extension";
        let Some(stated) = blocks.first::<4>() else { return self.removed(name, blocks, MetadataKind::Unknown, None) };
        let control = keep::control(stated);
        if let Some((earlier, _)) = self.control.take() {
            self.remove(earlier, MetadataKind::Unknown);
        }
        let field = |at| match at {
            3 => "packed fields",
            _ => "transparent colour index",
        };
        self.anew(name, blocks, &control, field)?;
        self.control = self.gif.parts.len().checked_sub(1).map(|index| (index, control[3] & 1 == 1));
        Ok(())
    }

    /// [§26]
    fn application(&mut self, blocks: &SubBlocks) -> Result<(), Error> {
        let length = blocks.lengths.first().map_or(0, |&length| usize::from(length));
        let (identifier, data) = blocks.data.split_at_checked(length).unwrap_or_default();
        let name = identifier.iter().take(11).map(|&b| if b.is_ascii_graphic() || b == b' ' { char::from(b) } else { '_' });
        let name = format!("Application Extension/{}", name.collect::<String>().trim_end());
        if let Some(application) = keep::LOOPS.iter().find(|known| *known == identifier)
            && let Some(count) = blocks.repetitions()
        {
            // Browsers take each as it comes, so that the last one counts.
            if let Some(earlier) = self.repetitions.take() {
                self.remove(earlier, MetadataKind::Unknown);
            }
            self.anew(&name, blocks, &keep::repetitions(*application, count), |_| "reserved")?;
            self.repetitions = self.gif.parts.len().checked_sub(1);
            return Ok(());
        }
        let range = blocks.start.saturating_sub(2)..blocks.end;
        let unpacked = View::unpacked(data, range.clone());
        let mut inner = Findings::default();
        let (kind, value) = match identifier {
            // XMP is not in sub-blocks: it stands there as it is, and the 258 bytes behind it make any walk over sub-blocks end.
            b"XMP DataXMP" => {
                let start = blocks.start.saturating_add(12);
                let packet = self.file.get(start, blocks.end.saturating_sub(start).saturating_sub(258));
                xmp::read(packet.unwrap_or(unpacked), &name, &mut inner);
                (MetadataKind::Xmp, None)
            }
            // No viewer manages colours in a GIF.
            b"ICCRGBG1012" => {
                icc::read(unpacked, &name, &mut inner);
                (MetadataKind::Icc, icc::description(data))
            }
            b"MGKIPTC0000" => {
                iptc::records(unpacked, &name, &mut inner);
                (MetadataKind::Iptc, None)
            }
            b"MGK8BIM0000" => {
                iptc::resources(unpacked, &name, &mut inner);
                (MetadataKind::Photoshop, None)
            }
            _ if identifier.starts_with(b"C2PA_GIF") => {
                c2pa::read(unpacked, &name, &mut inner);
                (MetadataKind::C2pa, None)
            }
            _ => (MetadataKind::Unknown, None),
        };
        self.removed(&name, blocks, kind, value)?;
        for finding in inner.into_list() {
            self.gif.findings.detail(finding.kind, finding.path, finding.range, finding.value);
        }
        Ok(())
    }

    /// Appends an extension that stays, in the form of `kept`.
    fn anew(&mut self, name: &str, blocks: &SubBlocks, kept: &[u8], field: impl Fn(usize) -> &'static str) -> Result<(), Error> {
        let start = blocks.start.saturating_sub(2);
        let stated = self.file.get(start, blocks.end.saturating_sub(start)).ok_or_else(|| cut(start))?;
        if stated.len() == kept.len() {
            return self.block(name, stated.bytes(), kept, field);
        }
        self.gif.findings.push(MetadataKind::Unknown, format!("{name}/excess"), stated.range(), None);
        self.part(name, blocks.end, Role::Structure, Written::Anew(kept.to_vec()))
    }

    fn removed(&mut self, name: &str, blocks: &SubBlocks, kind: MetadataKind, value: Option<String>) -> Result<(), Error> {
        let start = blocks.start.saturating_sub(2);
        self.gif.findings.push(kind, name, start..blocks.end, value);
        self.part(name, blocks.end, Role::Metadata(kind), Written::Nothing)
    }
}

impl SubBlocks {
    /// The start of the first sub-block.
    fn first<const N: usize>(&self) -> Option<[u8; N]> {
        let is_long_enough = self.lengths.first().is_some_and(|&length| usize::from(length) >= N);
        View::file(&self.data).array(0).filter(|_| is_long_enough)
    }

    /// The count in the sub-block of type 1 of a loop extension.
    fn repetitions(&self) -> Option<[u8; 2]> {
        let mut at = 0_usize;
        for (index, &length) in self.lengths.iter().enumerate() {
            let block = self.data.get(at..at.saturating_add(length.into()))?;
            if let (1.., [1, low, high, ..]) = (index, block) {
                return Some([*low, *high]);
            }
            at = at.saturating_add(length.into());
        }
        None
    }
}

/// Text for people. GIF says that it is ASCII; writers do not keep to it.
fn text(data: &[u8]) -> Option<String> {
    let data = data.get(..data.len().min(1024))?;
    (!data.is_empty()).then(|| String::from_utf8_lossy(data).into_owned())
}
