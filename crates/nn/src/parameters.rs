//! The trainable tensors and buffers of a model, by name and in the order of their names.

mod values;

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarBuilder;
use ciskit_core::random::Stream;

use crate::NnError;
use crate::construction::{Construction, Source};

/// A counter that PyTorch keeps beside its running statistics, and nothing needs.
const IGNORED: &str = "num_batches_tracked";
/// Names (last part) of tensors that are state, but not trained.
const BUFFERS: [&str; 4] = ["running_mean", "running_var", "mean", "deviation"];

/// A model's tensors: trainable parameters, and buffers (`running_mean`, `running_var`, `mean`, `deviation`).
///
/// Everything that depends on an order (optimiser, files, sums) goes by the sorted names. The tensors are shared
/// with the model that was built on them, so a change to one is seen by the other.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, layers::Linear};
///
/// let build = |vb: ciskit_nn::VarBuilder<'static>| Linear::load(vb.pp("out"), 2, 1);
/// let (parameters, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, build)?;
/// assert!(parameters.trainable().map(|(name, _)| name).eq(["out.bias", "out.weight"]));
/// assert_eq!(parameters.count(), 3);
///
/// let (copy, _) = Parameters::load(parameters.snapshot()?, DType::F32, &Device::Cpu, build)?;
/// assert_eq!(copy.to_safetensors(None)?, parameters.to_safetensors(None)?);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parameters {
    vars: BTreeMap<String, Var>,
}

impl Parameters {
    /// Builds a model on new parameters.
    ///
    /// A parameter's values depend on the seed, its name and its shape, not on when it is asked for; f32 ones are the
    /// rounded f64 ones.
    ///
    /// # Errors
    ///
    /// What `build` fails with.
    ///
    /// ```
    /// use ciskit_nn::{DType, Device, NnError, Parameters, layers::Linear};
    ///
    /// let (one, _) =
    ///     Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| Linear::load(vb.pp("a"), 2, 1))?;
    /// let (two, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    ///     Linear::load(vb.pp("b"), 5, 5)?;
    ///     Linear::load(vb.pp("a"), 2, 1)
    /// })?;
    /// let values = |of: &Parameters| of.get("a.weight").unwrap().to_vec2::<f32>();
    /// assert_eq!(values(&one)?, values(&two)?);
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn initialise<M, E: From<NnError>>(
        seed: u64,
        dtype: DType,
        device: &Device,
        build: impl FnOnce(VarBuilder<'static>) -> Result<M, E>,
    ) -> Result<(Self, M), E> {
        let source = Source::Seed(Stream::new(seed, "initial weights"));
        let (construction, model) = Construction::run(source, dtype, device, build)?;
        Ok((Self { vars: construction.vars }, model))
    }

    /// Builds a model on given tensors, each rounded to `dtype`. Names ending in `num_batches_tracked` are ignored.
    ///
    /// # Errors
    ///
    /// [`NnError::Weights`] with every missing, unexpected and misshapen name, or what `build` fails with.
    ///
    /// ```
    /// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor, layers::Linear};
    ///
    /// let tensors = [("bias".to_string(), Tensor::zeros(3, DType::F32, &Device::Cpu)?)].into();
    /// let result = Parameters::load(tensors, DType::F32, &Device::Cpu, |vb| Linear::load(vb, 2, 1));
    /// assert_eq!(
    ///     result.unwrap_err().to_string(),
    ///     "weights do not fit the model: missing weight; bias has shape [3], expected [1]"
    /// );
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn load<M, E: From<NnError>>(
        tensors: BTreeMap<String, Tensor>,
        dtype: DType,
        device: &Device,
        build: impl FnOnce(VarBuilder<'static>) -> Result<M, E>,
    ) -> Result<(Self, M), E> {
        let mut tensors = tensors;
        tensors.retain(|name, _| last_part(name) != IGNORED);
        let names: Vec<String> = tensors.keys().cloned().collect();
        let (mut construction, model) = Construction::run(Source::Tensors(tensors), dtype, device, build)?;
        let asked = &construction.vars;
        construction.mismatch.unexpected =
            names.into_iter().filter(|name| !asked.contains_key(name)).collect();
        if !construction.mismatch.is_empty() {
            return Err(NnError::Weights(construction.mismatch).into());
        }
        Ok((Self { vars: construction.vars }, model))
    }

    /// All tensors, sorted by name.
    ///
    /// ```
    /// # use ciskit_nn::{DType, Device, Parameters, layers::{BatchNorm, BatchNormConstants}};
    /// # let (parameters, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    /// #     BatchNorm::load(vb, 4, BatchNormConstants::pytorch())
    /// # })?;
    /// let names: Vec<&str> = parameters.named().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["bias", "running_mean", "running_var", "weight"]);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn named(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.vars.iter().map(|(name, var)| (name.as_str(), var))
    }

    /// The trainable parameters, sorted by name. A model may hold one of them as it is
    /// ([`Embedding::frozen`](crate::layers::Embedding::frozen)): no gradient reaches it then.
    ///
    /// ```
    /// # use ciskit_nn::{DType, Device, Parameters, layers::{BatchNorm, BatchNormConstants}};
    /// # let (parameters, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    /// #     BatchNorm::load(vb, 4, BatchNormConstants::pytorch())
    /// # })?;
    /// let names: Vec<&str> = parameters.trainable().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["bias", "weight"]);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn trainable(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.named().filter(|(name, _)| !is_buffer(name))
    }

