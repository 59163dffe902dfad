use darkslide::decode::decode;
use darkslide::{Format, Limits};

use crate::pictures::{described, photo};

#[test]
fn limits_come_first() {
    let limits = Limits { max_pixels: 100, ..Limits::default() };
    let error = decode(b"not even a picture", &described(Format::Png, 11, 10), &limits).unwrap_err();
    assert_eq!(error.code(), "limit-exceeded");
    let png = darkslide::encode::encode(&photo(11, 10), Format::Png, 1).unwrap();
    assert_eq!(decode(&png, &described(Format::Png, 11, 9), &Limits::default()).unwrap_err().code(), "malformed");
}
