//! Loops for the widest vector instructions that a processor has.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Level, dispatch};

/// Does `work` as compiled for this processor: what is inlined into it uses its widest vectors. Sums and products are the same to the bit.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    dispatch!(Level::new(), _simd => work())
}

/// The same elsewhere, where all processors have the vectors that everything is compiled for.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// Gives the upper halves of vector registers back. tract's matrix kernels leave them in use, and until they are free, instructions for the
/// lower halves, which is most of what compilers make, take more than twice their time.
#[cfg(feature = "faces")]
pub(crate) fn release_upper_halves() {
    // The compiler does it behind everything that uses them.
    vectorized(
        #[inline(always)]
        || std::hint::black_box(std::hint::black_box([1.0_f32; 16]).map(|number| number + number)),
    );
}
