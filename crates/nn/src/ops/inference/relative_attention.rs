//! Attention whose relation also depends on how far apart two positions are, without ever holding a whole relation.

mod tile;

use candle_core::{D, Tensor};
use candle_nn::ops::softmax;
use rayon::prelude::*;

use super::super::conv_positions::with_values;
use super::super::host::Host;
use super::{RelativeKeys, in_vectors};
use crate::simd::Level;
use crate::{Doing, NnError};
use tile::{Head, Relative, TILE};

/// Queries, and what is added to them before they meet the keys of positions and the keys of distances.
#[derive(Clone, Copy, Debug)]
pub struct RelativeQuery<'a> {
    /// (B, T, heads · width), already scaled.
    pub q: &'a Tensor,
    /// For the keys of positions, heads · width numbers.
    pub content_bias: &'a Tensor,
    /// For the keys of distances, heads · width numbers.
    pub position_bias: &'a Tensor,
}

/// softmax((q + u) kᵀ + (q + w) R) v, head by head, with R[i, j] the key of the distance j − i.
///
/// *Shapes*: `q` and `k` (B, T, heads · width), `v` (B, T, heads · width'), to (B, T, heads · width'). No gradient. *Source*: Dai et
/// al., arXiv 1901.02860, in the form of Avsec et al., doi 10.1038/s41592-021-01252-x.
///
/// *Cost*: on the CPU, O(B·heads·T²·(width + width')), and for keys of distances that are no steps as much again as for those of
/// positions. A thread holds 96 rows of one head's relation at a time. A sequence's result depends neither on the other
/// sequences nor on the number of threads.
///
/// # Errors
///
/// [`NnError::Heads`] if the channels cannot be cut into heads, [`NnError::Shape`] for shapes that do not fit.
///
/// ```
/// use ciskit_nn::ops::inference::{RelativeKeys, RelativeQuery, relative_attention};
/// use ciskit_nn::{Device, Tensor};
///
/// let one = |values: &[f32]| Tensor::new(values, &Device::Cpu);
/// // Only a position's left neighbour is of interest: the key of the distance −1 is large.
/// let features = one(&[0.0, 30.0, 0.0, 0.0, 0.0])?.reshape((5, 1))?;
/// let keys = RelativeKeys::new(&features, &one(&[1.0])?.reshape((1, 1))?)?;
/// let zeros = Tensor::zeros_like(&one(&[0.0; 3])?.reshape((1, 3, 1))?)?;
/// let query = RelativeQuery { q: &zeros, content_bias: &one(&[0.0])?, position_bias: &one(&[1.0])? };
/// let v = one(&[6.0, 7.0, 8.0])?.reshape((1, 3, 1))?;
/// let y = relative_attention(query, &zeros, &v, &keys, 1)?;
/// assert_eq!(y.flatten_all()?.to_vec1::<f32>()?, [7.0, 6.0, 7.0]); // the first has no left neighbour
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn relative_attention(
    query: RelativeQuery<'_>,
    k: &Tensor,
    v: &Tensor,
    keys: &RelativeKeys,
    heads: usize,
) -> Result<Tensor, NnError> {
    let sizes = Sizes::of(query, k, v, keys, heads)?;
    if !in_vectors([query.q, query.content_bias, query.position_bias, k, v, &keys.keys]) {
        return sizes.portable(query, k, v, keys).doing("relative attention");
    }
    let (content, position) = (numbers(query.content_bias)?, numbers(query.position_bias)?);
    let relative = with_values(&keys.keys, |values| Relative::new(Level::current(), &sizes, keys, values))?;
    let laid_out = |x: &Tensor| x.contiguous().doing("laying out a tensor");
    let (q, k, v) = (laid_out(query.q)?, laid_out(k)?, laid_out(v)?);
    let hosts = [&q, &k, &v].map(Host::of);
    let numbers = |host: usize| hosts[host].elements::<f32>().doing("reading a tensor");
    let numbers = [numbers(0)?, numbers(1)?, numbers(2)?];
    let attended = sizes.attend(Level::current(), numbers, [&content, &position], &relative);
    let shape = (sizes.items, sizes.positions, heads * sizes.value);
    Tensor::from_vec(attended, shape, query.q.device()).doing("relative attention")
}

