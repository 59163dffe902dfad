//! Nothing of a photo stays in WebAssembly's memory, which never shrinks and lives as long as its worker.
//!
//! The heap is overwritten as it is freed, by the allocator; the stack by [`wipe_stack`], which JavaScript calls between two calls of
//! ours, when nothing lies on it.

use core::hint::black_box;

use wasm_bindgen::prelude::*;
use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// Overwrites what earlier calls left on the stack.
#[wasm_bindgen(js_name = wipeStack)]
#[allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]
pub fn wipe_stack() {
    black_box(&mut [0_u8; STACK_BYTES - RESERVED_BYTES]);
}

/// What rustc gives a stack on wasm32-unknown-unknown.
const STACK_BYTES: usize = 1 << 20;
/// The deep end of the stack, where a call would be about to overflow, and room for this call itself.
const RESERVED_BYTES: usize = 1 << 12;