    /// The buffers, sorted by name.
    ///
    /// ```
    /// # use ciskit_nn::{DType, Device, Parameters, layers::{BatchNorm, BatchNormConstants}};
    /// # let (parameters, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    /// #     BatchNorm::load(vb, 4, BatchNormConstants::pytorch())
    /// # })?;
    /// let names: Vec<&str> = parameters.buffers().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["running_mean", "running_var"]);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn buffers(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.named().filter(|(name, _)| is_buffer(name))
    }

    /// How many numbers are trained; buffers don't count.
    ///
    /// ```
    /// # use ciskit_nn::{DType, Device, Parameters, layers::{BatchNorm, BatchNormConstants}};
    /// # let (parameters, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    /// #     BatchNorm::load(vb, 4, BatchNormConstants::pytorch())
    /// # })?;
    /// assert_eq!(parameters.count(), 8);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    #[must_use]
    pub fn count(&self) -> usize {
        self.trainable().map(|(_, var)| var.elem_count()).sum()
    }

    /// A parameter or buffer.
    ///
    /// ```
    /// # use ciskit_nn::{DType, Device, Parameters, layers::{BatchNorm, BatchNormConstants}};
    /// # let (parameters, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    /// #     BatchNorm::load(vb, 4, BatchNormConstants::pytorch())
    /// # })?;
    /// assert_eq!(parameters.get("bias").unwrap().dims(), [4]);
    /// assert!(parameters.get("gamma").is_none());
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.vars.get(name)
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn is_buffer(name: &str) -> bool {
    BUFFERS.contains(&last_part(name))
}

#[cfg(test)]
mod tests {
    use candle_nn::Init;

    use super::*;
    use crate::check::values;
    use crate::init::glorot_uniform;
    use crate::layers::{BatchNorm, BatchNormConstants, Linear};

    type Result<T> = std::result::Result<T, NnError>;

    fn model(vb: VarBuilder<'static>) -> Result<(Linear, BatchNorm)> {
        Ok((Linear::load(vb.pp("a"), 3, 2)?, BatchNorm::load(vb.pp("b"), 2, BatchNormConstants::pytorch())?))
    }

    fn initialised(seed: u64) -> Parameters {
        Parameters::initialise(seed, DType::F32, &Device::Cpu, model).unwrap().0
    }

