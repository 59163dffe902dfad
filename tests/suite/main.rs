//! One test binary, so that the detector and the GPU layer link once.

mod redact;
