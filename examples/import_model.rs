//! Writes the compact form of a face detector: `cargo run --features import --example import_model -- model.onnx name out.bin`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [onnx, name, output] = arguments.as_slice() else {
        eprintln!("usage: import_model MODEL.onnx NAME OUTPUT.bin");
        return ExitCode::from(2);
    };
    match import(onnx, name, output) {
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

fn import(onnx: &str, name: &str, output: &str) -> Result<usize, Box<dyn std::error::Error>> {
    let model = darkslide::detect::import::compile(&std::fs::read(onnx)?, name)?;
    std::fs::write(output, &model)?;
    Ok(model.len())
}
