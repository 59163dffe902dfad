//! Writes a BMP: headers, the colours that pixels have, pixels, and a profile.

use super::{Source, UNLIMITED};
use crate::Error;
use crate::inspect::bmp::Bitmap;

impl Source<'_> {
    pub(super) fn bmp(&self) -> Result<Vec<u8>, Error> {
        Ok(Bitmap::read(self.file, &UNLIMITED)?.written())
    }
}
