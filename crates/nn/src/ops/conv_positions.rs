//! The convolution of positions × channels, for models that only score.
//!
//! Channels lie next to each other, as Keras has them. The sequence is cut into tiles of a few hundred positions: those that
//! a tile reads are laid out channel by channel, which stays in the cache while all filters pass over them.

use candle_core::{DType, Tensor};
use rayon::prelude::*;

use super::host::{Host, transpose};
use super::tile::{Columns, Multiply, Windows};
use super::winograd::{self, Winograd};
use crate::simd::{self, Lanes, Level};
use crate::{Doing, NnError};

/// Where a convolution or a pooling reads: how far apart its windows and the taps of a window are, and how many zeros it
/// sees before and after the sequence.
///
/// ```
/// use ciskit_nn::ops::Steps;
///
/// assert_eq!(Steps::valid().positions(2001, 8), Some(1994));
/// assert_eq!(Steps::same(4096, 9, 1, 1).positions(4096, 9), Some(4096));
/// // An even window has its odd zero after the sequence; a stride pads no more than it needs.
/// assert_eq!(Steps::same(2000, 8, 1, 1).padding, [3, 4]);
/// assert_eq!(Steps::same(50, 3, 2, 1).padding, [0, 1]);
/// assert_eq!(Steps::valid().positions(7, 8), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Steps {
    /// Positions from one window to the next.
    pub stride: usize,
    /// Positions from one tap to the next.
    pub dilation: usize,
    /// Zeros before and after the sequence.
    pub padding: [usize; 2],
}

impl Steps {
    /// Next to each other, within the sequence.
    #[must_use]
    pub fn valid() -> Self {
        Self { stride: 1, dilation: 1, padding: [0, 0] }
    }

    /// As many windows as `length / stride`, rounded up, in the way of Keras and TensorFlow: as few zeros as that takes, half
    /// of them before the sequence, an odd one after it.
    #[must_use]
    pub fn same(length: usize, width: usize, stride: usize, dilation: usize) -> Self {
        let reach = reach(width, dilation);
        let stride = stride.max(1);
        let zeros = ((length.div_ceil(stride).max(1) - 1) * stride + reach).saturating_sub(length);
        Self { stride, dilation, padding: [zeros / 2, zeros - zeros / 2] }
    }

    /// Number of windows of `width` taps, `None` if there is no room for one, or no way from one to the next: a stride or
    /// dilation of 0.
    #[must_use]
    pub fn positions(&self, length: usize, width: usize) -> Option<usize> {
        let padded = length + self.padding[0] + self.padding[1];
        let rest = padded.checked_sub(reach(width, self.dilation)).filter(|_| self.dilation > 0)?;
        Some(rest.checked_div(self.stride)? + 1)
    }
}

/// Positions from the first tap to the last, both included.
fn reach(width: usize, dilation: usize) -> usize {
    (width.max(1) - 1) * dilation + 1
}

/// Positions of a tile, at most: many enough that filters are worth their way from memory.
const TILE: usize = 192;

/// Rows that a residue class of positions must have for the fast way.
const FEW: usize = 24;

/// A filter bank, prepared for the way that suits its shape.
pub(crate) enum Bank {
    /// Neighbouring windows, or every `dilation`-th one.
    Winograd(Box<Winograd>),
    /// Any windows; with a stride, each is written out.
    Plain { columns: Columns, start: Vec<Lanes> },
}

/// The sizes of one application.
#[derive(Clone, Copy)]
pub(crate) struct ConvShape {
    pub(crate) length: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) positions: usize,
    pub(crate) steps: Steps,
}

impl ConvShape {
    /// Whether the positions of each residue class are enough for the fast way.
    pub(crate) fn is_fast(&self, level: Level) -> bool {
        let Steps { stride, dilation, .. } = self.steps;
        !level.is_portable()
            && stride == 1
            && self.kernel >= 3
            && self.kernel != 4
            && self.positions / dilation >= FEW
    }

    /// Residue classes that are computed one after another.
    fn classes(&self, bank: &Bank) -> usize {
        match bank {
            Bank::Winograd(_) => self.steps.dilation,
            Bank::Plain { .. } => 1,
        }
    }
}

