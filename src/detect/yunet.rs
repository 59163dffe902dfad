//! YuNet, and any model with its outputs.

use super::boxes::{decode, suppress};
use super::letterbox::{letterbox, sizes};
use super::model::Model;
use super::network::{Cells, Network};
use super::{FaceDetector, Pass};
use crate::{Error, Face, Image};

/// YuNet: a small face detector with a score, an objectness and a box for each cell of three grids.
///
/// Making one reads 60 KB of weights. The graph is wired when it first sees a size.
pub struct YuNet {
    network: Network,
}

impl YuNet {
    /// With the weights that come with darkslide.
    ///
    /// # Errors
    /// [`Error::Model`] when they are damaged.
    pub fn new() -> Result<Self, Error> {
        Self::from_bytes(include_bytes!("../../models/yunet.bin"))
    }

    /// With other weights, as the importer writes them.
    ///
    /// # Errors
    /// [`Error::Model`] when `model` is not a whole, sound model.
    pub fn from_bytes(model: &[u8]) -> Result<Self, Error> {
        Ok(Self { network: Network::new(Model::parse(model)?) })
    }

    /// What the network says, before it is decoded. `planes` are blue, green and red, 0 to 255, of `width` × `height`, multiples of 32.
    ///
    /// # Errors
    /// [`Error::Model`] when the sizes do not suit the model.
    pub fn cells(&self, width: usize, height: usize, planes: &[f32]) -> Result<Vec<Cells>, Error> {
        self.network.run(width, height, planes)
    }
}

impl FaceDetector for YuNet {
    fn name(&self) -> &str {
        &self.network.model().name
    }

    fn detect(&self, image: &Image, passes: &[Pass]) -> Result<Vec<Face>, Error> {
        let mut candidates = Vec::new();
        for (size, threshold) in sizes(image, passes) {
            let letterbox = letterbox(image, size, self.network.model().multiple())?;
            let cells = self.network.run(letterbox.width, letterbox.height, &letterbox.planes)?;
            decode(&cells, &letterbox, threshold, &mut candidates)?;
        }
        Ok(suppress(candidates, image))
    }
}
