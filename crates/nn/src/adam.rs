//! Adam, with weight decay added to the gradient or taken off the weights.

mod config;
mod on_cpu;
mod step;

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor};

pub use config::{AdamConfig, AdamForm};
use step::Moments;

use crate::{Doing, NnError, Parameters};

/// The optimiser and its state.
///
/// A step changes the parameters that the loss reaches, in the order of their names; one that it does not reach keeps
/// its value and its moments, and is not decayed. All share one step count.
///
/// *Source*: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
///
/// ```
/// use ciskit_nn::{Adam, AdamConfig, DType, Device, NnError, Parameters, Tensor, layers::Linear};
///
/// let (parameters, model) =
///     Parameters::initialise(7, DType::F64, &Device::Cpu, |vb| Linear::load(vb, 2, 1))?;
/// let mut adam = Adam::new(AdamConfig::l2(0.01, 0.0));
/// let x = Tensor::new(&[[1f64, 2.0]], &Device::Cpu)?;
/// let loss = model.forward(&x)?.sum_all()?;
/// adam.step(&parameters, &loss.backward()?)?;
/// // The first step is the learning rate against the gradient's sign, whatever the gradient's size.
/// let bias = parameters.get("bias").unwrap().to_vec1::<f64>()?[0];
/// assert!((bias + 0.01).abs() < 1e-9);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Adam {
    config: AdamConfig,
    step: u64,
    moments: BTreeMap<String, Moments>,
}

impl Adam {
    /// An optimiser that has taken no step.
    #[must_use]
    pub fn new(config: AdamConfig) -> Self {
        Self { config, step: 0, moments: BTreeMap::new() }
    }

    /// Its constants.
    #[must_use]
    pub fn config(&self) -> &AdamConfig {
        &self.config
    }

