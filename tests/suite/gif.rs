//! GIF's own rules, and files from real encoders.

use std::path::Path;
use std::process::Command;

use darkslide::inspect::{Inspection, MetadataKind, inspect};
use darkslide::strip::{Stripped, strip};
use darkslide::{Error, Format, Limits};

use crate::forge;

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, Format::Gif, &Limits::default()).unwrap()
}

fn stripped(bytes: &[u8]) -> Stripped {
    strip(bytes, &look(bytes)).unwrap()
}

/// A clean file with `at` replaced by `byte`, stripped: the finding's path, and whether the clean file came back.
fn repaired(clean: &[u8], at: usize, byte: u8) -> (String, bool) {
    let mut file = clean.to_vec();
    file[at] = byte;
    let out = stripped(&file);
    assert_eq!(out.removed.len(), 1, "{:?}", out.removed);
    (out.removed[0].path.clone(), out.bytes == clean)
}

#[test]
fn fields_that_nobody_shows_are_set_to_what_they_are_by_default() {
    let clean = forge::gif();
    assert_eq!(repaired(&clean, 10, 0x80 | 5), ("Logical Screen Descriptor/packed fields".into(), true));
    assert_eq!(repaired(&clean, 10, 0xF8 | 5), ("Logical Screen Descriptor/packed fields".into(), true));
    assert_eq!(repaired(&clean, 11, 64), ("Logical Screen Descriptor/background colour index".into(), true));
    assert_eq!(repaired(&clean, 12, 49), ("Logical Screen Descriptor/pixel aspect ratio".into(), true));
    assert_eq!(repaired(&clean, forge::BLOCKS + 9, 0x38), ("Image Descriptor/packed fields".into(), true));
    assert_eq!(repaired(&clean, forge::BLOCKS + 9, 0x07), ("Image Descriptor/packed fields".into(), true));
    let control = |data: [u8; 4]| forge::gif_with(&forge::gif(), &[forge::extension(0xF9, &[&data])]);
    let (at, path) = (forge::BLOCKS + 3, String::from("Graphic Control Extension/packed fields"));
    for (stated, kept) in [(0xE4, 0x04), (0x02, 0), (0x10, 0x0C), (0x18, 0)] {
        assert_eq!(repaired(&control([kept, 3, 1, 0]), at, stated), (path.clone(), true), "{stated:02X}");
    }
    let path = String::from("Graphic Control Extension/transparent colour index");
    assert_eq!(repaired(&control([0x08, 3, 1, 0]), at + 3, 9), (path, true));
    assert_eq!(stripped(&control([0x0D, 3, 1, 9])).bytes, control([0x0D, 3, 1, 9]), "see-through pixels stay so");
}

#[test]
fn an_animation_keeps_its_timing_and_its_repetitions() {
    let clean = forge::animated_gif();
    let inspection = look(&clean);
    assert!(inspection.is_clean(), "{:?}", inspection.findings);
    assert_eq!((inspection.frames, inspection.has_alpha), (2, true));
    assert_eq!(strip(&clean, &inspection).unwrap().bytes, clean);

    // The last count is the one that browsers take; a buffer size beside it is for nobody.
    let earlier = forge::extension(0xFF, &[b"NETSCAPE2.0", &[1, 9, 0]]);
    let out = stripped(&forge::gif_with(&clean, &[earlier]));
    assert_eq!(out.bytes, clean);
    let buffered = forge::extension(0xFF, &[b"ANIMEXTS1.0", &[2, 1, 2, 3, 4], &[1, 5, 0]]);
    let out = stripped(&forge::gif_with(&forge::gif(), &[buffered]));
    assert_eq!(out.bytes, forge::gif_with(&forge::gif(), &[forge::extension(0xFF, &[b"ANIMEXTS1.0", &[1, 5, 0]])]));
    assert_eq!(out.removed[0].path, "Application Extension/ANIMEXTS1.0/excess");
    // Of two controls before one picture the last counts; one behind all pictures has nothing to control.
    let control = forge::extension(0xF9, &[&[4, 7, 0, 0]]);
    let earlier = forge::extension(0xF9, &[&[4, 9, 0, 0]]);
    let wanted = forge::gif_with(&forge::gif(), std::slice::from_ref(&control));
    assert_eq!(stripped(&forge::gif_with(&wanted, &[earlier])).bytes, wanted);
    assert_eq!(stripped(&forge::splice(&wanted, wanted.len() - 1, &control)).bytes, wanted);
}

