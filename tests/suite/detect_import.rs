//! The compact model is what the ONNX file says, to the last weight, and the wired graph computes what tract's own importer computes.

use std::path::Path;

use darkslide::Error;
use darkslide::detect::import::{compile, fold};
use darkslide::detect::{Cells, YuNet};
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

fn onnx_file() -> Vec<u8> {
    model("face_detection_yunet_2023mar_int8bq.onnx")
}

fn model(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)).unwrap()
}
