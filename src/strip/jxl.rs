//! Writes a JPEG XL: headers without what does not stay, frames as they were, and the boxes that they need.

use super::Source;
use crate::inspect::jxl;
use crate::{Error, Limits};

impl Source<'_> {
    pub(super) fn jxl(&self) -> Result<Vec<u8>, Error> {
        jxl::rewritten(self.file, &Limits::UNLIMITED)
    }
}
