//! WebP's bitstreams: where they end, in files from the encoder that everybody uses.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use darkslide::inspect::{Inspection, Role, inspect};
use darkslide::strip::strip;
use darkslide::{Error, Format, Limits};

use crate::forge;

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, Format::Webp, &Limits::default()).unwrap()
}

fn run(folder: &Path, tool: &str, args: &[&str]) {
    let package = if tool == "convert" { "imagemagick" } else { "webp" };
    let out = Command::new(tool).args(args).current_dir(folder).output();
    let out = out.unwrap_or_else(|e| panic!("this test needs {tool}: apt-get install {package} ({e})"));
    assert!(out.status.success(), "{tool} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
}

/// Pictures of real encoders: name and file.
static ENCODED: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(encoded);

fn encoded() -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let (folder, mut out) = (folder.path(), Vec::new());
    let plasma = |size: &'static str, name: &'static str, how: &[&'static str]| {
        run(folder, "convert", &[&["-seed", "11", "-size", size, "plasma:red-blue"], how, &[name]].concat());
    };
    plasma("70x53", "photo.png", &[]);
    plasma("70x53", "noise.png", &["-attenuate", "3", "+noise", "Gaussian"]);
    plasma("70x53", "few.png", &["-posterize", "3"]);
    plasma("70x53", "see-through.png", &["(", "+clone", "-negate", "-colorspace", "gray", ")", "-compose", "CopyOpacity", "-composite"]);
    plasma("1x1", "dot.png", &[]);
    plasma("17x200", "tall.png", &[]);
    run(folder, "convert", &["-size", "64x64", "xc:gray", "flat.png"]);
    let pictures = ["photo.png", "noise.png", "few.png", "see-through.png", "dot.png", "tall.png", "flat.png"];
    let ways: [&[&str]; 20] = [
        &["-q", "75"],
        &["-q", "2", "-m", "0"],
        &["-q", "100", "-m", "6", "-sharp_yuv"],
        &["-q", "60", "-segments", "1"],
        &["-q", "60", "-segments", "2", "-sns", "100"],
        &["-preset", "drawing", "-f", "70", "-strong"],
        &["-jpeg_like", "-af"],
        &["-size", "900"],
        &["-pass", "6", "-psnr", "38"],
        &["-low_memory", "-m", "4"],
        &["-alpha_method", "0"],
        &["-alpha_method", "1", "-alpha_filter", "best", "-alpha_q", "40"],
        &["-partition_limit", "100"],
        &["-lossless"],
        &["-lossless", "-z", "0"],
        &["-lossless", "-z", "4"],
        &["-lossless", "-z", "9"],
        &["-near_lossless", "20"],
        &["-lossless", "-exact", "-m", "1"],
        &["-lossless", "-hint", "graph", "-q", "100"],
    ];
    for picture in pictures {
        for way in ways {
            run(folder, "cwebp", &[&["-quiet"], way, &[picture, "-o", "out.webp"]].concat());
            out.push((format!("{picture} {way:?}"), std::fs::read(folder.join("out.webp")).unwrap()));
        }
    }
    // The one tool that can ask for more than one partition of tokens.
    for partitions in ["1", "2", "3"] {
        let define = format!("webp:partitions={partitions}");
        for picture in ["photo.png", "tall.png", "see-through.png"] {
            run(folder, "convert", &[picture, "-define", &define, "-define", "webp:method=1", "-quality", "60", "out.webp"]);
            out.push((format!("{picture} in partitions {partitions}"), std::fs::read(folder.join("out.webp")).unwrap()));
        }
    }
    run(folder, "convert", &["-delay", "8", "photo.png", "few.png", "noise.png", "see-through.png", "-loop", "2", "frames.gif"]);
    for way in [&["-lossy", "-q", "40"] as &[&str], &["-mixed"], &["-min_size"], &["-kmax", "1"]] {
        run(folder, "gif2webp", &[&["-quiet"], way, &["frames.gif", "-o", "out.webp"]].concat());
        out.push((format!("animation {way:?}"), std::fs::read(folder.join("out.webp")).unwrap()));
    }
    run(folder, "cwebp", &["-quiet", "photo.png", "-o", "one.webp"]);
    run(folder, "cwebp", &["-quiet", "-lossless", "see-through.png", "-o", "two.webp"]);
    run(folder, "webpmux", &["-frame", "one.webp", "+100", "-frame", "two.webp", "+100+0+0+1-b", "-loop", "3", "-o", "out.webp"]);
    out.push(("animation by webpmux".into(), std::fs::read(folder.join("out.webp")).unwrap()));
    out
}

