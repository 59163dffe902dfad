//! PNG: colours that no pixel has, see-through colours, and how much all frames together may unpack to.

use darkslide::inspect::{Inspection, inspect};
use darkslide::strip::{Stripped, strip};
use darkslide::{Error, Format, Limits, verify};

use crate::forge;

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, Format::Png, &Limits::default()).unwrap()
}

fn stripped(bytes: &[u8]) -> Stripped {
    strip(bytes, &look(bytes)).unwrap()
}

fn is_clean(bytes: &[u8]) -> bool {
    verify(bytes, &Limits::default()).clean
}

/// A number that looks like none in particular.
fn random(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

/// A picture whose pixels name colours.
struct Indexed {
    width: u32,
    height: u32,
    bits: u32,
    is_interlaced: bool,
    /// Which of them pixels may have.
    colours: Vec<u8>,
    filters: Vec<u8>,
}

impl Indexed {
    fn header(&self) -> Vec<u8> {
        let sides = [self.width.to_be_bytes(), self.height.to_be_bytes()].concat();
        forge::chunk(b"IHDR", &[sides.as_slice(), &[self.bits as u8, 3, 0, 0, self.is_interlaced.into()]].concat())
    }

    /// Rows, filtered, of pixels of all colours that they may have.
    fn rows(&self, state: &mut u32) -> Vec<u8> {
        let passes: &[(u32, u32, u32, u32)] = match self.is_interlaced {
            true => &[(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)],
            false => &[(0, 0, 1, 1)],
        };
        let (mut out, mut next) = (Vec::new(), 0);
        for (x, y, dx, dy) in passes {
            let (columns, rows) = (self.width.saturating_sub(*x).div_ceil(*dx), self.height.saturating_sub(*y).div_ceil(*dy));
            if columns == 0 {
                continue;
            }
            let mut before = vec![0; (columns * self.bits).div_ceil(8) as usize];
            for _ in 0..rows {
                let mut row = vec![0_u8; before.len()];
                for column in 0..columns {
                    let colour = self.colours[next % self.colours.len()];
                    next += 1 + random(state) as usize % 2 * self.colours.len();
                    row[(column * self.bits / 8) as usize] |= colour << (8 - self.bits - column * self.bits % 8);
                }
                // Bits behind the last pixel are no colour.
                let rest = columns * self.bits % 8;
                if rest > 0 {
                    *row.last_mut().unwrap() |= 0xFF >> rest;
                }
                let filter = self.filters[random(state) as usize % self.filters.len()];
                out.push(filter);
                for at in 0..row.len() {
                    let (left, above) = (if at > 0 { row[at - 1] } else { 0 }, before[at]);
                    let above_left = if at > 0 { before[at - 1] } else { 0 };
                    let guess = match filter {
                        0 => 0,
                        1 => left,
                        2 => above,
                        3 => ((u32::from(left) + u32::from(above)) / 2) as u8,
                        _ => {
                            let estimate = i32::from(left) + i32::from(above) - i32::from(above_left);
                            *[left, above, above_left].iter().min_by_key(|from| (estimate - i32::from(**from)).abs()).unwrap()
                        }
                    };
                    out.push(row[at].wrapping_sub(guess));
                }
                before = row;
            }
        }
        out
    }
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1A\n".to_vec(), chunks.concat(), forge::chunk(b"IEND", b"")].concat()
}

/// Colours as a message would have them.
fn palette(entries: usize) -> Vec<u8> {
    b"51.50333, -0.12750; ".iter().copied().cycle().take(entries * 3).collect()
}

fn without(palette: &[u8], entry: usize, used: &[u8], cleared: u8) -> Vec<u8> {
    let keep = |index: usize| used.contains(&(index as u8));
    palette
        .chunks(entry)
        .enumerate()
        .flat_map(|(index, value)| if keep(index) { value.to_vec() } else { vec![cleared; value.len()] })
        .collect()
}

#[test]
fn colours_that_no_pixel_has_are_cleared_and_nothing_else() {
    let mut state = 7;
    for bits in [1, 2, 4, 8] {
        for is_interlaced in [false, true] {
            for filters in [vec![0], vec![1], vec![2], vec![3], vec![4], vec![0, 1, 2, 3, 4]] {
                for (width, height) in [(1, 1), (37, 21), (8, 3), (3, 70)] {
                    let most = 1_u32 << bits;
                    let colours: Vec<u8> = (0..1 + random(&mut state) % most.min(5)).map(|_| (random(&mut state) % most) as u8).collect();
                    let picture = Indexed { width, height, bits, is_interlaced, colours, filters: filters.clone() };
                    let rows = picture.rows(&mut state);
                    let mut used = picture.colours.clone();
                    used.truncate((width * height) as usize);
                    let (palette, alphas) = (palette(most as usize), palette(most as usize)[..most as usize].to_vec());
                    // What gives hints about the colours goes as a whole.
                    let hints =
                        [forge::chunk(b"hIST", &vec![b'h'; most as usize * 2]), forge::chunk(b"sPLT", b"from my house\0\x08secret")]
                            .concat();
                    let of = |palette: &[u8], alphas: &[u8], hints: &[u8]| {
                        let data = forge::zlib(&rows);
                        let (first, second) = data.split_at(data.len() / 2);
                        file(&[
                            picture.header(),
                            forge::chunk(b"PLTE", palette),
                            forge::chunk(b"tRNS", alphas),
                            hints.to_vec(),
                            forge::chunk(b"IDAT", first),
                            forge::chunk(b"IDAT", second),
                        ])
                    };
                    let clean = of(&without(&palette, 3, &used, 0), &without(&alphas, 1, &used, 255), &[]);
                    assert!(is_clean(&clean), "{bits} bits, {is_interlaced}, {filters:?}, {width} × {height}");
                    let dirty = of(&palette, &alphas, &hints);
                    let out = stripped(&dirty);
                    assert_eq!(out.bytes, clean, "{bits} bits, {is_interlaced}, {filters:?}, {width} × {height}, {used:?}");
                    for (palette, alphas) in [(palette.clone(), without(&alphas, 1, &used, 255)), (without(&palette, 3, &used, 0), alphas)]
                    {
                        let dirty = of(&palette, &alphas, &[]);
                        assert_eq!(is_clean(&dirty), dirty == clean);
                        assert_eq!(stripped(&dirty).bytes, clean);
                    }
                }
            }
        }
    }
}

#[test]
fn all_frames_share_one_palette() {
    let mut state = 3;
    let picture =
        |colours: &[u8]| Indexed { width: 9, height: 5, bits: 8, is_interlaced: false, colours: colours.to_vec(), filters: vec![4] };
    let control = |number: u8| {
        let mut data = vec![0, 0, 0, number, 0, 0, 0, 9, 0, 0, 0, 5];
        data.extend([0; 14]);
        forge::chunk(b"fcTL", &data)
    };
    let (first, second, third) = (picture(&[1, 2]).rows(&mut state), picture(&[2, 200]).rows(&mut state), picture(&[77]).rows(&mut state));
    let data = |number: u8, rows: &[u8]| forge::chunk(b"fdAT", &[&[0, 0, 0, number], forge::zlib(rows).as_slice()].concat());
    let animation = |palette: &[u8]| {
        file(&[
            picture(&[]).header(),
            forge::chunk(b"acTL", &[0, 0, 0, 3, 0, 0, 0, 0]),
            forge::chunk(b"PLTE", palette),
            control(0),
            forge::chunk(b"IDAT", &forge::zlib(&first)),
            control(1),
            data(2, &second),
            control(3),
            data(4, &third),
        ])
    };
    let palette = palette(256);
    let clean = animation(&without(&palette, 3, &[1, 2, 200, 77], 0));
    assert!(is_clean(&clean));
    let dirty = animation(&palette);
    assert!(!is_clean(&dirty));
    assert_eq!(stripped(&dirty).bytes, clean);
}

#[test]
fn a_filter_that_png_does_not_have_is_no_picture() {
    let picture = Indexed { width: 3, height: 1, bits: 8, is_interlaced: false, colours: vec![0], filters: vec![0] };
    let file = file(&[picture.header(), forge::chunk(b"PLTE", &[0; 3]), forge::chunk(b"IDAT", &forge::zlib(&[5, 0, 0, 0]))]);
    assert!(!is_clean(&file));
}

/// Readers pass over a chunk that is out of place, and go by a later one that is not.
#[test]
fn what_is_see_through_is_what_browsers_show() {
    let picture = Indexed { width: 2, height: 1, bits: 8, is_interlaced: false, colours: vec![0, 1], filters: vec![0] };
    let (header, colours) = (picture.header(), forge::chunk(b"PLTE", &[1, 2, 3, 4, 5, 6]));
    let data = forge::chunk(b"IDAT", &forge::zlib(&[0, 0, 1]));
    let alphas = |alphas: &[u8]| forge::chunk(b"tRNS", alphas);
    let clean = file(&[header.clone(), colours.clone(), alphas(&[9]), data.clone()]);
    assert!(is_clean(&clean));
    let none = file(&[header.clone(), colours.clone(), data.clone()]);
    assert!(is_clean(&none));
    for (chunks, shown) in [
        (vec![alphas(&[7]), colours.clone(), alphas(&[9]), data.clone()], &clean),
        (vec![colours.clone(), alphas(&[]), alphas(&[9]), data.clone()], &clean),
        (vec![colours.clone(), alphas(&[9]), alphas(&[7]), data.clone()], &clean),
        (vec![colours.clone(), alphas(&[9]), data.clone(), alphas(&[7])], &clean),
        (vec![colours.clone(), data.clone(), alphas(&[7])], &none),
        (vec![alphas(&[7]), colours.clone(), data.clone()], &none),
    ] {
        let ambiguous = file(&[vec![header.clone()], chunks].concat());
        assert!(!is_clean(&ambiguous));
        assert_eq!(stripped(&ambiguous).bytes, *shown);
    }
    // More than the palette: Chromium shows it, libpng does not.
    let longer = file(&[header.clone(), colours.clone(), alphas(&[7, 7, 7]), data.clone()]);
    assert!(matches!(inspect(&longer, Format::Png, &Limits::default()), Err(Error::Malformed { .. })));
    // A colour of more bytes than pixels have: readers pass over the others.
    let header = |depth: u8, kind: u8| forge::chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, depth, kind, 0, 0, 0]);
    for (depth, kind, stated, shown) in [
        (8, 0, &b"ab"[..], &b"\0b"[..]),
        (1, 0, b"a\x01", b"\0\x01"),
        (16, 0, b"ab", b"ab"),
        (8, 2, b"abcdef", b"\0b\0d\0f"),
        (16, 2, b"abcdef", b"abcdef"),
    ] {
        let row = vec![0; 1 + if kind == 2 { 3 } else { 1 } * usize::from(depth).div_ceil(8)];
        let of = |colour: &[u8]| file(&[header(depth, kind), alphas(colour), forge::chunk(b"IDAT", &forge::zlib(&row))]);
        assert!(is_clean(&of(shown)));
        assert_eq!(is_clean(&of(stated)), stated == shown);
        assert_eq!(stripped(&of(stated)).bytes, of(shown));
    }
    // Of more bits: libpng passes over them, and browsers and others see none of that grey.
    let of = |colour: &[Vec<u8>]| file(&[header(1, 0), colour.concat(), forge::chunk(b"IDAT", &forge::zlib(&[0, 0]))]);
    assert!(!is_clean(&of(&[alphas(b"\0\xFF")])));
    assert_eq!(stripped(&of(&[alphas(b"\0\xFF")])).bytes, of(&[]));
    // Grey that has an alpha channel, and colours that do, can have no such colour.
    for kind in [4, 6] {
        let row = vec![0; if kind == 4 { 3 } else { 5 }];
        let of = |colour: &[Vec<u8>]| file(&[header(8, kind), colour.concat(), forge::chunk(b"IDAT", &forge::zlib(&row))]);
        assert!(!is_clean(&of(&[alphas(&[0, 1])])));
        assert_eq!(stripped(&of(&[alphas(&[0, 1])])).bytes, of(&[]));
    }
}

