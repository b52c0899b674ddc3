//! The operations composed of candle's own, for devices other than the CPU.
//!
//! Only candle operations whose gradients are right are used: `conv2d` of height 1 for `conv1d`, and the first
//! maximum picked by `argmax` and `gather` for pooling and maxima. On the CPU they give what the fused operations
//! give, more slowly and with more memory; the functions of [`ops`](super) choose by device.

mod recurrent;

use candle_core::{D, DType, Device, Tensor};
use ciskit_encode::UNKNOWN;

use super::attention::{PositionAttention, relation};
use super::relu::relu;
use super::relu_pool::pooled_length;
use super::top::{top_count, top_indices};
use crate::{Doing, NnError};

pub use recurrent::bidirectional;

/// [`ops::conv_relu_pool`](super::conv_relu_pool) composed of candle operations.
///
/// # Errors
///
/// [`NnError::TooShort`], or [`NnError::Candle`] if shapes or types don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let x = Tensor::new(&[[[1f32, -2., 3., 4., 9.]]], &Device::Cpu)?;
/// let weight = Tensor::new(&[[[1f32, 1.]]], &Device::Cpu)?;
/// let bias = Tensor::new(&[-0.5f32], &Device::Cpu)?;
/// let y = ops::portable::conv_relu_pool(&x, &weight, &bias, 2)?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[0.5, 12.5]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn conv_relu_pool(x: &Tensor, weight: &Tensor, bias: &Tensor, pool: usize) -> Result<Tensor, NnError> {
    let doing = "portable convolution, ReLU and pooling";
    let (batch, _, length) = x.dims3().doing(doing)?;
    let (outputs, _, kernel) = weight.dims3().doing(doing)?;
    let pooled = pooled_length(length, kernel, pool).ok_or(NnError::TooShort { length, kernel, pool })?;
    let convolved = || {
        let (x, weight) = (x.contiguous()?.unsqueeze(2)?, weight.contiguous()?.unsqueeze(2)?);
        let convolved = x.conv2d(&weight, 0, 1, 1, 1)?.squeeze(2)?; // (B, O, L − K + 1)
        convolved.broadcast_add(&bias.reshape((1, outputs, 1))?)
    };
    let active = relu(&convolved().doing(doing)?)?;
    let windows = active.narrow(2, 0, pooled * pool).and_then(|kept| kept.contiguous());
    let windows = windows.and_then(|kept| kept.reshape((batch, outputs, pooled, pool))); // (B, O, P, pool)
    first_max(&windows.doing(doing)?).doing(doing) // (B, O, P)
}

/// [`ops::codes_conv_relu_pool`](super::codes_conv_relu_pool) composed of candle operations.
///
/// *Differences*: codes are not checked, since that would wait for the device.
///
/// # Errors
///
/// [`NnError::TooShort`], or [`NnError::Candle`] if shapes or types don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let codes = Tensor::new(&[[0u8, 3, 4]], &Device::Cpu)?;
/// let weight = Tensor::new(&[[[5f32, 0.], [0., 0.], [0., 0.], [0., 2.]]], &Device::Cpu)?;
/// let bias = Tensor::new(&[1f32], &Device::Cpu)?;
/// let y = ops::portable::codes_conv_relu_pool(&codes, &weight, &bias, 1)?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[8., 1.]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn codes_conv_relu_pool(
    codes: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
) -> Result<Tensor, NnError> {
    let one_hot = || {
        let (batch, length) = codes.dims2()?;
        let bases = usize::from(UNKNOWN);
        let device = codes.device();
        // One row a code; that of the unknown base is zero.
        let rows = Tensor::eye(bases, weight.dtype(), device)?.pad_with_zeros(0, 0, 1)?;
        let columns = rows.index_select(&codes.flatten_all()?.to_dtype(DType::U32)?, 0)?;
        columns.reshape((batch, length, bases))?.transpose(1, 2)?.contiguous()
    };
    conv_relu_pool(&one_hot().doing("one-hot encoding of base codes")?, weight, bias, pool)
}

/// [`ops::kmer_ids`](super::kmer_ids) composed of candle operations.
///
/// *Differences*: k is at most 11, because ids are computed in f32.
///
/// # Errors
///
/// [`NnError::Candle`] if `codes` is not (B, L).
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let codes = Tensor::new(&[[0u8, 0, 1, 3, 4]], &Device::Cpu)?;
/// assert_eq!(ops::portable::kmer_ids(&codes, 3)?.to_vec2::<u32>()?, [[0, 0, 2, 8, 0]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn kmer_ids(codes: &Tensor, k: usize) -> Result<Tensor, NnError> {
    let ids = || {
        let (batch, length) = codes.dims2()?;
        let Some(kmers) = (length + 1).checked_sub(k).filter(|&kmers| kmers > 0) else {
            return Tensor::zeros((batch, length), DType::U32, codes.device());
        };
        let known = codes.lt(UNKNOWN)?.to_dtype(DType::F32)?;
        let digits = codes.to_dtype(DType::F32)?;
        let (mut rank, mut whole) = (digits.narrow(1, 0, kmers)?, known.narrow(1, 0, kmers)?);
        for place in 1..k {
            rank = ((rank * 4.0)? + digits.narrow(1, place, kmers)?)?;
            whole = (whole * known.narrow(1, place, kmers)?)?;
        }
        // A k-mer with an unknown base has a rank that means nothing; `whole` is 0 for it.
        ((rank + 1.0)? * whole)?.pad_with_zeros(1, length - kmers, 0)?.to_dtype(DType::U32)
    };
    ids().doing("portable numbering of k-mers")
}

