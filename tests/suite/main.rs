//! One test binary, so that the detector and the GPU layer link once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::cast_possible_truncation, reason = "tests fail by panicking")]

#[cfg(feature = "faces")]
mod detect;
#[cfg(feature = "import")]
mod detect_import;
