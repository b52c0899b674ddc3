//! Sizes of the network.

use std::collections::BTreeMap;

use ciskit_nn::{NnError, Tensor};
use serde::{Deserialize, Serialize};

use crate::tracks::{crop, shape_of};

/// What the gamma features of distances are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GammaNormalisation {
    /// Each feature by its largest value over positions, as the original does.
    #[default]
    Position,
    /// Each position by its largest feature, as the PyTorch port does where it computes them.
    Feature,
}

/// Sizes of the network.
///
/// ```
/// use ciskit_zoo::enformer::Config;
///
/// let config = Config::published();
/// assert_eq!((config.length, config.bins, config.human, config.mouse), (196_608, 896, 5313, Some(1643)));
/// assert_eq!((config.positions(), config.bin_bp()), (1536, 128));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Bases that it reads.
    pub length: usize,
    /// Channels of the stem and of each stage of the tower, the last ones those of the transformer.
    pub channels: Vec<usize>,
    /// Layers of the transformer.
    pub depth: usize,
    /// Heads of its attention.
    pub heads: usize,
    /// Channels of a head's queries and keys.
    pub key: usize,
    /// What gamma features are divided by.
    pub gamma: GammaNormalisation,
    /// Central bins that are predicted.
    pub bins: usize,
    /// Tracks of the human head.
    pub human: usize,
    /// Tracks of the mouse head, if there is one.
    pub mouse: Option<usize>,
}

impl Config {
    /// The published model, with both heads.
    #[must_use]
    pub fn published() -> Self {
        Self {
            length: 196_608,
            channels: vec![768, 768, 896, 1024, 1152, 1280, 1536],
            depth: 11,
            heads: 8,
            key: 64,
            gamma: GammaNormalisation::Position,
            bins: 896,
            human: 5313,
            mouse: Some(1643),
        }
    }

    /// The sizes that weights of these names have; what they do not tell is as here.
    pub(super) fn sized_as(&self, tensors: &BTreeMap<String, Tensor>) -> Self {
        let size = |name: &str, axis: usize, otherwise: usize| shape_of(tensors, name, axis, otherwise);
        let stages = (0..64).map(|stage| size(&format!("conv_tower.{stage}.0.2.bias"), 0, 0));
        let stages: Vec<usize> = stages.take_while(|channels| *channels > 0).collect();
        let stem = size("stem.0.bias", 0, 0);
        let told = stem > 0 && !stages.is_empty();
        let layer = |layer: usize| tensors.contains_key(&format!("transformer.{layer}.0.fn.0.weight"));
        let depth = (0..256).take_while(|&index| layer(index)).count();
        let human = "_heads.human.0.weight";
        let mouse = "_heads.mouse.0.weight";
        Self {
            channels: if told { [vec![stem], stages].concat() } else { self.channels.clone() },
            depth: if depth == 0 { self.depth } else { depth },
            heads: size("transformer.0.0.fn.1.rel_content_bias", 1, self.heads),
            key: size("transformer.0.0.fn.1.rel_content_bias", 3, self.key),
            human: size(human, 0, self.human),
            mouse: match tensors.contains_key(human) {
                true => tensors.contains_key(mouse).then(|| size(mouse, 0, 1)),
                false => self.mouse,
            },
            ..self.clone()
        }
    }

    /// Channels of the transformer.
    #[must_use]
    pub fn width(&self) -> usize {
        self.channels.last().copied().unwrap_or(0)
    }

    /// Channels of a head's values, and features of a distance.
    #[must_use]
    pub fn value(&self) -> usize {
        self.width() / self.heads.max(1)
    }

    /// Bases of a bin, and of a position of the transformer.
    #[must_use]
    pub fn bin_bp(&self) -> usize {
        1 << self.channels.len()
    }

    /// Positions of the transformer.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.length >> self.channels.len()
    }

    /// The predicted bins among the positions.
    #[must_use]
    pub fn cropped(&self) -> std::ops::Range<usize> {
        crop(self.positions(), self.bins)
    }

    pub(super) fn check(&self) -> Result<(), NnError> {
        let sizes = [self.heads, self.key, self.bins, self.human];
        let wrong = if self.channels.len() < 2 || self.channels.len() > 32 {
            "the tower has no stage, or more than 31"
        } else if sizes.contains(&0) || self.channels.contains(&0) || self.mouse == Some(0) {
            "a size is 0"
        } else if self.positions() == 0 || self.positions() * self.bin_bp() != self.length {
            "the length is no multiple of a bin's"
        } else if self.value() * self.heads != self.width() || !self.value().is_multiple_of(6) {
            "a head has no multiple of 6 features of distances"
        } else {
            return Ok(());
        };
        Err(NnError::Model(format!("these are no sizes of Enformer: {wrong}").into()))
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;
    use crate::enformer::Enformer;

    #[test]
    fn the_published_model_has_the_published_size() {
        let count = |config: &Config| -> usize {
            let shapes = parameter_shapes(|vb| Enformer::load(vb, config, None)).unwrap();
            let trained = shapes.iter().filter(|(name, _)| !name.contains(".running_"));
            trained.map(|(_, shape)| shape.iter().product::<usize>()).sum()
        };
        assert_eq!(count(&Config::published()), 251_221_292);
        assert_eq!(count(&Config { mouse: None, ..Config::published() }), 246_172_353);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for config in [
            Config { channels: vec![768], ..Config::published() },
            Config { length: 196_609, ..Config::published() },
            Config { heads: 7, ..Config::published() },
            Config { heads: 512, ..Config::published() },
            Config { mouse: Some(0), ..Config::published() },
        ] {
            assert!(parameter_shapes(|vb| Enformer::load(vb, &config, None)).is_err(), "{config:?}");
        }
    }
}
