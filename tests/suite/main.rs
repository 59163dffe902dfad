//! One test binary, so that the detector and the GPU layer link once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::cast_possible_truncation, reason = "tests fail by panicking")]

mod forge;
mod inspect;
mod sniff;
mod strip;
