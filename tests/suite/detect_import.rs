//! The compact model is what the ONNX file says, to the last weight, and the wired graph computes what tract's own importer computes.

use std::path::Path;

use darkslide::detect::import::{compile, fold};
use darkslide::detect::{Cells, CenterFace, YuNet};
use darkslide::{Backend, Error, Options, Scrubber, Sensitivity};
use tract_onnx::prelude::*;

#[test]
fn the_compact_model_is_what_the_importer_writes() {
    assert_eq!(compile(&onnx_file(), "yunet-2023mar").unwrap(), model("yunet.bin"), "run the importer again: see models/README.md");
}

/// Inputs of two sizes: one that the file declares, one that it does not.
#[test]
fn the_wired_graph_computes_what_the_onnx_file_says() {
    let yunet = YuNet::new().unwrap();
    for (width, height) in [(640, 640), (352, 224)] {
        let planes = picture(width, height);
        let cells = yunet.cells(width, height, &planes).unwrap();
        let expected = oracle(width, height, &planes);
        assert_eq!(cells.iter().map(|level| level.stride).collect::<Vec<_>>(), [8, 16, 32]);
        for Cells { stride, columns, cls, obj, bbox } in cells {
            let count = (width / stride) * (height / stride);
            assert_eq!((columns, cls.len()), (width / stride, count));
            // A picture with a face in it: an all-zero output would not be one.
            assert!(stride != 32 || cls.iter().any(|score| *score > 0.5), "no face at stride {stride}");
            assert_close(&cls, &expected(&format!("cls_{stride}")));
            assert_close(&obj, &expected(&format!("obj_{stride}")));
            let by_cell = expected(&format!("bbox_{stride}"));
            let planes: Vec<f32> = (0..4).flat_map(|plane| by_cell.iter().skip(plane).step_by(4).copied()).collect();
            assert_close(&bbox, &planes);
        }
    }
}

/// The second opinion's weights are packed into bytes: it gives nearly the numbers that the floats give, and finds the face where they do.
#[test]
fn the_packed_second_opinion_sees_what_the_onnx_file_sees() {
    let onnx = cached("centerface.onnx");
    let packed = compile(&onnx, "centerface").unwrap();
    assert!(packed.len() < 2_000_000, "{} bytes", packed.len());
    let (width, height) = (352, 224);
    let planes = picture(width, height);
    let cells = CenterFace::from_bytes(&packed).unwrap().cells(width, height, &planes).unwrap();
    // The file reads red, green, blue.
    let swapped: Vec<f32> = planes.chunks_exact(width * height).rev().flatten().copied().collect();
    let expected = plain_oracle(&onnx, width, height, &swapped);
    assert_eq!((cells.stride, cells.columns, cells.cls.len()), (4, width / 4, width * height / 16));
    let best = |scores: &[f32]| (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap();
    let (face, plain) = (best(&cells.cls), best(&expected[0]));
    let apart = (face % cells.columns).abs_diff(plain % cells.columns).max((face / cells.columns).abs_diff(plain / cells.columns));
    assert!(apart <= 1 && cells.cls[face] > 0.5, "{face}, {plain}");
    let mean = |found: &[f32], expected: &[f32]| {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).sum::<f32>() / found.len() as f32
    };
    assert!(mean(&cells.cls, &expected[0]) < 0.003, "centres: {}", mean(&cells.cls, &expected[0]));
    assert!(mean(&cells.obj, &expected[1]) < 0.1, "sizes: {}", mean(&cells.obj, &expected[1]));
    assert!(mean(&cells.bbox, &expected[2]) < 0.1, "offsets: {}", mean(&cells.bbox, &expected[2]));
}

