//! Writes the compact form of a face detector: `cargo run --features import --example import_model -- model.onnx name out.bin`.
//! With `--plain` as its name, the same network as ONNX that any runtime reads.

use std::process::ExitCode;

use darkslide::detect::import;
use prost::Message;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [onnx, name, output] = arguments.as_slice() else {
        eprintln!("usage: import_model MODEL.onnx NAME|--plain OUTPUT");
        return ExitCode::from(2);
    };
    match write(onnx, name, output) {
        Ok(bytes) => {
            println!("{output}: {bytes} bytes");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("import_model: {onnx}: {why}");
            ExitCode::FAILURE
        }
    }
}

fn write(onnx: &str, name: &str, output: &str) -> Result<usize, Box<dyn std::error::Error>> {
    let onnx = std::fs::read(onnx)?;
    let model = if name == "--plain" { import::fold(&onnx)?.encode_to_vec() } else { import::compile(&onnx, name)? };
    std::fs::write(output, &model)?;
    Ok(model.len())
}
