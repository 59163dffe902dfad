//! One test binary, so that the detector and the GPU layer link once.

#[cfg(feature = "faces")]
mod detect;
#[cfg(feature = "import")]
mod detect_import;