fn numbers(x: &Tensor) -> Result<Vec<f32>, NnError> {
    x.flatten_all().and_then(|x| x.to_vec1()).doing("reading a bias of attention")
}

/// The sizes of one application.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    items: usize,
    positions: usize,
    heads: usize,
    /// Channels of a head's queries and keys, and of its values.
    key: usize,
    value: usize,
}

impl Sizes {
    fn of(
        query: RelativeQuery<'_>,
        k: &Tensor,
        v: &Tensor,
        keys: &RelativeKeys,
        heads: usize,
    ) -> Result<Self, NnError> {
        let &[items, positions, channels] = query.q.dims() else {
            return Err(NnError::shape("queries", "(batch, positions, heads · width)", query.q.dims()));
        };
        if k.dims() != query.q.dims() {
            return Err(NnError::shape("keys", format!("{:?}", query.q.dims()), k.dims()));
        }
        let &[.., values] = v.dims() else {
            return Err(NnError::shape("values", "(batch, positions, heads · width)", v.dims()));
        };
        if v.dims() != [items, positions, values] {
            let expected = format!("({items}, {positions}, heads · width)");
            return Err(NnError::shape("values", expected, v.dims()));
        }
        for channels in [channels, values] {
            if heads == 0 || channels == 0 || !channels.is_multiple_of(heads) {
                return Err(NnError::Heads { channels, heads });
            }
        }
        for bias in [query.content_bias, query.position_bias] {
            if bias.elem_count() != channels {
                return Err(NnError::shape("a bias of queries", format!("{channels} numbers"), bias.dims()));
            }
        }
        if keys.positions() != positions || keys.keys.dims()[1] != channels {
            let expected = format!("those of {positions} positions, (steps, {channels})");
            return Err(NnError::shape("keys of distances", expected, keys.keys.dims()));
        }
        Ok(Self { items, positions, heads, key: channels / heads, value: values / heads })
    }

    /// By operations of candle, head by head.
    fn portable(
        &self,
        query: RelativeQuery<'_>,
        k: &Tensor,
        v: &Tensor,
        keys: &RelativeKeys,
    ) -> candle_core::Result<Tensor> {
        let Self { positions, heads, key, value, .. } = *self;
        let steps = keys.step_of_distances();
        let step = |at: usize| steps[positions - 1 + at % positions - at / positions];
        let steps: Vec<u32> = (0..positions * positions).map(step).collect();
        let steps = Tensor::from_vec(steps, (1, positions, positions), query.q.device())?;
        let part = |x: &Tensor, head: usize, width: usize| {
            x.narrow(D::Minus1, head * width, width)?.contiguous() // (B, T, width)
        };
        let of_head = |head: usize| {
            let of = |bias: &Tensor| bias.reshape((1, 1, heads * key))?.narrow(2, head * key, key);
            let q = part(query.q, head, key)?; // (B, T, key)
            let content = q.broadcast_add(&of(query.content_bias)?)?;
            let content = content.matmul(&part(k, head, key)?.transpose(1, 2)?.contiguous()?)?; // (B, T, T)
            let distance = q.broadcast_add(&of(query.position_bias)?)?;
            let relative = part(&keys.keys, head, key)?.t()?.contiguous()?; // (key, steps)
            let distance = distance.broadcast_matmul(&relative)?; // (B, T, steps)
            let steps = steps.broadcast_as(content.shape())?.contiguous()?;
            let relation = (content + distance.contiguous()?.gather(&steps, D::Minus1)?)?; // (B, T, T)
            softmax(&relation, D::Minus1)?.matmul(&part(v, head, value)?) // (B, T, value)
        };
        let heads = (0..heads).map(of_head).collect::<candle_core::Result<Vec<_>>>()?;
        Tensor::cat(&heads, D::Minus1)
    }

