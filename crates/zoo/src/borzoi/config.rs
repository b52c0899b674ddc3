//! Sizes of the network.

use std::collections::BTreeMap;

use ciskit_nn::{NnError, Tensor};
use serde::{Deserialize, Serialize};

use crate::tracks::{crop, shape_of};

/// Sizes of the network.
///
/// ```
/// use ciskit_zoo::borzoi::Config;
///
/// let config = Config::human();
/// assert_eq!((config.length, config.bins, config.human, config.mouse), (524_288, 6144, 7611, None));
/// assert_eq!((config.bin_bp(), config.positions()), (32, 4096));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Bases that it reads.
    pub length: usize,
    /// Base (0-based) that a variant lies on.
    pub anchor: usize,
    /// Channels of the first convolution.
    pub stem: usize,
    /// Width of the first convolution.
    pub stem_kernel: usize,
    /// Channels of each stage of the tower, the last ones those of everything behind it.
    pub stages: Vec<usize>,
    /// Width of the tower's convolutions.
    pub kernel: usize,
    /// Layers of the transformer.
    pub depth: usize,
    /// Heads of its attention.
    pub heads: usize,
    /// Channels of a head's queries and keys.
    pub key: usize,
    /// Channels of a head's values.
    pub value: usize,
    /// Features of a distance.
    pub features: usize,
    /// Positions that the widths of these features are made for; `None` for those that there are.
    pub mask_positions: Option<usize>,
    /// Channels behind the last convolution; `None` if there is none.
    pub last: Option<usize>,
    /// Central bins that are predicted.
    pub bins: usize,
    /// Tracks of the human head.
    pub human: usize,
    /// Tracks of the mouse head, if there is one.
    pub mouse: Option<usize>,
}

impl Config {
    /// The published model with the human head, as replicates 0 to 3 have it.
    #[must_use]
    pub fn human() -> Self {
        Self {
            length: 524_288,
            anchor: 262_144,
            stem: 512,
            stem_kernel: 15,
            stages: vec![608, 736, 896, 1056, 1280, 1536],
            kernel: 5,
            depth: 8,
            heads: 8,
            key: 64,
            value: 192,
            features: 32,
            mask_positions: Some(4096),
            last: Some(1920),
            bins: 6144,
            human: 7611,
            mouse: None,
        }
    }

    /// The published model with both heads.
    #[must_use]
    pub fn mouse() -> Self {
        Self { mouse: Some(2608), ..Self::human() }
    }

    /// The small model that comes with baskerville.
    #[must_use]
    pub fn baskerville_mini() -> Self {
        Self {
            length: 131_072,
            anchor: 65_535,
            stem: 64,
            stem_kernel: 7,
            stages: vec![80, 88, 96, 104, 120, 128],
            kernel: 5,
            depth: 2,
            heads: 2,
            key: 32,
            value: 64,
            features: 32,
            mask_positions: None,
            last: None,
            bins: 2048,
            human: 74,
            mouse: None,
        }
    }

