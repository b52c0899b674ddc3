//! A weighted mean of the steps of a sequence.

use candle_core::{D, Tensor};
use candle_nn::{Init, VarBuilder};

use crate::ops::row_product;
use crate::{Doing, NnError};

/// Keeps the weights finite where all scores are very small.
const EPSILON: f64 = 1e-7;

/// Attention over the steps of a sequence: a score for each step, and the mean of the steps weighted by e^score.
///
/// With a hidden layer, the score is uᵀ tanh(Wᵀ h + b); without, Wᵀ tanh(h). The weights are e^score / (Σ e^score +
/// 1e-7), computed from scores less their maximum.
///
/// *Shapes*: (B, T, inputs) to [`Attended`]. Parameters `W` (inputs, hidden), `b` (hidden) and `u` (hidden, 1), or `W`
/// (inputs, 1) alone; initialised N(0, 0.05²).
///
/// *Source*: Raffel and Ellis, "Feed-forward networks with attention can solve some long-term memory problems", ICLR
/// workshop 2016; the forms are EPIVAN's and DeepTACT's.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor, layers::StepAttention};
///
/// let (parameters, attention) = Parameters::initialise(1, DType::F64, &Device::Cpu, |vb| {
///     StepAttention::load(vb.pp("att"), 6, Some(4))
/// })?;
/// assert_eq!(parameters.count(), 6 * 4 + 4 + 4);
/// let attended = attention.forward(&Tensor::ones((2, 5, 6), DType::F64, &Device::Cpu)?)?;
/// assert_eq!((attended.weight.dims(), attended.mean.dims()), (&[2, 5][..], &[2, 6][..]));
/// assert!((attended.weight.to_vec2::<f64>()?[1][3] - 0.2).abs() < 1e-6);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
#[allow(non_snake_case, reason = "the published name")]
pub struct StepAttention {
    W: Tensor,
    hidden: Option<Hidden>,
}

#[derive(Clone, Debug)]
struct Hidden {
    b: Tensor,
    u: Tensor,
}

/// What [`StepAttention`] gives.
#[derive(Clone, Debug)]
pub struct Attended {
    /// Weight of every step, (B, T).
    pub weight: Tensor,
    /// The weighted mean, (B, inputs).
    pub mean: Tensor,
}

