//! Changes what is inside of WebP's picture chunks.

use darkslide::Format;

use super::riff_chunk;

/// Lossy, with an alpha channel that is packed, as libwebp writes it.
pub(crate) fn lossy_webp() -> Vec<u8> {
    let digit = |c: u8| (c as char).to_digit(16).unwrap() as u8;
    LOSSY.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// Where the chunks with pictures are: start and length of their data.
pub(crate) fn bitstreams(file: &[u8]) -> Vec<(usize, usize)> {
    let (mut out, mut at) = (Vec::new(), 12);
    while at < file.len() {
        let length = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
        match &file[at..at + 4] {
            b"ANMF" => {
                at += 24;
                continue;
            }
            b"VP8 " | b"VP8L" | b"ALPH" => out.push((at + 8, length)),
            _ => {}
        }
        at += 8 + length.next_multiple_of(2);
    }
    out
}

/// `file` with `bytes` in the chunk whose data is at `start`, behind the first `at` bytes of it; all lengths made to fit.
pub(crate) fn inserted(file: &[u8], (start, length): (usize, usize), at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut data = file[start..start + length].to_vec();
    data.splice(at..at, bytes.iter().copied());
    let chunk = riff_chunk(file[start - 8..start - 4].try_into().unwrap(), &data);
    let old = 8 + length.next_multiple_of(2);
    let mut out = [&file[..start - 8], &chunk, &file[start - 8 + old..]].concat();
    let more = (chunk.len() - old) as u32;
    let mut grow = |at: usize| {
        let length = u32::from_le_bytes(out[at..at + 4].try_into().unwrap()) + more;
        out[at..at + 4].copy_from_slice(&length.to_le_bytes());
    };
    grow(4);
    // The frame that holds it, when one does.
    let mut frame = 12;
    while frame < start - 8 {
        let length = u32::from_le_bytes(file[frame + 4..frame + 8].try_into().unwrap()) as usize;
        if &file[frame..frame + 4] == b"ANMF" && frame + 8 + length >= start {
            grow(frame + 4);
        }
        frame += 8 + length.next_multiple_of(2);
    }
    out
}

/// Where a secret can be in them.
pub(super) fn places(secret: &[u8], add: &mut dyn FnMut(&str, Format, Vec<u8>)) {
    let mut add = |place: &str, file: Vec<u8>| add(place, Format::Webp, file);
    let lossy = lossy_webp();
    for (start, length) in bitstreams(&lossy) {
        let kind = String::from_utf8_lossy(&lossy[start - 8..start - 4]).into_owned();
        add(&format!("lossy: behind the end of {}", kind.trim()), inserted(&lossy, (start, length), length, secret));
    }
    let (start, length) = bitstreams(&lossy)[1];
    let tag = u32::from_le_bytes(lossy[start..start + 4].try_into().unwrap()) & 0xFF_FFFF;
    let sizes = 10 + (tag >> 5) as usize;
    let mut first = inserted(&lossy, (start, length), sizes, secret);
    first[start..start + 3].copy_from_slice(&(tag + ((secret.len() as u32) << 5)).to_le_bytes()[..3]);
    add("lossy: behind the modes", first);
    for (name, file) in [("behind the last code", super::webp()), ("behind the last code in a frame", super::animated_webp())] {
        let (start, length) = bitstreams(&file)[0];
        add(name, inserted(&file, (start, length), length, secret));
    }
}

const LOSSY: &str = "\
    52494646b201000057454250565038580a000000100000001700000f0000414c5048220100000580d8489222a98797f7e0195c7aebdf85e3c785e19e762322e2\
    03d337e54568a95b9718bbbbfbaff17756a108e92fc2eefeef1c6dfc9f69146e17dffcec7b05abfdaf3086dcc3aae428d01551de0f9c6f2bf9b9f56be8359000\
    d3fde4016a390f35d5b76829c9824a6cd97e9a6d1857b2779d07f9335e50e208b32292eaeec2357531d430a57d8d4b852b895c5882dfcad8ae39516ac12c7776\
    dea594677e1d70eefabf2657975e4394aa5dfc62948dfbc2986f9039e2da516d1efef5f12ec570e7b63ab9fa278e58fa474760c53dd04185a755e7ec6bb96ea6\
    2de63ae8aa7228fe7463063b8961b5bdaf3a31b5bdd36af23a18e55ebf5af1572fbae56ba77d23c032d9b009052153a54f665100432c5926904e31a2489c91a9\
    63e15c567fccfc03565038206a000000f003009d012a180010003f1172b0502c26a4a2b008018022096c6640461621fc0c1bec9ee909312800feeb4d5e171c1b\
    6e5fc6af50891087318d76d6fb63a7f535613a2e8166e186c9a81407a81a798296d9b04a3a4fa1546cbf86091ac0d1229aa5b396d94f87000000";