impl Bank {
    /// Prepares `weight` (outputs, inputs, kernel) and `bias`.
    pub(crate) fn of(level: Level, shape: &ConvShape, weight: &[f32], bias: &[f32]) -> Self {
        let ConvShape { inputs, outputs, kernel, .. } = *shape;
        let start = simd::pack(bias);
        if shape.is_fast(level) {
            let winograd = Winograd::of(level, (outputs, inputs, kernel), FEW, weight, &start);
            if let Some(winograd) = winograd {
                return Self::Winograd(Box::new(winograd));
            }
        }
        let depth = inputs * kernel;
        let columns = Columns::pack(level, depth, outputs, |row, output| weight[output * depth + row]);
        Self::Plain { columns, start }
    }
}

/// A piece of the output: rows `first..first + rows` of a residue class of one item.
struct Tile<'a> {
    x: &'a [f32],
    class: usize,
    first: usize,
    rows: usize,
    out: &'a mut [f32],
}

/// What one thread works in.
#[derive(Default)]
struct Scratch {
    /// What a tile reads, position by position.
    positions: Vec<f32>,
    /// The same, channel by channel.
    channels: Vec<f32>,
    sums: Vec<Lanes>,
    winograd: winograd::Scratch,
}

/// The convolution of `x` (items, length, inputs), then ReLU if asked for: (items, positions, outputs).
pub(crate) fn convolve(level: Level, bank: &Bank, shape: &ConvShape, x: &[f32], relu: bool) -> Vec<f32> {
    let ConvShape { length, inputs, outputs, positions, .. } = *shape;
    let classes = shape.classes(bank);
    let items = x.len() / (length * inputs).max(1);
    let mut out = vec![0.0; items * positions * outputs];
    let mut tiles = Vec::new();
    for (x, out) in x.chunks_exact(length * inputs).zip(out.chunks_exact_mut(positions * outputs)) {
        let mut rest = out;
        for class in 0..classes {
            let rows = (positions - class).div_ceil(classes);
            // Tiles of one size, whole tiles of registers but for the last.
            let size = rows.div_ceil(rows.div_ceil(TILE)).next_multiple_of(12);
            for first in (0..rows).step_by(size) {
                let rows = size.min(rows - first);
                let (out, after) = rest.split_at_mut(rows * outputs);
                rest = after;
                tiles.push(Tile { x, class, first, rows, out });
            }
        }
    }
    tiles.into_par_iter().with_max_len(1).for_each_init(Scratch::default, |scratch, tile| {
        compute(level, bank, shape, scratch, &tile);
        let vectors = outputs.div_ceil(simd::LANES);
        for (out, sums) in tile.out.chunks_exact_mut(outputs).zip(scratch.sums.chunks_exact(vectors)) {
            for (out, sums) in out.chunks_mut(simd::LANES).zip(sums) {
                for (out, &sum) in out.iter_mut().zip(&sums.0) {
                    // Not "sum > 0", which would turn NaN into 0.
                    *out = if relu && sum <= 0.0 { 0.0 } else { sum };
                }
            }
        }
    });
    if classes > 1 { in_order(&out, shape, classes) } else { out }
}

