//! Attention of every token to every token of its own sequence, in several heads.

use candle_core::{CpuStorage, CustomOp3, D, Layout, Result, Shape, Tensor};
use candle_nn::ops::softmax;
use rayon::prelude::*;

use super::super::recurrent::activation::exp;
use super::super::tile::{Columns, Multiply, Windows};
use super::{AttentionBias, in_vectors};
use crate::simd::{Kernel, LANES, Lanes, Level, Simd};
use crate::{Doing, NnError};

/// softmax(q kᵀ / √(width of a head) + bias) v, head by head and sequence by sequence.
///
/// *Shapes*: `q`, `k` and `v` are (tokens, heads · width), the sequences one after another with these `lengths`; so is the
/// result. There is no padding and so no mask. *Source*: Vaswani et al., arXiv 1706.03762, equation 1.
///
/// *Cost*: on the CPU, two matrices of the longest sequence squared a thread.
///
/// # Errors
///
/// [`NnError::Heads`] if the tokens cannot be cut into heads, [`NnError::Shape`] if the three differ in shape or are not as
/// many tokens as `lengths` say.
///
/// ```
/// use ciskit_nn::ops::inference::{AttentionBias, self_attention};
/// use ciskit_nn::{Device, Tensor};
///
/// let v = Tensor::new(&[[1f32], [3.0], [9.0]], &Device::Cpu)?;
/// let same = v.zeros_like()?;
/// // Equal keys share the attention equally, within each of the two sequences.
/// let y = self_attention(&same, &same, &v, &[2, 1], 1, &AttentionBias::None)?;
/// assert_eq!(y.to_vec2::<f32>()?, [[2.0], [2.0], [9.0]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn self_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    lengths: &[usize],
    heads: usize,
    bias: &AttentionBias,
) -> std::result::Result<Tensor, NnError> {
    let tokens: usize = lengths.iter().sum();
    let width = match *q.dims() {
        [rows, width] if rows == tokens => width,
        _ => return Err(NnError::shape("queries", format!("({tokens}, heads · width)"), q.dims())),
    };
    for (what, x) in [("keys", k), ("values", v)] {
        if x.dims() != q.dims() {
            return Err(NnError::shape(what, format!("{:?}", q.dims()), x.dims()));
        }
    }
    let slopes = match bias {
        AttentionBias::None => vec![0.0; heads],
        AttentionBias::Distance(slopes) => slopes.clone(),
    };
    if heads == 0 || !width.is_multiple_of(heads) || slopes.len() != heads {
        return Err(NnError::Heads { channels: width, heads });
    }
    let attend = Attend { lengths: lengths.to_vec(), heads, slopes };
    let attended = if in_vectors([q, k, v]) && tokens > 0 {
        // Columns of a wider tensor are read where they lie.
        let rows = |x: &Tensor| if x.stride()[1] == 1 { Ok(x.clone()) } else { x.contiguous() };
        rows(q).and_then(|q| q.apply_op3(&rows(k)?, &rows(v)?, attend))
    } else {
        attend.portable(q, k, v)
    };
    attended.doing("self-attention")
}

struct Attend {
    lengths: Vec<usize>,
    heads: usize,
    /// Of each head; 0 is no bias.
    slopes: Vec<f32>,
}

impl Attend {
    /// (first token, length) of every sequence.
    fn sequences(&self) -> impl Iterator<Item = (usize, usize)> {
        self.lengths.iter().scan(0, |first, &length| {
            let start = *first;
            *first += length;
            Some((start, length))
        })
    }

