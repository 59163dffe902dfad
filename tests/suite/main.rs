//! One test binary, so that the detector and the GPU layer link once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests fail by panicking, and forge small files"
)]

#[cfg(all(feature = "faces", feature = "cli"))]
mod cli;
mod decode;
#[cfg(feature = "faces")]
mod detect;
#[cfg(feature = "import")]
mod detect_import;
mod encode;
mod forge;
mod inspect;
mod jxl;
mod orient;
#[cfg(feature = "faces")]
mod photos;
mod pictures;
mod redact;
mod resize;
#[cfg(feature = "faces")]
mod scrub;
mod sniff;
mod strip;
mod tiff;
