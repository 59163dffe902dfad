//! One test binary, so that the detector and the GPU layer link once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests"
)]

mod decode;
mod encode;
mod orient;
mod pictures;
mod resize;

mod redact;
