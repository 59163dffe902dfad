//! The canvas of an animation: frames are drawn over what earlier ones left. [GIF89a §23; PNG 3rd edition §12.10; RFC 9649 §2.7.1.1]

/// What a frame brings: a part of the canvas, RGBA.
pub(super) struct Patch {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Vec<u8>,
    /// Whether see-through pixels let the canvas show; else they replace it.
    pub(super) is_over: bool,
    pub(super) disposal: Disposal,
}

/// What becomes of a frame's part of the canvas before the next frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposal {
    /// It stays.
    Keep,
    /// It becomes see-through, whatever background the file states: so do browsers.
    Clear,
    /// It becomes what it was before.
    Restore,
}

pub(super) struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    /// What is to be done before the next frame.
    pending: Pending,
}

enum Pending {
    Nothing,
    Clear(Area),
    Restore(Vec<u8>),
}

/// Rows and columns of the canvas, bytes along rows.
struct Area {
    rows: std::ops::Range<usize>,
    bytes: std::ops::Range<usize>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let pixels = vec![0; width as usize * height as usize * 4];
        Self { width, height, pixels, pending: Pending::Nothing }
    }

    pub(super) fn width(&self) -> u32 {
        self.width
    }

    pub(super) fn height(&self) -> u32 {
        self.height
    }

    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Draws a frame. Returns how many of its pixels lie outside the canvas, where nobody sees them.
    pub(super) fn draw(&mut self, patch: &Patch) -> u64 {
        self.dispose();
        let area = self.area(patch);
        match patch.disposal {
            Disposal::Keep => {}
            Disposal::Clear => self.pending = Pending::Clear(self.area(patch)),
            Disposal::Restore => self.pending = Pending::Restore(self.pixels.clone()),
        }
        let (stride, shown) = (self.width as usize * 4, area.bytes.len());
        let rows = self.pixels.chunks_exact_mut(stride).take(area.rows.end).skip(area.rows.start);
        for (row, drawn) in rows.zip(patch.pixels.chunks_exact((patch.width as usize * 4).max(1))) {
            let Some(row) = row.get_mut(area.bytes.clone()) else { continue };
            for (under, over) in row.as_chunks_mut::<4>().0.iter_mut().zip(drawn[..shown].as_chunks::<4>().0) {
                *under = if patch.is_over { blended(*over, *under) } else { *over };
            }
        }
        let inside = (area.rows.len() * shown / 4) as u64;
        (u64::from(patch.width) * u64::from(patch.height)).saturating_sub(inside)
    }

    fn dispose(&mut self) {
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {}
            Pending::Restore(before) => self.pixels = before,
            Pending::Clear(area) => {
                let stride = self.width as usize * 4;
                for row in self.pixels.chunks_exact_mut(stride).take(area.rows.end).skip(area.rows.start) {
                    row[area.bytes.clone()].fill(0);
                }
            }
        }
    }

    /// The part of the canvas that a frame covers.
    fn area(&self, patch: &Patch) -> Area {
        let within = |start: u32, length: u32, side: u32| start.min(side) as usize..start.saturating_add(length).min(side) as usize;
        let columns = within(patch.left, patch.width, self.width);
        Area { rows: within(patch.top, patch.height, self.height), bytes: columns.start * 4..columns.end * 4 }
    }
}

/// A pixel over another, both with straight alpha.
fn blended(over: [u8; 4], under: [u8; 4]) -> [u8; 4] {
    match (over[3], under[3]) {
        (255, _) | (_, 0) if over[3] > 0 => over,
        (0, _) => under,
        (alpha, beneath) => {
            let (alpha, beneath) = (u32::from(alpha) * 255, u32::from(beneath) * (255 - u32::from(alpha)));
            let all = alpha + beneath;
            let mix = |a: u8, b: u8| (u32::from(a) * alpha + u32::from(b) * beneath + all / 2) / all;
            let level = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
            [level(mix(over[0], under[0])), level(mix(over[1], under[1])), level(mix(over[2], under[2])), level((all + 127) / 255)]
        }
    }
}