    /// Changes the learning rate of the steps to come; the moments stay.
    ///
    /// ```
    /// use ciskit_nn::{Adam, AdamConfig};
    ///
    /// let mut adam = Adam::new(AdamConfig::keras(1e-3));
    /// adam.set_learning_rate(1e-4);
    /// assert_eq!(adam.config().learning_rate, 1e-4);
    /// ```
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.config.learning_rate = learning_rate;
    }

    /// Steps taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Takes one step along the gradients of a loss.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if a gradient does not have the shape of its parameter.
    pub fn step(&mut self, parameters: &Parameters, gradients: &GradStore) -> Result<(), NnError> {
        self.step += 1;
        for (name, var) in parameters.trainable() {
            // A gradient may remember the activations it was computed from, and moments would keep them for ever.
            let Some((weight, gradient)) =
                gradients.get(var).map(|gradient| (var.detach(), gradient.detach()))
            else {
                continue;
            };
            let moments = self.moments.remove(name);
            let update = || {
                let gradient = match self.config.coupled_decay() {
                    0.0 => gradient,
                    decay => (gradient + (&weight * decay)?)?,
                };
                let moments = match moments {
                    Some(moments) => moments,
                    None => Moments { mean: gradient.zeros_like()?, square: gradient.zeros_like()? },
                };
                let (weight, moments) = self.config.stepped(&weight, &moments, &gradient, self.step)?;
                var.set(&weight)?;
                Ok(moments)
            };
            let moments = update().doing(format!("optimising {name}"))?;
            self.moments.insert(name.to_string(), moments);
        }
        Ok(())
    }

    /// The state as named tensors: `m.NAME` and `v.NAME` for each parameter that a loss has reached, and `step` (a
    /// scalar i64).
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if the step cannot be made a tensor.
    ///
    /// ```
    /// use ciskit_nn::{Adam, AdamConfig};
    ///
    /// let state = Adam::new(AdamConfig::keras(1e-3)).state()?;
    /// assert_eq!(state["step"].to_scalar::<i64>()?, 0);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>, NnError> {
        let step = Tensor::new(self.step as i64, &Device::Cpu).doing("saving the optimiser's step")?;
        let moments = self.moments.iter().flat_map(|(name, Moments { mean, square })| {
            [(format!("m.{name}"), mean.clone()), (format!("v.{name}"), square.clone())]
        });
        Ok(moments.chain([("step".to_string(), step)]).collect())
    }

    /// An optimiser that goes on from a saved [`state`](Self::state) of the same parameters.
    ///
    /// # Errors
    ///
    /// [`NnError::OptimiserState`] naming an entry that is missing, unexpected or of another shape.
    ///
    /// ```
    /// use ciskit_nn::{Adam, AdamConfig, DType, Device, NnError, Parameters, layers::Linear};
    ///
    /// let (parameters, _) =
    ///     Parameters::initialise(7, DType::F64, &Device::Cpu, |vb| Linear::load(vb, 2, 1))?;
    /// let config = AdamConfig::keras(1e-3);
    /// let resumed = Adam::resume(config, Adam::new(config).state()?, &parameters)?;
    /// assert_eq!(resumed.steps(), 0);
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn resume(
        config: AdamConfig,
        mut state: BTreeMap<String, Tensor>,
        parameters: &Parameters,
    ) -> Result<Self, NnError> {
        let wrong = |name: &str, problem: &str| NnError::OptimiserState {
            name: name.to_string(),
            problem: problem.to_string(),
        };
        let step = state.remove("step").ok_or_else(|| wrong("step", "is missing"))?;
        let step = step.to_scalar::<i64>().ok().and_then(|step| u64::try_from(step).ok());
        let step = step.ok_or_else(|| wrong("step", "is not a number of steps"))?;

        let mut moments = BTreeMap::new();
        for (name, var) in parameters.trainable() {
            let (mean_name, square_name) = (format!("m.{name}"), format!("v.{name}"));
            let mut entry = |entry: &str| -> Result<Option<Tensor>, NnError> {
                let Some(tensor) = state.remove(entry) else { return Ok(None) };
                if tensor.dims() != var.dims() {
                    let problem = format!("has shape {:?}, expected {:?}", tensor.dims(), var.dims());
                    return Err(wrong(entry, &problem));
                }
                let tensor = tensor.to_device(var.device()).and_then(|tensor| tensor.to_dtype(var.dtype()));
                tensor.map(Some).doing(format!("restoring optimiser state {entry}"))
            };
            match (entry(&mean_name)?, entry(&square_name)?) {
                (Some(mean), Some(square)) => {
                    moments.insert(name.to_string(), Moments { mean, square });
                }
                (None, None) => {}
                (Some(_), None) => return Err(wrong(&square_name, "is missing")),
                (None, Some(_)) => return Err(wrong(&mean_name, "is missing")),
            }
        }
        match state.keys().next() {
            Some(name) => Err(wrong(name, "belongs to no parameter")),
            None => Ok(Self { config, step, moments }),
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::DType;
    use candle_nn::{Init, VarBuilder};

    use super::*;
    use crate::check::{in_pools, tensor, values};

    /// Parameters `a` (2, 3) and `b` (3) with random values.
    fn parameters() -> Parameters {
        let build = |vb: VarBuilder<'static>| {
            let normal = Init::Randn { mean: 0.0, stdev: 1.0 };
            vb.get_with_hints((2, 3), "a", normal)?;
            vb.get_with_hints(3, "b", normal)?;
            Ok::<_, NnError>(())
        };
        Parameters::initialise(5, DType::F64, &Device::Cpu, build).unwrap().0
    }

    /// The gradients of a loss whose gradient for `a` is `tensor(seed)`, and for `b` too if it is reached.
    fn backward(parameters: &Parameters, seed: u64, reach_b: bool) -> GradStore {
        let a = parameters.get("a").unwrap().mul(&tensor(seed, &[2, 3])).unwrap().sum_all().unwrap();
        let b = parameters.get("b").unwrap().mul(&tensor(seed + 100, &[3])).unwrap().sum_all().unwrap();
        if reach_b { a.add(&b).unwrap() } else { a }.backward().unwrap()
    }

    /// Adam on one number, as in the paper.
    fn by_hand(config: AdamConfig, mut weight: f64, gradients: &[f64]) -> f64 {
        let (mut m, mut v) = (0.0, 0.0);
        for (t, gradient) in (1..).zip(gradients) {
            let gradient = gradient + config.coupled_decay() * weight;
            m = config.beta1 * m + (1.0 - config.beta1) * gradient;
            v = config.beta2 * v + (1.0 - config.beta2) * gradient * gradient;
            let (m_share, v_share) = (1.0 - config.beta1.powi(t), 1.0 - config.beta2.powi(t));
            if config.form == AdamForm::AdamW {
                weight -= config.learning_rate * config.weight_decay * weight;
            }
            weight -= match config.form {
                AdamForm::Torch | AdamForm::AdamW => {
                    config.learning_rate * (m / m_share) / ((v / v_share).sqrt() + config.epsilon)
                }
                AdamForm::Keras => {
                    config.learning_rate * v_share.sqrt() / m_share * m / (v.sqrt() + config.epsilon)
                }
            };
        }
        weight
    }

    #[test]
    fn steps_equal_the_formula_in_both_forms() {
        let keras_with_decay = AdamConfig { weight_decay: 0.01, ..AdamConfig::keras(0.02) };
        // An epsilon large enough to tell where it enters.
        let coarse = AdamConfig { epsilon: 0.1, ..AdamConfig::l2(0.01, 0.3) };
        let coarse_keras = AdamConfig { epsilon: 0.1, ..AdamConfig::keras(0.01) };
        let decoupled = AdamConfig::adamw(0.02, 0.3);
        for config in [
            AdamConfig::l2(1e-3, 5e-4),
            AdamConfig::keras(1e-3),
            keras_with_decay,
            coarse,
            coarse_keras,
            decoupled,
        ] {
            let parameters = parameters();
            let start = parameters.snapshot().unwrap();
            let mut adam = Adam::new(config);
            for step in 0..5 {
                adam.step(&parameters, &backward(&parameters, step, true)).unwrap();
            }
            for (name, seed) in [("a", 0), ("b", 100)] {
                let var = parameters.get(name).unwrap();
                let gradients: Vec<Vec<f64>> =
                    (0..5).map(|step| values(&tensor(seed + step, var.dims()))).collect();
                for (index, found) in values(var).into_iter().enumerate() {
                    let gradients: Vec<f64> = gradients.iter().map(|step| step[index]).collect();
                    let expected = by_hand(config, values(&start[name])[index], &gradients);
                    assert!(
                        (found - expected).abs() < 1e-14,
                        "{config:?} {name}[{index}]: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_parameter_that_no_loss_reaches_is_left_alone() {
        let parameters = parameters();
        let before = values(parameters.get("b").unwrap());
        let mut adam = Adam::new(AdamConfig::l2(0.1, 0.5));
        adam.step(&parameters, &backward(&parameters, 1, false)).unwrap();
        assert_eq!(values(parameters.get("b").unwrap()), before);
        assert!(adam.state().unwrap().keys().eq(["m.a", "step", "v.a"]));
    }

    #[test]
    fn the_state_does_not_remember_what_gradients_were_computed_from() {
        let parameters = parameters();
        let (a, b) = (parameters.get("a").unwrap(), parameters.get("b").unwrap());
        let with_itself = |var: &Tensor| var.mul(&var.tanh().unwrap()).unwrap().sum_all().unwrap();
        let gradients = with_itself(a).add(&with_itself(b)).unwrap().backward().unwrap();
        assert!([a, b].iter().all(|var| gradients.get(var).unwrap().track_op()), "gradients that do");
        for decay in [0.0, 0.1] {
            let mut adam = Adam::new(AdamConfig::l2(0.01, decay));
            adam.step(&parameters, &gradients).unwrap();
            for (name, tensor) in adam.state().unwrap() {
                assert!(!tensor.track_op(), "{name} with decay {decay}");
            }
        }
    }

    #[test]
    fn a_resumed_run_ends_with_the_same_bytes() {
        let config = AdamConfig::l2(0.01, 5e-4);
        let run = |interrupt: bool| {
            let parameters = parameters();
            let mut adam = Adam::new(config);
            for step in 0..6 {
                adam.step(&parameters, &backward(&parameters, step, step > 1)).unwrap();
                if interrupt && step == 3 {
                    let bytes = crate::weights::to_safetensors(&adam.state().unwrap(), None).unwrap();
                    let state = crate::weights::from_safetensors(&bytes, &Device::Cpu).unwrap().tensors;
                    adam = Adam::resume(config, state, &parameters).unwrap();
                }
            }
            assert_eq!(adam.steps(), 6);
            parameters.to_safetensors(None).unwrap()
        };
        assert_eq!(run(false), run(true));
    }

    #[test]
    fn state_of_other_parameters_is_refused_by_name() {
        let parameters = parameters();
        let mut adam = Adam::new(AdamConfig::keras(0.01));
        adam.step(&parameters, &backward(&parameters, 1, true)).unwrap();
        let state = adam.state().unwrap();
        let message = |change: &dyn Fn(&mut BTreeMap<String, Tensor>)| {
            let mut state = state.clone();
            change(&mut state);
            Adam::resume(AdamConfig::keras(0.01), state, &parameters).unwrap_err().to_string()
        };
        let other = || tensor(1, &[4]);
        assert_eq!(message(&|s| drop(s.remove("step"))), "optimiser state step is missing");
        assert_eq!(message(&|s| drop(s.remove("v.a"))), "optimiser state v.a is missing");
        assert_eq!(message(&|s| drop(s.remove("m.b"))), "optimiser state m.b is missing");
        assert_eq!(
            message(&|s| drop(s.insert("m.a".into(), other()))),
            "optimiser state m.a has shape [4], expected [2, 3]"
        );
        assert_eq!(
            message(&|s| drop(s.insert("m.c".into(), other()))),
            "optimiser state m.c belongs to no parameter"
        );
        assert_eq!(
            message(&|s| drop(s.insert("step".into(), other()))),
            "optimiser state step is not a number of steps"
        );
    }

    #[test]
    fn one_and_two_threads_give_the_same_bytes() {
        in_pools(|| {
            let parameters = parameters();
            let mut adam = Adam::new(AdamConfig::l2(0.01, 5e-4));
            for step in 0..3 {
                adam.step(&parameters, &backward(&parameters, step, true)).unwrap();
            }
            parameters.named().flat_map(|(_, var)| values(var)).collect()
        });
    }
}
