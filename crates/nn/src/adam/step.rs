//! What a step does to one parameter and its moments.

use candle_core::{DType, Device, Tensor};

use super::{AdamConfig, AdamForm};

/// Running means of one parameter's gradient and squared gradient.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    pub(super) mean: Tensor,
    pub(super) square: Tensor,
}

/// How much of the moments' start from zero is forgotten: of the mean, and of the root of the square.
pub(super) struct Shares {
    pub(super) mean: f64,
    pub(super) square: f64,
}

impl AdamConfig {
    /// Weight and moments after a step.
    pub(super) fn stepped(
        &self,
        weight: &Tensor,
        moments: &Moments,
        gradient: &Tensor,
        step: u64,
    ) -> candle_core::Result<(Tensor, Moments)> {
        match (weight.device(), weight.dtype()) {
            (Device::Cpu, DType::F32) => self.stepped_on_cpu::<f32>(weight, moments, gradient, step),
            (Device::Cpu, DType::F64) => self.stepped_on_cpu::<f64>(weight, moments, gradient, step),
            _ => {
                let moments = self.moments(moments, gradient)?;
                Ok((((weight * self.kept())? - self.change(&moments, step)?)?, moments))
            }
        }
    }

    pub(super) fn shares(&self, step: u64) -> Shares {
        let step = step as f64;
        Shares { mean: 1.0 - self.beta1.powf(step), square: (1.0 - self.beta2.powf(step)).sqrt() }
    }

    fn moments(&self, Moments { mean, square }: &Moments, gradient: &Tensor) -> candle_core::Result<Moments> {
        let mean = ((mean * self.beta1)? + (gradient * (1.0 - self.beta1))?)?;
        let square = ((square * self.beta2)? + (gradient.sqr()? * (1.0 - self.beta2))?)?;
        Ok(Moments { mean, square })
    }

    /// What a step takes off the weight.
    fn change(&self, Moments { mean, square }: &Moments, step: u64) -> candle_core::Result<Tensor> {
        let Shares { mean: mean_share, square: square_share } = self.shares(step);
        let rate = self.learning_rate / mean_share;
        match self.form {
            AdamForm::Torch | AdamForm::AdamW => {
                (mean * rate)?.div(&((square.sqrt()? / square_share)? + self.epsilon)?)
            }
            AdamForm::Keras => (mean * (rate * square_share))?.div(&(square.sqrt()? + self.epsilon)?),
        }
    }
}
