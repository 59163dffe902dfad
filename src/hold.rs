//! From the faces that were found in each frame to the places that are covered in each frame.
//!
//! A detector that misses a face in one frame of many would let it flicker into view. So sightings are joined to tracks: a face is covered
//! from a little before it is first seen until a little after it is last seen, and between sightings too.

use crate::sequence::Delay;
use crate::{Face, Region};

/// One face through the frames, as far as it was followed.
pub(crate) struct Track {
    /// Frame and face, in the order of the frames.
    sightings: Vec<(usize, Face)>,
}

/// Joins faces of frames that follow each other: those that overlap are taken for one.
pub(crate) fn tracks(found: &[Vec<Face>]) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for (frame, faces) in found.iter().enumerate() {
        for face in faces {
            let open = tracks.iter_mut().filter_map(|track| {
                let (last, before) = track.sightings.last()?;
                let is_near = *last < frame && frame - last <= GAP;
                let overlap = overlap(&before.region, &face.region);
                (is_near && overlap >= SAME).then_some((overlap, track))
            });
            match open.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
                Some((_, track)) => track.sightings.push((frame, *face)),
                None => tracks.push(Track { sightings: vec![(frame, *face)] }),
            }
        }
    }
    tracks
}

/// What is to be covered in each frame: of each track one place, which holds all sightings that reach the frame. `loops` says whether the
/// first frame follows the last.
pub(crate) fn held(tracks: &[Track], delays: &[Delay], loops: bool) -> Vec<Vec<Face>> {
    let mut places: Vec<Vec<Face>> = vec![Vec::new(); delays.len()];
    for track in tracks {
        let mut covers: Vec<Option<Face>> = vec![None; delays.len()];
        let mut cover = |frame: usize, face: &Face| {
            if let Some(place) = covers.get_mut(frame) {
                *place = Some(place.map_or(*face, |known| union(&known, face)));
            }
        };
        for (frame, face) in &track.sightings {
            cover(*frame, face);
            reach(*frame, delays, loops, true).for_each(|near| cover(near, face));
            reach(*frame, delays, loops, false).for_each(|near| cover(near, face));
        }
        for (&(from, first), &(to, second)) in track.sightings.iter().zip(track.sightings.iter().skip(1)) {
            for frame in from + 1..to {
                cover(frame, &first);
                cover(frame, &second);
            }
        }
        for (place, cover) in places.iter_mut().zip(covers) {
            place.extend(cover);
        }
    }
    places
}

/// The frames after (or before) `frame` in which what was seen in it is still covered: [`HOLD_FRAMES`], or more where they are shown for
/// less than [`HOLD_MS`].
fn reach(frame: usize, delays: &[Delay], loops: bool, onward: bool) -> impl Iterator<Item = usize> {
    let count = delays.len();
    let mut elapsed = 0;
    (1..count)
        .map(move |step| match (onward, loops) {
            (true, true) => Some((frame + step) % count),
            (false, true) => Some((frame + count - step) % count),
            (true, false) => Some(frame + step).filter(|&at| at < count),
            (false, false) => frame.checked_sub(step),
        })
        .map_while(|at| at)
        .enumerate()
        .take_while(move |(steps, at)| {
            let is_held = *steps < HOLD_FRAMES || elapsed < HOLD_MS;
            // Viewers show no frame for less than a hundredth of a second.
            elapsed += delays.get(*at).map_or(HOLD_MS, |delay| delay.in_parts(1000).max(10));
            is_held
        })
        .map(|(_, at)| at)
}

/// Shared area, in parts of the smaller box.
fn overlap(a: &Region, b: &Region) -> f64 {
    let ((a_left, a_top, a_right, a_bottom), (b_left, b_top, b_right, b_bottom)) = (a.bounds(), b.bounds());
    let shared = (a_right.min(b_right) - a_left.max(b_left)).max(0.0) * (a_bottom.min(b_bottom) - a_top.max(b_top)).max(0.0);
    let least = ((a_right - a_left) * (a_bottom - a_top)).min((b_right - b_left) * (b_bottom - b_top));
    if least > 0.0 { shared / least } else { 0.0 }
}

/// One face that holds both boxes; a box that holds the other stays as it is, turn included.
fn union(a: &Face, b: &Face) -> Face {
    let score = a.score.max(b.score);
    if a.region == b.region {
        return Face { score, ..*a };
    }
    let ((a_left, a_top, a_right, a_bottom), (b_left, b_top, b_right, b_bottom)) = (a.region.bounds(), b.region.bounds());
    let (left, top) = (a_left.min(b_left), a_top.min(b_top));
    Face { region: Region::new(left, top, a_right.max(b_right) - left, a_bottom.max(b_bottom) - top), score }
}

/// Frames for which a face is covered before it is first and after it is last seen, at least.
const HOLD_FRAMES: usize = 2;

/// The same as a time, ms: quick animations show many frames in the blink of an eye.
const HOLD_MS: u32 = 200;

/// Most frames between two sightings of one face.
const GAP: usize = 30;

/// How much of the smaller box must lie in the other one for both to be the same face.
const SAME: f64 = 0.3;

#[cfg(test)]
mod tests {
    use super::{held, tracks};
    use crate::sequence::Delay;
    use crate::{Face, Region};

    fn face(x: f64) -> Face {
        Face { region: Region::new(x, 0.0, 40.0, 50.0), score: 0.8 }
    }

    /// Which frames of ten are covered.
    fn covered(found: &[(usize, f64)], delay: u32, loops: bool) -> Vec<usize> {
        let mut frames = vec![Vec::new(); 10];
        found.iter().for_each(|&(frame, x)| frames[frame].push(face(x)));
        let held = held(&tracks(&frames), &[Delay::new(delay, 1000); 10], loops);
        (0..10).filter(|&frame| !held[frame].is_empty()).collect()
    }

    #[test]
    fn a_face_is_covered_two_frames_before_and_after() {
        assert_eq!(covered(&[(5, 0.0)], 200, false), [3, 4, 5, 6, 7]);
        assert_eq!(covered(&[(0, 0.0)], 200, false), [0, 1, 2]);
        assert_eq!(covered(&[(9, 0.0)], 200, false), [7, 8, 9]);
        assert_eq!(covered(&[(0, 0.0)], 200, true), [0, 1, 2, 8, 9], "the last frame comes before the first");
    }

    #[test]
    fn where_frames_are_short_it_is_covered_for_longer() {
        assert_eq!(covered(&[(9, 0.0)], 50, false), [5, 6, 7, 8, 9]);
        assert_eq!(covered(&[(0, 0.0)], 0, false).len(), 10);
    }

    #[test]
    fn between_two_sightings_it_stays_covered_and_counts_once() {
        assert_eq!(covered(&[(0, 0.0), (9, 20.0)], 200, false).len(), 10);
        assert_eq!(covered(&[(0, 0.0), (9, 100.0)], 200, false), [0, 1, 2, 7, 8, 9], "two faces");
        let mut frames = vec![Vec::new(); 10];
        frames[1] = vec![face(0.0), face(100.0)];
        frames[2] = vec![face(105.0), face(3.0)];
        let all = tracks(&frames);
        assert_eq!(all.len(), 2);
        let places = held(&all, &[Delay::new(1, 5); 10], false);
        assert_eq!(places[1].len(), 2);
        let all_of = |x: f64, width: f64| places[1].iter().any(|place| place.region == Region::new(x, 0.0, width, 50.0));
        assert!(all_of(0.0, 43.0) && all_of(100.0, 45.0), "each holds the sightings near it: {places:?}");
    }
}
