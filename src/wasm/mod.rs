//! The boundary to JavaScript. Bytes are copied once each way; options and reports pass as plain objects.

#[cfg(feature = "pixels")]
mod scrubber;

use js_sys::{JSON, JsString, Object, Reflect};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::verify::Verdict;
use crate::{Error, Keep, Limits, Report};

/// A photo without its metadata.
#[wasm_bindgen]
pub struct Stripped(crate::Scrubbed);

#[wasm_bindgen]
impl Stripped {
    /// The file.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.bytes.clone()
    }

    /// The extension for its name, without the dot.
    #[wasm_bindgen(getter)]
    pub fn extension(&self) -> String {
        self.0.format().extension().to_owned()
    }

    /// Its media type.
    #[wasm_bindgen(getter)]
    pub fn mime(&self) -> String {
        self.0.format().mime().to_owned()
    }

    /// What was done.
    #[wasm_bindgen(getter)]
    pub fn report(&self) -> Result<Ts<Report>, JsValue> {
        plain(&self.0.report)
    }
}

/// What may stay. Every field has a default; an unknown field is refused.
#[derive(Debug, Default, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub struct StripOptions {
    /// Facts that stay although they are metadata. Default none.
    pub keep: Keep,
}

/// Removes every kind of metadata; no pixel is touched.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub fn strip(
    bytes: &[u8],
    #[wasm_bindgen(unchecked_param_type = "StripOptions | undefined")] options: JsValue,
) -> Result<Stripped, JsValue> {
    let StripOptions { keep } = options_from(&options).map_err(|error| to_js(&error))?;
    crate::strip_metadata(bytes, &keep, &Limits::default()).map(Stripped).map_err(|error| to_js(&error))
}

/// Says what is in a photo, and what `strip` would do; nothing is changed, and nobody looks for faces.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub fn inspect(
    bytes: &[u8],
    #[wasm_bindgen(unchecked_param_type = "StripOptions | undefined")] options: JsValue,
) -> Result<Ts<Report>, JsValue> {
    let StripOptions { keep } = options_from(&options).map_err(|error| to_js(&error))?;
    plain(&crate::inspect_metadata(bytes, &keep, &Limits::default()).map_err(|error| to_js(&error))?)
}

/// Checks bytes that claim to be scrubbed. What `options.keep` allows may be in them, in the one form in which it is written.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub fn verify(
    bytes: &[u8],
    #[wasm_bindgen(unchecked_param_type = "StripOptions | undefined")] options: JsValue,
) -> Result<Ts<Verdict>, JsValue> {
    let StripOptions { keep } = options_from(&options).map_err(|error| to_js(&error))?;
    plain(&crate::verify_keeping(bytes, &keep, &Limits::default()))
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

fn options_from<T: DeserializeOwned + Default>(value: &JsValue) -> Result<T, Error> {
    if value.is_undefined() || value.is_null() {
        return Ok(T::default());
    }
    let refuse = |why: String| Error::InvalidOption(why);
    if !value.is_object() || js_sys::Array::is_array(value) {
        return Err(refuse("options must be an object".into()));
    }
    let text = JSON::stringify(value).ok().and_then(|text: JsString| text.as_string());
    let text = text.ok_or_else(|| refuse("options must be plain data".into()))?;
    serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))
}

fn to_js(error: &Error) -> JsValue {
    let js: Object = js_sys::Error::new(&error.to_string()).into();
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(&js, &"code".into(), &error.code().into());
    js.into()
}
