//! Seven hundred pictures by others' hands: Photoshop, phones, stereo cameras, GIMP, ImageMagick, ExifTool, encoders of every kind, whole
//! and broken. `scripts/corpus.mjs` fetches them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use darkslide::inspect::inspect;
use darkslide::{Error, Keep, Limits, MetadataKind, Removed, sniff, strip_metadata, verify};
use walkdir::WalkDir;

use crate::exiftool::assert_structure_only;

#[test]
fn every_sound_picture_is_stripped_and_shows_the_same() {
    let (limits, keep) = (Limits::default(), Keep::default());
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    [&before, &after].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    let mut refused = BTreeMap::new();
    let mut names = Vec::new();
    for (name, bytes) in pictures() {
        let stripped = match strip_metadata(&bytes, &keep, &limits) {
            Ok(stripped) => stripped,
            Err(error) => {
                refused.insert(name, error);
                continue;
            }
        };
        assert!(verify(&stripped.bytes, &limits).clean, "{name}");
        let again = strip_metadata(&stripped.bytes, &keep, &limits).unwrap();
        assert!(again.bytes == stripped.bytes && again.report.removed.is_empty(), "{name}: stripping twice is stripping once");
        let frames = |bytes: &[u8]| inspect(bytes, sniff(bytes).unwrap(), &limits).unwrap().frames;
        let is_page_lost =
            stripped.report.removed.iter().any(|removed| removed.path.starts_with("IFD") && removed.kind == MetadataKind::Thumbnail);
        assert!(frames(&bytes) == frames(&stripped.bytes) || is_page_lost, "{name}: a frame is lost");
        let file = format!("{:03}.{}", names.len(), stripped.format().extension());
        std::fs::write(before.join(&file), &bytes).unwrap();
        std::fs::write(after.join(&file), &stripped.bytes).unwrap();
        names.push(name);
    }
    let codes: BTreeMap<&str, &str> = refused.iter().map(|(name, error)| (name.as_str(), error.code())).collect();
    let expected: BTreeMap<&str, &str> = REFUSED.into_iter().collect();
    for (name, error) in &refused {
        assert!(expected.contains_key(name.as_str()), "{name} is refused: {error}");
    }
    assert_eq!(codes, expected);
    assert!(names.len() > 680, "{} pictures", names.len());
    assert_eq!(assert_structure_only(&after), names.len());

    let (shown_before, shown_after) = (shown(&before), shown(&after));
    let (mut compared, mut otherwise) = (0, Vec::new());
    for (number, name) in names.iter().enumerate() {
        let of = |shown: &BTreeMap<usize, Vec<String>>| shown.get(&number).cloned().unwrap_or_default();
        let (was, is) = (of(&shown_before), of(&shown_after));
        if SHOWN_OTHERWISE.contains(&name.as_str()) || was.is_empty() {
            continue;
        }
        // Reduced copies of a TIFF's pages go, and so does what ImageMagick makes a second page of: Photoshop's layers.
        if is.is_empty() || !was.starts_with(&is) {
            otherwise.push((name.as_str(), was, is));
        }
        compared += 1;
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    assert!(compared > 640, "ImageMagick read {compared} of {}", names.len());
}

#[test]
fn what_makers_and_editors_hide_is_named() {
    let removed = |name: &str| -> Vec<Removed> {
        let bytes = std::fs::read(corpus().join(name)).unwrap();
        strip_metadata(&bytes, &Keep::default(), &Limits::default()).unwrap().report.removed
    };
    let has = |name: &str, kind: MetadataKind, path: &str| {
        let removed = removed(name);
        assert!(removed.iter().any(|removed| removed.kind == kind && removed.path == path), "{name}: no {path} in {removed:#?}");
    };
    // Photoshop keeps a TIFF's layers, each a picture, in a tag of its own.
    has("tiff_adobe_deflate.tif", MetadataKind::Photoshop, "IFD0/ImageSourceData");
    has("tiff_adobe_deflate.tif", MetadataKind::Thumbnail, "IFD0/PhotoshopSettings/PhotoshopThumbnail");
    has("flower2.webp", MetadataKind::Xmp, "XMP/photoshop:ICCProfile");
    // The other eye's picture, with a thumbnail of its own.
    has("fujifilm.mpo", MetadataKind::Depth, "MPF/1");
    has("fujifilm.mpo", MetadataKind::Thumbnail, "MPF/1/APP1/Exif/IFD1/ThumbnailImage");
    has("sugarshack.mpo", MetadataKind::Depth, "MPF/1");
    has("color_snakes.png", MetadataKind::Xmp, "iTXt/XML:com.adobe.xmp");
}

/// Every file that begins like a picture of our formats, by its path in the corpus.
fn pictures() -> Vec<(String, Vec<u8>)> {
    let corpus = corpus();
    let files = WalkDir::new(&corpus).sort_by_file_name().into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            (entry.path().strip_prefix(&corpus).unwrap().to_str().unwrap().replace('\\', "/"), std::fs::read(entry.path()).unwrap())
        })
        .filter(|(_, bytes)| !matches!(sniff(bytes), Err(Error::UnknownFormat(_) | Error::Unsupported(_))))
        .collect()
}