    fn portable(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let (width, heads) = (q.dim(1)?, self.heads);
        let scale = ((width / heads) as f64).sqrt().recip();
        let of_sequence = |(first, length): (usize, usize)| {
            let heads = |x: &Tensor| {
                let rows = x.narrow(0, first, length)?.contiguous()?; // (L, h·w)
                rows.reshape((length, heads, ()))?.transpose(0, 1)?.contiguous() // (h, L, w)
            };
            let relation = (heads(q)?.matmul(&heads(k)?.t()?)? * scale)?; // (h, L, L)
            let relation = match self.slopes.iter().any(|&slope| slope != 0.0) {
                true => relation.broadcast_sub(&self.distances(length, q)?)?,
                false => relation,
            };
            let attended = softmax(&relation, D::Minus1)?.matmul(&heads(v)?)?; // (h, L, w)
            attended.transpose(0, 1)?.reshape((length, width)) // (L, h·w)
        };
        let rows = self.sequences().filter(|&(_, length)| length > 0).map(of_sequence);
        let rows = rows.collect::<Result<Vec<_>>>()?;
        if rows.is_empty() { q.zeros_like() } else { Tensor::cat(&rows, 0) }
    }

    /// slope · |i − j|, (h, L, L).
    fn distances(&self, length: usize, like: &Tensor) -> Result<Tensor> {
        let far = |at: usize| (at / length).abs_diff(at % length) as f32;
        let far: Vec<f32> = (0..length * length).map(far).collect();
        let far = Tensor::from_vec(far, (1, length, length), like.device())?;
        let slopes = Tensor::new(self.slopes.as_slice(), like.device())?.reshape(((), 1, 1))?;
        far.broadcast_mul(&slopes)?.to_dtype(like.dtype())
    }
}

impl CustomOp3 for Attend {
    fn name(&self) -> &'static str {
        "self-attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let [q, k, v] = [Rows::of(q, q_layout)?, Rows::of(k, k_layout)?, Rows::of(v, v_layout)?];
        Ok((
            CpuStorage::F32(self.attend(Level::current(), [q, k, v], q_layout.dims()[1])),
            q_layout.shape().clone(),
        ))
    }
}

impl Attend {
    fn attend(&self, level: Level, [q, k, v]: [Rows<'_>; 3], row: usize) -> Vec<f32> {
        let width = row / self.heads;
        let tasks: Vec<Head<'_>> = self
            .sequences()
            .flat_map(|(first, length)| {
                let heads = self.slopes.iter().enumerate();
                heads.map(move |(head, &slope)| {
                    let [q, k, v] = [q, k, v].map(|rows| rows.from(first, head * width));
                    Head { q, k, v, length, width, slope }
                })
            })
            .collect();
        let attended: Vec<Vec<f32>> =
            tasks.par_iter().with_max_len(1).map(|head| head.attend(level)).collect();
        let mut out = vec![0.0; self.lengths.iter().sum::<usize>() * row];
        let mut rest = out.as_mut_slice();
        let mut sequences = Vec::with_capacity(self.lengths.len());
        for (length, heads) in self.lengths.iter().zip(attended.chunks(self.heads)) {
            let (rows, after) = rest.split_at_mut(length * row);
            sequences.push((rows, heads));
            rest = after;
        }
        sequences.into_par_iter().for_each(|(rows, heads)| {
            for (token, out) in rows.chunks_exact_mut(row).enumerate() {
                for (out, head) in out.chunks_exact_mut(width).zip(heads) {
                    out.copy_from_slice(&head[token * width..][..width]);
                }
            }
        });
        out
    }
}

/// Rows of a matrix whose numbers lie side by side, seen from one of them on.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    stride: usize,
}

impl<'a> Rows<'a> {
    fn of(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let CpuStorage::F32(values) = storage else { candle_core::bail!("attention in vectors takes f32") };
        Ok(Self { values: &values[layout.start_offset()..], stride: layout.stride()[0] })
    }

    fn from(self, row: usize, column: usize) -> Self {
        Self { values: self.values.get(row * self.stride + column..).unwrap_or_default(), ..self }
    }

    #[inline(always)]
    fn at(self, row: usize, column: usize) -> f32 {
        self.values[row * self.stride + column]
    }
}

