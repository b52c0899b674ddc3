//! Sizes of the network.

use std::collections::BTreeMap;

use ciskit_nn::{NnError, Tensor};
use serde::{Deserialize, Serialize};

/// Sizes of the network.
///
/// ```
/// use ciskit_zoo::sei::Config;
///
/// let config = Config::published();
/// assert_eq!((config.channels, config.profiles, config.length), ([480, 640, 960], 21_907, 4096));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Channels before the first pooling, between the two, and after the second.
    pub channels: [usize; 3],
    /// Number of outputs.
    pub profiles: usize,
    /// Bases that it reads: a multiple of 16.
    pub length: usize,
    /// Functions of the spline basis, at least 4.
    pub splines: usize,
}

/// Bases of a position behind both poolings.
pub(super) const POOLED: usize = 16;

impl Config {
    /// The published model.
    #[must_use]
    pub fn published() -> Self {
        Self { channels: [480, 640, 960], profiles: 21_907, length: 4096, splines: 16 }
    }

    /// The sizes that weights of these names have; what they do not tell is as published.
    pub(super) fn of(tensors: &BTreeMap<String, Tensor>) -> Self {
        let published = Self::published();
        let size = |name: &str, axis: usize, otherwise: usize| {
            let size = tensors.get(name).and_then(|tensor| tensor.dims().get(axis).copied());
            size.filter(|&size| size > 0).unwrap_or(otherwise)
        };
        let [c1, c2, c3] = published.channels;
        let channels =
            [size("lconv1.0.bias", 0, c1), size("lconv2.2.bias", 0, c2), size("lconv3.2.bias", 0, c3)];
        let profiles = size("classifier.2.bias", 0, published.profiles);
        let flat = size("classifier.0.weight", 1, channels[2] * published.splines);
        let splines = if flat.is_multiple_of(channels[2]) { flat / channels[2] } else { published.splines };
        Self { channels, profiles, length: published.length, splines }
    }

    /// Positions behind both poolings.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.length / POOLED
    }

    pub(super) fn check(&self) -> Result<(), NnError> {
        let wrong = if self.channels.contains(&0) || self.profiles == 0 {
            "a number of channels or profiles is 0"
        } else if self.length == 0 || !self.length.is_multiple_of(POOLED) {
            "the length is no multiple of 16"
        } else if self.splines < 4 {
            "a cubic basis has at least 4 functions"
        } else {
            return Ok(());
        };
        Err(NnError::Model(format!("these are no sizes of Sei: {wrong}").into()))
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;
    use crate::sei::Sei;

    #[test]
    fn the_published_model_has_the_published_size() {
        let shapes = parameter_shapes(|vb| Sei::load(vb, &Config::published())).unwrap();
        let count: usize = shapes.values().map(|shape| shape.iter().product::<usize>()).sum();
        assert_eq!((shapes.len(), count), (38, 889_979_983));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for config in [
            Config { channels: [480, 0, 960], ..Config::published() },
            Config { profiles: 0, ..Config::published() },
            Config { length: 4000 + 8, ..Config::published() },
            Config { splines: 3, ..Config::published() },
        ] {
            assert!(parameter_shapes(|vb| Sei::load(vb, &config)).is_err(), "{config:?}");
        }
    }
}
