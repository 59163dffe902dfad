//! An independent reader's opinion of what is left after stripping.

use std::path::Path;
use std::process::Command;

use darkslide::Limits;
use darkslide::inspect::inspect;
use darkslide::strip::strip;

use crate::forge;
use crate::strip::SECRET;

#[test]
fn exiftool_sees_nothing_either() {
    let folder = std::env::temp_dir().join(format!("darkslide-strip-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut number = 0;
    for planted in forge::planted(SECRET.as_bytes()) {
        if let Ok(inspection) = inspect(&planted.file, planted.format, &Limits::default()) {
            let name = format!("{number:03} {}.{}", planted.place.replace([':', '/'], ""), planted.format.extension());
            std::fs::write(folder.join(name), strip(&planted.file, &inspection).unwrap().bytes).unwrap();
            number += 1;
        }
    }
    let files = assert_structure_only(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(files, number);
    assert!(number > 120);
}

/// Has ExifTool read every file of a folder, and fails on anything that is more than the picture's structure. Returns how many it read.
pub(crate) fn assert_structure_only(folder: &Path) -> usize {
    let out = Command::new("exiftool").args(["-a", "-G1", "-s", "-ee", "-u"]).arg(folder).output();
    let out = out.expect("this test needs ExifTool on the PATH: install libimage-exiftool-perl, or exiftool from its site");
    let text = String::from_utf8_lossy(&out.stdout);
    let mut file = "";
    let mut files = 0;
    let mut more = Vec::new();
    for line in text.lines().filter(|l| !l.ends_with("directories scanned") && !l.ends_with("image files read")) {
        if let Some(name) = line.strip_prefix("======== ") {
            (file, files) = (name, files + 1);
            continue;
        }
        let group = line.split(' ').next().unwrap_or_default();
        // A second frame, the pixels' own headers, and colours.
        let is_structure = matches!(group, "[PNG]" | "[RIFF]" | "[APNG]" | "[Adobe]" | "[GIF]") || group.starts_with("[ICC");
        let is_orientation = line.starts_with("[IFD") && line.contains(" Orientation ");
        let is_order = group == "[File]";
        let tag = line.split_whitespace().nth(1).unwrap_or_default();
        let is_heif = matches!(group, "[QuickTime]" | "[Meta]") && HEIF_STRUCTURE.contains(&tag);
        let is_sequence = matches!(group, "[QuickTime]" | "[Track1]" | "[Track2]") && SEQUENCE_STRUCTURE.contains(&tag);
        let is_date = tag.ends_with("CreateDate") || tag.ends_with("ModifyDate");
        let is_structure = is_structure || is_heif || is_sequence && (!is_date || line.ends_with("0000:00:00 00:00:00"));
        let is_page = file.ends_with(".tiff") && group.starts_with("[IFD") && TIFF_STRUCTURE.contains(&tag);
        let is_file_type = group == "[Jpeg2000]" && matches!(tag, "MajorBrand" | "MinorVersion" | "CompatibleBrands");
        let is_alpha = tag == "AuxiliaryImageType" && line.ends_with(":auxiliary:alpha");
        let is_allowed = ALLOWED.contains(&group) || is_structure || is_orientation || is_order || is_page || is_file_type || is_alpha;
        if !is_allowed || line.contains("Kerkstraat") || (line.contains("Warning") && !line.contains(PREVIEW)) {
            more.push(format!("{file}: {line}"));
        }
    }
    assert!(more.is_empty(), "{more:#?}");
    files
}

/// ExifTool's own slip over pages of several JPEG strips: it takes their offsets for one number.
const PREVIEW: &str = "RawConv PreviewImage: Argument";

/// What ExifTool may see in a clean file besides what it says of any file.
const ALLOWED: [&str; 5] = ["[System]", "[File]", "[ExifTool]", "[Composite]", "[JFIF]"];

/// What ExifTool may see in the directory of a page: how its pixels are stored.
const TIFF_STRUCTURE: [&str; 33] = [
    "ColorMap",
    "WhitePoint",
    "PrimaryChromaticities",
    "ReferenceBlackWhite",
    "InkSet",
    "Predictor",
    "T4Options",
    "T6Options",
    "TileWidth",
    "TileLength",
    "TileOffsets",
    "TileByteCounts",
    // Where they differ, pixels are not square.
    "XResolution",
    "YResolution",
    "ResolutionUnit",
    "ImageWidth",
    "ImageHeight",
    "BitsPerSample",
    "Compression",
    "PhotometricInterpretation",
    "FillOrder",
    "StripOffsets",
    "SamplesPerPixel",
    "RowsPerStrip",
    "StripByteCounts",
    // What it calls the two above, and the strip, when a page is a JPEG.
    "PreviewImageStart",
    "PreviewImageLength",
    "PreviewImage",
    "PlanarConfiguration",
    "ExtraSamples",
    "SampleFormat",
    "JPEGTables",
    "YCbCrSubSampling",
];

/// What ExifTool says of a HEIF file's brands, decoder configurations and sizes.
const HEIF_STRUCTURE: [&str; 48] = [
    "Unknown_clli",
    "Unknown_mdcv",
    "Unknown_amve",
    "Unknown_a1op",
    "Unknown_lsel",
    "MajorBrand",
    "MinorVersion",
    "CompatibleBrands",
    "HandlerType",
    "HEVCConfigurationVersion",
    "GeneralProfileSpace",
    "GeneralTierFlag",
    "GeneralProfileIDC",
    "GenProfileCompatibilityFlags",
    "ConstraintIndicatorFlags",
    "GeneralLevelIDC",
    "MinSpatialSegmentationIDC",
    "ParallelismType",
    "ChromaFormat",
    "BitDepthLuma",
    "BitDepthChroma",
    "AverageFrameRate",
    "ConstantFrameRate",
    "NumTemporalLayers",
    "TemporalIDNested",
    "ImageSpatialExtent",
    "ImagePixelDepth",
    "Rotation",
    "Unknown_imir",
    "PixelAspectRatio",
    "AV1ConfigurationVersion",
    "SeqProfile",
    "SeqLevelIdx0",
    "SeqTier0",
    "HighBitDepth",
    "TwelveBit",
    "ChromaSamplePosition",
    "InitialDelaySamples",
    "ColorProfiles",
    "ColorPrimaries",
    "TransferCharacteristics",
    "MatrixCoefficients",
    "VideoFullRangeFlag",
    "MediaDataSize",
    "MediaDataOffset",
    "MediaData",
    "PrimaryItemReference",
    "MetaImageSize",
];

/// What ExifTool says of a sequence besides: its timing, and where its frames are.
const SEQUENCE_STRUCTURE: [&str; 47] = [
    "MovieHeaderVersion",
    "CreateDate",
    "ModifyDate",
    "TimeScale",
    "Duration",
    "PreferredRate",
    "PreferredVolume",
    "MatrixStructure",
    "PreviewTime",
    "PreviewDuration",
    "PosterTime",
    "SelectionTime",
    "SelectionDuration",
    "CurrentTime",
    "NextTrackID",
    "TrackHeaderVersion",
    "TrackCreateDate",
    "TrackModifyDate",
    "TrackID",
    "TrackDuration",
    "TrackLayer",
    "TrackVolume",
    "ImageWidth",
    "ImageHeight",
    "Unknown_edts",
    "MediaHeaderVersion",
    "MediaCreateDate",
    "MediaModifyDate",
    "MediaTimeScale",
    "MediaDuration",
    "MediaLanguageCode",
    "HandlerType",
    "GraphicsMode",
    "OpColor",
    "OtherFormat",
    "Unknown_av1C",
    "Unknown_hvcC",
    "Unknown_colr",
    "Unknown_ccst",
    // Which track is another's alpha.
    "Unknown_auxi",
    "Unknown_auxl",
    "TimeToSampleTable",
    "SyncSampleTable",
    "SampleToChunk",
    "SampleSizes",
    "ChunkOffset",
    "VideoFrameRate",
];
