use darkslide::Image;
use darkslide::inspect::Orientation;
use darkslide::orient::{orient, to_stored, to_upright};

/// A picture whose pixels say where they are stored: red and green are x, blue and alpha y.
fn coordinates(width: u32, height: u32) -> Image {
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [(x / 256) as u8, x as u8, (y / 256) as u8, y as u8]));
    Image::new(width, height, pixels.collect()).unwrap()
}

fn stored_place(pixel: &[u8]) -> (u32, u32) {
    let word = |high: u8, low: u8| u32::from(high) * 256 + u32::from(low);
    (word(pixel[0], pixel[1]), word(pixel[2], pixel[3]))
}

#[test]
fn corners_go_where_exif_says() {
    // Exif 2.3, tag 274: the visual place of the stored row 0 and column 0, as (right?, bottom?) of the first pixel,
    // and the upright place of the stored picture's top right pixel.
    let expected = [
        (1, (0, 0), (6, 0)),
        (2, (6, 0), (0, 0)),
        (3, (6, 4), (0, 4)),
        (4, (0, 4), (6, 4)),
        (5, (0, 0), (0, 6)),
        (6, (4, 0), (4, 6)),
        (7, (4, 6), (4, 0)),
        (8, (0, 6), (0, 0)),
    ];
    for (value, first, top_right) in expected {
        let upright = orient(coordinates(7, 5), Orientation::new(value));
        assert_eq!((upright.width(), upright.height()), if value >= 5 { (5, 7) } else { (7, 5) });
        let at = |(x, y): (u32, u32)| stored_place(&upright.pixels()[((y * upright.width() + x) * 4) as usize..][..4]);
        assert_eq!(at(first), (0, 0), "orientation {value}");
        assert_eq!(at(top_right), (6, 0), "orientation {value}");
    }
}

#[test]
fn a_pixel_and_its_rectangle_agree() {
    // Sizes below, at and above a tile's, and sides that differ.
    for (width, height) in [(1, 1), (1, 9), (16, 16), (17, 33), (300, 41)] {
        for value in 1..=8 {
            let orientation = Orientation::new(value);
            let upright = orient(coordinates(width, height), orientation);
            let (upright_width, upright_height) = (upright.width(), upright.height());
            for (index, pixel) in upright.pixels().chunks_exact(4).enumerate() {
                let (x, y) = (index as u32 % upright_width, index as u32 / upright_width);
                let edges = (f64::from(x), f64::from(y), f64::from(x + 1), f64::from(y + 1));
                let stored = to_stored(edges, orientation, upright_width, upright_height);
                let (stored_x, stored_y) = stored_place(pixel);
                assert_eq!(stored, (f64::from(stored_x), f64::from(stored_y), f64::from(stored_x + 1), f64::from(stored_y + 1)));
                assert_eq!(to_upright(stored, orientation, upright_width, upright_height), edges);
            }
        }
    }
}

#[test]
fn rectangles_survive_the_round_trip() {
    let edges = (3.0, -2.5, 61.25, 40.0);
    for value in 1..=8 {
        let orientation = Orientation::new(value);
        let stored = to_stored(edges, orientation, 64, 48);
        assert!(stored.0 < stored.2 && stored.1 < stored.3);
        assert_eq!(to_upright(stored, orientation, 64, 48), edges, "orientation {value}");
    }
}