fn paths(inspection: &Inspection) -> Vec<&str> {
    inspection.unclean().map(|f| f.path.as_str()).collect()
}

#[test]
fn the_end_of_each_bitstream_is_found_to_the_byte() {
    let secret = b"Kerkstraat 7, Q-ville-25";
    let mut kinds = std::collections::BTreeMap::new();
    for (name, file) in &*ENCODED {
        let inspection = look(file);
        super::inspect::assert_accounts_for_all(&inspection, file.len());
        // Nothing that the encoder wrote is taken for something hidden.
        assert!(paths(&inspection).is_empty(), "{name}: {:?}", inspection.findings);
        assert!(strip(file, &inspection).unwrap().bytes == *file, "{name}: a clean file changed");
        for (start, length) in forge::bitstreams(file) {
            let kind = String::from_utf8_lossy(&file[start - 8..start - 4]).into_owned();
            let raw_alpha = if kind == "ALPH" { file[start] & 3 } else { 9 };
            *kinds.entry((kind.clone(), raw_alpha)).or_insert(0) += 1;
            for more in [secret as &[u8], &[7], &[0; 5]] {
                let dirty = forge::inserted(file, (start, length), length, more);
                let inspection = look(&dirty);
                let found = paths(&inspection);
                // One byte can be of a boolean coder, which an encoder may leave out where it is zero.
                if more.len() > 1 || kind != "VP8 " {
                    assert!(found.len() == 1 && found[0].ends_with("/excess"), "{name} {kind} + {}: {found:?}", more.len());
                }
                let out = strip(&dirty, &inspection).unwrap();
                // Zeros that an encoder may have written to be done go with the rest.
                let is_as_before = out.bytes == *file || kind == "VP8 " && out.bytes.len() <= file.len() + 2;
                assert!(is_as_before, "{name} {kind} + {}: {} of {} bytes", more.len(), out.bytes.len(), file.len());
                assert!(!out.bytes.windows(8).any(|w| secret.windows(8).any(|s| s == w)));
                assert!(decoded(&out.bytes) == decoded(file), "{name} {kind}: other pixels");
                super::inspect::assert_accounts_for_all(&look(&out.bytes), out.bytes.len());
            }
        }
    }
    let wanted = [("ALPH", 0), ("ALPH", 1), ("VP8 ", 9), ("VP8L", 9)].map(|(kind, raw)| (kind.to_owned(), raw));
    assert_eq!(kinds.keys().cloned().collect::<Vec<_>>(), wanted, "{kinds:?}");
}

#[test]
fn what_is_between_the_partitions_is_found() {
    let secret = b"Kerkstraat 7, Q-ville-25";
    for (name, file) in ENCODED.iter().filter(|(name, _)| name.starts_with("photo") && !name.contains("lossless")) {
        for (start, length) in forge::bitstreams(file) {
            let tag = u32::from_le_bytes(file[start..start + 4].try_into().unwrap()) & 0xFF_FFFF;
            let first_end = 10 + (tag >> 5) as usize;
            let mut dirty = forge::inserted(file, (start, length), first_end, secret);
            let longer = (tag & 0x1F) | ((tag >> 5) + secret.len() as u32) << 5;
            dirty[start..start + 3].copy_from_slice(&longer.to_le_bytes()[..3]);
            let inspection = look(&dirty);
            assert_eq!(paths(&inspection), ["VP8/excess"], "{name}");
            let out = strip(&dirty, &inspection).unwrap();
            assert!(out.bytes.len() <= file.len() && !out.bytes.windows(8).any(|w| w == &secret[..8]), "{name}");
            assert!(decoded(&out.bytes) == decoded(file), "{name}: other pixels");
        }
        if name.contains("in partitions") {
            continue;
        }
        let mut scaled = file.clone();
        scaled[forge::bitstreams(file)[0].0 + 7] |= 0x40;
        assert_eq!(paths(&look(&scaled)), ["VP8/scale"]);
        assert!(strip(&scaled, &look(&scaled)).unwrap().bytes == *file);
    }
}

