//! Features between the blocks of a network, whose gradients candle does not sum.

use candle_core::Tensor;

use super::attention::{self, PositionAttention};
use super::attention_heads::position_attention_heads;
use super::past::{Input, Traced};
use crate::simd::Level;
use crate::{Doing, NnError};

/// Features (B, C, positions) on their way from one block of a network to the next.
///
/// Operations from features to features give the same numbers as those from tensors to tensors, values and gradients,
/// and take less time: candle keeps a tensor of zeros for the gradient of each tensor and adds to it on one thread,
/// which for features of a hundred pairs takes longer than the gradient. On the CPU features are none of candle's
/// tensors until [`tensor`](Self::tensor) makes them one; on other devices they are tensors all along.
///
/// ```
/// use ciskit_nn::{DType, Device, Mode, NnError, Parameters, Tensor, layers::{ConvReluPool, Dropout}};
///
/// let (parameters, (first, second)) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| {
///     let first = ConvReluPool::load(vb.pp("conv1"), 4, 8, 5, 2)?;
///     Ok::<_, NnError>((first, ConvReluPool::load(vb.pp("conv2"), 8, 8, 3, 2)?))
/// })?;
/// let codes = Tensor::zeros((3, 30), DType::U8, &Device::Cpu)?;
/// let (dropout, mode) = (Dropout::new("none", 0.0)?, Mode::Eval);
/// let features = first.features_of_codes(&codes, &dropout, mode)?;
/// assert_eq!(features.dims(), [3, 8, 13]);
/// let features = second.features(&features, &dropout, mode)?;
///
/// let tensors = second.forward(&first.forward_codes(&codes)?)?;
/// assert_eq!(features.tensor()?.to_vec3::<f32>()?, tensors.to_vec3::<f32>()?);
/// let gradients = features.tensor()?.sum_all()?.backward()?;
/// assert!(parameters.trainable().all(|(_, parameter)| gradients.get(parameter).is_some()));
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Features(Kind);

#[derive(Clone)]
enum Kind {
    Tensor(Tensor),
    Traced(Traced),
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Tensor(values) | Self::Traced(Traced { values, .. })) = self;
        values.fmt(formatter)
    }
}

impl Features {
    /// The features as a tensor that gradients run through, (B, C, positions).
    ///
    /// *Cost*: a copy on the CPU.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if there is no memory for it.
    pub fn tensor(&self) -> Result<Tensor, NnError> {
        match &self.0 {
            Kind::Tensor(tensor) => Ok(tensor.clone()),
            Kind::Traced(traced) => traced.tensor().doing("making a tensor of features"),
        }
    }

    /// The numbers alone, (B, C, positions), for looking at: no gradient runs through them.
    #[must_use]
    pub fn values(&self) -> Tensor {
        let (Kind::Tensor(values) | Kind::Traced(Traced { values, .. })) = &self.0;
        values.detach()
    }

    /// Batch, channels and positions.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        let (Kind::Tensor(values) | Kind::Traced(Traced { values, .. })) = &self.0;
        values.dims()
    }

    /// [`position_attention_heads`] between these features, of enhancers, and those of promoters.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn attend(
        &self,
        promoter: &Self,
        heads: usize,
        top: usize,
    ) -> Result<PositionAttention<Self>, NnError> {
        match (&self.0, &promoter.0) {
            (Kind::Traced(e), Kind::Traced(p)) if heads == 1 => {
                Ok(attention::traced_keeping(Level::current(), e, p, top)?.map(Self::traced))
            }
            _ => {
                let (e, p) = (self.tensor()?, promoter.tensor()?);
                Ok(position_attention_heads(&e, &p, heads, top)?.map(Self::of))
            }
        }
    }

    pub(crate) fn of(tensor: Tensor) -> Self {
        Self(Kind::Tensor(tensor))
    }

    pub(crate) fn traced(traced: Traced) -> Self {
        Self(Kind::Traced(traced))
    }

    /// How operations read them.
    pub(crate) fn input(&self) -> Input<'_> {
        match &self.0 {
            Kind::Tensor(tensor) => Input::Tensor(tensor),
            Kind::Traced(traced) => Input::Traced(traced),
        }
    }
}

impl From<Tensor> for Features {
    fn from(tensor: Tensor) -> Self {
        Self::of(tensor)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Var};

    use super::super::{codes_conv_relu_pool, conv_relu_pool, top_count};
    use super::*;
    use crate::check::{check_gradients, codes, gradients, in_pools, tensor, values};

    /// Weights of two blocks of two towers.
    fn variables(dtype: DType) -> [Var; 5] {
        let shapes: [&[usize]; 5] = [&[6, 4, 5], &[6], &[6, 4, 3], &[20, 6, 3], &[20]];
        let mut seed = 0;
        shapes.map(|shape| {
            seed += 1;
            Var::from_tensor(&tensor(seed, shape).to_dtype(dtype).unwrap()).unwrap()
        })
    }

