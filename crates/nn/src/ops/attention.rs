//! Position attention between an enhancer and a promoter.

use candle_core::{D, DType, Tensor};
use candle_nn::ops::softmax;

use super::past::{Deposit, Input, Traced, tensor_of2, traced_of2};
use super::portable;
use super::relation::RelationExtremes;
use super::top::top_count;
use super::weigh::{SoftmaxOf, Weigh};
use crate::simd::Level;
use crate::{Doing, NnError};

/// What [`position_attention`] gives, intermediate results included; [`Features::attend`](super::Features::attend)
/// gives features in the place of tensors.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let features = Tensor::ones((1, 2, 3), ciskit_nn::DType::F32, &Device::Cpu)?;
/// let attention = ops::position_attention(&features, &features, 0.5)?;
/// // Equal positions share the attention equally.
/// assert_eq!(attention.enhancer_weight.to_vec2::<f32>()?, [[1. / 3.; 3]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PositionAttention<F = Tensor> {
    /// Re-weighted enhancer features E + aₑ ⊙ E, (B, C, n).
    pub enhancer: F,
    /// Re-weighted promoter features P + aₚ ⊙ P, (B, C, m).
    pub promoter: F,
    /// The k largest relations, from the largest down, (B, k).
    pub top: Tensor,
    /// Largest relation of each enhancer position, (B, n).
    pub enhancer_max: Tensor,
    /// Largest relation of each promoter position, (B, m).
    pub promoter_max: Tensor,
    /// Attention aₑ, the softmax of `enhancer_max` over positions, (B, n).
    pub enhancer_weight: Tensor,
    /// Attention aₚ, the softmax of `promoter_max` over positions, (B, m).
    pub promoter_weight: Tensor,
}

impl<F> PositionAttention<F> {
    /// The same with other features.
    pub(super) fn map<G>(self, to: impl Fn(F) -> G) -> PositionAttention<G> {
        PositionAttention {
            enhancer: to(self.enhancer),
            promoter: to(self.promoter),
            top: self.top,
            enhancer_max: self.enhancer_max,
            promoter_max: self.promoter_max,
            enhancer_weight: self.enhancer_weight,
            promoter_weight: self.promoter_weight,
        }
    }
}

impl PositionAttention {
    /// Weighs features by the maxima of their relation.
    pub(crate) fn from_extremes(
        e: &Tensor,
        p: &Tensor,
        enhancer_max: Tensor,
        promoter_max: Tensor,
        top: Tensor,
    ) -> Result<Self, NnError> {
        let weigh = |features: &Tensor, max: &Tensor| {
            let weight = softmax(max, D::Minus1)?; // (B, positions)
            let factor = (weight.unsqueeze(1)? + 1.0)?; // (B, 1, positions)
            Ok((features.broadcast_mul(&factor)?, weight)) // (B, C, positions)
        };
        let weigh = |features, max| -> Result<_, NnError> {
            weigh(features, max).doing("weighing features by position attention")
        };
        let (enhancer, enhancer_weight) = weigh(e, &enhancer_max)?;
        let (promoter, promoter_weight) = weigh(p, &promoter_max)?;
        Ok(Self { enhancer, promoter, top, enhancer_max, promoter_max, enhancer_weight, promoter_weight })
    }
}

/// The position attention module: R = EᵀP / C, its k largest entries, and features re-weighted by softmaxes of its
/// row and column maxima.
///
/// *Shapes*: `e` (B, C, n), `p` (B, C, m), f32 or f64; k = [`top_count`]`(n, m, ratio)`.
///
/// *Gradients* flow through top k, maxima, softmax and products. A maximum sends its gradient to its first position;
/// equal values are ranked by flattened index enhancer·m + promoter.
///
/// *Cost*: O(B·n·m·C) forward, O(B·(n + m + k)·C) backward, n·m numbers of scratch space a thread. The same bytes
/// for any number of threads.
///
/// *Source*: EPIPAM (2026), position attention module. *Differences*: the reference leaves the top k in whatever
/// order the device yields; here they descend.
///
/// # Errors
///
/// [`NnError::TopCount`] if k is 0 or the ratio above 1; [`NnError::Shape`] or [`NnError::DType`] if the features
/// don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let e = Tensor::new(&[[[1f32, 3.]]], &Device::Cpu)?;
/// let p = Tensor::new(&[[[2f32, 4.]]], &Device::Cpu)?;
/// let attention = ops::position_attention(&e, &p, 0.75)?;
/// assert_eq!(attention.top.to_vec2::<f32>()?, [[12., 6., 4.]]);
/// assert_eq!(attention.enhancer_max.to_vec2::<f32>()?, [[4., 12.]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn position_attention(e: &Tensor, p: &Tensor, ratio: f64) -> Result<PositionAttention, NnError> {
    at_level(Level::current(), e, p, ratio)
}

