//! Scrubs photos before they leave the device.

pub mod detect;
mod error;
mod format;
mod image;
pub mod inspect;
mod limits;
mod options;
mod random;
mod region;

pub use error::Error;
pub use format::Format;
pub use image::Image;
pub use limits::Limits;
pub use options::{FaceMode, Identity, Options, OutputFormat, Sensitivity};
pub use random::{Random, Stream};
pub use region::{Face, Region};
