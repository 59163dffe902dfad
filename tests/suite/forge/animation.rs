//! Writes animations and pages from pictures, with the crates that others use.

use std::io::Cursor;

use darkslide::{Format, Image};

use super::{riff, riff_chunk};

/// A frame: a part of the canvas.
#[derive(Clone)]
pub(crate) struct Shot {
    pub(crate) image: Image,
    pub(crate) left: u32,
    pub(crate) top: u32,
    /// In hundredths of a second.
    pub(crate) delay: u16,
    pub(crate) is_over: bool,
    pub(crate) disposal: Disposal,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Disposal {
    Keep,
    Clear,
    /// WebP has none: it keeps.
    Restore,
}

impl Shot {
    /// The whole canvas, for a tenth of a second.
    pub(crate) fn whole(image: Image) -> Self {
        Self { image, left: 0, top: 0, delay: 10, is_over: false, disposal: Disposal::Keep }
    }
}

/// An animation that is played `plays` times, 0 for ever.
pub(crate) fn animation(format: Format, size: (u32, u32), plays: u16, shots: &[Shot]) -> Vec<u8> {
    match format {
        Format::Gif => gif(size, plays, shots),
        Format::Png => png(size, plays, shots, false),
        Format::Webp => webp(size, plays, shots),
        Format::Tiff => tiff(&shots.iter().map(|shot| shot.image.clone()).collect::<Vec<_>>()),
        other => panic!("{other:?}"),
    }
}

fn gif((width, height): (u32, u32), plays: u16, shots: &[Shot]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = gif::Encoder::new(&mut out, width as u16, height as u16, &[]).unwrap();
    match plays {
        0 => encoder.set_repeat(gif::Repeat::Infinite).unwrap(),
        1 => {}
        n => encoder.set_repeat(gif::Repeat::Finite(n - 1)).unwrap(),
    }
    for shot in shots {
        let mut pixels = shot.image.pixels().to_vec();
        let mut frame = gif::Frame::from_rgba_speed(shot.image.width() as u16, shot.image.height() as u16, &mut pixels, 10);
        (frame.left, frame.top, frame.delay) = (shot.left as u16, shot.top as u16, shot.delay);
        frame.dispose = match shot.disposal {
            Disposal::Keep => gif::DisposalMethod::Keep,
            Disposal::Clear => gif::DisposalMethod::Background,
            Disposal::Restore => gif::DisposalMethod::Previous,
        };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    out
}

/// `has_still`: the first picture is none of the animation's.
pub(crate) fn png((width, height): (u32, u32), plays: u16, shots: &[Shot], has_still: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_animated(shots.len() as u32 - u32::from(has_still), plays.into()).unwrap();
    encoder.set_sep_def_img(has_still).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for (index, shot) in shots.iter().enumerate() {
        if index > 0 || !has_still {
            if index > 0 {
                writer.reset_frame_position().unwrap();
                writer.set_frame_dimension(shot.image.width(), shot.image.height()).unwrap();
                writer.set_frame_position(shot.left, shot.top).unwrap();
            }
            writer.set_frame_delay(shot.delay, 100).unwrap();
            writer.set_blend_op(if shot.is_over { png::BlendOp::Over } else { png::BlendOp::Source }).unwrap();
            let disposal = match shot.disposal {
                Disposal::Keep => png::DisposeOp::None,
                Disposal::Clear => png::DisposeOp::Background,
                Disposal::Restore => png::DisposeOp::Previous,
            };
            writer.set_dispose_op(disposal).unwrap();
        }
        writer.write_image_data(shot.image.pixels()).unwrap();
    }
    writer.finish().unwrap();
    out
}

fn webp((width, height): (u32, u32), plays: u16, shots: &[Shot]) -> Vec<u8> {
    let u24 = |n: u32| n.to_le_bytes()[..3].to_vec();
    let header = [vec![0x12, 0, 0, 0], u24(width - 1), u24(height - 1)].concat();
    let mut chunks = vec![riff_chunk(b"VP8X", &header), riff_chunk(b"ANIM", &[&[0; 4], plays.to_le_bytes().as_slice()].concat())];
    for shot in shots {
        let (width, height) = (shot.image.width(), shot.image.height());
        let mut still = Vec::new();
        image_webp::WebPEncoder::new(&mut still).encode(shot.image.pixels(), width, height, image_webp::ColorType::Rgba8).unwrap();
        let numbers = [shot.left / 2, shot.top / 2, width - 1, height - 1, u32::from(shot.delay) * 10];
        let flags = u8::from(!shot.is_over) << 1 | u8::from(shot.disposal == Disposal::Clear);
        chunks.push(riff_chunk(b"ANMF", &[numbers.map(u24).concat(), vec![flags], still[12..].to_vec()].concat()));
    }
    riff(&chunks)
}

/// Pages of any size.
pub(crate) fn tiff(pages: &[Image]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut out).unwrap().with_compression(tiff::encoder::Compression::Lzw);
    for page in pages {
        let samples: Vec<u8> = page.pixels().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        encoder.write_image::<tiff::encoder::colortype::RGB8>(page.width(), page.height(), &samples).unwrap();
    }
    out.into_inner()
}
