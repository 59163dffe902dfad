//! What a few bytes may ask for is bounded by the file's length, or by a limit that is said: counted in work, never in seconds.

use darkslide::inspect::inspect;
use darkslide::{Error, Format, Limits, verify};

use crate::forge;

fn limited(file: &[u8], format: Format) -> String {
    match inspect(file, format, &Limits::default()) {
        Err(Error::LimitExceeded(what)) => what,
        other => panic!("{:?}", other.map(|inspection| inspection.findings)),
    }
}

#[test]
fn tracks_have_so_many_frames_in_all() {
    assert!(limited(&forge::many::heif_tracks(1_000), Format::Heic).contains("frames in all tracks"));
}

#[test]
fn items_have_so_many_properties() {
    assert!(limited(&forge::many::heif_auxiliary(), Format::Heic).contains("256 properties"));
}

#[test]
fn pages_that_share_a_value_read_it_so_often() {
    // 200 pages of one profile of a megabyte, of which none is kept.
    let mut file = b"II*\0".to_vec();
    let profile = vec![b'p'; 1 << 20];
    file.extend((8 + profile.len() as u32).to_le_bytes());
    file.extend(&profile);
    for page in 0..200_u32 {
        let entries: [(u16, u16, u32, u32); 7] =
            [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 1), (34_675, 7, 1 << 20, 8)];
        file.extend(7_u16.to_le_bytes());
        for (tag, kind, count, value) in entries {
            file.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat());
        }
        let next = file.len() as u32 + 4;
        file.extend(if page == 199 { [0; 4] } else { next.to_le_bytes() });
    }
    assert!(limited(&file, Format::Tiff).contains("tags of more than"));
}

#[test]
fn shared_tables_of_jpeg_strips_are_few() {
    let table = forge::segment(0xDB, &[[3].as_slice(), &[1; 64]].concat());
    let tables = [b"\xFF\xD8".to_vec(), table.repeat(17), b"\xFF\xD9".to_vec()].concat();
    let page = forge::tiff::Page {
        tags: vec![
            forge::Tag::short(256, 8),
            forge::Tag::short(257, 8),
            forge::Tag::short(258, 8),
            forge::Tag::short(259, 7),
            forge::Tag::short(262, 1),
            forge::Tag::undefined(347, &tables),
        ],
        strips: vec![vec![0; 8]],
        ..Default::default()
    };
    let file = forge::tiff::File { pages: vec![page], ..Default::default() }.bytes();
    assert!(limited(&file, Format::Tiff).contains("JPEGTables"));
}

/// A group of codes takes 20 bits of a lossless WebP, and much more time than 20 bits of pixels.
#[test]
fn groups_of_codes_are_so_many_in_all() {
    let picture = forge::many::webp_groups(65_535, forge::many::short_code);
    let file = |frames| forge::many::webp_frames(&picture, frames, (4, 4));
    assert!(verify(&file(5), &Limits::default()).clean);
    assert!(limited(&file(20), Format::Webp).contains("codes"));
}

/// Some decoders go by the table of a component's first scan, others by the last.
#[test]
fn quantization_tables_do_not_change_between_scans() {
    let jpeg = forge::progressive_jpeg();
    let (tables, scans): (Vec<usize>, Vec<usize>) =
        (0..jpeg.len() - 1).filter(|&at| jpeg[at] == 0xFF && matches!(jpeg[at + 1], 0xDB | 0xDA)).partition(|&at| jpeg[at + 1] == 0xDB);
    let length = usize::from(jpeg[tables[0] + 2]) << 8 | usize::from(jpeg[tables[0] + 3]);
    let table = jpeg[tables[0]..tables[0] + 2 + length].to_vec();
    let again = forge::splice(&jpeg, scans[1], &table);
    assert!(verify(&again, &Limits::default()).clean);
    let mut other = table;
    other[5] ^= 1;
    let changed = inspect(&forge::splice(&jpeg, scans[1], &other), Format::Jpeg, &Limits::default());
    assert!(matches!(changed, Err(Error::Unsupported(_))));
}
