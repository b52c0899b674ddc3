//! A vector for each word.

use candle_core::Tensor;
use candle_nn::{Init, VarBuilder};

use crate::{Doing, NnError};

/// A table of one vector a word, for the operations that look words up
/// ([`ops::ids_conv_relu_pool`](crate::ops::ids_conv_relu_pool)).
///
/// *Shapes*: the parameter `weight` is (words, width). Every row is trained, that of the unknown word too.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, candle_nn::Init, layers::Embedding};
///
/// let normal = Init::Randn { mean: 0.0, stdev: 1.0 }; // as PyTorch starts a table
/// let (parameters, words) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| {
///     Embedding::load(vb.pp("embed_layer_en"), 4097, 100, normal)
/// })?;
/// assert_eq!(parameters.count(), 409_700);
/// assert_eq!(words.weight().dims(), [4097, 100]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Embedding {
    weight: Tensor,
}

impl Embedding {
    /// Loads `weight`, or draws it from `init`.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameter.
    pub fn load(vb: VarBuilder<'_>, words: usize, width: usize, init: Init) -> Result<Self, NnError> {
        let weight = vb.get_with_hints((words, width), "weight", init);
        Ok(Self { weight: weight.doing(format!("loading embedding {}", vb.prefix()))? })
    }

    /// The same table, held as it is: no gradient reaches it, so that an optimiser neither moves nor decays it. It
    /// stays one of the model's parameters, is saved and loaded with them, and follows when it is
    /// [set](crate::Parameters::set).
    ///
    /// ```
    /// use ciskit_nn::{DType, Device, NnError, Parameters, candle_nn::Init, layers::Embedding};
    ///
    /// let (parameters, words) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| {
    ///     Ok::<_, NnError>(Embedding::load(vb, 5, 2, Init::Uniform { lo: -0.05, up: 0.05 })?.frozen())
    /// })?;
    /// let loss = words.weight().sqr()?.sum_all()?;
    /// let table = parameters.get("weight").unwrap();
    /// assert!(loss.backward()?.get(table).is_none());
    ///
    /// parameters.set("weight", &table.zeros_like()?)?;
    /// assert_eq!(words.weight().sum_all()?.to_scalar::<f32>()?, 0.0);
    /// # Ok::<(), NnError>(())
    /// ```
    #[must_use]
    pub fn frozen(self) -> Self {
        Self { weight: self.weight.detach() }
    }

    /// The vectors, (words, width).
    #[must_use]
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }
}
