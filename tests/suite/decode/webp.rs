use darkslide::decode::decode;
use darkslide::encode::encode;
use darkslide::{Format, Limits};

use super::{plain, survives_damage};
use crate::pictures::{described, photo, psnr, see_through};

const LOSSY: &[u8] = include_bytes!("../../fixtures/decode/lossy.webp");
const LOSSY_ALPHA: &[u8] = include_bytes!("../../fixtures/decode/lossy-alpha.webp");

#[test]
fn lossy_pictures_are_close_to_what_was_encoded() {
    let image = plain(LOSSY, Format::Webp, 67, 45);
    let quality = psnr(image.pixels(), photo(67, 45).pixels());
    assert!(quality > 30.0, "{quality} dB");
    assert!(image.pixels().chunks_exact(4).all(|p| p[3] == 255));
}

#[test]
fn alpha_beside_a_lossy_picture_is_exact_and_straight() {
    let original = see_through(67, 45);
    let image = plain(LOSSY_ALPHA, Format::Webp, 67, 45);
    for (decoded, original) in image.pixels().chunks_exact(4).zip(original.pixels().chunks_exact(4)) {
        assert_eq!(decoded[3], original[3]);
        assert!(original[3] != 0 || decoded == [0; 4]);
    }
    // Straight alpha: nearly clear pixels keep their brightness.
    let faint: Vec<_> =
        image.pixels().chunks_exact(4).zip(original.pixels().chunks_exact(4)).filter(|(p, _)| (1..64).contains(&p[3])).collect();
    let mean = |pick: fn(&(&[u8], &[u8])) -> u8| faint.iter().map(|p| f64::from(pick(p))).sum::<f64>() / faint.len() as f64;
    assert!((mean(|p| p.0[1]) - mean(|p| p.1[1])).abs() < 10.0);
}

#[test]
fn a_cut_picture_is_refused() {
    for bytes in [LOSSY.to_vec(), LOSSY_ALPHA.to_vec(), encode(&photo(67, 45), Format::Webp, 1).unwrap()] {
        for length in (0..bytes.len() - 8).step_by(5) {
            assert!(decode(&bytes[..length], &described(Format::Webp, 67, 45), &Limits::default()).is_err(), "{length}");
        }
    }
}

/// The same, with lengths made to fit, so that only the picture's own data is short.
#[test]
fn a_picture_whose_data_is_short_is_refused() {
    for bytes in [LOSSY.to_vec(), encode(&photo(67, 45), Format::Webp, 1).unwrap()] {
        let data = u32::from_le_bytes(bytes[16..20].try_into().unwrap()) as usize;
        for keep in [data / 4, data / 2, data * 3 / 4] {
            let keep = keep & !1;
            let mut cut = bytes[..20 + keep].to_vec();
            cut[4..8].copy_from_slice(&(12 + keep as u32).to_le_bytes());
            cut[16..20].copy_from_slice(&(keep as u32).to_le_bytes());
            assert_eq!(
                decode(&cut, &described(Format::Webp, 67, 45), &Limits::default()).unwrap_err().code(),
                "malformed",
                "{keep}/{data}"
            );
        }
    }
}

#[test]
fn damage_never_panics() {
    survives_damage(LOSSY, Format::Webp, 67, 45);
    survives_damage(LOSSY_ALPHA, Format::Webp, 67, 45);
    survives_damage(&encode(&see_through(40, 30), Format::Webp, 1).unwrap(), Format::Webp, 40, 30);
}
