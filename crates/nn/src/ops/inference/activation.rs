//! Activation functions, alone and as gates.

use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::super::host::elements;
use super::super::recurrent::activation::{exp, sigmoid, tanh};
use super::{CHUNK, in_vectors};
use crate::simd::{Kernel, Level, Simd};
use crate::{Doing, NnError};

/// An activation function.
///
/// *Source*: Hendrycks and Gimpel, arXiv 1606.08415, for both forms of GELU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x Φ(x), Φ the normal distribution function: the exact GELU, through erf.
    Gelu,
    /// ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))): GELU's approximation.
    GeluTanh,
    /// x σ(1.702 x): GELU's other approximation, that of Enformer.
    GeluSigmoid,
    /// x σ(x), also called swish.
    Silu,
    /// ln(1 + eˣ).
    Softplus,
    /// The hyperbolic tangent.
    Tanh,
}

/// `activation` of every number.
///
/// *Shapes*: any, kept.
///
/// # Errors
///
/// [`NnError::Candle`] if `x` holds no floats.
///
/// ```
/// use ciskit_nn::ops::inference::{Activation, activate};
/// use ciskit_nn::{Device, Tensor};
///
/// let x = Tensor::new(&[-1f32, 0.0, 1.0], &Device::Cpu)?;
/// let y = activate(&x, Activation::Gelu)?.to_vec1::<f32>()?;
/// assert!((y[2] - 0.841_344_7).abs() < 1e-6 && (y[0] + 0.158_655_3).abs() < 1e-6);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn activate(x: &Tensor, activation: Activation) -> std::result::Result<Tensor, NnError> {
    let apply = || {
        if in_vectors([x]) {
            x.contiguous()?.apply_op1(Activate(activation))
        } else {
            portable(x, activation)
        }
    };
    apply().doing("an activation function")
}

/// `activation(a) ⊙ b` of the two halves a and b of the last dimension.
///
/// *Shapes*: (…, 2 n) to (…, n). *Source*: Shazeer, arXiv 2002.05202.
///
/// # Errors
///
/// [`NnError::Candle`] if the last dimension is odd or `x` holds no floats.
///
/// ```
/// use ciskit_nn::ops::inference::{Activation, gated};
/// use ciskit_nn::{Device, Tensor};
///
/// let x = Tensor::new(&[[-1f32, 2.0, 3.0, 4.0]], &Device::Cpu)?;
/// assert_eq!(gated(&x, Activation::Relu)?.to_vec2::<f32>()?, [[0.0, 8.0]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn gated(x: &Tensor, activation: Activation) -> std::result::Result<Tensor, NnError> {
    let apply = || {
        let width = x.dim(D::Minus1)?;
        if width % 2 == 1 {
            candle_core::bail!("{width} numbers have no halves");
        }
        if in_vectors([x]) {
            x.contiguous()?.apply_op1(Gated(activation))
        } else {
            let halves = x.chunk(2, D::Minus1)?;
            portable(&halves[0], activation)? * &halves[1]
        }
    };
    apply().doing("a gated activation")
}

fn portable(x: &Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Relu => x.relu(),
        // Neither is candle's own, whose derivatives have six digits.
        Activation::Gelu => {
            let twice = ((x * std::f64::consts::FRAC_1_SQRT_2)?.erf()? + 1.0)?;
            (x * twice)? * 0.5
        }
        Activation::GeluTanh => {
            let cube = (x.sqr()? * x)?;
            let inner = ((x + (cube * 0.044_715)?)? * (2.0 * (2.0 / std::f64::consts::PI).sqrt()))?;
            x * candle_nn::ops::sigmoid(&inner)?
        }
        Activation::GeluSigmoid => x * candle_nn::ops::sigmoid(&(x * f64::from(SIGMOID_SLOPE))?)?,
        Activation::Silu => x.silu(),
        // |x| is what is left above 0 and below; so nothing overflows.
        Activation::Softplus => x.relu()? + ((x.abs()?.neg()?.exp()? + 1.0)?.log()?),
        Activation::Tanh => x.tanh(),
    }
}

/// Φ(x), the normal distribution function.
///
/// With t = 1 / (1 + 0.35 a), a = |x| / √2, the function erfc(a) e^(a²) / t is nearly a polynomial of t; this one, fitted for
/// the smallest relative error over all a, is within 1.4 · 10⁻⁸ of it. The tail keeps its relative precision.
#[inline(always)]
fn normal_distribution(x: f32) -> f32 {
    const COEFFICIENTS: [f32; 10] = [
        0.197_465_94,
        0.197_485_5,
        0.185_020_77,
        0.164_591_45,
        0.107_465_82,
        0.158_381_52,
        -0.112_768_07,
        0.244_610_97,
        -0.185_486_9,
        0.043_233_01,
    ];
    let size = if x < 0.0 { -x } else { x };
    let t = 1.0 / (1.0 + size * (0.35 * std::f32::consts::FRAC_1_SQRT_2));
    let mut sum = COEFFICIENTS[9];
    for at in (0..9).rev() {
        sum = sum * t + COEFFICIENTS[at];
    }
    let tail = 0.5 * t * sum * exp(-0.5 * (x * x));
    if x < 0.0 { tail } else { 1.0 - tail }
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    x * normal_distribution(x)
}

#[inline(always)]
fn silu(x: f32) -> f32 {
    x * sigmoid(x)
}

