//! The build without formats reads no file of several pictures. It says so when one is opened, and nothing can be asked of it then.

use std::convert::Infallible;

use super::Frame;
use crate::inspect::{ColorSource, Inspection};
use crate::sequence::Sequence;
use crate::{Error, Limits};

/// Would read a file's pictures one after the other.
pub struct Frames {
    never: Infallible,
    /// What could not be done as the file asks, for people.
    pub warnings: Vec<String>,
}

impl Frames {
    /// Opens nothing.
    ///
    /// # Errors
    /// [`Error::NotInBuild`], always.
    pub fn open(_: &[u8], _: &Inspection, _: &ColorSource, _: &Limits) -> Result<Self, Error> {
        Err(Error::not_in_build("frames and pages"))
    }

    /// How many pictures viewers show.
    #[must_use]
    pub fn count(&self) -> u32 {
        match self.never {}
    }

    /// What they are to each other.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        match self.never {}
    }

    /// The next one.
    ///
    /// # Errors
    /// None.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        match self.never {}
    }
}
