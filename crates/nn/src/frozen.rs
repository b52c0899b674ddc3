//! Models that only score, on tensors that are used as they are.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;

use crate::NnError;
use crate::construction::{Construction, Source};

/// A counter that PyTorch keeps beside its running statistics, and nothing needs.
const IGNORED: &str = "num_batches_tracked";

/// Builds a model on given tensors without copying those that have the type and lie on the device already: for scoring, and
/// for published models too large to be held twice. They cannot be trained; see [`Parameters::load`](crate::Parameters::load).
///
/// `ignored` says of the names that the model did not ask for which ones are of no use to it (a head for another task, a
/// table that is computed); `num_batches_tracked` always is.
///
/// # Errors
///
/// [`NnError::Weights`] with every missing, unexpected and misshapen name, or what `build` fails with.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Tensor, frozen, layers::Linear};
///
/// let tensor = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu);
/// let names = [("out.weight", tensor(&[1, 2])?), ("out.bias", tensor(&[1])?), ("old.bias", tensor(&[3])?)];
/// let tensors: std::collections::BTreeMap<_, _> = names.map(|(name, tensor)| (name.to_string(), tensor)).into();
/// let build = |vb: ciskit_nn::VarBuilder<'static>| Linear::load(vb.pp("out"), 2, 1);
///
/// let strict = frozen(tensors.clone(), DType::F32, &Device::Cpu, |_| false, build);
/// assert_eq!(strict.unwrap_err().to_string(), "weights do not fit the model: unexpected old.bias");
/// frozen(tensors, DType::F32, &Device::Cpu, |name| name.starts_with("old."), build)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn frozen<M, E: From<NnError>>(
    tensors: BTreeMap<String, Tensor>,
    dtype: DType,
    device: &Device,
    ignored: impl Fn(&str) -> bool,
    build: impl FnOnce(VarBuilder<'static>) -> Result<M, E>,
) -> Result<M, E> {
    let names: Vec<String> = tensors.keys().cloned().collect();
    let (mut built, model) = Construction::run(Source::Frozen(tensors), dtype, device, build)?;
    let known = |name: &String| built.frozen.contains_key(name) || built.vars.contains_key(name);
    let useless = |name: &String| name.ends_with(IGNORED) || ignored(name);
    built.mismatch.unexpected = names.into_iter().filter(|name| !known(name) && !useless(name)).collect();
    if built.mismatch.is_empty() { Ok(model) } else { Err(NnError::Weights(built.mismatch).into()) }
}

/// The names and shapes of what a model asks for, found by building it without memory for its parameters: every tensor is
/// one zero, seen in its shape.
///
/// # Errors
///
/// What `build` fails with.
///
/// ```
/// use ciskit_nn::{NnError, layers::Linear, parameter_shapes};
///
/// // Ten thousand million weights.
/// let shapes = parameter_shapes(|vb| Linear::load(vb.pp("wide"), 100_000, 100_000))?;
/// assert_eq!(shapes["wide.weight"], [100_000, 100_000]);
/// assert_eq!(shapes.values().map(|shape| shape.iter().product::<usize>()).sum::<usize>(), 10_000_100_000);
/// # Ok::<(), NnError>(())
/// ```
pub fn parameter_shapes<M, E: From<NnError>>(
    build: impl FnOnce(VarBuilder<'static>) -> Result<M, E>,
) -> Result<BTreeMap<String, Vec<usize>>, E> {
    let (built, _) = Construction::run(Source::Shapes, DType::F32, &Device::Cpu, build)?;
    Ok(built.frozen)
}
