//! The architectures of both phases.

use serde::{Deserialize, Serialize};

use crate::keras::{Activation, LayerConfig, LayerKind, Padding, SequentialConfig};

/// The architectures of both phases.
///
/// ```
/// use ciskit_zoo::trednet::Config;
///
/// let config = Config::bp_2001();
/// assert_eq!((config.phase_one.length, config.phase_two.length), (2001, 4560));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Sequence to profiles.
    pub phase_one: SequentialConfig,
    /// Profiles to the probability of an enhancer.
    pub phase_two: SequentialConfig,
}

impl Config {
    /// The release of 2001 bp and 4,560 profiles.
    #[must_use]
    pub fn bp_2001() -> Self {
        Self {
            phase_one: Self::phase_one(2001, [320, 320, 480, 480, 640, 640], 4560, 4560),
            phase_two: Self::phase_two(4560, [64, 128], [100, 50]),
        }
    }

    /// Phase one with these widths: pairs of convolutions of eight taps with pooling by six between them, and two dense layers.
    #[must_use]
    pub fn phase_one(length: usize, filters: [usize; 6], dense: usize, targets: usize) -> SequentialConfig {
        let mut layers = Vec::new();
        for (index, filters) in filters.into_iter().enumerate() {
            let number = index + 1;
            layers.push(conv(format!("conv1d_{number}"), filters, 8));
            if number % 2 == 0 {
                layers.push(LayerConfig::new(format!("dropout_{}", number / 2), LayerKind::Nothing));
                let pool = LayerKind::MaxPool { width: 6, stride: 6, padding: Padding::Valid };
                let last = number == 6;
                layers
                    .extend((!last).then(|| LayerConfig::new(format!("max_pooling1d_{}", number / 2), pool)));
            }
        }
        layers.extend([
            LayerConfig::new("flatten_1", LayerKind::Flatten),
            dense_layer("dense_1", dense, Activation::Relu),
            dense_layer("dense_2", targets, Activation::Linear),
            LayerConfig::new("activation_1", LayerKind::Activation(Activation::Sigmoid)),
        ]);
        SequentialConfig { length, channels: 4, layers }
    }

    /// Phase two on so many profiles; both releases have filters 64 and 128 and dense layers of 100 and 50.
    #[must_use]
    pub fn phase_two(targets: usize, filters: [usize; 2], dense: [usize; 2]) -> SequentialConfig {
        let layers = vec![
            conv("conv1d_1".into(), filters[0], 4),
            LayerConfig::new(
                "batch_normalization_1",
                LayerKind::BatchNorm { epsilon: 1e-3, scale: true, center: true },
            ),
            LayerConfig::new(
                "max_pooling1d_1",
                LayerKind::MaxPool { width: 2, stride: 2, padding: Padding::Valid },
            ),
            LayerConfig::new("dropout_1", LayerKind::Nothing),
            conv("conv1d_2".into(), filters[1], 2),
            LayerConfig::new("dropout_2", LayerKind::Nothing),
            LayerConfig::new("flatten_1", LayerKind::Flatten),
            dense_layer("dense_1", dense[0], Activation::Relu),
            dense_layer("dense_2", dense[1], Activation::Relu),
            dense_layer("dense_3", 1, Activation::Sigmoid),
        ];
        SequentialConfig { length: targets, channels: 1, layers }
    }
}

fn conv(name: String, filters: usize, width: usize) -> LayerConfig {
    let (padding, activation) = (Padding::Valid, Activation::Relu);
    LayerConfig::new(
        name,
        LayerKind::Conv { filters, width, stride: 1, dilation: 1, padding, bias: true, activation },
    )
}

fn dense_layer(name: &str, units: usize, activation: Activation) -> LayerConfig {
    LayerConfig::new(name, LayerKind::Dense { units, bias: true, activation })
}

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;
    use crate::keras::Sequential;

    fn parameters(config: &SequentialConfig) -> usize {
        let shapes = parameter_shapes(|vb| Sequential::load(vb, config)).unwrap();
        shapes.values().map(|shape| shape.iter().product::<usize>()).sum()
    }

    #[test]
    fn presets_have_the_published_sizes() {
        let config = Config::bp_2001();
        assert_eq!(parameters(&config.phase_one), 141_340_640);
        assert_eq!(parameters(&config.phase_two), 29_167_889);
        assert_eq!(parameters(&Config::phase_two(1924, [64, 128], [100, 50])), 12_297_489);
    }

    #[test]
    fn shapes_are_those_of_the_publication() {
        let shapes = parameter_shapes(|vb| Sequential::load(vb, &Config::bp_2001().phase_one)).unwrap();
        // Positions are 38 before they are flattened.
        assert_eq!(shapes["dense_1.kernel"], [4560, 24_320]);
        assert_eq!(shapes["conv1d_6.kernel"], [640, 640, 8]);
    }

    #[test]
    fn a_configuration_survives_being_written() {
        let config = Config::bp_2001();
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
    }
}
