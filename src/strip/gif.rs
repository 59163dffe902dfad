//! Writes a GIF: header, colour tables, pictures, and the two extensions that say how they follow each other.

use super::Source;
use crate::inspect::gif::{Gif, Written};
use crate::{Error, Limits};

impl Source<'_> {
    pub(super) fn gif(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(self.file.len());
        for part in Gif::read(self.file, &Limits::UNLIMITED)?.parts {
            match part.written {
                Written::Nothing => {}
                Written::AsIs => out.extend_from_slice(self.between(part.range.start, part.range.end)),
                Written::Anew(bytes) => out.extend_from_slice(&bytes),
            }
        }
        Ok(out)
    }
}
