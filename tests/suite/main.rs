//! One test binary, so that the detector and the GPU layer link once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests fail by panicking, and forge small files"
)]

#[cfg(feature = "formats")]
mod bmp;
#[cfg(all(feature = "faces", feature = "cli"))]
mod cli;
#[cfg(feature = "formats")]
mod corpus;
#[cfg(feature = "pixels")]
mod decode;
#[cfg(feature = "faces")]
mod detect;
#[cfg(feature = "import")]
mod detect_import;
#[cfg(feature = "pixels")]
mod encode;
mod exiftool;
mod forge;
#[cfg(feature = "faces")]
mod frames;
#[cfg(feature = "formats")]
mod gif;
#[cfg(feature = "pixels")]
mod heif;
#[cfg(feature = "faces")]
mod hidden_faces;
mod hostile;
mod inspect;
#[cfg(feature = "formats")]
mod jxl;
mod keep;
#[cfg(feature = "formats")]
mod limits;
#[cfg(feature = "faces")]
mod non_interference;
#[cfg(feature = "pixels")]
mod orient;
#[cfg(feature = "faces")]
mod photos;
#[cfg(feature = "pixels")]
mod pictures;
mod png;
#[cfg(feature = "pixels")]
mod redact;
#[cfg(feature = "import")]
mod recogniser;
#[cfg(feature = "pixels")]
mod regions;
#[cfg(feature = "pixels")]
mod resize;
#[cfg(feature = "faces")]
mod scrub;
mod sniff;
mod strip;
#[cfg(feature = "formats")]
mod tiff;
#[cfg(feature = "formats")]
mod webp;
