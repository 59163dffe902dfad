//! The scrubber, which holds the detector and the GPU between calls.

use js_sys::Function;
use tsify::Ts;
use wasm_bindgen::prelude::*;

use super::{options_from, plain, to_js};
use crate::redact::Backend;
use crate::{Error, Options, Report, Stage};

/// The scrubber, as JavaScript sees it. Its methods take `&self`, so calls may overlap.
#[wasm_bindgen]
pub struct Scrubber(crate::Scrubber);

/// A scrubbed photo.
#[wasm_bindgen]
pub struct Scrubbed {
    inner: crate::Scrubbed,
}

#[wasm_bindgen]
impl Scrubber {
    /// `backend`: `auto`, `webgpu` or `cpu`.
    #[wasm_bindgen(constructor)]
    pub fn new(backend: &str) -> Result<Scrubber, JsValue> {
        let backend = match backend {
            "auto" => Backend::Auto,
            "webgpu" => Backend::Gpu,
            "cpu" => Backend::Cpu,
            other => return Err(to_js(&Error::InvalidOption(format!("backend '{other}': must be auto, webgpu or cpu")))),
        };
        Ok(Self(crate::Scrubber::new(backend)))
    }

    /// Scrubs one photo.
    pub async fn scrub(
        &self,
        bytes: Vec<u8>,
        #[wasm_bindgen(unchecked_param_type = "Options | undefined")] options: JsValue,
        on_progress: Option<Function>,
    ) -> Result<Scrubbed, JsValue> {
        let options: Options = options_from(&options).map_err(|error| to_js(&error))?;
        let inner = self.0.scrub(&bytes, &options, &mut reporter(on_progress)).await.map_err(|error| to_js(&error))?;
        Ok(Scrubbed { inner })
    }

    /// Says what is in a photo; nothing is changed.
    pub async fn inspect(
        &self,
        bytes: Vec<u8>,
        #[wasm_bindgen(unchecked_param_type = "Options | undefined")] options: JsValue,
        on_progress: Option<Function>,
    ) -> Result<Ts<Report>, JsValue> {
        let options: Options = options_from(&options).map_err(|error| to_js(&error))?;
        let report = self.0.inspect(&bytes, &options, &mut reporter(on_progress)).map_err(|error| to_js(&error))?;
        plain(&report)
    }
}

#[wasm_bindgen]
impl Scrubbed {
    /// The file.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> Vec<u8> {
        self.inner.bytes.clone()
    }

    /// The extension for its name, without the dot.
    #[wasm_bindgen(getter)]
    pub fn extension(&self) -> String {
        self.inner.format().extension().to_owned()
    }

    /// Its media type.
    #[wasm_bindgen(getter)]
    pub fn mime(&self) -> String {
        self.inner.format().mime().to_owned()
    }

    /// What was done.
    #[wasm_bindgen(getter)]
    pub fn report(&self) -> Result<Ts<Report>, JsValue> {
        plain(&self.inner.report)
    }
}

fn reporter(on_progress: Option<Function>) -> impl FnMut(Stage, f64) {
    move |stage, fraction| {
        if let Some(call) = &on_progress {
            // A listener that throws is the caller's affair; it must not stop a scrub half-way.
            let _ = call.call2(&JsValue::NULL, &stage.name().into(), &fraction.into());
        }
    }
}