/// One head of one sequence.
struct Head<'a> {
    q: Rows<'a>,
    k: Rows<'a>,
    v: Rows<'a>,
    length: usize,
    width: usize,
    slope: f32,
}

impl Head<'_> {
    /// (length, width). The relation is held transposed, a row a key and a lane a query, so that the softmax runs down the
    /// rows in vectors, and its result is laid out as the second product reads it.
    fn attend(&self, level: Level) -> Vec<f32> {
        let Self { q, k, v, length, width, slope } = *self;
        if length == 0 {
            return Vec::new();
        }
        let scale = (width as f32).sqrt().recip();
        let queries = Columns::pack(level, width, length, |column, query| q.at(query, column) * scale);
        let mut keys = vec![0.0; width * length];
        for (column, keys) in keys.chunks_exact_mut(length).enumerate() {
            for (key, value) in keys.iter_mut().enumerate() {
                *value = k.at(key, column);
            }
        }
        let vectors = queries.vectors();
        let start = vec![Lanes::ZERO; vectors.max(width.div_ceil(LANES))];
        let mut relation = vec![Lanes::ZERO; length * vectors];
        let windows = Windows { values: &keys, length, taps: &[0], step: 1 };
        level.run(Multiply { windows, columns: &queries, start: &start, out: &mut relation });

        let (mut weights, mut sums) = (vec![0.0; relation.len() * LANES], vec![Lanes::ZERO; vectors]);
        level.run(Softmax { relation: &mut relation, slope, weights: &mut weights, sums: &mut sums });

        let values = Columns::pack(level, length, width, |key, column| v.at(key, column));
        let mut attended = vec![Lanes::ZERO; length * values.vectors()];
        let windows = Windows { values: &weights, length: vectors * LANES, taps: &[0], step: 1 };
        level.run(Multiply { windows, columns: &values, start: &start, out: &mut attended });
        let mut out = vec![0.0; length * width];
        let rows = out.chunks_exact_mut(width).zip(attended.chunks_exact(values.vectors()));
        for ((out, row), sum) in rows.zip(sums.iter().flat_map(|lanes| lanes.0)) {
            for (out, value) in out.iter_mut().zip(row.iter().flat_map(|lanes| lanes.0)) {
                *out = value / sum;
            }
        }
        out
    }
}

/// Numerators and denominators of the softmax over the rows of a relation, lane by lane.
struct Softmax<'a> {
    relation: &'a mut [Lanes],
    slope: f32,
    /// The numerators, as many as the relation has.
    weights: &'a mut [f32],
    /// Their sums over the rows.
    sums: &'a mut [Lanes],
}