#[test]
fn what_is_between_the_token_partitions_is_found() {
    let secret = b"Kerkstraat 7, Q-ville-25";
    let mut most = 0;
    for (name, file) in ENCODED.iter().filter(|(name, _)| name.contains("in partitions")) {
        let (start, length) = *forge::bitstreams(file).last().unwrap();
        let number = |file: &[u8], at: usize| u32::from_le_bytes([file[at], file[at + 1], file[at + 2], 0]);
        let sizes = start + 10 + (number(file, start) >> 5) as usize;
        let inspection = look(file);
        let partitions: Vec<_> = inspection.segments.iter().filter(|s| s.name == "VP8/partition").collect();
        most = most.max(partitions.len());
        for (index, partition) in partitions.iter().skip(1).enumerate().take(partitions.len() - 2) {
            let mut dirty = forge::inserted(file, (start, length), partition.range.end - start, secret);
            let longer = number(file, sizes + 3 * index) + secret.len() as u32;
            dirty[sizes + 3 * index..sizes + 3 * index + 3].copy_from_slice(&longer.to_le_bytes()[..3]);
            let inspection = look(&dirty);
            assert_eq!(paths(&inspection), ["VP8/excess"], "{name}");
            let out = strip(&dirty, &inspection).unwrap();
            assert!(out.bytes.len() <= file.len() && !out.bytes.windows(8).any(|w| w == &secret[..8]), "{name}");
            assert!(decoded(&out.bytes) == decoded(file), "{name}: other pixels");
        }
    }
    assert_eq!(most, 9, "modes, and eight partitions of tokens");
}

#[test]
fn a_bitstream_cut_short_is_refused() {
    for (name, file) in &*ENCODED {
        // What is left of the simplest pictures may be all of them: an encoder's last zeros are no part of them.
        let is_simple = name.starts_with("flat") || name.starts_with("dot");
        if is_simple || file.len() > 3000 || name.starts_with("animation") {
            continue;
        }
        for (start, length) in forge::bitstreams(file) {
            // All of it but its last tenth: the chunk's length fits, the picture does not.
            let mut cut = file.clone();
            let keep = length - (length / 10).max(4);
            let chunk = forge::riff_chunk(file[start - 8..start - 4].try_into().unwrap(), &file[start..start + keep]);
            cut.splice(start - 8..start + length.next_multiple_of(2), chunk);
            let riff = cut.len() as u32 - 8;
            cut[4..8].copy_from_slice(&riff.to_le_bytes());
            let result = inspect(&cut, Format::Webp, &Limits::default());
            assert!(matches!(result, Err(Error::Malformed { .. })), "{name}: {length} bytes cut to {keep}");
        }
    }
}

#[test]
fn reserved_bits_of_an_alpha_channel_go() {
    let (_, file) = ENCODED.iter().find(|(name, _)| name.starts_with("see-through.png [\"-q\", \"75\"]")).unwrap();
    let alpha = forge::bitstreams(file)[0].0;
    assert_eq!(&file[alpha - 8..alpha - 4], b"ALPH");
    let mut dirty = file.clone();
    dirty[alpha] |= 0x40;
    let inspection = look(&dirty);
    assert_eq!(paths(&inspection), ["ALPH/reserved"]);
    assert!(strip(&dirty, &inspection).unwrap().bytes == *file);
    let pixels = inspection.segments.iter().filter(|s| s.role == Role::Pixels).count();
    assert_eq!(pixels, 3, "alpha, modes, tokens");
}

