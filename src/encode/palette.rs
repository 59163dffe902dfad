//! Which 256 colours stand for a frame's.
//!
//! A frame that needs no more keeps its own. Of others the most frequent stay, so that what does not move does not shimmer, and the rest
//! shares what is left.

use color_quant::NeuQuant;

/// Colours, and which of them each colour of a frame becomes.
pub(super) struct Palette {
    pub(super) colours: Vec<[u8; 3]>,
    /// Sorted by colour.
    indices: Vec<(u32, u8)>,
}

impl Palette {
    /// For `pixels`, into at most `most` colours, 65 to 256.
    pub(super) fn new(pixels: &[[u8; 3]], most: usize) -> Self {
        let mut all: Vec<u32> = pixels.iter().copied().map(packed).collect();
        all.sort_unstable();
        let mut counted: Vec<(u32, u32)> = Vec::new();
        for colour in all {
            match counted.last_mut() {
                Some((last, count)) if *last == colour => *count += 1,
                _ => counted.push((colour, 1)),
            }
        }
        if counted.len() <= most {
            let colours: Vec<[u8; 3]> = counted.iter().map(|&(colour, _)| unpacked(colour)).collect();
            return Self { colours, indices: (0..=u8::MAX).zip(&counted).map(|(index, &(colour, _))| (colour, index)).collect() };
        }
        let mut frequent = counted.clone();
        frequent.sort_by_key(|&(colour, count)| (std::cmp::Reverse(count), colour));
        frequent.truncate(most - SHARED);
        let mut colours: Vec<[u8; 3]> = frequent.iter().map(|&(colour, _)| unpacked(colour)).collect();
        frequent.sort_unstable();
        let rest: Vec<u8> = pixels
            .iter()
            .filter(|&&pixel| frequent.binary_search_by_key(&packed(pixel), |&(colour, _)| colour).is_err())
            .flat_map(|&[r, g, b]| [r, g, b, 255])
            .collect();
        let network = NeuQuant::new(SPEED, SHARED, &rest);
        colours.extend(network.color_map_rgb().as_chunks::<3>().0);
        let nearest: Vec<usize> = counted.iter().map(|&(colour, _)| nearest(&colours, unpacked(colour))).collect();
        // Only colours that a pixel has are written.
        let mut used: Vec<usize> = nearest.clone();
        used.sort_unstable();
        used.dedup();
        let index = |at: &usize| u8::try_from(used.binary_search(at).unwrap_or(0)).unwrap_or(0);
        let indices = counted.iter().zip(&nearest).map(|(&(colour, _), at)| (colour, index(at))).collect();
        Self { colours: used.iter().filter_map(|&at| colours.get(at).copied()).collect(), indices }
    }

    /// The index that a colour of the frame becomes.
    pub(super) fn index(&self, colour: [u8; 3]) -> u8 {
        let at = self.indices.binary_search_by_key(&packed(colour), |&(known, _)| known);
        at.ok().and_then(|at| self.indices.get(at)).map_or(0, |&(_, index)| index)
    }
}

fn nearest(colours: &[[u8; 3]], colour: [u8; 3]) -> usize {
    let distance = |other: &[u8; 3]| other.iter().zip(colour).map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2)).sum::<u32>();
    colours.iter().enumerate().min_by_key(|(_, other)| distance(other)).map_or(0, |(at, _)| at)
}

fn packed([r, g, b]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, r, g, b])
}

fn unpacked(colour: u32) -> [u8; 3] {
    let [_, r, g, b] = colour.to_be_bytes();
    [r, g, b]
}

/// Colours that are found by learning: the least that the learner is made for.
const SHARED: usize = 64;

/// One pixel of so many is learned from.
const SPEED: i32 = 3;