/// The sums of a tile's rows.
fn compute(level: Level, bank: &Bank, shape: &ConvShape, scratch: &mut Scratch, tile: &Tile<'_>) {
    let ConvShape { length, inputs, outputs, kernel, steps, .. } = *shape;
    let Scratch { positions, channels, sums, winograd } = scratch;
    sums.resize(tile.rows * outputs.div_ceil(simd::LANES), Lanes::ZERO);
    // Position of the sequence that a row's tap reads, counted from the first zero before it.
    let read = |position: usize| {
        let position = position.checked_sub(steps.padding[0]).filter(|&position| position < length)?;
        Some(&tile.x[position * inputs..][..inputs])
    };
    let spacing = match bank {
        Bank::Winograd(_) => steps.dilation,
        Bank::Plain { .. } => 1,
    };
    let strided = steps.stride > 1;
    let (channel_count, needed) = match (bank, strided) {
        (Bank::Winograd(_), _) => (inputs, tile.rows + kernel - 1),
        (Bank::Plain { .. }, false) => (inputs, tile.rows - 1 + reach(kernel, steps.dilation)),
        (Bank::Plain { .. }, true) => (inputs * kernel, tile.rows),
    };
    // An odd number of cache lines a channel, so that neighbouring channels do not fall into one place of the cache.
    let width = needed.next_multiple_of(2 * simd::LANES) + simd::LANES;
    positions.clear();
    positions.resize(width * channel_count, 0.0);
    let rows = positions.chunks_exact_mut(channel_count).take(needed).enumerate();
    for (row, values) in rows {
        if strided {
            for tap in 0..kernel {
                if let Some(x) = read((tile.first + row) * steps.stride + tap * steps.dilation) {
                    for (value, &x) in values[tap..].iter_mut().step_by(kernel).zip(x) {
                        *value = x;
                    }
                }
            }
        } else if let Some(x) = read((tile.first + row) * spacing + tile.class) {
            values.copy_from_slice(x);
        }
    }
    channels.resize(width * channel_count, 0.0);
    transpose(positions, channel_count, channels);
    match bank {
        Bank::Winograd(bank) => bank.rows(level, channels, width, winograd, sums),
        Bank::Plain { columns, start } => {
            let taps: Vec<usize> =
                if strided { vec![0] } else { (0..kernel).map(|tap| tap * steps.dilation).collect() };
            let windows = Windows { values: channels, length: width, taps: &taps, step: 1 };
            level.run(Multiply { windows, columns, start, out: sums });
        }
    }
}

/// Residue classes one after another, in the order of positions.
fn in_order(out: &[f32], shape: &ConvShape, classes: usize) -> Vec<f32> {
    let ConvShape { outputs, positions, .. } = *shape;
    let mut ordered = vec![0.0; out.len()];
    let items =
        ordered.par_chunks_exact_mut(positions * outputs).zip(out.par_chunks_exact(positions * outputs));
    items.for_each(|(ordered, out)| {
        let mut rows = out.chunks_exact(outputs);
        for class in 0..classes {
            for (position, row) in (class..positions).step_by(classes).zip(&mut rows) {
                ordered[position * outputs..][..outputs].copy_from_slice(row);
            }
        }
    });
    ordered
}

/// The same by operations of candle, for any device and type.
pub(crate) fn composed(
    shape: &ConvShape,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    relu: bool,
) -> Result<Tensor, NnError> {
    let ConvShape { inputs, outputs, kernel, positions, steps, .. } = *shape;
    let sum = || {
        let items = x.dims()[0];
        let [before, after] = steps.padding;
        let padded = x.pad_with_zeros(1, before, after)?; // (B, L', C)
        let mut sum = Tensor::zeros((items * positions, outputs), x.dtype(), x.device())?;
        let starts: Vec<u32> = (0..positions as u32).map(|row| row * steps.stride as u32).collect();
        let starts = Tensor::from_vec(starts, positions, x.device())?;
        for tap in 0..kernel {
            let rows = padded.narrow(1, tap * steps.dilation, (positions - 1) * steps.stride + 1)?;
            let rows = rows.contiguous()?;
            let rows = if steps.stride > 1 { rows.index_select(&starts, 1)? } else { rows };
            let filter = weight.narrow(2, tap, 1)?.squeeze(2)?.t()?.contiguous()?; // (C, O)
            sum = (sum + rows.reshape((items * positions, inputs))?.matmul(&filter)?)?;
        }
        let sum = match bias {
            Some(bias) => sum.broadcast_add(bias)?,
            None => sum,
        };
        sum.reshape((items, positions, outputs)) // (B, P, O)
    };
    let sum = sum().doing("a convolution")?;
    if relu { super::relu(&sum) } else { Ok(sum) }
}

/// Whether the operation has a way of its own for such a tensor.
pub(crate) fn is_native(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}

/// The numbers of a contiguous CPU tensor.
pub(crate) fn with_values<R>(x: &Tensor, use_them: impl FnOnce(&[f32]) -> R) -> Result<R, NnError> {
    let x = x.contiguous().doing("laying out a tensor")?;
    let host = Host::of(&x);
    Ok(use_them(host.elements::<f32>().doing("reading a tensor")?))
}
