//! The boundary to JavaScript. Bytes are copied once each way; options and reports pass as plain objects. Digests in them are empty: the
//! caller fills them in, with what the platform has for that.

#[cfg(feature = "pixels")]
mod scrubber;
mod wipe;

use js_sys::{Array, Object, Reflect};
use serde::{Deserialize, Serialize};
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use crate::{Error, Keep, Limits};

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
    #[wasm_bindgen(getter, unchecked_return_type = "Report")]
    pub fn report(&self) -> Result<JsValue, JsValue> {
        plain(&self.0.report)
    }
}

/// What may stay. Every field has a default; an unknown field is refused.
#[derive(Debug, Default, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", default)]
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
    let StripOptions { keep } = strip_options(&options).map_err(|error| to_js(&error))?;
    crate::lossless::strip_without_digests(bytes, &keep, &Limits::default()).map(Stripped).map_err(|error| to_js(&error))
}

/// Says what is in a photo, and what `strip` would do; nothing is changed, and nobody looks for faces.
#[wasm_bindgen(unchecked_return_type = "Report")]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub fn inspect(
    bytes: &[u8],
    #[wasm_bindgen(unchecked_param_type = "StripOptions | undefined")] options: JsValue,
) -> Result<JsValue, JsValue> {
    let StripOptions { keep } = strip_options(&options).map_err(|error| to_js(&error))?;
    plain(&crate::lossless::inspect_without_digests(bytes, &keep, &Limits::default()).map_err(|error| to_js(&error))?)
}

/// Checks bytes that claim to be scrubbed. What `options.keep` allows may be in them, in the one form in which it is written.
#[wasm_bindgen(unchecked_return_type = "Verdict")]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub fn verify(
    bytes: &[u8],
    #[wasm_bindgen(unchecked_param_type = "StripOptions | undefined")] options: JsValue,
) -> Result<JsValue, JsValue> {
    let StripOptions { keep } = strip_options(&options).map_err(|error| to_js(&error))?;
    plain(&crate::verify::judge(bytes, &keep, &Limits::default()).map_err(|error| to_js(&error))?)
}

/// SHA-256 in lower-case hex, for platforms that have none of their own.
#[wasm_bindgen]
#[must_use]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub fn sha256(bytes: &[u8]) -> String {
    crate::report::sha256(bytes)
}

/// Panics end in the console with their place, which names our code and never a photo.
#[cfg(feature = "pixels")]
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// A plain object. No type of ours fails to become one; if one did, the caller must not take it for an error of the photo's.
fn plain<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(|error| JsValue::from_str(&error.to_string()))
}

/// Read by hand: a JSON reader, with all that it has for numbers, would be a sixth of the small WebAssembly.
fn strip_options(value: &JsValue) -> Result<StripOptions, Error> {
    let mut options = StripOptions::default();
    for (name, value) in fields(value, "options")? {
        match name.as_str() {
            "keep" => options.keep = keep(&value)?,
            _ => return Err(Error::InvalidOption(format!("unknown field `{name}`, expected `keep`"))),
        }
    }
    Ok(options)
}

fn keep(value: &JsValue) -> Result<Keep, Error> {
    let mut keep = Keep::default();
    for (name, value) in fields(value, "keep")? {
        let field = match name.as_str() {
            "copyright" => &mut keep.copyright,
            "date" => &mut keep.date,
            "coarseLocation" => &mut keep.coarse_location,
            _ => {
                let known = "`copyright`, `date`, `coarseLocation`";
                return Err(Error::InvalidOption(format!("keep: unknown field `{name}`, expected one of {known}")));
            }
        };
        *field = value.as_bool().ok_or_else(|| Error::InvalidOption(format!("keep.{name}: must be true or false")))?;
    }
    Ok(keep)
}

/// The fields of an object, those that are undefined left out; none of what is undefined itself.
fn fields(value: &JsValue, what: &str) -> Result<Vec<(String, JsValue)>, Error> {
    if value.is_undefined() || value.is_null() {
        return Ok(Vec::new());
    }
    let Some(object) = value.dyn_ref::<Object>().filter(|_| !Array::is_array(value)) else {
        return Err(Error::InvalidOption(format!("{what} must be an object")));
    };
    let field = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        (entry.get(0).as_string().unwrap_or_default(), entry.get(1))
    };
    Ok(Object::entries(object).iter().map(field).filter(|(_, value)| !value.is_undefined()).collect())
}

fn to_js(error: &Error) -> JsValue {
    let js: Object = js_sys::Error::new(&error.to_string()).into();
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(&js, &"code".into(), &error.code().into());
    if let Error::NotInBuild(_) = error {
        let _ = Reflect::set(&js, &"notInBuild".into(), &JsValue::TRUE);
    }
    js.into()
}
