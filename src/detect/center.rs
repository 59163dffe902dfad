//! CenterFace, and any model with its outputs: one grid of centres.

use super::FaceDetector;
use super::model::{Heads, Model};
use super::network::{Cells, Network};
use super::view::View;
use crate::{Error, Face};

/// CenterFace: a second opinion. Thirty times the size of YuNet, slower, and sees what that does not.
pub struct CenterFace {
    network: Network,
}

impl CenterFace {
    /// With weights as the importer writes them. None come with darkslide's code: models/README.md says where they are.
    ///
    /// # Errors
    /// [`Error::Model`] when `model` is not a whole, sound model with CenterFace's outputs.
    pub fn from_bytes(model: &[u8]) -> Result<Self, Error> {
        Ok(Self { network: Network::new(Model::parse_with(model, Heads::Centres)?) })
    }

    /// What the network says, before it is decoded: how much each cell is a face's centre, log height and width, and how far the centre is
    /// off the cell's, down and right. `planes` are blue, green and red, 0 to 255, of `width` × `height`, multiples of 32.
    ///
    /// # Errors
    /// [`Error::Model`] when the sizes do not suit the model.
    pub fn cells(&self, width: usize, height: usize, planes: &[f32]) -> Result<Cells, Error> {
        let grids = self.network.run(width, height, planes)?;
        grids.into_iter().next().ok_or_else(|| Error::Model("the face model has no output".into()))
    }
}

impl FaceDetector for CenterFace {
    fn name(&self) -> &str {
        &self.network.model().name
    }

    fn look(&self, view: &View, threshold: f32) -> Result<Vec<Face>, Error> {
        let grid = self.cells(view.width, view.height, &view.planes)?;
        let mut faces = Vec::new();
        for (cell, &score) in grid.cls.iter().enumerate() {
            // What is not a number is not below the threshold either, and is refused.
            if score < threshold {
                continue;
            }
            match face(&grid, view, cell, score) {
                Some(face) => faces.push(face),
                None => return Err(Error::Model("the face model gave no numbers".into())),
            }
        }
        Ok(faces)
    }
}

fn face(grid: &Cells, view: &View, cell: usize, score: f32) -> Option<Face> {
    let count = grid.cls.len();
    let value = |plane: &[f32], channel: usize| plane.get(channel * count + cell).copied().map(f64::from);
    let (stride, column, row) = (grid.stride as f64, (cell % grid.columns) as f64, (cell / grid.columns) as f64);
    let (height, width) = (libm::exp(value(&grid.obj, 0)?) * stride, libm::exp(value(&grid.obj, 1)?) * stride);
    let centre = ((column + value(&grid.bbox, 1)? + 0.5) * stride, (row + value(&grid.bbox, 0)? + 0.5) * stride);
    view.face(centre, width, height, score)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;
    use crate::detect::view::{Frame, Picture};
    use crate::{Image, Region};

    #[test]
    fn decodes_a_centre_to_px_of_the_picture() {
        let image = Image::new(32, 48, vec![0; 32 * 48 * 4]).unwrap();
        let frame = Frame { left: 0, top: 0, width: 32, height: 48, size: (16, 16), angle: 0, mirrored: false };
        let view = Picture::new(&image).view(&frame).unwrap();
        // Two columns, two rows; the last one is a centre.
        let last = |value: f32| vec![0.0, 0.0, 0.0, value];
        let two = std::f32::consts::LN_2;
        let grid = |size: f32| Cells {
            stride: 4,
            columns: 2,
            cls: last(0.9),
            obj: [last(size), last(0.0)].concat(),
            bbox: [last(0.25), last(-0.5)].concat(),
        };
        // Centre (1.5 - 0.5, 1.5 + 0.25) · 4, size (1, 2) · 4, then 2 × across and 3 × down.
        let expected = Face { region: Region::new(8.0 - 4.0, 21.0 - 12.0, 8.0, 24.0), score: 0.9 };
        assert_eq!(face(&grid(two), &view, 3, 0.9), Some(expected));
        assert_eq!(face(&grid(f32::NAN), &view, 3, 0.9), None);
    }
}
