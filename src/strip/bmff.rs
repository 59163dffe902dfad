//! Writes a HEIF file: what a clean one says, then the pictures' data, in the order in which it was.

use super::Source;
use crate::inspect::bmff;
use crate::{Error, Limits};

impl Source<'_> {
    pub(super) fn bmff(&self) -> Result<Vec<u8>, Error> {
        let content = bmff::content(self.file.bytes(), self.inspection.format, &Limits::UNLIMITED)?;
        let mut out = content.head()?;
        out.reserve(content.data_length());
        for run in &content.data {
            out.extend_from_slice(self.between(run.start, run.end));
        }
        Ok(out)
    }
}