    #[test]
    fn initial_values_are_pinned() {
        // Computed by a second implementation of the generator, in another language.
        let build = |vb: VarBuilder<'static>| -> Result<Tensor> {
            Ok(vb.pp("enhancer_conv1").get_with_hints((64, 4, 25), "weight", glorot_uniform(100, 1600))?)
        };
        let (_, weight) = Parameters::initialise(7, DType::F64, &Device::Cpu, build).unwrap();
        let weight = values(&weight);
        let expected =
            [-0.024697295648125762, -0.001638086690300397, 0.03919455495021447, -0.04176919020200298];
        for (index, expected) in [0, 1, 2, 6399].into_iter().zip(expected) {
            assert!((weight[index] - expected).abs() < 1e-16, "{index}: {}", weight[index]);
        }
        let narrow = Parameters::initialise(7, DType::F32, &Device::Cpu, build).unwrap().1;
        assert!(values(&narrow).iter().zip(&weight).all(|(narrow, wide)| *narrow == f64::from(*wide as f32)));
    }

    #[test]
    fn values_depend_on_seed_and_name_but_not_on_order() {
        let bytes = |parameters: &Parameters| parameters.to_safetensors(None).unwrap();
        assert_eq!(bytes(&initialised(1)), bytes(&initialised(1)));
        assert_ne!(bytes(&initialised(1)), bytes(&initialised(2)));
        let reversed = |vb: VarBuilder<'static>| {
            let norm = BatchNorm::load(vb.pp("b"), 2, BatchNormConstants::pytorch())?;
            Ok::<_, NnError>((norm, Linear::load(vb.pp("a"), 3, 2)?))
        };
        let (reversed, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, reversed).unwrap();
        assert_eq!(bytes(&initialised(1)), bytes(&reversed));

        let twins = |vb: VarBuilder<'static>| {
            Ok::<_, NnError>((Linear::load(vb.pp("a"), 3, 2)?, Linear::load(vb.pp("b"), 3, 2)?))
        };
        let (twins, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, twins).unwrap();
        assert_ne!(values(twins.get("a.weight").unwrap()), values(twins.get("b.weight").unwrap()));
    }

    #[test]
    fn every_difference_between_weights_and_model_is_named() {
        let mut tensors = initialised(1).snapshot().unwrap();
        for name in ["b.num_batches_tracked", "module.extra", "extra"] {
            tensors.insert(name.to_string(), Tensor::new(1i64, &Device::Cpu).unwrap());
        }
        tensors.remove("a.weight");
        tensors.remove("b.running_var");
        tensors.insert("b.bias".to_string(), Tensor::zeros((2, 1), DType::F32, &Device::Cpu).unwrap());
        let error = Parameters::load(tensors.clone(), DType::F32, &Device::Cpu, model).unwrap_err();
        assert_eq!(
            error.to_string(),
            "weights do not fit the model: missing a.weight, b.running_var; unexpected extra, module.extra; \
             b.bias has shape [2, 1], expected [2]"
        );
        tensors.remove("b.num_batches_tracked");
        let error = initialised(1).restore(&tensors).unwrap_err();
        assert!(error.to_string().contains("missing a.weight, b.running_var; unexpected extra"), "{error}");
    }

    #[test]
    fn loading_copies_and_rounds_and_ignores_the_batch_counter() {
        let source = initialised(1);
        let mut tensors = source.snapshot().unwrap();
        tensors.insert("b.num_batches_tracked".to_string(), Tensor::new(9i64, &Device::Cpu).unwrap());
        let (loaded, _) = Parameters::load(tensors.clone(), DType::F64, &Device::Cpu, model).unwrap();
        assert!(loaded.named().all(|(name, var)| {
            var.is_variable() && var.dtype() == DType::F64 && values(var) == values(source.get(name).unwrap())
        }));
        let (loaded, _) = Parameters::load(tensors.clone(), DType::F32, &Device::Cpu, model).unwrap();
        loaded.set("a.bias", &Tensor::new(&[1f32, 2.0], &Device::Cpu).unwrap()).unwrap();
        assert_eq!(values(&tensors["a.bias"]), [0.0; 2], "a change must not reach the tensors loaded from");
    }

    #[test]
    fn the_model_sees_what_is_set() {
        let (parameters, (linear, _)) = Parameters::initialise(1, DType::F32, &Device::Cpu, model).unwrap();
        parameters.set("a.bias", &Tensor::new(&[1f64, 2.0], &Device::Cpu).unwrap()).unwrap();
        let zeros = Tensor::zeros((1, 3), DType::F32, &Device::Cpu).unwrap();
        assert_eq!(values(&linear.forward(&zeros).unwrap()), [1.0, 2.0]);
        // Setting a variable to itself is no special case.
        parameters.set("a.bias", &parameters.get("a.bias").unwrap().detach()).unwrap();
        assert_eq!(values(&linear.forward(&zeros).unwrap()), [1.0, 2.0]);
    }

    #[test]
    fn a_name_is_one_parameter_and_has_one_shape() {
        let tied = |vb: VarBuilder<'static>| Ok::<_, NnError>((vb.get(3, "a")?, vb.get(3, "a")?));
        let (parameters, (one, two)) = Parameters::initialise(1, DType::F32, &Device::Cpu, tied).unwrap();
        assert_eq!(one.id(), two.id());
        assert_eq!(parameters.count(), 3);
        let torn = |vb: VarBuilder<'static>| {
            Ok::<_, NnError>((vb.get(3, "a")?, vb.get_with_hints(4, "a", Init::Const(0.0))?))
        };
        let error = Parameters::initialise(1, DType::F32, &Device::Cpu, torn).unwrap_err();
        let NnError::Candle { source, .. } = error else { panic!("{error}") };
        let message = "parameter a is asked for with shape [4], but was made with [3]";
        // candle adds a backtrace where RUST_BACKTRACE asks for one.
        assert!(source.to_string().starts_with(message), "{source}");
    }

    #[test]
    fn a_failing_construction_reports_its_own_error() {
        let build =
            |_: VarBuilder<'static>| Err::<(), _>(NnError::model(std::io::Error::other("impossible")));
        let error = Parameters::initialise(1, DType::F32, &Device::Cpu, build).unwrap_err();
        assert_eq!(error.to_string(), "impossible");
    }
}
