//! Writes the JavaScript side of a wasm-bindgen wasm: `darkslide-bindgen INPUT.wasm OUTPUT_FOLDER NAME [--names]`.
//!
//! The same as `wasm-bindgen --target web`, built from the version that Cargo.lock pins, so that there is nothing to install.

use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (input, output, name, names) = match arguments.as_slice() {
        [input, output, name] => (input, output, name, false),
        [input, output, name, flag] if flag == "--names" => (input, output, name, true),
        _ => {
            eprintln!("darkslide-bindgen: expected INPUT.wasm OUTPUT_FOLDER NAME [--names]");
            return ExitCode::from(2);
        }
    };
    match bindgen(Path::new(input), Path::new(output), name, names) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("darkslide-bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `name` is that of the files; `names` keeps the functions' names, for readable stack traces in development.
fn bindgen(input: &Path, output: &Path, name: &str, names: bool) -> Result<(), Box<dyn std::error::Error>> {
    Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)?
        .typescript(true)
        // The package says itself where its wasm is, once, in js/platform.*.ts.
        .omit_default_module_path(true)
        // `darkslide/verify` runs without a worker: after a trap it must be able to start over in place.
        .reset_state_function(true)
        // What comes out of wasm is a copy in a buffer of its own, which a worker may give away.
        .ts_typed_array_buffers(true)
        .remove_name_section(!names)
        .remove_producers_section(true)
        .generate(output)?;
    Ok(())
}
