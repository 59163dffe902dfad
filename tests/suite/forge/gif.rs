//! Writes GIFs from their blocks.

use darkslide::Format;

use super::{HEIGHT, WIDTH, jumbf, p3_profile, photoshop};

/// A still picture: 87a, no extension.
pub(crate) fn gif() -> Vec<u8> {
    [b"GIF87a".to_vec(), screen(), image(&indices())].concat().into_iter().chain([0x3B]).collect()
}

/// Two frames with see-through pixels, the second one with a table of its own, for ever.
pub(crate) fn animated_gif() -> Vec<u8> {
    let inverted: Vec<u8> = indices().iter().map(|i| 63 - i).collect();
    let control = [0x21, 0xF9, 4, 0x05, 10, 0, 7, 0].to_vec();
    let mut second = image(&inverted);
    second[9] = 0x80 | 5;
    let second = super::splice(&second, 10, &palette().iter().rev().copied().collect::<Vec<u8>>());
    [b"GIF89a".to_vec(), screen(), repetitions(b"NETSCAPE2.0"), control.clone(), image(&indices()), control, second, vec![0x3B]].concat()
}

/// `picture` with blocks behind its global colour table.
pub(crate) fn gif_with(picture: &[u8], blocks: &[Vec<u8>]) -> Vec<u8> {
    super::splice(picture, BLOCKS, &blocks.concat())
}

/// Where the blocks begin in a forged file.
pub(crate) const BLOCKS: usize = 13 + 64 * 3;

/// A logical screen descriptor and a global colour table of 64 colours, of which each is used.
fn screen() -> Vec<u8> {
    [vec![WIDTH as u8, 0, HEIGHT as u8, 0, 0x80 | 0x70 | 5, 0, 0], palette()].concat()
}

pub(crate) fn palette() -> Vec<u8> {
    (0..64_u8).flat_map(|i| [i * 4, 255 - i * 2, i.wrapping_mul(37) | 1]).collect()
}

/// A pixel's index: all of 0 to 63 occur.
pub(crate) fn indices() -> Vec<u8> {
    (0..u32::from(WIDTH) * u32::from(HEIGHT)).map(|i| ((i * 7 + i / 24) % 64) as u8).collect()
}

/// An image descriptor and its data.
fn image(indices: &[u8]) -> Vec<u8> {
    let data = lzw(indices);
    [vec![0x2C, 0, 0, 0, 0, WIDTH as u8, 0, HEIGHT as u8, 0, 0, 6], sub_blocks(&data)].concat()
}

/// The codes of pixels of 64 colours, each for itself: the table is emptied before codes grow longer.
pub(crate) fn lzw(indices: &[u8]) -> Vec<u8> {
    let mut codes: Vec<u32> = Vec::new();
    for run in indices.chunks(60) {
        codes.push(64);
        codes.extend(run.iter().map(|&index| u32::from(index)));
    }
    codes.push(65);
    let bits: Vec<u8> = codes.iter().flat_map(|code| (0..7).map(move |bit| (code >> bit & 1) as u8)).collect();
    bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(i, bit)| bit << i).sum()).collect()
}

/// Data in sub-blocks of 255 bytes, terminated.
pub(crate) fn sub_blocks(data: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = data.chunks(255).flat_map(|block| [&[block.len() as u8], block].concat()).collect();
    out.push(0);
    out
}

pub(crate) fn extension(label: u8, blocks: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![0x21, label];
    for block in blocks {
        out.extend(block.chunks(255).flat_map(|b| [&[b.len() as u8], b].concat()));
    }
    out.push(0);
    out
}

pub(crate) fn repetitions(application: &[u8; 11]) -> Vec<u8> {
    extension(0xFF, &[application, &[1, 0, 0]])
}

/// XMP as it is, and the bytes behind it that lead any walk over sub-blocks to the end.
pub(crate) fn xmp(packet: &[u8]) -> Vec<u8> {
    let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
    [b"\x21\xFF\x0BXMP DataXMP", packet, &trailer].concat()
}

/// Where a secret can be.
pub(super) fn places(secret: &[u8], add: &mut dyn FnMut(&str, Format, Vec<u8>)) {
    let mut add = |place: &str, file| add(place, Format::Gif, file);
    let join = |parts: &[&[u8]]| parts.concat();
    let with = |block: Vec<u8>| gif_with(&gif(), &[block]);
    let packet = join(&[b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description dc:title='", secret, b"'/></rdf:RDF></x:xmpmeta>"]);
    add("XMP", with(xmp(&packet)));
    add("behind the picture", join(&[&gif(), secret]));
    for (name, label) in [("comment", 0xFE), ("plain text", 0x01), ("unknown extension", 0x42), ("graphic control", 0xF9)] {
        add(name, with(extension(label, &[secret])));
        add(&format!("{name}, at the end"), super::splice(&gif(), gif().len() - 1, &extension(label, &[secret])));
        add(&format!("{name} in an animation"), gif_with(&animated_gif(), &[extension(label, &[secret])]));
    }
    add("second block of a graphic control", with(extension(0xF9, &[&[0, 0, 0, 0], secret])));
    for application in [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012", b"MGKIPTC0000", b"MGK8BIM0000", b"C2PA_GIF\x01\0\0", b"ACMEcam 7.0"]
    {
        let name = String::from_utf8_lossy(application).replace(['\0', '\x01'], "");
        add(&format!("application {name}"), with(extension(0xFF, &[application, secret])));
        add(&format!("application {name}, behind its data"), with(extension(0xFF, &[application, &[1, 0, 0], secret])));
    }
    add("application's identifier", with(extension(0xFF, &[&secret[..11], &secret[11..]])));
    add("long identifier", with(extension(0xFF, &[&join(&[b"NETSCAPE2.0", secret]), &[1, 0, 0]])));
    add("loop in a long block", with(extension(0xFF, &[b"NETSCAPE2.0", &join(&[&[1, 0, 0], secret])])));
    add("C2PA manifest", with(extension(0xFF, &[b"C2PA_GIF\x01\0\0", &jumbf(secret)])));
    add("ICC profile", with(extension(0xFF, &[b"ICCRGBG1012", &p3_profile(&String::from_utf8_lossy(secret))])));
    add("Photoshop resources", with(extension(0xFF, &[b"MGK8BIM0000", &photoshop(&[(0x0BB7, secret)])])));
    add("stray bytes behind the picture", join(&[&gif()[..gif().len() - 1], b"\xFF", secret]));
    let data = lzw(&indices());
    let at = BLOCKS + 11;
    let behind = join(&[&gif()[..at], &sub_blocks(&join(&[&data, secret])), b"\x3B"]);
    add("behind the end code", behind);
    let more = join(&[&gif()[..at], &sub_blocks(&data)[..data.len() + data.len().div_ceil(255)], &sub_blocks(secret), b"\x3B"]);
    add("sub-blocks behind the end code", more);
    let mut pixels = indices();
    pixels.extend(secret.iter().map(|b| b & 63));
    add("codes behind the last pixel", join(&[&gif()[..at], &sub_blocks(&lzw(&pixels)), b"\x3B"]));
    // A table of 128 colours, of which 64 are used.
    let mut unused = super::splice(&gif(), BLOCKS, &join(&[secret, &[0; 192]])[..192]);
    unused[10] = 0x80 | 0x70 | 6;
    add("unused colours", unused);
    let mut local = super::splice(&gif(), BLOCKS + 10, &join(&[&palette(), secret, &[0; 192]])[..384]);
    local[BLOCKS + 9] = 0x80 | 6;
    add("unused local colours", local);
}
