//! Scrubs photos before they leave the device: strips every kind of metadata, finds faces, redacts them so that no covered pixel is left,
//! verifies its own output, and reports what it did.
//!
#![cfg_attr(all(feature = "faces", feature = "cli"), doc = "```")]
#![cfg_attr(not(all(feature = "faces", feature = "cli")), doc = "```ignore")]
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
//! The modules stand in the order in which a photo's data flows. Without the feature `pixels` there is the lossless road alone: no
//! codec, no detector, no redaction.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod sniff;
#[cfg_attr(not(feature = "formats"), allow(dead_code, reason = "what formats share, JPEG and PNG do not use all of"))]
pub mod inspect;
mod facts;
pub mod strip;
#[cfg(feature = "pixels")]
pub mod decode;
#[cfg(feature = "pixels")]
pub mod orient;
#[cfg(feature = "pixels")]
pub mod detect;
#[cfg(feature = "pixels")]
pub mod redact;
#[cfg(feature = "pixels")]
pub mod resize;
#[cfg(feature = "pixels")]
pub mod encode;
mod verify;
#[cfg(feature = "pixels")]
mod second_look;
#[cfg(feature = "pixels")]
mod hold;
mod report;

mod lossless;
#[cfg(feature = "pixels")]
mod look;
#[cfg(feature = "pixels")]
mod scrub;
#[cfg(feature = "pixels")]
mod scrub_frames;
#[cfg(target_arch = "wasm32")]
mod wasm;

mod error;
mod format;
#[cfg(feature = "pixels")]
mod image;
#[cfg(feature = "pixels")]
mod lasting;
mod limits;
mod options;
#[cfg(feature = "pixels")]
mod random;
mod redaction;
mod region;
#[cfg(feature = "formats")]
mod riff;
#[cfg(feature = "pixels")]
pub mod sequence;
#[cfg(feature = "pixels")]
mod vector;

pub use error::Error;
pub use format::Format;
#[cfg(feature = "pixels")]
pub use image::Image;
pub use inspect::{Kept, MetadataKind};
pub use limits::Limits;
pub use lossless::{inspect_metadata, strip_metadata};
pub use options::{FaceMode, Identity, Keep, Options, OutputFormat, Sensitivity};
#[cfg(feature = "pixels")]
pub use random::{Random, Stream};
#[cfg(feature = "pixels")]
pub use redact::Backend;
pub use redaction::Redaction;
pub use region::{Face, Mark, Region};
pub use report::{Backends, FileFacts, FoundFace, Pixels, Removed, Report, Scrubbed};
#[cfg(feature = "pixels")]
pub use scrub::{Progress, Scrubber, Stage};
pub use sniff::sniff;
pub use verify::{Verdict, verify, verify_keeping};
