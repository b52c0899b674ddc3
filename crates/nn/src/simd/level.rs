//! Which instructions this processor has.

use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512};
use super::{Plain, Simd};

/// Code to run with the instructions of some level.
pub(crate) trait Kernel {
    type Output;

    /// Implementations are `#[inline(always)]`, and so is what they call: only code that is inlined into the caller is
    /// compiled for its instructions.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Instructions that a kernel may use.
#[derive(Clone, Copy)]
pub(crate) enum Level {
    /// What every processor has.
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// Name of the instructions that operations on `f32` use in this process: `avx512`, `avx2` or `portable`.
///
/// The environment variable `CISKIT_SIMD` chooses among [`available_instructions`] before the first operation; any other
/// value of it is passed over.
///
/// ```
/// assert!(ciskit_nn::available_instructions().contains(&ciskit_nn::instructions()));
/// ```
#[must_use]
pub fn instructions() -> &'static str {
    Level::current().name()
}

/// Names of the instructions that this processor has, the fastest first.
///
/// ```
/// assert_eq!(ciskit_nn::available_instructions().last(), Some(&"portable"));
/// ```
#[must_use]
pub fn available_instructions() -> Vec<&'static str> {
    Level::available().into_iter().map(|(name, _)| name).collect()
}

impl Level {
    /// The levels of this processor, the fastest first, by the name that `CISKIT_SIMD` knows them by.
    pub(crate) fn available() -> Vec<(&'static str, Self)> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            levels.extend(Avx512::detect().map(|proof| ("avx512", Self::Avx512(proof))));
            levels.extend(Avx2::detect().map(|proof| ("avx2", Self::Avx2(proof))));
        }
        levels.push(("portable", Self::Portable));
        levels
    }

    /// The level of this process: the one that the environment variable `CISKIT_SIMD` names, if the processor has it,
    /// or else the fastest. Looked up once.
    pub(crate) fn current() -> Self {
        static CURRENT: OnceLock<Level> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let levels = Self::available();
            let wanted = std::env::var("CISKIT_SIMD").unwrap_or_default();
            let named = levels.iter().find(|(name, _)| *name == wanted);
            named.or(levels.first()).map_or(Self::Portable, |(_, level)| *level)
        })
    }

    /// The name of this level.
    fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }

    /// Whether there are no instructions beyond what every processor has.
    pub(crate) fn is_portable(self) -> bool {
        matches!(self, Self::Portable)
    }

    /// Runs a kernel.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable => kernel.run(Plain),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(proof) => proof.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(proof) => proof.run(kernel),
        }
    }

    /// Vectors side by side in a tile ([`Simd::TILE_VECTORS`]), which packed matrices are cut by.
    pub(crate) fn tile_vectors(self) -> usize {
        struct Vectors;
        impl Kernel for Vectors {
            type Output = usize;
            #[inline(always)]
            fn run<S: Simd>(self, _: S) -> usize {
                S::TILE_VECTORS
            }
        }
        self.run(Vectors)
    }
}
