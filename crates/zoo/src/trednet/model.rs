//! Both networks, one behind the other.

use std::path::Path;

use ciskit_nn::{Device, Doing, NnError, Tensor, VarBuilder};

use super::Config;
use crate::error::ZooError;
use crate::keras::Sequential;

/// Phase one, and phase two if there is one.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor};
/// use ciskit_zoo::trednet::{Config, Trednet};
///
/// let config = Config {
///     phase_one: Config::phase_one(800, [2, 2, 3, 3, 4, 4], 5, 12),
///     phase_two: Config::phase_two(12, [2, 3], [4, 3]),
/// };
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Trednet::load(vb, &config))?;
/// let x = Tensor::zeros((2, 800, 4), DType::F32, &Device::Cpu)?;
/// assert_eq!(model.profiles(&x)?.dims(), [2, 12]);
/// assert_eq!(model.probability(&x)?.dims(), [2]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trednet {
    phase_one: Sequential,
    phase_two: Option<Sequential>,
}

impl Trednet {
    /// Both phases, under `phase_one` and `phase_two`.
    ///
    /// # Errors
    ///
    /// Those of [`Sequential::load`], and [`NnError::Model`] if the phases do not fit together.
    pub fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        let phase_one = Sequential::load(vb.pp("phase_one"), &config.phase_one)?;
        let phase_two = Sequential::load(vb.pp("phase_two"), &config.phase_two)?;
        Self::new(phase_one, Some(phase_two)).map_err(|problem| NnError::Model(problem.into()))
    }

    /// Opens the published files: phase one, and phase two if there is one.
    ///
    /// Configurations are those given, or those of the files, or those of [`Config::bp_2001`]; for phase two the published one
    /// on the profiles of phase one.
    ///
    /// # Errors
    ///
    /// Those of [`Sequential::open`], and [`ZooError::Config`] if the phases do not fit together.
    pub fn open(
        phase_one: &Path,
        phase_two: Option<&Path>,
        config: [Option<&crate::keras::SequentialConfig>; 2],
        device: &Device,
    ) -> Result<Self, ZooError> {
        let one = Sequential::open(phase_one, config[0], Some(&Config::bp_2001().phase_one), device)?;
        let two = match phase_two {
            Some(path) => {
                let preset = one.outputs().map(|targets| Config::phase_two(targets, [64, 128], [100, 50]));
                Some(Sequential::open(path, config[1], preset.as_ref(), device)?)
            }
            None => None,
        };
        let path = phase_two.unwrap_or(phase_one).to_path_buf();
        Self::new(one, two).map_err(|problem| ZooError::Config { path, problem })
    }

    fn new(phase_one: Sequential, phase_two: Option<Sequential>) -> Result<Self, String> {
        let (_, channels) = phase_one.input();
        let outputs = phase_one.outputs().filter(|_| channels == 4);
        let targets = outputs.ok_or("phase one does not turn bases into profiles")?;
        if let Some(two) = &phase_two {
            if two.input() != (targets, 1) {
                return Err(format!(
                    "phase two reads {} profiles, phase one gives {targets}",
                    two.input().0 * two.input().1
                ));
            }
            if two.outputs() != Some(1) {
                return Err("phase two does not give one number".into());
            }
        }
        Ok(Self { phase_one, phase_two })
    }

    /// Phase one.
    #[must_use]
    pub fn phase_one(&self) -> &Sequential {
        &self.phase_one
    }

    /// Phase two.
    #[must_use]
    pub fn phase_two(&self) -> Option<&Sequential> {
        self.phase_two.as_ref()
    }

    /// Bases that it reads.
    #[must_use]
    pub fn length(&self) -> usize {
        self.phase_one.input().0
    }

    /// Number of profiles.
    #[must_use]
    pub fn targets(&self) -> usize {
        self.phase_one.outputs().unwrap_or_default()
    }

    /// Probabilities of all profiles.
    ///
    /// *Shapes*: (B, length, 4), one-hot in the order A, C, G, T, an unknown base zeros, to (B, targets).
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `x` is not (B, length, 4).
    pub fn profiles(&self, x: &Tensor) -> Result<Tensor, NnError> {
        self.phase_one.forward(x)
    }

    /// The probability of an enhancer.
    ///
    /// *Shapes*: (B, length, 4) as for [`profiles`](Self::profiles), to (B).
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `x` is not (B, length, 4), [`NnError::Model`] if there is no phase two.
    pub fn probability(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let two = self.phase_two.as_ref().ok_or_else(|| NnError::Model("there is no phase two".into()))?;
        let profiles = self.profiles(x)?.unsqueeze(2).doing("adding a channel")?; // (B, targets, 1)
        two.forward(&profiles)?.squeeze(1).doing("dropping an axis") // (B)
    }
}
