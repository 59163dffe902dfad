//! Scrubs photos before they leave the device.

pub mod decode;
pub mod encode;
mod error;
mod format;
mod image;
pub mod inspect;
pub mod detect;
mod limits;
mod options;
pub mod orient;
mod random;
pub mod redact;
mod region;
pub mod resize;

pub use error::Error;
pub use format::Format;
pub use image::Image;
pub use limits::Limits;
pub use options::{FaceMode, Identity, Options, OutputFormat, Sensitivity};
pub use random::{Random, Stream};
pub use region::{Face, Region};
