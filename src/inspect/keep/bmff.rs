//! The one form of a clean HEIF file: `ftyp`, `meta`, for sequences `moov`, then one `mdat` with all of the pictures' data and nothing else.

use std::ops::Range;

use crate::Error;

/// Everything that a clean file says.
#[derive(Default)]
pub(crate) struct Content {
    /// The major brand, then the compatible ones, of which it is one.
    pub(crate) brands: Vec<[u8; 4]>,
    /// Index into `items`; `None` when there is no still picture.
    pub(crate) primary: Option<usize>,
    /// Their identifiers are 1, 2, 3, ….
    pub(crate) items: Vec<Item>,
    pub(crate) properties: Vec<Property>,
    /// The payloads of derived pictures, one after the other.
    pub(crate) idat: Vec<u8>,
    /// `moov`, with chunk offsets that count from the start of the pictures' data.
    pub(crate) movie: Option<Movie>,
    /// The pictures' data in the file that was read: disjoint, in order.
    pub(crate) data: Vec<Range<usize>>,
}

/// A picture.
pub(crate) struct Item {
    pub(crate) kind: [u8; 4],
    /// An input of another picture, not one to be shown.
    pub(crate) is_hidden: bool,
    /// Indices into `Content::properties`.
    pub(crate) properties: Vec<usize>,
    /// Type and indices into `Content::items`.
    pub(crate) references: Vec<([u8; 4], Vec<usize>)>,
    pub(crate) place: Place,
}

/// Where a picture's data is.
pub(crate) enum Place {
    None,
    /// In `Content::idat`.
    Idat(Range<usize>),
    /// In the joined data.
    Data(Vec<Range<usize>>),
}

/// A property of pictures.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone)]
pub(crate) struct Property {
    pub(crate) kind: [u8; 4],
    pub(crate) content: Vec<u8>,
    pub(crate) is_essential: bool,
}

/// A sequence's `moov` box.
pub(crate) struct Movie {
    pub(crate) bytes: Vec<u8>,
    /// Where in `bytes` 32-bit chunk offsets are.
    pub(crate) offsets: Vec<usize>,
}

impl Content {
    /// How long the pictures' data is.
    pub(crate) fn data_length(&self) -> usize {
        self.data.iter().map(Range::len).fold(0, usize::saturating_add)
    }

    /// All of the file but the pictures' data, which follows.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] for more than what 16-bit identifiers or 32-bit offsets can tell apart.
    pub(crate) fn head(&self) -> Result<Vec<u8>, Error> {
        // Every number has a fixed length, so that the first pass tells where the data starts.
        let length = self.head_before(0)?.len();
        self.head_before(length)
    }