#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    /// √(2/π).
    const FACTOR: f32 = 0.797_884_6;
    // ½ (1 + tanh u) = σ(2 u), which keeps its digits where tanh u is nearly -1.
    x * sigmoid(2.0 * FACTOR * (x + 0.044_715 * (x * x * x)))
}

/// Slope of the sigmoid that stands for the normal distribution function.
const SIGMOID_SLOPE: f32 = 1.702;

#[inline(always)]
fn gelu_sigmoid(x: f32) -> f32 {
    x * sigmoid(SIGMOID_SLOPE * x)
}

/// Not in vectors: the logarithm is the library's.
#[inline(always)]
fn softplus(x: f32) -> f32 {
    let size = if x < 0.0 { -x } else { x };
    relu(x) + exp(-size).ln_1p()
}

#[inline(always)]
fn relu(x: f32) -> f32 {
    // Not f32::max, which would turn NaN into 0.
    if x < 0.0 { 0.0 } else { x }
}

/// `function` of every number, compiled once for each function and level of instructions.
#[inline(always)]
fn each(x: &[f32], out: &mut [f32], function: impl Fn(f32) -> f32) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out = function(x);
    }
}

/// `function(a) b` for every row a|b.
#[inline(always)]
fn each_gated(x: &[f32], out: &mut [f32], width: usize, function: impl Fn(f32) -> f32) {
    for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(2 * width)) {
        let (gates, values) = x.split_at(width);
        for ((out, &gate), &value) in out.iter_mut().zip(gates).zip(values) {
            *out = function(gate) * value;
        }
    }
}

/// `function(x factor + shift)` of every number of rows of channels.
#[inline(always)]
fn each_channel(x: &[f32], factor: &[f32], shift: &[f32], out: &mut [f32], function: impl Fn(f32) -> f32) {
    let width = factor.len().max(1);
    for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
        for ((out, &x), (&factor, &shift)) in out.iter_mut().zip(x).zip(factor.iter().zip(shift)) {
            *out = function(x * factor + shift);
        }
    }
}

struct Activate(Activation);

impl CustomOp1 for Activate {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x: &[f32] = elements(storage, layout)?;
        let (mut out, level) = (vec![0.0; x.len()], Level::current());
        out.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK)).for_each(|(out, x)| {
            level.run(Apply { activation: self.0, x, out });
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

struct Apply<'a> {
    activation: Activation,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { activation, x, out } = self;
        match activation {
            Activation::Relu => each(x, out, relu),
            Activation::Gelu => each(x, out, gelu),
            Activation::GeluTanh => each(x, out, gelu_tanh),
            Activation::GeluSigmoid => each(x, out, gelu_sigmoid),
            Activation::Silu => each(x, out, silu),
            Activation::Softplus => each(x, out, softplus),
            Activation::Tanh => each(x, out, tanh),
        }
    }
}

/// `activation(x factor + shift)`, channel by channel, of rows of channels.
pub(super) fn of_channels<'a>(
    activation: Activation,
    x: &'a [f32],
    factor: &'a [f32],
    shift: &'a [f32],
    out: &'a mut [f32],
) -> impl Kernel<Output = ()> + 'a {
    ApplyToChannels { activation, x, factor, shift, out }
}

struct ApplyToChannels<'a> {
    activation: Activation,
    x: &'a [f32],
    factor: &'a [f32],
    shift: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for ApplyToChannels<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { activation, x, factor, shift, out } = self;
        match activation {
            Activation::Relu => each_channel(x, factor, shift, out, relu),
            Activation::Gelu => each_channel(x, factor, shift, out, gelu),
            Activation::GeluTanh => each_channel(x, factor, shift, out, gelu_tanh),
            Activation::GeluSigmoid => each_channel(x, factor, shift, out, gelu_sigmoid),
            Activation::Silu => each_channel(x, factor, shift, out, silu),
            Activation::Softplus => each_channel(x, factor, shift, out, softplus),
            Activation::Tanh => each_channel(x, factor, shift, out, tanh),
        }
    }
}

struct Gated(Activation);

impl CustomOp1 for Gated {
    fn name(&self) -> &'static str {
        "gated-activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x: &[f32] = elements(storage, layout)?;
        let mut shape = layout.dims().to_vec();
        let width = shape.last().map_or(1, |last| last / 2).max(1);
        if let Some(last) = shape.last_mut() {
            *last /= 2;
        }
        let (mut out, level) = (vec![0.0; x.len() / 2], Level::current());
        let rows = (CHUNK / width).max(1);
        out.par_chunks_mut(rows * width).zip(x.par_chunks(2 * rows * width)).for_each(|(out, x)| {
            level.run(ApplyGated { activation: self.0, x, width, out });
        });
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

struct ApplyGated<'a> {
    activation: Activation,
    x: &'a [f32],
    width: usize,
    out: &'a mut [f32],
}

impl Kernel for ApplyGated<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { activation, x, width, out } = self;
        match activation {
            Activation::Relu => each_gated(x, out, width, relu),
            Activation::Gelu => each_gated(x, out, width, gelu),
            Activation::GeluTanh => each_gated(x, out, width, gelu_tanh),
            Activation::GeluSigmoid => each_gated(x, out, width, gelu_sigmoid),
            Activation::Silu => each_gated(x, out, width, silu),
            Activation::Softplus => each_gated(x, out, width, softplus),
            Activation::Tanh => each_gated(x, out, width, tanh),
        }
    }
}

#[cfg(test)]
mod tests;