/// Browsers heed an alpha channel that VP8X does not announce in animations, and not in still pictures; libwebp's own tools always do.
#[test]
fn an_alpha_channel_that_is_not_announced_is_what_browsers_make_of_it() {
    let lossy = forge::lossy_webp();
    let parts: Vec<Vec<u8>> = forge::bitstreams(&lossy)
        .iter()
        .map(|&(start, length)| forge::riff_chunk(lossy[start - 8..start - 4].try_into().unwrap(), &lossy[start..start + length]))
        .collect();
    let header = |flags: u8| {
        let mut data = lossy[20..30].to_vec();
        data[0] = flags;
        forge::riff_chunk(b"VP8X", &data)
    };
    let is_clean = |file: &[u8]| darkslide::verify(file, &Limits::default()).clean;
    let still = |flags: u8, parts: &[Vec<u8>]| forge::riff(&[&[header(flags)], parts].concat());
    let (announced, without) = (still(0x10, &parts), still(0, &parts[1..]));
    assert!(is_clean(&announced) && is_clean(&without));
    let silent = still(0, &parts);
    assert!(!is_clean(&silent));
    let out = strip(&silent, &look(&silent)).unwrap();
    assert!(out.bytes == without && !out.inspection.has_alpha);
    let behind = still(0x10, &[parts[1].clone(), parts[0].clone()]);
    assert!(!is_clean(&behind));
    assert!(strip(&behind, &look(&behind)).unwrap().bytes == without);

    let frame = [&[0; 6], &lossy[24..30], &[9, 0, 0, 0], parts.concat().as_slice()].concat();
    let animated = |flags: u8| forge::riff(&[header(flags), forge::riff_chunk(b"ANIM", &[0; 6]), forge::riff_chunk(b"ANMF", &frame)]);
    assert!(is_clean(&animated(0x12)) && !is_clean(&animated(0x02)));
    assert!(strip(&animated(0x02), &look(&animated(0x02))).unwrap().bytes == animated(0x12));
}

/// What a lossless picture's header says of alpha is a hint to some viewers, and the truth to others.
#[test]
fn a_lossless_picture_must_say_that_it_is_see_through() {
    let mut seen = [0, 0];
    for (name, file) in ENCODED.iter() {
        for (start, _) in forge::bitstreams(file).into_iter().filter(|(start, _)| &file[start - 8..start - 4] == b"VP8L") {
            let is_stated = file[start + 4] & 0x10 != 0;
            assert!(inspect(file, Format::Webp, &Limits::default()).is_ok(), "{name}");
            if is_stated {
                let mut silent = file.clone();
                silent[start + 4] &= !0x10;
                let result = inspect(&silent, Format::Webp, &Limits::default());
                assert!(matches!(result, Err(Error::Unsupported(_))), "{name}");
            }
            seen[usize::from(is_stated)] += 1;
        }
    }
    assert!(seen[0] > 10 && seen[1] > 0, "{seen:?}");
}

#[test]
fn frames_have_a_limit_together() {
    let limits = Limits { max_pixels: 24 * 16, ..Limits::default() };
    assert!(inspect(&forge::animated_webp(), Format::Webp, &limits).is_ok());
    let still = forge::webp();
    let frame = [[0_u8; 6].as_slice(), &[23, 0, 0, 15, 0, 0, 9, 0, 0, 0], &still[12..]].concat();
    let frames = vec![forge::riff_chunk(b"ANMF", &frame); 65];
    let file = forge::riff(&[&[forge::vp8x(2), forge::riff_chunk(b"ANIM", &[0; 6])], frames.as_slice()].concat());
    assert_eq!(inspect(&file, Format::Webp, &limits).unwrap_err().code(), "limit-exceeded");
    assert_eq!(look(&file).frames, 65);
}

fn decoded(bytes: &[u8]) -> Vec<u8> {
    super::strip::decoded(bytes, Format::Webp)
}
