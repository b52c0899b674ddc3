//! What a model under construction asks for its parameters.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{DType, Device, Shape, Tensor, Var};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};
use ciskit_core::random::Stream;

use crate::mismatch::WeightsMismatch;
use crate::{NnError, init};

/// Where a parameter's first values come from.
pub(crate) enum Source {
    Seed(Stream),
    Tensors(BTreeMap<String, Tensor>),
    /// Tensors that are used as they are, and never trained.
    Frozen(BTreeMap<String, Tensor>),
    /// One zero, seen in any shape: a model that only knows how large it is.
    Shapes,
}

/// The parameters of a model that is being built.
pub(crate) struct Construction {
    source: Source,
    pub(crate) vars: BTreeMap<String, Var>,
    /// Names that were asked for and are no variables, with their shapes.
    pub(crate) frozen: BTreeMap<String, Vec<usize>>,
    pub(crate) mismatch: WeightsMismatch,
}

impl Construction {
    pub(crate) fn run<M, E: From<NnError>>(
        source: Source,
        dtype: DType,
        device: &Device,
        build: impl FnOnce(VarBuilder<'static>) -> Result<M, E>,
    ) -> Result<(Self, M), E> {
        let (vars, frozen, mismatch) = (BTreeMap::new(), BTreeMap::new(), WeightsMismatch::default());
        let site = Site(Arc::new(Mutex::new(Self { source, vars, frozen, mismatch })));
        let backend: Box<dyn SimpleBackend> = Box::new(Site(site.0.clone()));
        let model = build(VarBuilder::from_backend(backend, dtype, device.clone()))?;
        let mut built = site.lock();
        let done = Source::Tensors(BTreeMap::new());
        let construction = Self {
            source: std::mem::replace(&mut built.source, done),
            vars: std::mem::take(&mut built.vars),
            frozen: std::mem::take(&mut built.frozen),
            mismatch: std::mem::take(&mut built.mismatch),
        };
        Ok((construction, model))
    }

    /// The tensor of a name that is no variable, if there is one of this shape.
    fn frozen(
        &mut self,
        name: &str,
        shape: &Shape,
        dtype: DType,
        device: &Device,
    ) -> Option<candle_core::Result<Tensor>> {
        let tensor = match &self.source {
            Source::Frozen(tensors) => {
                let tensor = tensors.get(name).filter(|tensor| tensor.shape() == shape)?;
                // Never trained, whatever it was made from.
                tensor.detach().to_device(device).and_then(|tensor| tensor.to_dtype(dtype))
            }
            Source::Shapes => Tensor::zeros(1, dtype, device).and_then(|zero| {
                let ones = vec![1; shape.rank()];
                zero.reshape(ones)?.broadcast_as(shape)
            }),
            Source::Seed(_) | Source::Tensors(_) => return None,
        };
        self.frozen.insert(name.to_owned(), shape.dims().to_vec());
        Some(tensor)
    }

    /// The variable of a name. Where given tensors lack it, a placeholder keeps the model's construction going, so
    /// that every such name is found.
    fn var(
        &mut self,
        name: &str,
        shape: &Shape,
        hint: Init,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Var> {
        match &self.source {
            Source::Shapes => Var::zeros(shape, dtype, device), // not reached: every name is frozen
            Source::Seed(stream) => init::variable(hint, stream.name(name), shape, dtype, device),
            Source::Tensors(tensors) | Source::Frozen(tensors) => match tensors.get(name) {
                Some(tensor) if tensor.shape() == shape => {
                    // A variable made from a tensor is a copy of it.
                    Var::from_tensor(&tensor.detach().to_device(device)?.to_dtype(dtype)?)
                }
                Some(tensor) => {
                    self.mismatch.misshapen(name, shape.dims(), tensor.dims());
                    Var::zeros(shape, dtype, device)
                }
                None => {
                    self.mismatch.missing.push(name.to_string());
                    Var::zeros(shape, dtype, device)
                }
            },
        }
    }
}

/// A construction as the model under construction sees it.
struct Site(Arc<Mutex<Construction>>);

impl Site {
    fn lock(&self) -> MutexGuard<'_, Construction> {
        // A panic while building cannot leave a half-made entry.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SimpleBackend for Site {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        hint: Init,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let mut construction = self.lock();
        if let Some(tensor) = construction.frozen(name, &shape, dtype, device) {
            return tensor;
        }
        if let Some(var) = construction.vars.get(name) {
            if var.shape() != &shape {
                let (name, expected, found) = (name.to_string(), var.dims().to_vec(), shape.into_dims());
                return Err(candle_core::Error::wrap(NnError::SharedShape { name, expected, found }));
            }
            return Ok(var.as_tensor().clone());
        }
        let var = construction.var(name, &shape, hint, dtype, device)?;
        construction.vars.insert(name.to_string(), var.clone());
        Ok(var.into_inner())
    }

    fn get_unchecked(&self, name: &str, _dtype: DType, _device: &Device) -> candle_core::Result<Tensor> {
        candle_core::bail!("parameter {name} is asked for without a shape")
    }

    fn contains_tensor(&self, name: &str) -> bool {
        let construction = self.lock();
        let given = match &construction.source {
            Source::Seed(_) | Source::Shapes => false,
            Source::Tensors(tensors) | Source::Frozen(tensors) => tensors.contains_key(name),
        };
        given || construction.vars.contains_key(name)
    }
}
