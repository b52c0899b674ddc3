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
}

/// The parameters of a model that is being built.
pub(crate) struct Construction {
    source: Source,
    pub(crate) vars: BTreeMap<String, Var>,
    pub(crate) mismatch: WeightsMismatch,
}

impl Construction {
    pub(crate) fn run<M, E: From<NnError>>(
        source: Source,
        dtype: DType,
        device: &Device,
        build: impl FnOnce(VarBuilder<'static>) -> Result<M, E>,
    ) -> Result<(Self, M), E> {
        let (vars, mismatch) = (BTreeMap::new(), WeightsMismatch::default());
        let site = Site(Arc::new(Mutex::new(Self { source, vars, mismatch })));
        let backend: Box<dyn SimpleBackend> = Box::new(Site(site.0.clone()));
        let model = build(VarBuilder::from_backend(backend, dtype, device.clone()))?;
        let mut built = site.lock();
        let done = Source::Tensors(BTreeMap::new());
        let construction = Self {
            source: std::mem::replace(&mut built.source, done),
            vars: std::mem::take(&mut built.vars),
            mismatch: std::mem::take(&mut built.mismatch),
        };
        Ok((construction, model))
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
            Source::Seed(stream) => init::variable(hint, stream.name(name), shape, dtype, device),
            Source::Tensors(tensors) => match tensors.get(name) {
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
        let given = matches!(&construction.source, Source::Tensors(tensors) if tensors.contains_key(name));
        given || construction.vars.contains_key(name)
    }
}
