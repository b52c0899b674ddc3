//! Whether a model learns or judges.

/// Which step of which run draws the dropout masks.
///
/// A mask is a function of this key, the layer's name and the element's index, so a resumed run draws the masks
/// that the unbroken one would have drawn, on any number of threads.
///
/// ```
/// use ciskit_nn::DropKey;
///
/// assert_ne!(DropKey { seed: 1, step: 0 }, DropKey { seed: 1, step: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DropKey {
    /// Seed of the run.
    pub seed: u64,
    /// Optimiser steps taken before this one.
    pub step: u64,
}

/// How a forward pass treats dropout and batch normalisation.
///
/// ```
/// use ciskit_nn::{DropKey, Mode};
///
/// assert!(!Mode::Eval.is_train());
/// assert_eq!(Mode::train(7, 3), Mode::Train(DropKey { seed: 7, step: 3 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// No dropout, running statistics; a pure function of weights and input.
    Eval,
    /// Dropout by this key, batch statistics, running statistics updated.
    Train(DropKey),
}

impl Mode {
    /// Training at one step of a seeded run.
    ///
    /// ```
    /// assert!(ciskit_nn::Mode::train(7, 0).is_train());
    /// ```
    #[must_use]
    pub fn train(seed: u64, step: u64) -> Self {
        Self::Train(DropKey { seed, step })
    }

    /// Whether this is training.
    ///
    /// ```
    /// assert!(!ciskit_nn::Mode::Eval.is_train());
    /// ```
    #[must_use]
    pub fn is_train(self) -> bool {
        matches!(self, Self::Train(_))
    }
}