#[test]
fn the_report_says_who_looked_and_for_what_not() {
    let portrait = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faces/obama.jpg")).unwrap();
    let alone = Scrubber::new(Backend::Cpu);
    let packed = compile(&cached("centerface.onnx"), "centerface").unwrap();
    let with_second = Scrubber::new(Backend::Cpu).with_second_opinion(&packed).unwrap();
    let look = |scrubber: &Scrubber, sensitivity| {
        let report = scrubber.inspect(&portrait, &Options { sensitivity, ..Options::default() }, &mut |_, _| ()).unwrap();
        assert!(report.faces[0].score > 0.9 && report.faces[1..].iter().all(|other| other.score < 0.6), "{:?}", report.faces);
        let missing = |what: &str| report.warnings.iter().any(|warning| warning.contains(what));
        (report.backend.detector.clone(), missing("on their side"), missing("no second opinion"))
    };
    for scrubber in [&alone, &with_second] {
        assert_eq!(look(scrubber, Sensitivity::Fast), ("yunet-2023mar 640".into(), true, false));
        assert_eq!(look(scrubber, Sensitivity::Balanced), ("yunet-2023mar 640+1280".into(), true, false));
    }
    let turned = "turned 90: 640+1280+2560, turned 270: 640+1280+2560, turned 180: 640+1280, turned 45: 640+1280, turned 315: 640+1280";
    let thorough = format!("yunet-2023mar 640+1280+2560, {turned}");
    assert_eq!(look(&alone, Sensitivity::Thorough), (thorough.clone(), false, true));
    assert_eq!(look(&with_second, Sensitivity::Thorough), (format!("{thorough}; centerface 640+1280"), false, false));
}

#[test]
fn a_model_of_one_kind_is_none_of_the_other() {
    let packed = compile(&cached("centerface.onnx"), "centerface").unwrap();
    assert!(matches!(YuNet::from_bytes(&packed), Err(Error::Model(_))));
    assert!(matches!(CenterFace::from_bytes(&model("yunet.bin")), Err(Error::Model(_))));
}

#[test]
fn refuses_what_is_not_a_model() {
    assert!(matches!(compile(b"\xff\xd8\xff", "x"), Err(Error::Model(_))));
    assert!(matches!(compile(&[], "x"), Err(Error::Model(_))));
    let whole = onnx_file();
    assert!(matches!(compile(&whole[..whole.len() / 2], "x"), Err(Error::Model(_))));
}

/// What tract's importer makes of the ONNX file: every output by its name.
fn oracle(width: usize, height: usize, planes: &[f32]) -> impl Fn(&str) -> Vec<f32> {
    let proto = fold(&onnx_file()).unwrap();
    let names: Vec<String> = proto.graph.as_ref().unwrap().output.iter().map(|output| output.name.clone()).collect();
    let model = tract_onnx::onnx().model_for_proto_model(&proto).unwrap();
    let model = model.with_input_fact(0, f32::fact([1, 3, height, width]).into()).unwrap();
    let model = model.into_optimized().unwrap().into_runnable().unwrap();
    let input = Tensor::from_shape(&[1, 3, height, width], planes).unwrap();
    let outputs = model.run(tvec!(input.into())).unwrap();
    move |name| {
        let index = names.iter().position(|each| each == name).unwrap();
        outputs[index].try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec()
    }
}

fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).fold(0.0, f32::max);
    assert!(worst <= 1e-4, "off by {worst}");
}

/// A portrait squeezed to `width` × `height`, as planes blue, green, red.
fn picture(width: usize, height: usize) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faces/ardern.jpg");
    let mut decoder = jpeg_decoder::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let pixels = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    let (from_width, from_height) = (usize::from(info.width), usize::from(info.height));
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let sources: Vec<_> = places.map(|(x, y)| (y * from_height / height * from_width + x * from_width / width) * 3).collect();
    [2, 1, 0].iter().flat_map(|channel| sources.iter().map(|at| f32::from(pixels[*at + *channel])).collect::<Vec<_>>()).collect()
}

/// The outputs of an ONNX file without quantised weights, in their order, as tract computes them.
fn plain_oracle(onnx: &[u8], width: usize, height: usize, planes: &[f32]) -> Vec<Vec<f32>> {
    let model = tract_onnx::onnx().model_for_proto_model(&fold(onnx).unwrap()).unwrap();
    let model = model.with_input_fact(0, f32::fact([1, 3, height, width]).into()).unwrap();
    let model = model.into_optimized().unwrap().into_runnable().unwrap();
    let input = Tensor::from_shape(&[1, 3, height, width], planes).unwrap();
    let outputs = model.run(tvec!(input.into())).unwrap();
    outputs.iter().map(|output| output.try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec()).collect()
}

/// What `npm test` fetches (scripts/models.mjs).
fn cached(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/models").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; `npm test` fetches it", path.display()))
}

fn onnx_file() -> Vec<u8> {
    model("face_detection_yunet_2023mar_int8bq.onnx")
}

fn model(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)).unwrap()
}