#[test]
fn what_is_said_is_named() {
    let with = |block: Vec<u8>| look(&forge::gif_with(&forge::gif(), &[block]));
    let xmp = forge::xmp(b"<x:xmpmeta><rdf:RDF><rdf:Description exif:GPSLatitude='51,30.2N'/></rdf:RDF></x:xmpmeta>");
    let resources = forge::photoshop(&[(0x0404, &forge::iptc(&[(2, 90, b"Utrecht")]))]);
    use MetadataKind as K;
    let cases: [(Vec<u8>, K, &str, Option<&str>); 7] = [
        (forge::extension(0xFE, &[b"shot at home"]), K::Comment, "Comment Extension", Some("shot at home")),
        (forge::extension(0x01, &[&[0; 12], b"a caption"]), K::Text, "Plain Text Extension", Some("a caption")),
        (xmp, K::Gps, "Application Extension/XMP DataXMP/exif:GPSLatitude", Some("51,30.2N")),
        (forge::extension(0xFF, &[b"C2PA_GIF\x01\0\0", &forge::jumbf(b"{}")]), K::C2pa, "Application Extension/C2PA_GIF___/c2pa", None),
        (
            forge::extension(0xFF, &[b"ICCRGBG1012", &forge::p3_profile("My screen")]),
            K::Icc,
            "Application Extension/ICCRGBG1012",
            Some("My screen"),
        ),
        (
            forge::extension(0xFF, &[b"MGK8BIM0000", &resources[14..]]),
            K::Iptc,
            "Application Extension/MGK8BIM0000/IPTC/City",
            Some("Utrecht"),
        ),
        (forge::extension(0x42, &[b"?"]), K::Unknown, "Extension 0x42", None),
    ];
    for (block, kind, path, value) in cases {
        let inspection = with(block);
        let found = inspection.findings.iter().find(|f| f.kind == kind && f.path == path);
        let found = found.unwrap_or_else(|| panic!("{path} is not among {:?}", inspection.findings));
        assert_eq!(found.value.as_deref(), value, "{path}");
    }
}

#[test]
fn what_viewers_put_up_with_is_not_refused() {
    let whole = forge::gif();
    let at = forge::BLOCKS + 11;
    let with_data = |codes: &[u8]| [&whole[..at], &forge::sub_blocks(codes), b"\x3B"].concat();
    let data = forge::lzw(&forge::indices());
    // Nothing left out, nothing added: it comes out as it went in.
    let short = with_data(&forge::lzw(&forge::indices()[..200]));
    let empty = with_data(&[]);
    let without_end_code = with_data(&data[..data.len() - 1]);
    for (what, file) in [("too few pixels", short), ("no pixels at all", empty), ("no end code", without_end_code)] {
        let out = stripped(&file);
        // Colours that only the missing pixels had go.
        assert!(out.removed.iter().all(|f| f.path == "Global Color Table/unused colours"), "{what}: {:?}", out.removed);
        assert_eq!(out.bytes.len(), file.len(), "{what}");
        assert_eq!(out.bytes[at..], file[at..], "{what}");
    }
    // Codes that stand for nothing yet, in the middle.
    let mut broken = data.clone();
    broken[100..104].fill(0xFF);
    assert_eq!(stripped(&with_data(&broken)).bytes[at + 1..at + 100], with_data(&broken)[at + 1..at + 100]);
    let out = stripped(&whole[..whole.len() - 1]);
    assert_eq!((out.bytes, out.removed[0].path.as_str()), (whole.clone(), "Trailer/missing"));
    assert_eq!(stripped(&forge::gif_with(&whole, &[vec![0, 0]])).bytes, whole);
    let mut without_screen = whole.clone();
    without_screen[6..10].fill(0);
    assert_eq!((look(&without_screen).width, look(&without_screen).height), (24, 16));
    // A code size that cannot be.
    let mut impossible = whole;
    impossible[forge::BLOCKS + 10] = 12;
    assert!(
        matches!(inspect(&impossible, Format::Gif, &Limits::default()), Err(Error::Malformed { offset, .. }) if offset == forge::BLOCKS + 10)
    );
}