/// [`ops::ids_conv_relu_pool`](super::ids_conv_relu_pool) composed of candle operations.
///
/// *Differences*: ids are not checked, since that would wait for the device.
///
/// # Errors
///
/// [`NnError::TooShort`], or [`NnError::Candle`] if shapes or types don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let ids = Tensor::new(&[[1u32, 0]], &Device::Cpu)?;
/// let embedding = Tensor::new(&[[0f32, 1.], [2., 3.]], &Device::Cpu)?;
/// let weight = Tensor::new(&[[[1f32], [10.]]], &Device::Cpu)?;
/// let bias = Tensor::new(&[0f32], &Device::Cpu)?;
/// let y = ops::portable::ids_conv_relu_pool(&ids, &embedding, &weight, &bias, 1)?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[32., 10.]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn ids_conv_relu_pool(
    ids: &Tensor,
    embedding: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
) -> Result<Tensor, NnError> {
    let embedded = || {
        let (batch, length) = ids.dims2()?;
        let (_, inputs) = embedding.dims2()?;
        let vectors = embedding.index_select(&ids.flatten_all()?, 0)?;
        vectors.reshape((batch, length, inputs))?.transpose(1, 2)?.contiguous()
    };
    conv_relu_pool(&embedded().doing("embedding words")?, weight, bias, pool)
}

/// [`ops::position_attention`](super::position_attention) composed of candle operations.
///
/// *Cost*: keeps the relation matrix (B, n, m), and copies it to the host once to rank it, because no device sorts
/// so long a row, or does so stably.
///
/// # Errors
///
/// As [`ops::position_attention`](super::position_attention).
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let e = Tensor::new(&[[[1f32, 3.]]], &Device::Cpu)?;
/// let p = Tensor::new(&[[[2f32, 4.]]], &Device::Cpu)?;
/// let attention = ops::portable::position_attention(&e, &p, 0.75)?;
/// assert_eq!(attention.top.to_vec2::<f32>()?, [[12., 6., 4.]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn position_attention(e: &Tensor, p: &Tensor, ratio: f64) -> Result<PositionAttention, NnError> {
    let positions = |x: &Tensor| x.dims3().map(|(_, _, positions)| positions);
    let (n, m) = (positions(e).doing(ATTENTION)?, positions(p).doing(ATTENTION)?);
    keeping(e, p, top_count(n, m, ratio)?)
}

const ATTENTION: &str = "portable position attention";

/// [`position_attention`] that keeps the `top` largest relations.
pub(crate) fn keeping(e: &Tensor, p: &Tensor, top: usize) -> Result<PositionAttention, NnError> {
    let relation = relation(e, p)?; // (B, n, m)
    let extremes = || {
        let columns = relation.transpose(1, 2)?.contiguous()?; // (B, m, n)
        let flat = relation.flatten_from(1)?; // (B, n·m)
        let top = flat.gather(&ranks(&flat, top)?, 1)?; // (B, k)
        Ok((first_max(&relation)?, first_max(&columns)?, top))
    };
    let (enhancer_max, promoter_max, top) = extremes().doing(ATTENTION)?;
    PositionAttention::from_extremes(e, p, enhancer_max, promoter_max, top)
}

/// [`ops::max_pool`](super::max_pool) composed of candle operations.
///
/// # Errors
///
/// [`NnError::TooShort`], or [`NnError::Candle`] if `x` is not (B, C, L).
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let x = Tensor::new(&[[[1f32, 5., 4., 2., 9.]]], &Device::Cpu)?;
/// assert_eq!(ops::portable::max_pool(&x, 2)?.to_vec3::<f32>()?, [[[5., 4.]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn max_pool(x: &Tensor, pool: usize) -> Result<Tensor, NnError> {
    let doing = "portable pooling";
    let (batch, channels, length) = x.dims3().doing(doing)?;
    let pooled = pooled_length(length, 1, pool).ok_or(NnError::TooShort { length, kernel: 1, pool })?;
    let windows = x.narrow(2, 0, pooled * pool).and_then(|kept| kept.contiguous());
    let windows = windows.and_then(|kept| kept.reshape((batch, channels, pooled, pool))); // (B, C, P, pool)
    first_max(&windows.doing(doing)?).doing(doing) // (B, C, P)
}

/// The largest value along the last dimension, whose gradient goes to the position that `argmax` names.
fn first_max(x: &Tensor) -> candle_core::Result<Tensor> {
    let at = x.argmax_keepdim(D::Minus1)?;
    x.gather(&at, D::Minus1)?.squeeze(D::Minus1)
}

/// Indices of the `count` largest values of each row, (B, count), ranked on the host.
fn ranks(rows: &Tensor, count: usize) -> candle_core::Result<Tensor> {
    let host = rows.detach().to_device(&Device::Cpu)?.to_dtype(DType::F64)?;
    let ranked: Vec<u32> = host.to_vec2::<f64>()?.iter().flat_map(|row| top_indices(row, count)).collect();
    Tensor::from_vec(ranked, (rows.dim(0)?, count), rows.device())
}