/// Where other files are let through, pictures that cannot be scrubbed must not be.
#[test]
fn pictures_of_other_kinds_are_told_from_what_is_none() {
    let (mut counted, mut unknown) = (0, Vec::new());
    for entry in WalkDir::new(corpus()).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        let name = entry.file_name().to_str().unwrap();
        let is_other = OTHER_KINDS.iter().any(|kind| name.to_ascii_lowercase().ends_with(kind)) && !BROKEN.contains(&name);
        let bytes = std::fs::read(entry.path()).unwrap();
        if is_other && sniff(&bytes).is_err() {
            counted += 1;
            if sniff(&bytes).unwrap_err().code() != "unsupported" {
                unknown.push(name.to_owned());
            }
        }
        if [".pdf", ".html", ".txt", ".doc", ".gpl"].iter().any(|kind| name.ends_with(kind)) {
            assert_eq!(sniff(&bytes).unwrap_err().code(), "unknown-format", "{name}");
        }
    }
    assert!(unknown.is_empty() && counted > 150, "{counted}: {unknown:#?}");
}

const OTHER_KINDS: [&str; 40] = [
    ".psd", ".ico", ".icns", ".cur", ".dds", ".sgi", ".bw", ".rgb", ".tga", ".pcx", ".dcx", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".p7",
    ".eps", ".fits", ".jp2", ".j2k", ".jpf", ".jpx", ".qoi", ".ras", ".im1", ".xbm", ".xpm", ".emf", ".wmf", ".msp", ".blp", ".pcd",
    ".mpo", ".jpg", ".png", ".gif", ".webp", ".tif", ".bmp",
];

/// Made to crash readers, with headers that say nothing; and a page of PostScript that does not say that it is a picture.
const BROKEN: [&str; 4] = ["ossfuzz-4836216264589312.pcx", "no_cursors.cur", "negative_size.ppm", "reqd_showpage.eps"];

fn corpus() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/corpus/pillow-12.0.0/Tests/images");
    assert!(folder.is_dir(), "this test needs {}: `node scripts/corpus.mjs` fetches it", folder.display());
    folder
}

/// What ImageMagick sees in the files of a folder: the size and a hash of the pixels of each frame, by the number in the file's name.
fn shown(folder: &Path) -> BTreeMap<usize, Vec<String>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // One TIFF that it objects to, and it says nothing of the others.
    let (tiffs, others): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(|file| file.extension().is_some_and(|e| e == "tiff"));
    let mut shown: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for files in std::iter::once(&others[..]).chain(tiffs.chunks(1)) {
        let out = Command::new("identify").args(["-format", "%f %w %h %#\n"]).args(files).output();
        let out = out.expect("this test needs identify on the PATH: install imagemagick");
        for line in String::from_utf8_lossy(&out.stdout).lines() {
            let (file, facts) = line.split_once(' ').unwrap();
            shown.entry(file[..3].parse().unwrap()).or_default().push(facts.to_owned());
        }
    }
    shown
}

