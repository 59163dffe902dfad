//! Writes a TIFF: header, directories and values anew, then strips and tiles as they were.

use super::Source;
use crate::inspect::tiff;
use crate::{Error, Limits};

impl Source<'_> {
    pub(super) fn tiff(&self) -> Result<Vec<u8>, Error> {
        tiff::document(self.file, &Limits::UNLIMITED)?.write()
    }
}
