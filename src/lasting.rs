//! What outlives a photo: made so that nothing of the photo is in it.
//!
//! Values are moved byte for byte, with what lies between their fields; and that is what other calls left on the stack, a few bytes of a
//! picture, say. WebAssembly's memory is seen by whoever sees the page's; so there such values are made where the stack is blank.

/// Makes what is kept when its photo is gone.
pub(crate) fn lasting<T>(make: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "wasm32")]
    blank();
    apart(make)
}

/// Its own piece of the stack, not its caller's.
#[inline(never)]
fn apart<T>(make: impl FnOnce() -> T) -> T {
    make()
}

/// Overwrites the stack as deep as the calls to come may go.
#[cfg(target_arch = "wasm32")]
#[inline(never)]
fn blank() {
    core::hint::black_box(&mut [0_u8; DEPTH]);
}

/// Bytes: a quarter of the stack.
#[cfg(target_arch = "wasm32")]
const DEPTH: usize = 1 << 18;
