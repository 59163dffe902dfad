//! Scrubs photos before they leave the device: strips every kind of metadata, finds faces, redacts them so that no covered pixel is left,
//! verifies its own output, and reports what it did.
//!
//! ```
//! # fn main() -> Result<(), darkslide::Error> {
//! # let photo = std::fs::read("tests/fixtures/faces/obama.jpg").expect("the fixture is there");
//! use darkslide::{Backend, Options, Scrubber};
//!
//! let scrubber = Scrubber::new(Backend::Auto);
//! let options = Options::default();
//! let scrubbed = pollster::block_on(scrubber.scrub(&photo, &options, &mut |_stage, _fraction| ()))?;
//! println!("{} faces, {} things removed", scrubbed.report.faces_detected, scrubbed.report.removed.len());
//! assert!(darkslide::verify(&scrubbed.bytes, &darkslide::Limits::default()).clean);
//! # Ok(())
//! # }
//! ```
//!
//! The modules stand in the order in which a photo's data flows.

pub mod decode;
pub mod detect;
pub mod encode;
pub mod inspect;
pub mod orient;
pub mod redact;
mod report;
pub mod resize;
mod scrub;
mod second_look;
pub mod sniff;
pub mod strip;
mod verify;
#[cfg(target_arch = "wasm32")]
mod wasm;

mod error;
mod format;
mod image;
mod limits;
mod options;
mod random;
mod region;

pub use error::Error;
pub use format::Format;
pub use image::Image;
pub use inspect::{Kept, MetadataKind};
pub use limits::Limits;
pub use options::{FaceMode, Identity, Options, OutputFormat, Sensitivity};
pub use random::{Random, Stream};
pub use redact::{Backend, Redaction};
pub use region::{Face, Region};
pub use report::{Backends, FileFacts, Pixels, Removed, Report};
pub use scrub::{Progress, Scrubbed, Scrubber, Stage};
pub use sniff::sniff;
pub use verify::{Verdict, verify};