    /// The sizes that weights of these names have; what they do not tell is as here.
    #[must_use]
    pub(super) fn sized_as(&self, tensors: &BTreeMap<String, Tensor>) -> Self {
        let size = |name: &str, axis: usize, otherwise: usize| shape_of(tensors, name, axis, otherwise);
        let there = |name: &str| tensors.contains_key(name);
        let outputs = |name: &str| size(&format!("{name}.conv_layer.bias"), 0, 0);
        let mut stages: Vec<usize> =
            (0..64).map(|stage| outputs(&format!("res_tower.{}", 2 * stage))).collect();
        stages.truncate(stages.iter().position(|channels| *channels == 0).unwrap_or(stages.len()));
        stages.push(outputs("unet1.1"));
        if stages.contains(&0) {
            stages.clone_from(&self.stages);
        }
        let attention = |name: &str| format!("transformer.0.0.fn.1.{name}");
        let heads = size(&attention("rel_content_bias"), 1, self.heads);
        let per_head =
            |all: usize, otherwise: usize| if all.is_multiple_of(heads) { all / heads } else { otherwise };
        let depth = (0..64).take_while(|layer| there(&format!("transformer.{layer}.0.fn.0.weight"))).count();
        Self {
            stem: size("conv_dna.conv_layer.weight", 0, self.stem),
            stem_kernel: size("conv_dna.conv_layer.weight", 2, self.stem_kernel),
            kernel: size("unet1.1.conv_layer.weight", 2, self.kernel),
            stages,
            depth: if depth == 0 { self.depth } else { depth },
            heads,
            key: size(&attention("rel_content_bias"), 3, self.key),
            value: per_head(size(&attention("to_v.weight"), 0, heads * self.value), self.value),
            features: size(&attention("to_rel_k.weight"), 1, self.features),
            last: match outputs("final_joined_convs.0") {
                // Without heads that would tell, the file is of another kind.
                0 if there("human_head.weight") => None,
                0 => self.last,
                channels => Some(channels),
            },
            human: size("human_head.weight", 0, self.human),
            mouse: if there("human_head.weight") {
                there("mouse_head.weight").then(|| size("mouse_head.weight", 0, 1))
            } else {
                self.mouse
            },
            ..self.clone()
        }
    }

    /// Positions of the transformer.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.length >> (self.stages.len() + 1)
    }

    /// Bases of a bin.
    #[must_use]
    pub fn bin_bp(&self) -> usize {
        1 << (self.stages.len() - 1)
    }

    /// The predicted bins among those that the sequence has.
    #[must_use]
    pub fn cropped(&self) -> std::ops::Range<usize> {
        crop(4 * self.positions(), self.bins)
    }

    /// Channels of the transformer.
    #[must_use]
    pub fn width(&self) -> usize {
        self.stages.last().copied().unwrap_or(0)
    }

    pub(super) fn check(&self) -> Result<(), NnError> {
        let sizes = [self.stem, self.heads, self.key, self.value, self.bins, self.human];
        let wrong = if self.stages.len() < 2 || self.stages.len() > 32 {
            "the tower has no two stages to join, or more than 32"
        } else if sizes.contains(&0)
            || self.stages.contains(&0)
            || self.last == Some(0)
            || self.mouse == Some(0)
        {
            "a size is 0"
        } else if self.positions() == 0 || self.positions() << (self.stages.len() + 1) != self.length {
            "the length is no multiple of a position's"
        } else if self.anchor >= self.length {
            "the anchor lies outside"
        } else if self.stem_kernel.is_multiple_of(2) || self.kernel.is_multiple_of(2) {
            "a convolution's width is even"
        } else if self.features == 0 || !self.features.is_multiple_of(2) {
            "features of distances come in pairs"
        } else {
            return Ok(());
        };
        Err(NnError::Model(format!("these are no sizes of Borzoi: {wrong}").into()))
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;
    use crate::borzoi::Borzoi;

    /// All values, and those that are trained.
    fn counts(config: &Config) -> (usize, usize) {
        let shapes = parameter_shapes(|vb| Borzoi::load(vb, config)).unwrap();
        let count = |trained: bool| -> usize {
            let chosen = shapes.iter().filter(|(name, _)| !trained || !name.contains(".running_"));
            chosen.map(|(_, shape)| shape.iter().product::<usize>()).sum()
        };
        (count(false), count(true))
    }

    #[test]
    fn published_models_have_the_published_sizes() {
        assert_eq!(counts(&Config::human()).1, 185_892_699);
        assert_eq!(counts(&Config::mouse()).1, 190_902_667);
        assert_eq!(counts(&Config::baskerville_mini()), (642_994, 640_882));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for config in [
            Config { stages: vec![608], ..Config::human() },
            Config { stages: vec![0; 6], ..Config::human() },
            Config { length: 524_289, ..Config::human() },
            Config { anchor: 524_288, ..Config::human() },
            Config { kernel: 4, ..Config::human() },
            Config { features: 31, ..Config::human() },
            Config { mouse: Some(0), ..Config::human() },
        ] {
            assert!(parameter_shapes(|vb| Borzoi::load(vb, &config)).is_err(), "{config:?}");
        }
    }
}
