//! Writes a BMP: headers, the colours that pixels have, pixels, and a profile.

use super::Source;
use crate::inspect::bmp::Bitmap;
use crate::{Error, Limits};

impl Source<'_> {
    pub(super) fn bmp(&self) -> Result<Vec<u8>, Error> {
        Ok(Bitmap::read(self.file, &Limits::UNLIMITED)?.written())
    }
}