    /// Heads of sequences one after another in parallel, and tiles of queries in each.
    fn attend(
        &self,
        level: Level,
        [q, k, v]: [&[f32]; 3],
        biases: [&[f32]; 2],
        relative: &Relative,
    ) -> Vec<f32> {
        let Self { items, positions, heads, key, value } = *self;
        let (rows, values) = (positions * heads * key, positions * heads * value);
        let mut out = vec![0.0; items * values];
        for (item, out) in out.chunks_exact_mut(values.max(1)).enumerate() {
            let [q, k] = [q, k].map(|x| &x[item * rows..][..rows]);
            let v = &v[item * values..][..values];
            let head = |head| Head::new(level, self, head, [q, k, v], biases);
            let prepared: Vec<Head<'_>> = (0..heads).into_par_iter().with_max_len(1).map(head).collect();
            let tiles = out.par_chunks_mut(TILE * heads * value).enumerate();
            tiles.with_max_len(1).for_each(|(tile, out)| {
                let of_head = |head: &Head<'_>| head.attend(level, relative, tile * TILE);
                let attended: Vec<Vec<f32>> = prepared.par_iter().with_max_len(1).map(of_head).collect();
                for (row, out) in out.chunks_exact_mut(heads * value).enumerate() {
                    for (out, head) in out.chunks_exact_mut(value).zip(&attended) {
                        out.copy_from_slice(&head[row * value..][..value]);
                    }
                }
            });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::check::{assert_close, in_pools, tensor, values};

    fn narrow(x: &Tensor) -> Tensor {
        x.to_dtype(DType::F32).unwrap()
    }

    struct Case {
        q: Tensor,
        k: Tensor,
        v: Tensor,
        biases: [Tensor; 2],
        keys: RelativeKeys,
        heads: usize,
    }

    impl Case {
        fn new([items, positions, heads, key, value]: [usize; 5], stepped: bool, dtype: DType) -> Self {
            let of = |seed, shape: &[usize]| narrow(&tensor(seed, shape)).to_dtype(dtype).unwrap();
            let distances = 2 * positions - 1;
            let features = tensor(6, &[distances, 5]);
            let features = if stepped {
                // Few enough steps, of uneven lengths, that they are added as steps; as small as masks are, so that the softmax
                // is not that of huge relations.
                let step = |at: usize| (at as f64 / 3.0).sqrt().floor() / 10.0;
                let steps: Vec<f64> = (0..distances).flat_map(|at| [step(at); 5]).collect();
                Tensor::from_vec(steps, (distances, 5), &Device::Cpu).unwrap()
            } else {
                features
            };
            let keys = RelativeKeys::new(&narrow(&features), &of(7, &[heads * key, 5])).unwrap();
            Self {
                q: of(1, &[items, positions, heads * key]),
                k: of(2, &[items, positions, heads * key]),
                v: of(3, &[items, positions, heads * value]),
                biases: [of(4, &[1, heads, 1, key]), of(5, &[1, heads, 1, key])],
                keys,
                heads,
            }
        }

        fn attend(&self) -> Tensor {
            let query =
                RelativeQuery { q: &self.q, content_bias: &self.biases[0], position_bias: &self.biases[1] };
            relative_attention(query, &self.k, &self.v, &self.keys, self.heads).unwrap()
        }
    }

    #[test]
    fn every_level_agrees_with_wide_numbers_of_candle() {
        // Items, positions, heads, and the widths of keys and values.
        for sizes in
            [[1, 1, 1, 1, 1], [2, 5, 3, 8, 4], [2, 97, 2, 16, 33], [1, 300, 2, 17, 64], [1, 700, 1, 8, 24]]
        {
            for stepped in [false, true] {
                let expected = Case::new(sizes, stepped, DType::F64).attend();
                let case = Case::new(sizes, stepped, DType::F32);
                let what = format!("{sizes:?}, stepped: {stepped}");
                assert_close(&case.attend(), &expected, 2e-5, &what);
                let query = RelativeQuery {
                    q: &case.q,
                    content_bias: &case.biases[0],
                    position_bias: &case.biases[1],
                };
                let of = Sizes::of(query, &case.k, &case.v, &case.keys, case.heads).unwrap();
                let numbers = |x: &Tensor| -> Vec<f32> { x.flatten_all().unwrap().to_vec1().unwrap() };
                let [q, k, v] = [&case.q, &case.k, &case.v].map(numbers);
                let biases = case.biases.each_ref().map(numbers);
                for (name, level) in Level::available() {
                    let relative = Relative::new(level, &of, &case.keys, &numbers(&case.keys.keys));
                    let found = of.attend(level, [&q, &k, &v], [&biases[0], &biases[1]], &relative);
                    let found = Tensor::from_vec(found, expected.shape(), &Device::Cpu).unwrap();
                    assert_close(&found, &expected, 2e-5, &format!("{name}, {what}"));
                }
            }
        }
    }

    #[test]
    fn portable_attention_is_the_definition() {
        let sizes = [1, 4, 2, 3, 2];
        let case = Case::new(sizes, false, DType::F64);
        let (q, k, v) = (values(&case.q), values(&case.k), values(&case.v));
        let (keys, biases) = (values(&case.keys.keys), case.biases.each_ref().map(values));
        let found = values(&case.attend());
        for head in 0..2 {
            for i in 0..4 {
                let logit = |j: usize| -> f64 {
                    let of = |channel: usize| {
                        let at = head * 3 + channel;
                        (q[i * 6 + at] + biases[0][at]) * k[j * 6 + at]
                            + (q[i * 6 + at] + biases[1][at]) * keys[(3 + j - i) * 6 + at]
                    };
                    (0..3).map(of).sum()
                };
                let weights: Vec<f64> = (0..4).map(|j| logit(j).exp()).collect();
                for channel in 0..2 {
                    let sum: f64 = (0..4).map(|j| weights[j] * v[j * 4 + head * 2 + channel]).sum();
                    let expected = sum / weights.iter().sum::<f64>();
                    assert!((found[i * 4 + head * 2 + channel] - expected).abs() < 1e-10);
                }
            }
        }
    }

    #[test]
    fn neither_neighbours_nor_threads_change_a_byte() {
        for stepped in [false, true] {
            let case = Case::new([3, 130, 2, 8, 12], stepped, DType::F32);
            let all = values(&case.attend());
            in_pools(|| values(&case.attend()));
            let of = |x: &Tensor| x.narrow(0, 1, 1).unwrap();
            let alone = Case { q: of(&case.q), k: of(&case.k), v: of(&case.v), ..case };
            assert_eq!(values(&alone.attend()), all[130 * 24..2 * 130 * 24]);
        }
    }

    #[test]
    fn large_relations_do_not_overflow_and_nan_is_passed_on() {
        let mut case = Case::new([1, 40, 1, 4, 4], true, DType::F32);
        case.q = (&case.q * 1e4).unwrap();
        assert!(values(&case.attend()).iter().all(|value| value.is_finite()));
        case.v = (&case.v * f64::NAN).unwrap();
        assert!(values(&case.attend()).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let case = Case::new([1, 4, 2, 3, 2], false, DType::F64);
        let message = |k: &Tensor, v: &Tensor, heads: usize, bias: &Tensor| {
            let query = RelativeQuery { q: &case.q, content_bias: bias, position_bias: bias };
            relative_attention(query, k, v, &case.keys, heads).unwrap_err().to_string()
        };
        let bias = &case.biases[0];
        assert_eq!(message(&case.v, &case.v, 2, bias), "keys has shape [1, 4, 4], expected [1, 4, 6]");
        assert_eq!(message(&case.k, &case.v, 4, bias), "6 channels cannot be cut into 4 heads");
        assert_eq!(
            message(&case.k, &tensor(1, &[1, 3, 4]), 2, bias),
            "values has shape [1, 3, 4], expected (1, 4, heads · width)"
        );
        assert_eq!(
            message(&case.k, &case.v, 2, &tensor(1, &[5])),
            "a bias of queries has shape [5], expected 6 numbers"
        );
    }
}
