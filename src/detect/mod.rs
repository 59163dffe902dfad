//! Finds faces in an upright picture.
//!
//! A detector looks in passes: large faces are found best in a small picture, small ones in a large one.

#[cfg(feature = "faces")]
mod around;
#[cfg(feature = "faces")]
mod boxes;
#[cfg(feature = "faces")]
mod center;
#[cfg(feature = "faces")]
mod close_look;
#[cfg(feature = "faces")]
mod describe;
#[cfg(feature = "import")]
pub mod import;
#[cfg(feature = "faces")]
mod light;
#[cfg(feature = "faces")]
mod matmul;
#[cfg(feature = "faces")]
mod model;
#[cfg(feature = "import")]
mod model_writer;
#[cfg(feature = "faces")]
mod network;
mod passes;
#[cfg(feature = "faces")]
mod planes;
#[cfg(feature = "faces")]
mod search;
#[cfg(feature = "faces")]
mod view;
#[cfg(feature = "faces")]
mod yunet;

#[cfg(feature = "faces")]
pub use around::detect_around;
#[cfg(feature = "faces")]
pub use center::CenterFace;
#[cfg(feature = "faces")]
pub use network::Cells;
pub use passes::{Pass, passes, second_passes};
#[cfg(feature = "faces")]
pub use search::{Eyes, Found, search};
#[cfg(feature = "faces")]
pub use view::View;
#[cfg(feature = "faces")]
pub use yunet::YuNet;

#[cfg(feature = "faces")]
use describe::{describe, not_looked_for};

use crate::lasting::lasting;
use crate::{Error, Face, Image, Region, Sensitivity};

/// Finds faces. Threads may share one.
#[cfg(feature = "faces")]
pub trait FaceDetector: Send + Sync {
    /// What reports call it.
    fn name(&self) -> &str;

    /// The boxes in a view that score at least `threshold`, in px of the picture that it shows; several for one face.
    ///
    /// # Errors
    /// [`Error::Model`] when the network rejects its input, which means the model file is not ours.
    fn look(&self, view: &View, threshold: f32) -> Result<Vec<Face>, Error>;

    /// Finds faces in an upright picture: boxes in its px, best score first, one for each face.
    ///
    /// # Errors
    /// As [`FaceDetector::look`].
    fn detect(&self, image: &Image, passes: &[Pass]) -> Result<Vec<Face>, Error>
    where
        Self: Sized,
    {
        Ok(search(&Eyes { detector: self, passes, second: None }, image)?.faces)
    }
}

/// The detector, made when it is first needed: whoever keeps faces never pays for it.
#[derive(Default)]
pub(crate) struct Faces {
    #[cfg(feature = "faces")]
    yunet: std::sync::OnceLock<YuNet>,
    #[cfg(feature = "faces")]
    second: std::sync::OnceLock<CenterFace>,
}

/// What a detector saw.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    /// Best first.
    pub(crate) faces: Vec<Face>,
    /// What might be a face.
    pub(crate) uncertain: Vec<Face>,
    /// The detectors and their passes, for the report.
    pub(crate) detector: String,
    /// What nobody looked for, in words.
    pub(crate) not_looked_for: Vec<String>,
}

impl Looked {
    /// Nobody looked.
    pub(crate) fn not() -> Self {
        Self { faces: Vec::new(), uncertain: Vec::new(), detector: "none".into(), not_looked_for: Vec::new() }
    }
}

#[cfg(feature = "faces")]
impl Faces {
    pub(crate) fn look(&self, image: &Image, sensitivity: Sensitivity) -> Result<Looked, Error> {
        let eyes = self.eyes(sensitivity)?;
        let Found { faces, uncertain } = search(&eyes, image)?;
        Ok(Looked { faces, uncertain, detector: describe(&eyes), not_looked_for: not_looked_for(image, sensitivity, &eyes) })
    }

    /// Finds faces that overlap one of `places`.
    pub(crate) fn look_around(&self, image: &Image, places: &[Region], sensitivity: Sensitivity) -> Result<Vec<Face>, Error> {
        detect_around(&self.eyes(sensitivity)?, image, places)
    }

    /// Gives the second opinion; where there is one already, it stays.
    pub(crate) fn set_second(&self, model: &[u8]) -> Result<(), Error> {
        let made = lasting(|| CenterFace::from_bytes(model))?;
        self.second.get_or_init(|| made);
        Ok(())
    }

    fn eyes(&self, sensitivity: Sensitivity) -> Result<Eyes<'_>, Error> {
        let second = second_passes(sensitivity);
        let second = self.second.get().filter(|_| !second.is_empty()).map(|detector| (detector as &dyn FaceDetector, second));
        Ok(Eyes { detector: self.detector()?, passes: passes(sensitivity), second })
    }

    fn detector(&self) -> Result<&YuNet, Error> {
        match self.yunet.get() {
            Some(yunet) => Ok(yunet),
            None => {
                let made = lasting(YuNet::new)?;
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

    pub(crate) fn set_second(&self, _model: &[u8]) -> Result<(), Error> {
        Err(not_built())
    }
}

#[cfg(not(feature = "faces"))]
fn not_built() -> Error {
    Error::Unsupported("this build cannot find faces: build it with the feature `faces`, or ask for faces: keep".into())
}
