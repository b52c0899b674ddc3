//! Which recurrent cell, and how its gates are switched.

use serde::{Deserialize, Serialize};

use super::lane::{Items, Lane};

/// The function of a recurrent cell's gates.
///
/// ```
/// use ciskit_nn::ops::GateActivation;
///
/// assert_eq!(GateActivation::default(), GateActivation::Sigmoid);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateActivation {
    /// 1 / (1 + e^−x).
    #[default]
    Sigmoid,
    /// 0.2 x + 0.5 between 0 and 1, the default of Keras up to 2.2 (Keras 3 means another function by this name).
    HardSigmoid,
}

/// A recurrent cell of H units, in the layout of Keras: gates are blocks of H columns of its matrices.
///
/// *Source*: GRU: Cho et al., EMNLP 2014, with the reset gate before the recurrent product; the form with the gate
/// after it is cuDNN's. LSTM: Hochreiter and Schmidhuber, Neural Computation 1997, with forget gates.
///
/// ```
/// use ciskit_nn::ops::{Cell, GateActivation};
///
/// let lstm = Cell::Lstm { gates: GateActivation::Sigmoid };
/// assert_eq!((lstm.blocks(), lstm.bias_shape(100)), (4, vec![400]));
/// let gru = Cell::Gru { reset_after: true, gates: GateActivation::Sigmoid };
/// assert_eq!((gru.blocks(), gru.bias_shape(50)), (3, vec![2, 150]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Gated recurrent unit, blocks z, r, n: h' = z ⊙ h + (1 − z) ⊙ n.
    Gru {
        /// Whether the reset gate acts on the recurrent product, n = tanh(xW + b + r ⊙ (hU + c)), with biases of their
        /// own, or on the state before it, n = tanh(xW + b + (r ⊙ h)U).
        reset_after: bool,
        /// The function of z and r.
        gates: GateActivation,
    },
    /// Long short-term memory, blocks i, f, g, o: c' = f ⊙ c + i ⊙ tanh(g), h' = o ⊙ tanh(c').
    Lstm {
        /// The function of i, f and o.
        gates: GateActivation,
    },
}

impl Cell {
    /// Blocks of columns.
    #[must_use]
    pub fn blocks(self) -> usize {
        match self {
            Self::Gru { .. } => 3,
            Self::Lstm { .. } => 4,
        }
    }

    /// Shape of the bias for so many units: (2, 3 units) for a GRU that resets after the product, row 0 of the input
    /// and row 1 of the recurrent product; otherwise one row for both.
    #[must_use]
    pub fn bias_shape(self, units: usize) -> Vec<usize> {
        match self {
            Self::Gru { reset_after: true, .. } => vec![2, 3 * units],
            _ => vec![self.blocks() * units],
        }
    }

    pub(super) fn gates(self) -> GateActivation {
        let (Self::Gru { gates, .. } | Self::Lstm { gates }) = self;
        gates
    }

    /// Columns of the recurrent kernel that multiply the state itself in the first product of a step.
    pub(super) fn first_columns(self, units: usize) -> usize {
        match self {
            Self::Gru { .. } => 2 * units,
            Self::Lstm { .. } => 4 * units,
        }
    }
}

impl GateActivation {
    /// The value of a gate for each of sixteen numbers.
    #[inline(always)]
    pub(super) fn of<T: Lane>(self, x: Items<T>) -> Items<T> {
        let mut out = x;
        match self {
            Self::Sigmoid => {
                for out in &mut out.0 {
                    *out = out.sigmoid();
                }
            }
            Self::HardSigmoid => {
                let (slope, half) = (T::from_f64(0.2), T::from_f64(0.5));
                for out in &mut out.0 {
                    let value = *out * slope + half;
                    // Not by minimum and maximum, which would drop NaN.
                    let value = if value > T::one() { T::one() } else { value };
                    *out = if value < T::zero() { T::zero() } else { value };
                }
            }
        }
        out
    }

    /// The derivative at each of sixteen values of a gate.
    #[inline(always)]
    pub(super) fn slope<T: Lane>(self, value: Items<T>) -> Items<T> {
        let mut out = value;
        match self {
            Self::Sigmoid => {
                for out in &mut out.0 {
                    *out = *out * (T::one() - *out);
                }
            }
            Self::HardSigmoid => {
                let slope = T::from_f64(0.2);
                for out in &mut out.0 {
                    let inside = *out > T::zero() && *out < T::one();
                    *out = if inside { slope } else { T::zero() };
                }
            }
        }
        out
    }
}

/// tanh of each of sixteen numbers.
#[inline(always)]
pub(super) fn tanh<T: Lane>(x: Items<T>) -> Items<T> {
    let mut out = x;
    for out in &mut out.0 {
        *out = out.tanh();
    }
    out
}
