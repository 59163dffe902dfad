//! Scrubs photos before they leave the device.

mod error;
mod format;
mod image;
mod limits;
mod options;
mod random;
mod region;

pub mod sniff;

pub mod inspect;

pub mod strip;

pub use error::Error;
pub use format::Format;
pub use image::Image;
pub use limits::Limits;
pub use options::{FaceMode, Identity, Options, OutputFormat, Sensitivity};
pub use random::{Random, Stream};
pub use region::{Face, Region};
