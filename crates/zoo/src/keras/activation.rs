//! Activations by their Keras names.

use ciskit_nn::{Doing, NnError, Tensor, candle_nn, ops};
use serde::{Deserialize, Serialize};

/// What a layer does to each number at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// Nothing.
    #[default]
    Linear,
    /// max(x, 0).
    Relu,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// The line 0.2 x + 0.5 between 0 and 1, as Keras 2 has it.
    HardSigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// Shares of a row that add up to 1.
    Softmax,
    /// x, or eˣ − 1 below 0.
    Elu,
    /// eˣ.
    Exponential,
}

impl Activation {
    /// All of them, by name.
    pub(super) const NAMES: [(&'static str, Self); 8] = [
        ("linear", Self::Linear),
        ("relu", Self::Relu),
        ("sigmoid", Self::Sigmoid),
        ("hard_sigmoid", Self::HardSigmoid),
        ("tanh", Self::Tanh),
        ("softmax", Self::Softmax),
        ("elu", Self::Elu),
        ("exponential", Self::Exponential),
    ];

    /// The activation of every number, or row, of a tensor.
    pub(super) fn apply(self, x: &Tensor) -> Result<Tensor, NnError> {
        let y = match self {
            Self::Linear => Ok(x.clone()),
            Self::Relu => return ops::relu(x),
            Self::Sigmoid => candle_nn::ops::sigmoid(x),
            Self::HardSigmoid => x.affine(0.2, 0.5).and_then(|line| line.clamp(0f32, 1f32)),
            Self::Tanh => x.tanh(),
            Self::Softmax => candle_nn::ops::softmax(x, ciskit_nn::candle_core::D::Minus1),
            Self::Elu => x.elu(1.0),
            Self::Exponential => x.exp(),
        };
        y.doing("an activation")
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::Device;

    use super::*;

    #[test]
    fn activations_are_those_of_their_names() {
        let x = Tensor::new(&[[-3f32, -0.5, 0.0, 2.0]], &Device::Cpu).unwrap();
        type Function = fn(f64) -> f64;
        let expected: [(Activation, Function); 7] = [
            (Activation::Linear, |x| x),
            (Activation::Relu, |x| x.max(0.0)),
            (Activation::Sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
            (Activation::HardSigmoid, |x| (0.2 * x + 0.5).clamp(0.0, 1.0)),
            (Activation::Tanh, f64::tanh),
            (Activation::Elu, |x| if x < 0.0 { x.exp() - 1.0 } else { x }),
            (Activation::Exponential, f64::exp),
        ];
        for (activation, of) in expected {
            let found = activation.apply(&x).unwrap().to_vec2::<f32>().unwrap();
            for (&x, found) in [-3.0, -0.5, 0.0, 2.0].iter().zip(&found[0]) {
                assert!((of(x) - f64::from(*found)).abs() < 1e-5, "{activation:?}({x}) is {found}");
            }
        }
        let shares = Activation::Softmax.apply(&x).unwrap().to_vec2::<f32>().unwrap();
        assert!((shares[0].iter().sum::<f32>() - 1.0).abs() < 1e-6 && shares[0][3] > 0.8);
    }
}
