//! The build without formats writes no file of several pictures. It says so when one is begun, and nothing can be asked of it then.

use std::convert::Infallible;

use super::Encoded;
use crate::sequence::{Delay, Sequence};
use crate::{Error, Format, Image};

/// Would write frames or pages.
pub struct FrameWriter {
    never: Infallible,
}

impl FrameWriter {
    /// Begins nothing.
    ///
    /// # Errors
    /// [`Error::NotInBuild`], always.
    pub fn new(_: Format, _: Sequence, _: u32, _: (u32, u32), _: bool) -> Result<Self, Error> {
        Err(Error::not_in_build("frames and pages"))
    }

    /// Appends a picture.
    ///
    /// # Errors
    /// None.
    pub fn add(&mut self, _: &Image, _: Delay) -> Result<(), Error> {
        match self.never {}
    }

    /// The file.
    ///
    /// # Errors
    /// None.
    pub fn finish(self) -> Result<Encoded, Error> {
        match self.never {}
    }
}
