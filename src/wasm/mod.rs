//! The boundary to JavaScript. Bytes are copied once each way; options and reports pass as plain objects.

use js_sys::{Function, JSON, JsString, Object, Reflect};
use serde::Serialize;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::redact::Backend;
use crate::verify::Verdict;
use crate::{Error, Limits, Options, Report, Stage};

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
        let options = options_from(&options).map_err(|error| to_js(&error))?;
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
        let options = options_from(&options).map_err(|error| to_js(&error))?;
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
        format!("image/{}", self.inner.format().name())
    }

    /// What was done.
    #[wasm_bindgen(getter)]
    pub fn report(&self) -> Result<Ts<Report>, JsValue> {
        plain(&self.inner.report)
    }
}

/// Checks bytes that claim to be scrubbed.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub fn verify(bytes: &[u8]) -> Result<Ts<Verdict>, JsValue> {
    plain(&crate::verify(bytes, &Limits::default()))
}

/// Panics end in the console with their place, which names our code and never a photo.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// A plain object. No type of ours fails to become one; if one did, the caller must not take it for an error of the photo's.
fn plain<T: Tsify + Serialize>(value: &T) -> Result<Ts<T>, JsValue> {
    value.into_ts().map_err(|error| JsValue::from_str(&error.to_string()))
}

fn options_from(value: &JsValue) -> Result<Options, Error> {
    if value.is_undefined() || value.is_null() {
        return Ok(Options::default());
    }
    let refuse = |why: String| Error::InvalidOption(why);
    if !value.is_object() || js_sys::Array::is_array(value) {
        return Err(refuse("options must be an object".into()));
    }
    let text = JSON::stringify(value).ok().and_then(|text: JsString| text.as_string());
    let text = text.ok_or_else(|| refuse("options must be plain data".into()))?;
    serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))
}

fn reporter(on_progress: Option<Function>) -> impl FnMut(Stage, f64) {
    move |stage, fraction| {
        if let Some(call) = &on_progress {
            // A listener that throws is the caller's affair; it must not stop a scrub half-way.
            let _ = call.call2(&JsValue::NULL, &stage.name().into(), &fraction.into());
        }
    }
}

fn to_js(error: &Error) -> JsValue {
    let js: Object = js_sys::Error::new(&error.to_string()).into();
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(&js, &"code".into(), &error.code().into());
    js.into()
}