    fn head_before(&self, data_start: usize) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        in_box(&mut out, *b"ftyp", |out| {
            out.extend_from_slice(self.brands.first().unwrap_or(&[0; 4]));
            out.extend_from_slice(&[0; 4]);
            self.brands.iter().skip(1).for_each(|brand| out.extend_from_slice(brand));
            Ok(())
        })?;
        if let Some(primary) = self.primary {
            full_box(&mut out, *b"meta", 0, 0, |out| self.meta(out, primary, data_start))?;
        }
        if let Some(movie) = &self.movie {
            let mut bytes = movie.bytes.clone();
            for &at in &movie.offsets {
                let Some(field) = at.checked_add(4).and_then(|end| bytes.get_mut(at..end)) else { continue };
                let relative = <[u8; 4]>::try_from(&*field).map_or(0, u32::from_be_bytes);
                let offset = usize::try_from(relative).unwrap_or(usize::MAX).saturating_add(data_start);
                field.copy_from_slice(&number(offset)?);
            }
            out.extend_from_slice(&bytes);
        }
        out.extend_from_slice(&number(self.data_length().saturating_add(8))?);
        out.extend_from_slice(b"mdat");
        Ok(out)
    }

    fn meta(&self, out: &mut Vec<u8>, primary: usize, data_start: usize) -> Result<(), Error> {
        full_box(out, *b"hdlr", 0, 0, |out| {
            out.extend_from_slice(b"\0\0\0\0pict");
            // Reserved, and a name of no letters.
            out.extend_from_slice(&[0; 13]);
            Ok(())
        })?;
        full_box(out, *b"pitm", 0, 0, |out| push(out, &id(primary)?))?;
        let version = u8::from(!self.idat.is_empty());
        full_box(out, *b"iloc", version, 0, |out| {
            push(out, &[0x44, 0])?;
            let placed = self.items.iter().enumerate().filter(|(_, item)| !matches!(item.place, Place::None));
            push(out, &short(placed.clone().count())?)?;
            for (index, item) in placed {
                push(out, &id(index)?)?;
                let (method, base, extents) = match &item.place {
                    Place::Idat(range) => (1, 0, std::slice::from_ref(range)),
                    Place::Data(extents) => (0, data_start, extents.as_slice()),
                    Place::None => (0, 0, [].as_slice()),
                };
                if version == 1 {
                    push(out, &[0, method])?;
                }
                push(out, &[0, 0])?;
                push(out, &short(extents.len())?)?;
                for extent in extents {
                    push(out, &number(base.saturating_add(extent.start))?)?;
                    push(out, &number(extent.len())?)?;
                }
            }
            Ok(())
        })?;
        full_box(out, *b"iinf", 0, 0, |out| {
            push(out, &short(self.items.len())?)?;
            for (index, item) in self.items.iter().enumerate() {
                full_box(out, *b"infe", 2, u32::from(item.is_hidden), |out| {
                    push(out, &id(index)?)?;
                    push(out, &[0, 0])?;
                    push(out, &item.kind)?;
                    push(out, &[0])
                })?;
            }
            Ok(())
        })?;
        if self.items.iter().any(|item| !item.references.is_empty()) {
            full_box(out, *b"iref", 0, 0, |out| {
                for (index, item) in self.items.iter().enumerate() {
                    for (kind, to) in &item.references {
                        in_box(out, *kind, |out| {
                            push(out, &id(index)?)?;
                            push(out, &short(to.len())?)?;
                            to.iter().try_for_each(|to| push(out, &id(*to)?))
                        })?;
                    }
                }
                Ok(())
            })?;
        }
        in_box(out, *b"iprp", |out| self.properties(out))?;
        if !self.idat.is_empty() {
            in_box(out, *b"idat", |out| push(out, &self.idat))?;
        }
        Ok(())
    }

    fn properties(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        in_box(out, *b"ipco", |out| {
            self.properties.iter().try_for_each(|property| in_box(out, property.kind, |out| push(out, &property.content)))
        })?;
        let wide = self.properties.len() > 127;
        full_box(out, *b"ipma", 0, u32::from(wide), |out| {
            let described = self.items.iter().enumerate().filter(|(_, item)| !item.properties.is_empty());
            push(out, &number(described.clone().count())?)?;
            for (index, item) in described {
                push(out, &id(index)?)?;
                push(out, &[u8::try_from(item.properties.len()).map_err(|_| too_many("properties of one picture"))?])?;
                for &property in &item.properties {
                    let essential = self.properties.get(property).is_some_and(|p| p.is_essential);
                    // Counted from 1, 15 bits or 7, behind the bit that says "essential".
                    let number =
                        u16::try_from(property.saturating_add(1)).ok().filter(|n| n & 0x8000 == 0).ok_or_else(|| too_many("properties"))?;
                    if wide {
                        push(out, &(number | u16::from(essential) << 15).to_be_bytes())?;
                    } else {
                        push(out, &[u8::try_from(number).unwrap_or(0) | u8::from(essential) << 7])?;
                    }
                }
            }
            Ok(())
        })
    }
}

/// Writes a box around what `content` writes.
pub(crate) fn in_box(out: &mut Vec<u8>, kind: [u8; 4], content: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>) -> Result<(), Error> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&kind);
    content(out)?;
    let length = number(out.len().saturating_sub(start))?;
    if let Some(field) = out.get_mut(start..start.saturating_add(4)) {
        field.copy_from_slice(&length);
    }
    Ok(())
}

/// The same, with a version and flags.
pub(crate) fn full_box(
    out: &mut Vec<u8>,
    kind: [u8; 4],
    version: u8,
    flags: u32,
    content: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    in_box(out, kind, |out| {
        out.extend_from_slice(&(u32::from(version) << 24 | flags & 0xFF_FFFF).to_be_bytes());
        content(out)
    })
}

pub(crate) fn push(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    out.extend_from_slice(bytes);
    Ok(())
}

pub(crate) fn number(n: usize) -> Result<[u8; 4], Error> {
    u32::try_from(n).map(u32::to_be_bytes).map_err(|_| Error::LimitExceeded("more than 4 GiB in one file".into()))
}

fn id(index: usize) -> Result<[u8; 2], Error> {
    short(index.saturating_add(1))
}

fn short(n: usize) -> Result<[u8; 2], Error> {
    u16::try_from(n).map(u16::to_be_bytes).map_err(|_| too_many("pictures or parts of one"))
}

fn too_many(what: &str) -> Error {
    Error::LimitExceeded(format!("more {what} than a file written by us can hold"))
}
