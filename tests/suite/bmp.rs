//! BMP's own rules, and files from a real encoder.

use std::process::Command;

use darkslide::inspect::{Inspection, MetadataKind, Why, inspect};
use darkslide::strip::{Stripped, strip};
use darkslide::{Format, Limits};

use crate::forge::{self, Bmp};

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, Format::Bmp, &Limits::default()).unwrap()
}

fn stripped(bytes: &[u8]) -> Stripped {
    strip(bytes, &look(bytes)).unwrap()
}

fn paths(bytes: &[u8]) -> Vec<String> {
    look(bytes).unclean().map(|f| f.path.clone()).collect()
}

#[test]
fn every_kind_is_walked_and_a_clean_one_stays_as_it_is() {
    for (kind, bmp) in forge::bmps() {
        let file = bmp.bytes();
        let inspection = look(&file);
        super::inspect::assert_accounts_for_all(&inspection, file.len());
        assert!(inspection.is_clean(), "{kind}: {:?}", inspection.findings);
        assert_eq!((inspection.width, inspection.height, inspection.has_alpha), (24, 16, kind.contains("alpha")), "{kind}");
        assert_eq!(stripped(&file).bytes, file, "{kind}");
        for end in 0..file.len() {
            let Ok(cut) = inspect(&file[..end], Format::Bmp, &Limits::default()) else { continue };
            // All runs are there but the code that says so; or all rows but what fills up the last one.
            assert!(cut.findings.iter().any(|f| f.path.ends_with("/missing")), "{kind} cut at {end} of {}", file.len());
            let whole = stripped(&file[..end]).bytes;
            assert!(whole == file || kind == "runs" && whole.len() + 2 == file.len(), "{kind}");
        }
    }
}

#[test]
fn a_profile_stays_without_its_texts_and_moves_to_its_place() {
    let file = Bmp::with_profile(b"MBED", &forge::p3_profile("My screen")).bytes();
    let inspection = look(&file);
    assert!(inspection.findings.iter().any(|f| f.path == "profile" && f.value.as_deref() == Some("My screen")));
    let out = strip(&file, &inspection).unwrap();
    assert_eq!(out.kept.iter().map(|k| (k.kind, k.why)).collect::<Vec<_>>(), [(MetadataKind::Icc, Why::Colour)]);
    let profile = look(&out.bytes).color.icc.unwrap();
    assert!(!profile.windows(6).any(|w| w == b"screen"));
    assert_eq!(Bmp::with_profile(b"MBED", &profile).bytes(), out.bytes);

    // Before the pixels, as some writers have it.
    let mut before = Bmp { gap: profile.clone(), ..Bmp::with_profile(b"MBED", &[]) }.bytes();
    before[126..130].copy_from_slice(&124_u32.to_le_bytes());
    before[130..134].copy_from_slice(&(profile.len() as u32).to_le_bytes());
    assert_eq!(stripped(&before).bytes, out.bytes);

    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    let plain = Bmp::with_profile(b"sRGB", &[]).bytes();
    assert_eq!(stripped(&Bmp::with_profile(b"MBED", &srgb).bytes()).bytes, plain);
    let linked = stripped(&Bmp::with_profile(b"LINK", b"C:\\Users\\jane\\screen.icc\0").bytes());
    assert_eq!(linked.bytes, plain);
    assert!(linked.removed.iter().any(|f| f.value.as_deref() == Some("C:\\Users\\jane\\screen.icc")));
}

#[test]
fn primaries_stay_without_room_for_text() {
    let mut file = Bmp { profile: Some(([0; 4], Vec::new())), header: 108, ..Bmp::true_colour() }.bytes();
    let real: [u32; 12] = [
        687_194_767,
        354_334_802,
        32_212_255,
        322_122_547,
        644_245_094,
        107_374_182,
        161_061_273,
        64_424_509,
        848_256_041,
        144_179,
        144_179,
        144_179,
    ];
    file[74..122].copy_from_slice(&real.map(u32::to_le_bytes).concat());
    let out = stripped(&file);
    assert_eq!(out.bytes[70..74], [0; 4]);
    for (index, real) in real.into_iter().enumerate() {
        let at = 74 + index * 4;
        let kept = u32::from_le_bytes(out.bytes[at..at + 4].try_into().unwrap());
        assert!(real >= kept && real - kept < if index < 9 { 1 << 14 } else { 1 << 8 });
    }
    assert_eq!(stripped(&out.bytes).bytes, out.bytes);
}

#[test]
fn bits_that_are_no_colour_are_told_from_alpha() {
    let masks = vec![0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000];
    let varied = |i: usize| (i % 7) as u8;
    let plain = Bmp::four_bytes(40, varied);
    assert_eq!(paths(&plain.bytes()), ["pixels/unused bits"]);
    assert_eq!(stripped(&plain.bytes()).bytes, Bmp::four_bytes(40, |_| 255).bytes());
    let alpha = Bmp { compression: 3, masks: masks.clone(), ..Bmp::four_bytes(124, varied) };
    assert_eq!(paths(&alpha.bytes()), ["pixels/colour under zero alpha"]);
    let out = stripped(&alpha.bytes()).bytes;
    assert!(out[138..].chunks(4).all(|p| p[3] > 0 || p == [0; 4]));
    assert!(out[138..].chunks(4).zip(alpha.pixels.chunks(4)).all(|(after, before)| before[3] == 0 || after == before));
    // Where no pixel has any alpha, viewers show all of them.
    let opaque = Bmp { compression: 3, masks, ..Bmp::four_bytes(124, |_| 0) };
    assert!(look(&opaque.bytes()).is_clean());
    let mut fields = Bmp { masks: vec![0x7C00, 0x03E0, 0x001F], ..Bmp::fields() };
    assert!(paths(&fields.bytes()).contains(&"pixels/unused bits".into()));
    fields.pixels.chunks_mut(2).for_each(|pixel| pixel[1] &= 0x7F);
    assert!(look(&fields.bytes()).is_clean());
}