#[test]
fn sub_blocks_of_uneven_lengths_are_filled() {
    let whole = forge::gif();
    let data = forge::lzw(&forge::indices());
    let uneven: Vec<u8> = data.chunks(100).flat_map(|c| c.chunks(60)).flat_map(|b| [&[b.len() as u8], b].concat()).collect();
    let file = [&whole[..forge::BLOCKS + 11], &uneven, b"\0\x3B"].concat();
    let out = stripped(&file);
    assert_eq!(out.removed.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["Image Data/sub-blocks"]);
    assert_eq!(out.bytes, whole);
    let even: Vec<u8> = data.chunks(100).flat_map(|b| [&[b.len() as u8], b].concat()).collect();
    assert!(look(&[&whole[..forge::BLOCKS + 11], &even, b"\0\x3B"].concat()).is_clean());
}

#[test]
fn files_of_real_encoders_come_out_clean_and_look_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |command: &mut Command, package: &str| {
        let out = command.current_dir(folder.path()).output();
        let out = out.unwrap_or_else(|e| panic!("this test needs {package}: apt-get install {package} ({e})"));
        assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    let frames = ["-size", "90x60", "-delay", "7", "plasma:red-blue", "plasma:green-yellow", "gradient:black-white", "-loop", "3"];
    let comment = ["-set", "comment", "shot at home"];
    run(Command::new("convert").args(frames).args(comment).arg("magick.gif"), "imagemagick");
    run(
        Command::new("convert").args(["-size", "64x64", "xc:none", "-fill", "red", "-draw", "circle 30,30 30,10", "see-through.gif"]),
        "imagemagick",
    );
    run(Command::new("convert").args(frames).args(["-interlace", "GIF", "interlaced.gif"]), "imagemagick");
    run(Command::new("convert").args(["rose:", "GIF87:old.gif"]), "imagemagick");
    run(Command::new("gifsicle").args(["-O3", "--lossy=40", "-c", "a comment", "-l5", "magick.gif", "-o", "sicle.gif"]), "gifsicle");
    run(Command::new("gifsicle").args(["--interlace", "--careful", "magick.gif", "-o", "careful.gif"]), "gifsicle");
    run(Command::new("gifsicle").args(["--use-colormap=web", "magick.gif", "-o", "web.gif"]), "gifsicle");
    let written = "-XMP-dc:Creator=Jane Doe";
    run(
        Command::new("exiftool").args(["-overwrite_original", written, "-Comment=again", "sicle.gif", "old.gif"]),
        "libimage-exiftool-perl",
    );
    for (name, frames) in [
        ("magick.gif", 3),
        ("see-through.gif", 1),
        ("interlaced.gif", 3),
        ("old.gif", 1),
        ("sicle.gif", 3),
        ("careful.gif", 3),
        ("web.gif", 3),
    ] {
        let file = std::fs::read(at(name)).unwrap();
        let inspection = look(&file);
        super::inspect::assert_accounts_for_all(&inspection, file.len());
        assert_eq!(inspection.frames, frames, "{name}");
        // No encoder's own bytes are taken for something hidden in the picture.
        let hidden: Vec<_> = inspection.findings.iter().filter(|f| f.path.starts_with("Image Data") || f.path == "trailer").collect();
        assert!(hidden.is_empty(), "{name}: {hidden:?}");
        let out = strip(&file, &inspection).unwrap();
        assert_eq!(stripped(&out.bytes).bytes, out.bytes, "{name}");
        for text in ["home", "comment", "Jane", "again"] {
            assert!(!out.bytes.windows(text.len()).any(|w| w == text.as_bytes()), "{name}: {text}");
        }
        let clean = format!("clean-{name}");
        std::fs::write(at(&clean), &out.bytes).unwrap();
        let shown = |name: &str| -> Vec<u8> {
            let facts = run(Command::new("identify").args(["-format", "%T %D %[scene] %g\n", name]), "imagemagick");
            [facts, run(Command::new("convert").args([name, "-coalesce", "rgba:-"]), "imagemagick")].concat()
        };
        assert!(shown(name) == shown(&clean), "{name} looks different");
        let repetitions =
            |file: &Path| run(Command::new("exiftool").args(["-s3", "-AnimationIterations"]).arg(file), "libimage-exiftool-perl");
        assert_eq!(repetitions(&at(name)), repetitions(&at(&clean)), "{name}");
    }
    let creator = look(&std::fs::read(at("sicle.gif")).unwrap());
    assert!(creator.findings.iter().any(|f| f.kind == MetadataKind::Xmp && f.value.as_deref() == Some("Jane Doe")));
}
