//! YuNet, and any model with its outputs.

use super::FaceDetector;
use super::model::{Heads, Model};
use super::network::{Cells, Network};
use super::view::View;
use crate::{Error, Face};

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
        Ok(Self { network: Network::new(Model::parse_with(model, Heads::Cells)?) })
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

    fn look(&self, view: &View, threshold: f32) -> Result<Vec<Face>, Error> {
        let mut faces = Vec::new();
        for level in self.network.run(view.width, view.height, &view.planes)? {
            decode(&level, view, threshold, &mut faces)?;
        }
        Ok(faces)
    }
}

/// Appends the faces that `level` holds with at least `threshold`.
///
/// # Errors
/// [`Error::Model`] when the network's numbers are none: a face that is not found would stay in the photo.
fn decode(level: &Cells, view: &View, threshold: f32, faces: &mut Vec<Face>) -> Result<(), Error> {
    for (cell, (cls, obj)) in level.cls.iter().zip(&level.obj).enumerate() {
        let score = (cls.clamp(0.0, 1.0) * obj.clamp(0.0, 1.0)).sqrt();
        if score < threshold {
            continue;
        }
        match face(level, view, cell, score) {
            Some(face) => faces.push(face),
            None => return Err(Error::Model("the face model gave no numbers".into())),
        }
    }
    Ok(())
}

fn face(level: &Cells, view: &View, cell: usize, score: f32) -> Option<Face> {
    let count = level.cls.len();
    let value = |plane: usize| level.bbox.get(plane * count + cell).copied().map(f64::from);
    let (stride, column, row) = (level.stride as f64, (cell % level.columns) as f64, (cell / level.columns) as f64);
    let centre = ((column + value(0)?) * stride, (row + value(1)?) * stride);
    view.face(centre, libm::exp(value(2)?) * stride, libm::exp(value(3)?) * stride, score)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;
    use crate::detect::view::{Frame, Picture};
    use crate::{Image, Region};

    /// Two columns of two cells of 8 px; the last one holds a face.
    fn cells() -> Cells {
        let last = |value: f32| vec![0.0, 0.0, 0.0, value];
        let bbox = [last(0.5), last(0.25), last(0.0), last(std::f32::consts::LN_2)].concat();
        Cells { stride: 8, columns: 2, cls: last(0.81), obj: last(1.5), bbox }
    }

    /// 32 × 48 px of a picture, shown as 16 × 16.
    fn view() -> View {
        let image = Image::new(32, 48, vec![0; 32 * 48 * 4]).unwrap();
        let frame = Frame { left: 0, top: 0, width: 32, height: 48, size: (16, 16), angle: 0, mirrored: false };
        Picture::new(&image).view(&frame).unwrap()
    }

    #[test]
    fn decodes_a_cell_to_px_of_the_picture() {
        let mut faces = Vec::new();
        decode(&cells(), &view(), 0.5, &mut faces).unwrap();
        // Centre (1.5, 1.25) · 8, size (1, 2) · 8, then 2 × across and 3 × down. Objectness above 1 counts as 1.
        let region = Region::new(24.0 - 8.0, 30.0 - 24.0, 16.0, 48.0);
        assert_eq!(faces, [Face { region, score: 0.9 }]);
        decode(&cells(), &view(), 0.91, &mut faces).unwrap();
        assert_eq!(faces.len(), 1, "below the threshold");
    }

    #[test]
    fn refuses_what_is_no_number() {
        for (what, change) in
            [("score", (|cells| cells.cls[3] = f32::NAN) as fn(&mut Cells)), ("size", |cells| cells.bbox[15] = f32::INFINITY)]
        {
            let mut cells = cells();
            change(&mut cells);
            assert!(matches!(decode(&cells, &view(), 0.5, &mut Vec::new()), Err(Error::Model(_))), "{what}");
        }
    }
}
