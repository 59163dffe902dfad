//! Judges what the detector still finds in a redacted picture.
//!
//! A silhouette with a blurred middle can look like a face to a detector. So it matters where a box lies: one that is mostly covered
//! says that the redaction does not hold; one that is mostly uncovered is a face beside it, found only now.

use crate::{Face, Redaction, Region};

/// Why a picture is not done yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Doubt {
    /// A face is still found inside a redaction; this is the redaction's index.
    Inside(usize),
    /// A face reaches out of the redactions, or lies beside them.
    Beside(Face),
}

/// Sorts `faces`, found in the redacted picture, px at input size. Each redaction is doubted once.
pub(crate) fn doubts(faces: &[Face], redactions: &[Redaction]) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for face in faces {
        let doubt = judge(face, redactions);
        if !doubts.contains(&doubt) {
            doubts.push(doubt);
        }
    }
    doubts
}

fn judge(face: &Face, redactions: &[Redaction]) -> Doubt {
    let covered = |region: &Region| samples(&face.region).filter(|&(x, y)| region.contains(x, y)).count();
    let by_any = samples(&face.region).filter(|&(x, y)| redactions.iter().any(|redaction| redaction.region.contains(x, y))).count();
    let most = (0..redactions.len()).max_by_key(|&index| covered(&redactions[index].region));
    match most {
        Some(index) if by_any * 2 >= (SAMPLES * SAMPLES) as usize => Doubt::Inside(index),
        _ => Doubt::Beside(*face),
    }
}

/// Points spread evenly over a box.
fn samples(region: &Region) -> impl Iterator<Item = (f64, f64)> {
    let at = |index: u32| (f64::from(index) + 0.5) / f64::from(SAMPLES);
    let region = *region;
    (0..SAMPLES * SAMPLES).map(move |n| (region.x + region.width * at(n % SAMPLES), region.y + region.height * at(n / SAMPLES)))
}

/// Samples along each side of a box: enough to tell half from less than half.
const SAMPLES: u32 = 16;

#[cfg(test)]
mod tests {
    use super::{Doubt, doubts};
    use crate::redact::Source;
    use crate::{Face, FaceMode, Redaction, Region};

    #[test]
    fn a_box_counts_where_most_of_it_lies() {
        let redaction = |x: f64| Redaction {
            region: Region::new(x, 0.0, 100.0, 100.0),
            source: Source::Manual,
            mode: FaceMode::Blur,
            irreversible: true,
            frame: None,
        };
        let redactions = [redaction(0.0), redaction(100.0)];
        let face = |x: f64, width: f64| Face { region: Region::new(x, 10.0, width, 80.0), score: 0.9 };
        assert_eq!(doubts(&[face(10.0, 80.0), face(12.0, 80.0)], &redactions), [Doubt::Inside(0)]);
        assert_eq!(doubts(&[face(70.0, 80.0)], &redactions), [Doubt::Inside(1)], "two redactions cover it together");
        let beside = face(170.0, 80.0);
        assert_eq!(doubts(&[beside], &redactions), [Doubt::Beside(beside)]);
        assert_eq!(doubts(&[], &redactions), []);
    }
}