/// Each frame may be small as it is packed, and the sum of what they unpack to is what takes time.
#[test]
fn all_frames_together_unpack_to_no_more_than_a_limit() {
    for kind in [2, 3] {
        let (side, frames) = (100_u32, 50_u32);
        let row = 1 + side * if kind == 2 { 3 } else { 1 };
        let zeros = forge::zlib(&vec![0; (row * side) as usize]);
        let sides = [side.to_be_bytes(), side.to_be_bytes()].concat();
        let mut chunks = vec![
            forge::chunk(b"IHDR", &[sides.as_slice(), &[8, kind, 0, 0, 0]].concat()),
            forge::chunk(b"acTL", &[frames.to_be_bytes(), [0; 4]].concat()),
            forge::chunk(b"PLTE", &[0; 3]),
            forge::chunk(b"IDAT", &zeros),
        ];
        for number in 0..frames {
            let control = [(number * 2).to_be_bytes().as_slice(), &sides, &[0; 14]].concat();
            chunks.push(forge::chunk(b"fcTL", &control));
            chunks.push(forge::chunk(b"fdAT", &[(number * 2 + 1).to_be_bytes().as_slice(), &zeros].concat()));
        }
        let animation = file(&chunks);
        // Where a palette's colours are looked for, a byte counts for eight, and the start of a row for 24 more.
        let unpacked = u64::from((if kind == 2 { row } else { row * 8 + 24 }) * side * (frames + 1));
        let limited = |max_unpacked_bytes| inspect(&animation, Format::Png, &Limits { max_unpacked_bytes, ..Limits::default() });
        assert_eq!(limited(unpacked).unwrap().frames, frames);
        let error = limited(unpacked - 1).unwrap_err();
        assert!(matches!(&error, Error::LimitExceeded(what) if what.contains("frames")), "{error:?}");
        let verdict = verify(&animation, &Limits { max_unpacked_bytes: unpacked - 1, ..Limits::default() });
        assert!(!verdict.clean && verdict.findings[0].value.as_ref().unwrap().starts_with("limit-exceeded"));
    }
}
