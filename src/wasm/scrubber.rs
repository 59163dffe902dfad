//! The scrubber, which holds the detector and the GPU between calls.

use js_sys::{Array, Function, JSON, JsString, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::{plain, to_js};
use crate::redact::Backend;
use crate::{Error, Options, Stage};

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

    /// Gives a second opinion on faces, which `sensitivity: 'thorough'` asks for: the bytes of centerface.bin.
    #[wasm_bindgen(js_name = addSecondOpinion)]
    pub fn add_second_opinion(&self, model: &[u8]) -> Result<(), JsValue> {
        self.0.add_second_opinion(model).map_err(|error| to_js(&error))
    }

    /// Scrubs one photo. `admit` is called with the number of pixels that are about to be decoded, and waited for.
    pub async fn scrub(
        &self,
        bytes: Vec<u8>,
        #[wasm_bindgen(unchecked_param_type = "Options | undefined")] options: JsValue,
        on_progress: Option<Function>,
        #[wasm_bindgen(unchecked_param_type = "Admit | undefined")] admit: Option<Function>,
    ) -> Result<Scrubbed, JsValue> {
        let options = options_from(&options).map_err(|error| to_js(&error))?;
        let scrubbed = self.0.scrub_without_digests(&bytes, &options, &mut reporter(on_progress), admission(admit)).await;
        let inner = scrubbed.map_err(|error| to_js(&error))?;
        Ok(Scrubbed { inner })
    }

    /// Says what is in a photo; nothing is changed.
    #[wasm_bindgen(unchecked_return_type = "Report")]
    pub async fn inspect(
        &self,
        bytes: Vec<u8>,
        #[wasm_bindgen(unchecked_param_type = "Options | undefined")] options: JsValue,
        on_progress: Option<Function>,
        #[wasm_bindgen(unchecked_param_type = "Admit | undefined")] admit: Option<Function>,
    ) -> Result<JsValue, JsValue> {
        let options = options_from(&options).map_err(|error| to_js(&error))?;
        let report = self.0.inspect_without_digests(&bytes, &options, &mut reporter(on_progress), admission(admit)).await;
        plain(&report.map_err(|error| to_js(&error))?)
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
    #[wasm_bindgen(getter, unchecked_return_type = "Report")]
    pub fn report(&self) -> Result<JsValue, JsValue> {
        plain(&self.inner.report)
    }
}

fn options_from(value: &JsValue) -> Result<Options, Error> {
    if value.is_undefined() || value.is_null() {
        return Ok(Options::default());
    }
    let refuse = |why: String| Error::InvalidOption(why);
    if !value.is_object() || Array::is_array(value) {
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

/// Waits until the caller lets it go on. One that fails to say so holds nothing up.
fn admission(admit: Option<Function>) -> impl AsyncFnOnce(u64) {
    async move |pixels| {
        #[allow(clippy::cast_precision_loss, reason = "pictures are far smaller than 2^53 pixels")]
        let asked = admit.and_then(|admit| admit.call1(&JsValue::NULL, &(pixels as f64).into()).ok());
        if let Some(promise) = asked.and_then(|answer| answer.dyn_into::<Promise>().ok()) {
            let _ = JsFuture::from(promise).await;
        }
    }
}

#[wasm_bindgen(typescript_custom_section)]
const ADMIT: &str = "/** Asked before anything is decoded, with the number of pixels of a picture; waited for. */\nexport type Admit = (pixels: number) => Promise<void>;";