/// [`position_attention`] with the instructions of one level.
pub(crate) fn at_level(
    level: Level,
    e: &Tensor,
    p: &Tensor,
    ratio: f64,
) -> Result<PositionAttention, NnError> {
    let (_, _, n, m) = dimensions(e, p)?;
    keeping(level, e, p, top_count(n, m, ratio)?)
}

/// [`position_attention`] that keeps the `top` largest relations, of which there are at least as many.
pub(crate) fn keeping(
    level: Level,
    e: &Tensor,
    p: &Tensor,
    top: usize,
) -> Result<PositionAttention, NnError> {
    let shape = dimensions(e, p)?;
    if !e.device().is_cpu() {
        return portable::keeping(e, p, top);
    }
    let doing = "weighing features by position attention";
    let (e, p) = (e.contiguous().doing(doing)?, p.contiguous().doing(doing)?);
    fused(level, Input::Tensor(&e), Input::Tensor(&p), shape, top, |features, weights, deposit| {
        tensor_of2(Weigh { deposit }, [features, Input::Tensor(weights)])
    })
    .doing(doing)
}

/// [`keeping`] of features past candle's graph.
pub(super) fn traced_keeping(
    level: Level,
    e: &Traced,
    p: &Traced,
    top: usize,
) -> Result<PositionAttention<Traced>, NnError> {
    let shape = dimensions(&e.values, &p.values)?;
    fused(level, Input::Traced(e), Input::Traced(p), shape, top, |features, weights, deposit| {
        traced_of2(Weigh { deposit }, [features, Input::Tensor(weights)])
    })
    .doing("weighing features by position attention")
}

fn fused<F>(
    level: Level,
    e: Input<'_>,
    p: Input<'_>,
    (batch, channels, n, m): (usize, usize, usize, usize),
    top: usize,
    weigh: impl Fn(Input<'_>, &Tensor, Deposit) -> candle_core::Result<F>,
) -> candle_core::Result<PositionAttention<F>> {
    let deposits = [e.deposit(), p.deposit()];
    let op = RelationExtremes::new(level, (batch, channels, n, m), top, deposits.clone());
    let extremes = tensor_of2(op, [e, p])?; // (B, n + m + k)
    let enhancer_weight = extremes.apply_op1(SoftmaxOf { range: 0..n })?; // (B, n)
    let promoter_weight = extremes.apply_op1(SoftmaxOf { range: n..n + m })?; // (B, m)
    let [e_deposit, p_deposit] = deposits;
    Ok(PositionAttention {
        enhancer: weigh(e, &enhancer_weight, e_deposit)?,
        promoter: weigh(p, &promoter_weight, p_deposit)?,
        top: extremes.narrow(1, n + m, top)?,
        enhancer_max: extremes.narrow(1, 0, n)?,
        promoter_max: extremes.narrow(1, n, m)?,
        enhancer_weight,
        promoter_weight,
    })
}

/// The relation matrix R = EᵀP / C itself, for looking at.
///
/// *Shapes*: `e` (B, C, n), `p` (B, C, m); result (B, n, m).
///
/// # Errors
///
/// [`NnError::Shape`] or [`NnError::DType`] if the features don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let e = Tensor::new(&[[[1f32, 3.], [0., 2.]]], &Device::Cpu)?;
/// let r = ops::relation(&e, &e)?;
/// assert_eq!(r.to_vec3::<f32>()?, [[[0.5, 1.5], [1.5, 6.5]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn relation(e: &Tensor, p: &Tensor) -> Result<Tensor, NnError> {
    let (_, channels, _, _) = dimensions(e, p)?;
    let doing = "computing a relation matrix";
    let rows = e.transpose(1, 2).and_then(|rows| rows.contiguous()).doing(doing)?; // (B, n, C)
    let product = p.contiguous().and_then(|p| rows.matmul(&p)).doing(doing)?; // (B, n, m)
    (product / channels as f64).doing(doing)
}