impl Kernel for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { relation, slope, weights, sums } = self;
        let vectors = sums.len();
        let mut most = vec![Lanes([f32::NEG_INFINITY; LANES]); vectors];
        for (key, row) in relation.chunks_exact_mut(vectors).enumerate() {
            for (at, (lanes, most)) in row.iter_mut().zip(&mut most).enumerate() {
                let far = key as f32 - (at * LANES) as f32;
                for lane in 0..LANES {
                    // Whole numbers this small are exact.
                    let far = far - lane as f32;
                    let far = if far < 0.0 { -far } else { far };
                    let value = lanes.0[lane] - slope * far;
                    lanes.0[lane] = value;
                    most.0[lane] = if value > most.0[lane] { value } else { most.0[lane] };
                }
            }
        }
        for (row, weights) in relation.chunks_exact(vectors).zip(weights.chunks_exact_mut(vectors * LANES)) {
            let (weights, _) = weights.as_chunks_mut::<LANES>();
            for (((lanes, most), sums), weights) in row.iter().zip(&most).zip(&mut *sums).zip(weights) {
                for (lane, weight) in weights.iter_mut().enumerate() {
                    *weight = exp(lanes.0[lane] - most.0[lane]);
                    sums.0[lane] += *weight;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::check::{assert_close, in_pools, tensor, values};

    fn narrow(x: &Tensor) -> Tensor {
        x.to_dtype(DType::F32).unwrap()
    }

    #[test]
    fn every_level_agrees_with_wide_numbers_of_candle() {
        for (heads, width) in [(1, 1), (3, 8), (2, 33), (4, 64)] {
            let lengths = [1, 15, 16, 17, 0, 100];
            let shape = [149, heads * width];
            let [q, k, v] = [1, 2, 3].map(|seed| tensor(seed, &shape));
            for bias in [AttentionBias::None, AttentionBias::alibi(heads)] {
                let expected = self_attention(&q, &k, &v, &lengths, heads, &bias).unwrap();
                let what = format!("{heads} × {width}, {bias:?}");
                let found = self_attention(&narrow(&q), &narrow(&k), &narrow(&v), &lengths, heads, &bias);
                assert_close(&found.unwrap(), &expected, 5e-6, &what);
                let slopes = match &bias {
                    AttentionBias::None => vec![0.0; heads],
                    AttentionBias::Distance(slopes) => slopes.clone(),
                };
                let numbers =
                    [&q, &k, &v].map(|x| values(x).into_iter().map(|x| x as f32).collect::<Vec<_>>());
                let attend = Attend { lengths: lengths.into(), heads, slopes };
                for (name, level) in Level::available() {
                    let rows = numbers.each_ref().map(|values| Rows { values, stride: heads * width });
                    let found = attend.attend(level, rows, heads * width);
                    let found = Tensor::from_vec(found, &shape, q.device()).unwrap();
                    assert_close(&found, &expected, 5e-6, &format!("{name}, {what}"));
                }
            }
        }
    }

    #[test]
    fn a_sequence_is_the_same_alone_and_with_any_number_of_threads() {
        let [q, k, v] = [1, 2, 3].map(|seed| narrow(&tensor(seed, &[120, 12])));
        let bias = AttentionBias::alibi(3);
        let all = self_attention(&q, &k, &v, &[50, 40, 30], 3, &bias).unwrap();
        let of = |x: &Tensor| x.narrow(0, 50, 40).unwrap();
        let alone = self_attention(&of(&q), &of(&k), &of(&v), &[40], 3, &bias).unwrap();
        assert_eq!(values(&of(&all)), values(&alone));
        in_pools(|| values(&self_attention(&q, &k, &v, &[50, 40, 30], 3, &bias).unwrap()));
    }

    #[test]
    fn columns_of_a_wider_tensor_are_read_where_they_lie() {
        let joined = narrow(&tensor(1, &[20, 24]));
        let part = |at: usize| joined.narrow(1, 8 * at, 8).unwrap();
        let attend = |parts: [Tensor; 3]| {
            values(&self_attention(&parts[0], &parts[1], &parts[2], &[20], 2, &AttentionBias::None).unwrap())
        };
        let copies = [0, 1, 2].map(|at| part(at).contiguous().unwrap());
        assert_eq!(attend([0, 1, 2].map(part)), attend(copies));
    }

    #[test]
    fn large_relations_do_not_overflow() {
        let large = (narrow(&tensor(1, &[9, 4])) * 1e4).unwrap();
        let y = self_attention(&large, &large, &large, &[9], 1, &AttentionBias::None).unwrap();
        assert!(values(&y).iter().all(|value| value.is_finite()));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let x = tensor(1, &[4, 6]);
        let attend = |x: &Tensor, y: &Tensor, lengths: &[usize], heads| {
            self_attention(x, y, x, lengths, heads, &AttentionBias::None).unwrap_err().to_string()
        };
        assert_eq!(attend(&x, &x, &[3], 2), "queries has shape [4, 6], expected (3, heads · width)");
        assert_eq!(attend(&x, &x, &[4], 4), "6 channels cannot be cut into 4 heads");
        assert_eq!(attend(&x, &tensor(1, &[4, 5]), &[4], 2), "keys has shape [4, 5], expected [4, 6]");
    }
}