/// What is broken, or of a kind that is refused.
const REFUSED: [(&str, &str); 44] = [
    ("apng/chunk_no_fctl.png", "malformed"),
    ("apng/chunk_no_fdat.png", "malformed"),
    ("apng/chunk_repeat_fctl.png", "malformed"),
    ("apng/fctl_actl.png", "malformed"),
    ("apng/sequence_fdat_fctl.png", "malformed"),
    ("apng/sequence_gap.png", "malformed"),
    ("apng/sequence_reorder.png", "malformed"),
    ("apng/sequence_reorder_chunk.png", "malformed"),
    ("apng/sequence_repeat.png", "malformed"),
    ("apng/sequence_repeat_chunk.png", "malformed"),
    ("apng/sequence_start.png", "malformed"),
    ("apng/syntax_num_frames_high.png", "malformed"),
    ("apng/syntax_num_frames_invalid.png", "malformed"),
    ("bmp/b/badheadersize.bmp", "malformed"),
    ("apng/syntax_num_frames_low.png", "malformed"),
    ("apng/syntax_num_frames_zero.png", "malformed"),
    ("apng/syntax_num_frames_zero_default.png", "malformed"),
    ("bmp/b/badbitcount.bmp", "malformed"),
    ("bmp/b/badwidth.bmp", "malformed"),
    ("bmp/b/reallybig.bmp", "limit-exceeded"),
    ("bmp/b/rletopdown.bmp", "malformed"),
    ("bmp/b/shortfile.bmp", "malformed"),
    ("bmp/q/pal2.bmp", "unsupported"),
    ("bmp/q/rgb24jpeg.bmp", "unsupported"),
    ("bmp/q/rgb24png.bmp", "unsupported"),
    ("broken.png", "malformed"),
    ("broken_data_stream.png", "malformed"),
    ("decompression_bomb.gif", "malformed"),
    ("hopper_bad_exif.jpg", "malformed"),
    ("hopper_webp.tif", "unsupported"),
    ("l2rgb_read.bmp", "limit-exceeded"),
    ("libtiff_segfault.tif", "malformed"),
    ("old-style-jpeg-compression-no-samplesperpixel.tif", "malformed"),
    ("old-style-jpeg-compression.tif", "unsupported"),
    ("oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif", "malformed"),
    ("seek_too_large.tif", "malformed"),
    ("tiff_overflow_rows_per_strip.tif", "malformed"),
    ("tiff_wrong_bits_per_sample_2.tiff", "malformed"),
    ("timeout-6646305047838720", "malformed"),
    ("truncated_end_chunk.png", "malformed"),
    ("truncated_image.png", "malformed"),
    ("truncated_jpeg.jpg", "malformed"),
    ("ultrahdr.jpg", "malformed"),
    ("zero_width.gif", "malformed"),
];

/// What ImageMagick shows otherwise, and why that is right.
const SHOWN_OTHERWISE: [&str; 10] = [
    // libheif guesses the matrix where there is a profile and no other statement; dav1d and libavif read it in the coded picture, as we do.
    "avif/icc_profile.avif",
    // Broken runs, and pixels of colours that the palette has not.
    "bmp/b/badrle.bmp",
    "bmp/b/pal8badindex.bmp",
    // ImageMagick reads OS/2's palette in the wrong place, and one behind a gap.
    "bmp/q/pal8os2v2.bmp",
    "pal8_offset.bmp",
    // The fourth byte of a pixel without alpha goes, and the colour under zero alpha.
    "bmp/q/rgb32fakealpha.bmp",
    "bmp/q/rgba16-4444.bmp",
    "bmp/q/rgba32.bmp",
    "bmp/q/rgba32h56.bmp",
    "rgb32bf-rgba.bmp",
];
