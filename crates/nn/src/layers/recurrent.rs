//! Bidirectional recurrent layers with parameters.

use candle_core::Tensor;
use candle_nn::{Init, VarBuilder};

use crate::ops::{self, Cell, Direction};
use crate::{Doing, NnError, init};

/// A GRU or LSTM that reads a sequence from both ends.
///
/// *Shapes*: (B, inputs, steps) to (B, steps, 2 units), the forward half first ([`ops::bidirectional`]).
///
/// Parameters, under `forward` and `backward` each: `kernel` (inputs, blocks · units), Glorot-uniform;
/// `recurrent_kernel` (units, blocks · units), orthogonal; `bias` ([`Cell::bias_shape`]), 0, and 1 for an LSTM's forget
/// gate. Names, layout and initialisation are those of Keras.
///
/// ```
/// use ciskit_nn::layers::Bidirectional;
/// use ciskit_nn::ops::{Cell, GateActivation};
/// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor};
///
/// let cell = Cell::Gru { reset_after: true, gates: GateActivation::Sigmoid };
/// let (parameters, gru) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| {
///     Bidirectional::load(vb.pp("gru"), cell, 64, 50)
/// })?;
/// assert_eq!(parameters.get("gru.backward.recurrent_kernel").unwrap().dims(), [50, 150]);
/// let x = Tensor::zeros((2, 64, 7), DType::F32, &Device::Cpu)?;
/// assert_eq!(gru.forward(&x)?.dims(), [2, 7, 100]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bidirectional {
    cell: Cell,
    forward: OneWay,
    backward: OneWay,
}

#[derive(Clone, Debug)]
struct OneWay {
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
}

impl Bidirectional {
    /// Loads or initialises both directions.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(vb: VarBuilder<'_>, cell: Cell, inputs: usize, units: usize) -> Result<Self, NnError> {
        let one_way = |name| OneWay::load(vb.pp(name), cell, inputs, units);
        Ok(Self { cell, forward: one_way("forward")?, backward: one_way("backward")? })
    }

    /// The layer's output at every step.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        ops::bidirectional(x, self.cell, self.forward.weights(), self.backward.weights())
    }
}

impl OneWay {
    fn load(vb: VarBuilder<'_>, cell: Cell, inputs: usize, units: usize) -> Result<Self, NnError> {
        let columns = cell.blocks() * units;
        let bias_init = match cell {
            Cell::Gru { .. } => Init::Const(0.0),
            Cell::Lstm { .. } => init::UNIT_FORGET_BIAS,
        };
        let load = || {
            Ok(Self {
                kernel: vb.get_with_hints(
                    (inputs, columns),
                    "kernel",
                    init::glorot_uniform(inputs, columns),
                )?,
                recurrent_kernel: vb.get_with_hints(
                    (units, columns),
                    "recurrent_kernel",
                    init::ORTHOGONAL,
                )?,
                bias: vb.get_with_hints(cell.bias_shape(units), "bias", bias_init)?,
            })
        };
        load().doing(format!("loading recurrent layer {}", vb.prefix()))
    }

    fn weights(&self) -> Direction<'_> {
        let Self { kernel, recurrent_kernel, bias } = self;
        Direction { kernel, recurrent_kernel, bias }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::Parameters;
    use crate::check::values;
    use crate::ops::GateActivation;

    #[test]
    fn new_weights_are_those_of_keras() {
        for (cell, blocks) in [
            (Cell::Lstm { gates: GateActivation::Sigmoid }, 4),
            (Cell::Gru { reset_after: false, gates: GateActivation::HardSigmoid }, 3),
        ] {
            let build = |vb: VarBuilder<'static>| Bidirectional::load(vb, cell, 6, 5);
            let (parameters, _) = Parameters::initialise(3, DType::F64, &Device::Cpu, build).unwrap();
            let get = |name: &str| values(parameters.get(name).unwrap());
            let recurrent = get("backward.recurrent_kernel");
            assert_ne!(recurrent, get("forward.recurrent_kernel"));
            for (a, row) in recurrent.chunks(blocks * 5).enumerate() {
                for (b, other) in recurrent.chunks(blocks * 5).enumerate() {
                    let product: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                    assert!((product - f64::from(u8::from(a == b))).abs() < 1e-12);
                }
            }
            let bound = (6.0 / (6.0 + blocks as f64 * 5.0)).sqrt();
            assert!(get("forward.kernel").iter().all(|weight| weight.abs() <= bound && *weight != 0.0));
            let expected: Vec<f64> =
                (0..blocks * 5).map(|at| f64::from(u8::from(blocks == 4 && at / 5 == 1))).collect();
            assert_eq!(get("forward.bias"), expected);
        }
    }
}