#[test]
fn runs_that_draw_nothing_go() {
    let clean = Bmp::runs();
    let with = |at: usize, codes: &[u8]| {
        let mut bmp = clean.clone();
        bmp.pixels.splice(at..at, codes.to_vec());
        stripped(&bmp.bytes()).bytes
    };
    let end = clean.pixels.len() - 2;
    for codes in [&[5_u8, 1] as &[u8], &[0, 3, 1, 2, 3, 0], &[0, 2, 9, 0], &[0, 2, 0, 0]] {
        assert_eq!(with(16, codes), clean.bytes(), "right of the picture: {codes:?}");
        assert_eq!(with(end, codes), clean.bytes(), "below the picture: {codes:?}");
    }
    // The last three of five pixels are outside.
    let mut across = clean.clone();
    across.pixels.splice(14..16, [0, 5, clean.pixels[15], clean.pixels[15], 1, 2, 3, 0]);
    let mut kept = clean.clone();
    kept.pixels.splice(14..16, [1, clean.pixels[15], 1, clean.pixels[15]]);
    assert_eq!(stripped(&across.bytes()).bytes, kept.bytes());
}

#[test]
fn what_cannot_be_handled_is_named() {
    let code = |bmp: Bmp| inspect(&bmp.bytes(), Format::Bmp, &Limits::default()).map(|_| ()).map_err(|e| e.code());
    let base = Bmp::true_colour();
    assert_eq!(code(Bmp { bits: 0, compression: 4, ..base.clone() }), Err("unsupported"));
    assert_eq!(code(Bmp { bits: 0, compression: 5, ..base.clone() }), Err("unsupported"));
    assert_eq!(code(Bmp { compression: 3, header: 64, ..Bmp::indexed(64, 1) }), Err("unsupported"));
    assert_eq!(code(Bmp { bits: 7, ..base.clone() }), Err("malformed"));
    assert_eq!(code(Bmp { header: 41, ..base }), Err("malformed"));
    for masks in [vec![0xFF, 0xFF, 0xFF00], vec![0xF0F, 0xF000, 0x00F0]] {
        assert_eq!(code(Bmp { masks, ..Bmp::fields() }), Err("malformed"));
    }
    for (at, height, result) in
        [(22, 0_i32, Err("malformed")), (22, i32::MIN, Err("malformed")), (22, -16, Ok(())), (18, -24, Err("malformed"))]
    {
        let mut file = Bmp::true_colour().bytes();
        file[at..at + 4].copy_from_slice(&height.to_le_bytes());
        assert_eq!(inspect(&file, Format::Bmp, &Limits::default()).map(|_| ()).map_err(|e| e.code()), result, "{height}");
    }
}

#[test]
fn files_of_a_real_encoder_come_out_clean_and_look_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let convert = |args: &[&str]| {
        let out = Command::new("convert").args(args).current_dir(folder.path()).output();
        let out = out.unwrap_or_else(|e| panic!("this test needs ImageMagick: apt-get install imagemagick ({e})"));
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    let picture = ["-size", "61x43", "-seed", "7", "plasma:red-blue"];
    let kinds: [(&str, &[&str]); 11] = [
        ("bmp:v5.bmp", &[]),
        ("bmp:v5-alpha.bmp", &["-alpha", "set", "-channel", "A", "-evaluate", "multiply", "0.5"]),
        ("bmp:v5-565.bmp", &["-define", "bmp:subtype=RGB565"]),
        ("bmp:v5-555.bmp", &["-define", "bmp:subtype=RGB555"]),
        ("bmp:v5-runs.bmp", &["-colors", "30", "-compress", "RLE"]),
        ("bmp3:v3.bmp", &[]),
        ("bmp3:v3-indexed.bmp", &["-colors", "200"]),
        ("bmp3:v3-16.bmp", &["-colors", "13"]),
        ("bmp3:v3-mono.bmp", &["-monochrome"]),
        ("bmp2:core.bmp", &[]),
        ("bmp2:core-indexed.bmp", &["-colors", "100"]),
    ];
    for (output, how) in kinds {
        let name = output.split_once(':').unwrap().1;
        convert(&[picture.as_slice(), how, &["-density", "300", "-units", "PixelsPerInch", output]].concat());
        let file = std::fs::read(folder.path().join(name)).unwrap();
        let inspection = look(&file);
        super::inspect::assert_accounts_for_all(&inspection, file.len());
        // The encoder's own bytes are not taken for something hidden in the picture, but for the runs with which it fills up rows.
        let hidden: Vec<_> = inspection.findings.iter().filter(|f| f.path.starts_with("pixels") || f.path == "trailer").collect();
        let is_known =
            |path: &str| matches!(name, "v5-runs.bmp" | "v3-indexed.bmp" | "v3-16.bmp") && path == "pixels/codes that draw nothing";
        assert!(hidden.iter().all(|f| is_known(&f.path)), "{name}: {hidden:?}");
        let out = strip(&file, &inspection).unwrap();
        assert_eq!(stripped(&out.bytes).bytes, out.bytes, "{name}");
        assert!(name.starts_with("core") || out.removed.iter().any(|f| f.path.ends_with("biXPelsPerMeter")), "{name}: {:?}", out.removed);
        std::fs::write(folder.path().join("clean.bmp"), &out.bytes).unwrap();
        assert!(convert(&[name, "rgba:-"]) == convert(&["clean.bmp", "rgba:-"]), "{name} looks different");
    }
}
