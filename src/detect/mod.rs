//! Finds faces in an upright picture.
//!
//! A detector looks in passes: large faces are found best in a small picture, small ones in a large one.

#[cfg(feature = "faces")]
mod around;
#[cfg(feature = "faces")]
mod boxes;
#[cfg(feature = "import")]
pub mod import;
#[cfg(feature = "faces")]
mod letterbox;
#[cfg(feature = "faces")]
mod matmul;
#[cfg(feature = "faces")]
mod model;
#[cfg(feature = "import")]
mod model_writer;
#[cfg(feature = "faces")]
mod network;
#[cfg(feature = "faces")]
mod planes;
#[cfg(feature = "faces")]
mod yunet;

#[cfg(feature = "faces")]
pub use around::detect_around;
#[cfg(feature = "faces")]
pub use network::Cells;
#[cfg(feature = "faces")]
pub use yunet::YuNet;

use crate::{Error, Face, Image, Region, Sensitivity};

/// Finds faces. Threads may share one.
pub trait FaceDetector: Send + Sync {
    /// What reports call it.
    fn name(&self) -> &str;

    /// Finds faces in an upright picture: boxes in its px, best score first, overlaps dropped.
    ///
    /// # Errors
    /// [`Error::Model`] when the network rejects its input, which means the model file is not ours.
    fn detect(&self, image: &Image, passes: &[Pass]) -> Result<Vec<Face>, Error>;
}

/// The detector, made when it is first needed: whoever keeps faces never pays for it.
#[derive(Default)]
pub(crate) struct Faces {
    #[cfg(feature = "faces")]
    yunet: std::sync::OnceLock<YuNet>,
}

/// What a detector saw.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    /// Best first.
    pub(crate) faces: Vec<Face>,
    /// The detector and its passes, for the report.
    pub(crate) detector: String,
}

impl Looked {
    /// Nobody looked.
    pub(crate) fn not() -> Self {
        Self { faces: Vec::new(), detector: "none".into() }
    }
}

#[cfg(feature = "faces")]
impl Faces {
    pub(crate) fn look(&self, image: &Image, sensitivity: Sensitivity) -> Result<Looked, Error> {
        let (detector, passes) = (self.detector()?, passes(sensitivity));
        let sides: Vec<String> = passes.iter().map(|pass| pass.long_side.to_string()).collect();
        Ok(Looked { faces: detector.detect(image, passes)?, detector: format!("{} {}", detector.name(), sides.join("+")) })
    }

    /// Finds faces that overlap one of `places`.
    pub(crate) fn look_around(&self, image: &Image, places: &[Region], sensitivity: Sensitivity) -> Result<Vec<Face>, Error> {
        detect_around(self.detector()?, image, places, passes(sensitivity))
    }

    fn detector(&self) -> Result<&YuNet, Error> {
        match self.yunet.get() {
            Some(yunet) => Ok(yunet),
            None => {
                let made = YuNet::new()?;
                Ok(self.yunet.get_or_init(|| made))
            }
        }
    }
}

#[cfg(not(feature = "faces"))]
impl Faces {
    pub(crate) fn look(&self, _image: &Image, _sensitivity: Sensitivity) -> Result<Looked, Error> {
        Err(not_built())
    }

    pub(crate) fn look_around(&self, _image: &Image, _places: &[Region], _sensitivity: Sensitivity) -> Result<Vec<Face>, Error> {
        Err(not_built())
    }
}

#[cfg(not(feature = "faces"))]
fn not_built() -> Error {
    Error::Unsupported("this build cannot find faces: build it with the feature `faces`, or ask for faces: keep".into())
}

/// One look at a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// The picture is resized until its longer side is this, px. A small picture is at most doubled, a panorama is shrunk less.
    pub long_side: u32,
    /// The least score that counts, 0 to 1.
    pub threshold: f32,
}

/// The passes for a sensitivity.
#[must_use]
pub fn passes(sensitivity: Sensitivity) -> &'static [Pass] {
    match sensitivity {
        Sensitivity::Fast => FAST,
        Sensitivity::Balanced => BALANCED,
        Sensitivity::Thorough => THOROUGH,
    }
}

const FAST: &[Pass] = &[Pass { long_side: 640, threshold: 0.5 }];
const BALANCED: &[Pass] = &[Pass { long_side: 640, threshold: 0.55 }, Pass { long_side: 1280, threshold: 0.6 }];
const THOROUGH: &[Pass] =
    &[Pass { long_side: 640, threshold: 0.4 }, Pass { long_side: 1280, threshold: 0.5 }, Pass { long_side: 2560, threshold: 0.6 }];