    /// What a network makes of base codes: two blocks, the second with the weights of the first tower in both.
    fn by_features(level: Level, codes: &Tensor, [w1, b1, w2, w3, b3]: &[Var; 5]) -> [Tensor; 3] {
        let first =
            |weight| codes_conv_relu_pool::features_at_level(level, codes, weight, b1, 3, None).unwrap();
        let (e, p) = (first(w1), first(w2));
        let (Kind::Traced(e), Kind::Traced(p)) = (&e.0, &p.0) else { panic!("on the CPU") };
        let attention = attention::traced_keeping(
            level,
            e,
            p,
            top_count(e.values.dims()[2], p.values.dims()[2], 0.2).unwrap(),
        )
        .unwrap()
        .map(Features::traced);
        let second = |x| {
            let y = conv_relu_pool::features_at_level(level, x, w3, b3, 2, None).unwrap();
            y.tensor().unwrap().flatten_from(1).unwrap()
        };
        [second(&attention.enhancer), second(&attention.promoter), attention.top]
    }

    fn by_tensors(level: Level, codes: &Tensor, [w1, b1, w2, w3, b3]: &[Var; 5]) -> [Tensor; 3] {
        let first = |weight| codes_conv_relu_pool::at_level(level, codes, weight, b1, 3, None).unwrap();
        let attention = attention::at_level(level, &first(w1), &first(w2), 0.2).unwrap();
        let second = |x| {
            let y = conv_relu_pool::at_level(level, x, w3, b3, 2, None).unwrap();
            y.flatten_from(1).unwrap()
        };
        [second(&attention.enhancer), second(&attention.promoter), attention.top]
    }

    #[test]
    fn features_give_the_bytes_of_tensors() {
        for dtype in [DType::F32, DType::F64] {
            let vars = variables(dtype);
            for (name, level) in Level::available() {
                for batch in [1, 2, 7, 100] {
                    let codes = codes(1, (batch, 50));
                    let (found, expected) =
                        (by_features(level, &codes, &vars), by_tensors(level, &codes, &vars));
                    // All outputs together, and each alone: a network need not use them all.
                    let all = |outputs: &[Tensor; 3]| Tensor::cat(outputs, 1).unwrap();
                    let (found, expected) =
                        ([&[all(&found)][..], &found].concat(), [&[all(&expected)][..], &expected].concat());
                    for (found, expected) in found.iter().zip(&expected) {
                        assert_eq!(values(found), values(expected), "{name}, batch {batch}");
                        // A second time too: nothing is left over from the first.
                        for _ in 0..2 {
                            let found = gradients(&vars.each_ref(), found);
                            for (found, expected) in found.iter().zip(gradients(&vars.each_ref(), expected)) {
                                assert_eq!(
                                    values(found),
                                    values(&expected),
                                    "gradient, {name}, batch {batch}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let vars = variables(DType::F64);
        for batch in [1, 2] {
            let codes = codes(2, (batch, 32));
            check_gradients(&vars.each_ref(), || {
                Tensor::cat(&by_features(Level::current(), &codes, &vars), 1).unwrap()
            });
        }
    }

    #[test]
    fn one_and_two_threads_give_the_same_bytes() {
        let (codes, vars) = (codes(3, (7, 50)), variables(DType::F32));
        in_pools(|| {
            let output = Tensor::cat(&by_features(Level::current(), &codes, &vars), 1).unwrap();
            gradients(&vars.each_ref(), &output).iter().chain([&output]).flat_map(values).collect()
        });
    }

    #[test]
    fn parts_of_a_gradient_add_up() {
        let (codes, [w1, b1, _, w3, b3]) = (codes(4, (2, 40)), variables(DType::F64));
        let vars = [&w1, &b1, &w3, &b3];
        check_gradients(&vars, || {
            let level = Level::current();
            let x = codes_conv_relu_pool::features_at_level(level, &codes, &w1, &b1, 3, None).unwrap();
            let conv = |pool| {
                let y = conv_relu_pool::features_at_level(level, &x, &w3, &b3, pool, None).unwrap();
                y.tensor().unwrap().flatten_from(1).unwrap()
            };
            Tensor::cat(&[conv(2), conv(3), x.tensor().unwrap().flatten_from(1).unwrap()], 1).unwrap()
        });
    }

    #[test]
    fn features_of_constants_cost_no_gradient() {
        let (codes, [w1, b1, _, w3, b3]) = (codes(5, (2, 40)), variables(DType::F32));
        let level = Level::current();
        let (weight, bias) = (w1.detach(), b1.detach());
        let x = codes_conv_relu_pool::features_at_level(level, &codes, &weight, &bias, 3, None).unwrap();
        let y = conv_relu_pool::features_at_level(level, &x, &w3, &b3, 2, None).unwrap();
        let gradients = y.tensor().unwrap().sum_all().unwrap().backward().unwrap();
        assert!(gradients.get(&w3).is_some() && gradients.get(&w1).is_none());
        let Kind::Traced(x) = &x.0 else { panic!("on the CPU") };
        assert!(x.deposit.is_empty());
        assert!(!y.values().track_op() && y.values().device().same_device(&Device::Cpu));
    }
}