/// (B, C, n, m) of features that fit together.
fn dimensions(e: &Tensor, p: &Tensor) -> Result<(usize, usize, usize, usize), NnError> {
    let &[batch, channels, n] = e.dims() else {
        return Err(NnError::shape("enhancer features", "(batch, channels, positions)", e.dims()));
    };
    let &[p_batch, p_channels, m] = p.dims() else {
        return Err(NnError::shape("promoter features", "(batch, channels, positions)", p.dims()));
    };
    if (p_batch, p_channels) != (batch, channels) || channels == 0 {
        return Err(NnError::shape(
            "promoter features",
            format!("({batch}, {channels}, positions)"),
            p.dims(),
        ));
    }
    for tensor in [e, p] {
        if !matches!(tensor.dtype(), DType::F32 | DType::F64) || tensor.dtype() != e.dtype() {
            let (operation, expected) = ("position attention", "features both f32 or both f64");
            return Err(NnError::DType { operation, expected, found: tensor.dtype() });
        }
    }
    Ok((batch, channels, n, m))
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::check::{assert_close, check_gradients, gradients, in_pools, tensor, values};

    fn variables(batch: usize, channels: usize, n: usize, m: usize) -> [Var; 2] {
        let shapes = [[batch, channels, n], [batch, channels, m]];
        [1, 2].map(|seed| Var::from_tensor(&tensor(seed, &shapes[seed as usize - 1])).unwrap())
    }

    /// All outputs that a model uses, side by side.
    fn joined(attention: &PositionAttention) -> Tensor {
        let flat =
            [&attention.enhancer, &attention.promoter, &attention.top].map(|x| x.flatten_from(1).unwrap());
        Tensor::cat(&flat, 1).unwrap()
    }

    #[test]
    fn it_equals_the_definition() {
        for (batch, channels, n, m, ratio) in [(1, 1, 1, 1, 1.0), (2, 3, 5, 9, 0.3), (5, 8, 17, 4, 1.0)] {
            let [e, p] = variables(batch, channels, n, m);
            let found = position_attention(&e, &p, ratio).unwrap();
            let k = top_count(n, m, ratio).unwrap();
            assert_eq!(found.top.dims(), [batch, k]);
            let (e, p) = (e.to_vec3::<f64>().unwrap(), p.to_vec3::<f64>().unwrap());
            for item in 0..batch {
                let relation = |i: usize, j: usize| {
                    (0..channels).map(|c| e[item][c][i] * p[item][c][j]).sum::<f64>() / channels as f64
                };
                let max = |values: Vec<f64>| values.into_iter().fold(f64::NEG_INFINITY, f64::max);
                let row_max: Vec<f64> =
                    (0..n).map(|i| max((0..m).map(|j| relation(i, j)).collect())).collect();
                let column_max: Vec<f64> =
                    (0..m).map(|j| max((0..n).map(|i| relation(i, j)).collect())).collect();
                let mut all: Vec<f64> = (0..n * m).map(|at| relation(at / m, at % m)).collect();
                all.sort_by(|a, b| b.total_cmp(a));
                let softmax = |values: &[f64]| -> Vec<f64> {
                    let sum: f64 = values.iter().map(|value| value.exp()).sum();
                    values.iter().map(|value| value.exp() / sum).collect()
                };
                let weighed = |x: &[Vec<f64>], weight: &[f64]| -> Vec<f64> {
                    x.iter().flat_map(|row| row.iter().zip(weight).map(|(x, w)| x + w * x)).collect()
                };
                let (row_weight, column_weight) = (softmax(&row_max), softmax(&column_max));
                for (what, found, expected) in [
                    ("top", &found.top, all[..k].to_vec()),
                    ("enhancer", &found.enhancer, weighed(&e[item], &row_weight)),
                    ("promoter", &found.promoter, weighed(&p[item], &column_weight)),
                    ("enhancer_max", &found.enhancer_max, row_max),
                    ("promoter_max", &found.promoter_max, column_max),
                    ("enhancer_weight", &found.enhancer_weight, row_weight),
                    ("promoter_weight", &found.promoter_weight, column_weight),
                ] {
                    let found = found.get(item).unwrap().flatten_all().unwrap();
                    let expected = Tensor::from_vec(expected, found.dims(), &Device::Cpu).unwrap();
                    assert_close(&found, &expected, 1e-13, what);
                }
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        // At batch 100 fewer relations, so that none are within a step of each other.
        for (batch, channels, n, m) in [(1, 3, 6, 4), (2, 3, 6, 4), (7, 3, 6, 4), (100, 2, 3, 2)] {
            let [e, p] = variables(batch, channels, n, m);
            check_gradients(&[&e, &p], || joined(&position_attention(&e, &p, 0.3).unwrap()));
            check_gradients(&[&e, &p], || joined(&portable::position_attention(&e, &p, 0.3).unwrap()));
            // The extremes that only a test looks at, from features that lie transposed in memory.
            check_gradients(&[&e, &p], || {
                let [e, p] = [&e, &p]
                    .map(|x| x.transpose(1, 2).unwrap().contiguous().unwrap().transpose(1, 2).unwrap());
                let attention = position_attention(&e, &p, 1.0).unwrap();
                Tensor::cat(&[&attention.enhancer_max, &attention.promoter_max, &attention.top], 1).unwrap()
            });
        }
    }

    #[test]
    fn the_portable_composition_agrees() {
        let [e, p] = variables(3, 8, 37, 21);
        let fused = position_attention(&e, &p, 0.1).unwrap();
        let portable = portable::position_attention(&e, &p, 0.1).unwrap();
        assert_close(&joined(&fused), &joined(&portable), 1e-13, "output");
        let expected = gradients(&[&e, &p], &joined(&portable));
        for (found, expected) in gradients(&[&e, &p], &joined(&fused)).iter().zip(expected) {
            assert_close(found, &expected, 1e-12, "gradient");
        }
        assert_eq!(relation(&e, &p).unwrap().dims(), [3, 37, 21]);
    }

    #[test]
    fn ties_go_to_the_first_position_and_the_lower_index() {
        // Every relation is 1: row i has its maximum at column 0, column j at row 0, and the top 3 are 00 01 10.
        let e = Var::ones((1, 1, 2), DType::F64, &Device::Cpu).unwrap();
        let p = Var::ones((1, 1, 2), DType::F64, &Device::Cpu).unwrap();
        type Operation = fn(&Tensor, &Tensor, f64) -> Result<PositionAttention, NnError>;
        for operation in [position_attention as Operation, portable::position_attention] {
            let attention = operation(&e, &p, 0.75).unwrap();
            let of = |output: &Tensor, at: usize| {
                let gradients = output.narrow(1, at, 1).unwrap().sum_all().unwrap().backward().unwrap();
                [values(gradients.get(&e).unwrap()), values(gradients.get(&p).unwrap())]
            };
            let place = |row: usize, column: usize| {
                [row, column].map(|at| if at == 0 { vec![1.0, 0.0] } else { vec![0.0, 1.0] })
            };
            assert_eq!(of(&attention.enhancer_max, 0), place(0, 0));
            assert_eq!(of(&attention.enhancer_max, 1), place(1, 0));
            assert_eq!(of(&attention.promoter_max, 1), place(0, 1));
            for (rank, (row, column)) in [(0, 0), (0, 1), (1, 0)].into_iter().enumerate() {
                assert_eq!(of(&attention.top, rank), place(row, column), "rank {rank}");
            }
        }
    }

    #[test]
    fn all_zero_features_and_nan_do_no_harm() {
        let zeros = Var::zeros((2, 4, 3), DType::F32, &Device::Cpu).unwrap();
        let attention = position_attention(&zeros, &zeros, 0.5).unwrap();
        assert_eq!(values(&joined(&attention)), [0.0; 2 * (12 + 12 + 4)]);
        // E' = E + a ⊙ E with a = 1/3 passes on 4/3; the relation's own gradient is 0.
        let sum = attention.enhancer.sum_all().unwrap().add(&attention.top.sum_all().unwrap()).unwrap();
        let gradient = sum.backward().unwrap().get(&zeros).unwrap().clone();
        assert!(values(&gradient).iter().all(|value| (value - 4.0 / 3.0).abs() < 1e-6));

        let [e, p] = variables(1, 2, 3, 3);
        let poisoned = (e.detach() * f64::NAN).unwrap();
        let attention = position_attention(&poisoned, &p, 0.5).unwrap();
        assert!(values(&attention.enhancer).iter().all(|value| value.is_nan()));
        assert!(values(&attention.top).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn one_and_two_threads_give_the_same_bytes() {
        let [e, p] = variables(7, 5, 31, 18);
        in_pools(|| {
            let [e, p] =
                [&e, &p].map(|var| Var::from_tensor(&var.to_dtype(DType::F32).unwrap().detach()).unwrap());
            let output = joined(&position_attention(&e, &p, 0.1).unwrap());
            gradients(&[&e, &p], &output).iter().chain([&output]).flat_map(values).collect()
        });
    }

    #[test]
    fn features_that_do_not_fit_are_refused() {
        let of = |shape: (usize, usize, usize)| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        let message =
            |e: &Tensor, p: &Tensor, ratio| position_attention(e, p, ratio).unwrap_err().to_string();
        assert_eq!(
            message(&of((1, 4, 3)), &of((1, 5, 3)), 1.0),
            "promoter features has shape [1, 5, 3], expected (1, 4, positions)"
        );
        assert_eq!(
            message(&of((1, 4, 3)), &of((1, 4, 3)), 0.01),
            "top 0.01 of a 3 × 3 relation matrix is no value at all"
        );
        let wide = of((1, 4, 3)).to_dtype(DType::F64).unwrap();
        assert!(message(&of((1, 4, 3)), &wide, 1.0).ends_with("not f64"));
    }
}
