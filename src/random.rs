//! Randomness: the system's CSPRNG, or a seed for reproducible output.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::Error;

/// A source of random numbers, split into independent streams so that one stage's draws never shift another's.
#[derive(Clone)]
pub struct Random {
    key: [u8; 32],
}

/// Which stage draws.
#[derive(Debug, Clone, Copy)]
pub enum Stream {
    /// Noise over redactions.
    Noise = 1,
    /// The identity reset's resize factor.
    Identity = 2,
}

impl Random {
    /// From `seed` when given, else from the system's CSPRNG.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the system has no CSPRNG.
    pub fn new(seed: Option<u64>) -> Result<Self, Error> {
        let mut key = [0; 32];
        match seed {
            Some(seed) => key[..8].copy_from_slice(&seed.to_le_bytes()),
            None => getrandom::fill(&mut key).map_err(|e| Error::Unsupported(format!("the system gives no random numbers: {e}")))?,
        }
        Ok(Self { key })
    }

    /// A stream of 32-bit words, the same each time it is asked for.
    pub fn words(&self, stream: Stream) -> impl FnMut() -> u32 + use<> {
        let mut rng = ChaCha20Rng::from_seed(self.key);
        rng.set_stream(stream as u64);
        move || rng.next_u32()
    }
}
