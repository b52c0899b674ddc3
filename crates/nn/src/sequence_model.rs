//! Networks that tell sequences apart.

use candle_core::Tensor;

use crate::NnError;
use crate::mode::Mode;

/// A network that tells sequences of two classes apart: a body that reads sequences, and a head on what the body gives.
///
/// The two are apart because a body that is not trained need read each sequence only once.
///
/// ```
/// use ciskit_nn::{DType, Device, Mode, NnError, Parameters, SequenceModel, Tensor, layers::Linear};
///
/// /// The share of G and C, and a threshold.
/// struct GcContent(Linear);
///
/// impl SequenceModel for GcContent {
///     fn features(&self, sequences: &[&[u8]], _mode: Mode) -> Result<Tensor, NnError> {
///         let share = |sequence: &&[u8]| {
///             sequence.iter().filter(|base| b"GC".contains(base)).count() as f32 / sequence.len() as f32
///         };
///         let shares: Vec<f32> = sequences.iter().map(share).collect();
///         Ok(Tensor::from_vec(shares, (sequences.len(), 1), &Device::Cpu)?)
///     }
///     fn logits(&self, features: &Tensor) -> Result<Tensor, NnError> {
///         Ok(self.0.forward(features)?.squeeze(1)?)
///     }
/// }
///
/// let (_, head) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Linear::load(vb, 1, 1))?;
/// let model = GcContent(head);
/// let features = model.features(&[b"GATTACA", b"GCGCAT"], Mode::Eval)?;
/// assert_eq!(model.logits(&features)?.dims(), [2]);
/// # Ok::<(), NnError>(())
/// ```
pub trait SequenceModel: Send + Sync {
    /// What the head reads of some sequences, (B, width). Sequences do not influence one another. With [`Mode::Eval`] there
    /// need be no way back to the parameters.
    ///
    /// # Errors
    ///
    /// [`NnError`] if a sequence cannot be read, or an operation fails.
    fn features(&self, sequences: &[&[u8]], mode: Mode) -> Result<Tensor, NnError>;

    /// Log odds of class 1 from such features, (B).
    ///
    /// # Errors
    ///
    /// [`NnError`] if an operation fails.
    fn logits(&self, features: &Tensor) -> Result<Tensor, NnError>;
}
