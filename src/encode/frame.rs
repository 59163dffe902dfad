//! What is written of several pictures, and what it must look like.

use sha2::{Digest, Sha256};

use crate::Image;

/// What a decoder must show for a frame: a hash of its size and pixels.
pub type Shown = [u8; 32];

/// A file, and what its frames must look like.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// One for each frame.
    pub shown: Vec<Shown>,
}

/// What a decoder must show of `image`.
#[must_use]
pub fn shown(image: &Image) -> Shown {
    let mut hash = Sha256::new();
    hash.update(image.width().to_le_bytes());
    hash.update(image.height().to_le_bytes());
    hash.update(image.pixels());
    hash.finalize().into()
}
