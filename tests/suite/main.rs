//! One test binary, so that the detector and the GPU layer link once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests fail by panicking, and forge small files"
)]

mod decode;
mod encode;
mod forge;
mod inspect;
mod orient;
mod pictures;
mod redact;
mod resize;
mod sniff;
mod strip;