impl StepAttention {
    /// Loads or initialises the parameters, with a hidden layer of so many units or without one.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(vb: VarBuilder<'_>, inputs: usize, hidden: Option<usize>) -> Result<Self, NnError> {
        let normal = Init::Randn { mean: 0.0, stdev: 0.05 };
        let load = || {
            Ok(Self {
                W: vb.get_with_hints((inputs, hidden.unwrap_or(1)), "W", normal)?,
                hidden: match hidden {
                    None => None,
                    Some(hidden) => Some(Hidden {
                        b: vb.get_with_hints(hidden, "b", normal)?,
                        u: vb.get_with_hints((hidden, 1), "u", normal)?,
                    }),
                },
            })
        };
        load().doing(format!("loading attention {}", vb.prefix()))
    }

    /// Weights and weighted mean of the steps.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `steps` is not (B, T, inputs).
    pub fn forward(&self, steps: &Tensor) -> Result<Attended, NnError> {
        let inputs = self.W.dims()[0];
        let &[batch, length, width] = steps.dims() else {
            return Err(NnError::shape("attention input", format!("(B, T, {inputs})"), steps.dims()));
        };
        if width != inputs {
            return Err(NnError::shape("attention input", format!("(B, T, {inputs})"), steps.dims()));
        }
        let attend = || {
            let steps = steps.contiguous()?;
            let rows = steps.reshape((batch * length, inputs))?; // (B·T, inputs)
            let weights = self.W.t()?.contiguous()?; // (hidden or 1, inputs)
            let scores = match &self.hidden {
                Some(Hidden { b, u }) => {
                    let hidden = row_product(&rows, &weights)?.broadcast_add(b)?.tanh()?; // (B·T, hidden)
                    row_product(&hidden, &u.t()?.contiguous()?)? // (B·T, 1)
                }
                None => row_product(&rows.tanh()?, &weights)?, // (B·T, 1)
            };
            let scores = scores.reshape((batch, length))?;
            // Any constant will do, so the maximum has no gradient.
            let largest = scores.detach().max_keepdim(D::Minus1)?; // (B, 1)
            let exponentials = scores.broadcast_sub(&largest)?.exp()?; // (B, T)
            let small = (largest.neg()?.exp()? * EPSILON)?; // (B, 1)
            let sum = (exponentials.sum_keepdim(D::Minus1)? + small)?; // (B, 1)
            let weight = exponentials.broadcast_div(&sum)?; // (B, T)
            let mean = weight.unsqueeze(1)?.matmul(&steps)?.squeeze(1)?; // (B, inputs)
            Ok(Attended { weight, mean })
        };
        attend().doing("attention over steps")
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Var};

    use super::*;
    use crate::Parameters;
    use crate::check::{assert_close, check_gradients, in_pools, tensor, values};

    fn layer(inputs: usize, hidden: Option<usize>) -> (Parameters, StepAttention) {
        let build = |vb: VarBuilder<'static>| StepAttention::load(vb, inputs, hidden);
        let (parameters, layer) = Parameters::initialise(1, DType::F64, &Device::Cpu, build).unwrap();
        for (seed, (name, var)) in (5..).zip(parameters.named()) {
            parameters.set(name, &tensor(seed, var.dims())).unwrap();
        }
        (parameters, layer)
    }

    #[test]
    fn it_equals_the_definition() {
        for hidden in [None, Some(3)] {
            let (parameters, layer) = layer(4, hidden);
            let get = |name: &str| values(parameters.get(name).unwrap());
            let steps = tensor(1, &[2, 5, 4]);
            let Attended { weight, mean } = layer.forward(&steps).unwrap();
            for (item, steps) in steps.to_vec3::<f64>().unwrap().iter().enumerate() {
                let score = |step: &Vec<f64>| match hidden {
                    None => step.iter().zip(get("W")).map(|(value, w)| value.tanh() * w).sum::<f64>(),
                    Some(hidden) => (0..hidden)
                        .map(|unit| {
                            let sum: f64 = step
                                .iter()
                                .enumerate()
                                .map(|(at, value)| value * get("W")[at * hidden + unit])
                                .sum();
                            (sum + get("b")[unit]).tanh() * get("u")[unit]
                        })
                        .sum(),
                };
                let raw: Vec<f64> = steps.iter().map(|step| score(step).exp()).collect();
                let total = raw.iter().sum::<f64>() + 1e-7;
                let weights: Vec<f64> = raw.iter().map(|raw| raw / total).collect();
                let expected: Vec<f64> = (0..4)
                    .map(|at| weights.iter().zip(steps).map(|(weight, step)| weight * step[at]).sum())
                    .collect();
                let new = |values: Vec<f64>| Tensor::new(values, &Device::Cpu).unwrap();
                assert_close(&weight.get(item).unwrap(), &new(weights), 1e-13, "weight");
                assert_close(&mean.get(item).unwrap(), &new(expected), 1e-13, "mean");
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for batch in [1, 2, 7] {
            for hidden in [None, Some(3)] {
                let (parameters, layer) = layer(2, hidden);
                let steps = Var::from_tensor(&tensor(2, &[batch, 4, 2])).unwrap();
                let vars: Vec<&Var> = parameters.named().map(|(_, var)| var).chain([&steps]).collect();
                check_gradients(&vars, || {
                    let Attended { weight, mean } = layer.forward(&steps).unwrap();
                    Tensor::cat(&[&weight, &mean], 1).unwrap()
                });
            }
        }
    }

    #[test]
    fn extreme_scores_stay_finite() {
        let (parameters, layer) = layer(1, None);
        for (size, first) in [(1e3, 1.0), (-1e3, 0.0)] {
            parameters.set("W", &Tensor::new(&[[size]], &Device::Cpu).unwrap()).unwrap();
            let steps = Tensor::new(&[[[9f64], [0.5]]], &Device::Cpu).unwrap();
            let weight = values(&layer.forward(&steps).unwrap().weight);
            assert!((weight[0] - first).abs() < 1e-12 && weight[1] < 1e-12, "{weight:?}");
        }
    }

    #[test]
    fn neither_batch_nor_threads_change_a_byte() {
        for hidden in [None, Some(5)] {
            let layer = StepAttention {
                W: tensor(1, &[9, hidden.unwrap_or(1)]).to_dtype(DType::F32).unwrap(),
                hidden: hidden.map(|hidden| Hidden {
                    b: tensor(2, &[hidden]).to_dtype(DType::F32).unwrap(),
                    u: tensor(3, &[hidden, 1]).to_dtype(DType::F32).unwrap(),
                }),
            };
            let steps = tensor(4, &[70, 30, 9]).to_dtype(DType::F32).unwrap();
            let mean = |steps: &Tensor| values(&layer.forward(steps).unwrap().mean);
            let all = mean(&steps);
            for item in [0, 33, 69] {
                assert_eq!(mean(&steps.narrow(0, item, 1).unwrap()), all[item * 9..][..9]);
            }
            in_pools(|| mean(&steps));
        }
        let (_, layer) = layer(4, None);
        let error = layer.forward(&tensor(1, &[2, 3])).unwrap_err().to_string();
        assert_eq!(error, "attention input has shape [2, 3], expected (B, T, 4)");
    }
}
