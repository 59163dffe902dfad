//! Writes a TIFF: header, directories and values anew, then strips and tiles as they were.

use super::{Source, UNLIMITED};
use crate::Error;
use crate::inspect::tiff;

impl Source<'_> {
    pub(super) fn tiff(&self) -> Result<Vec<u8>, Error> {
        tiff::document(self.file, &UNLIMITED)?.write()
    }
}
