//! A step in one pass over memory.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::step::{Moments, Shares};
use super::{AdamConfig, AdamForm};
use crate::ops::host::{Host, Real};

impl AdamConfig {
    /// [`stepped`](Self::stepped) in one pass over memory.
    pub(super) fn stepped_on_cpu<T: Real>(
        &self,
        weight: &Tensor,
        Moments { mean, square }: &Moments,
        gradient: &Tensor,
        step: u64,
    ) -> candle_core::Result<(Tensor, Moments)> {
        /// Numbers that one thread takes at a time.
        const CHUNK: usize = 4096;
        let inputs = [weight, gradient, mean, square].map(Tensor::contiguous);
        let [weight, gradient, mean, square] = inputs;
        let inputs = [weight?, gradient?, mean?, square?];
        let hosts = inputs.each_ref().map(Host::of);
        let [weights, gradients, means, squares] = hosts.each_ref().map(|host| host.elements::<T>());
        let (weights, gradients, means, squares) = (weights?, gradients?, means?, squares?);

        let of = T::from_f64;
        let (keep1, new1) = (of(self.beta1), of(1.0 - self.beta1));
        let (keep2, new2) = (of(self.beta2), of(1.0 - self.beta2));
        let Shares { mean: mean_share, square: square_share } = self.shares(step);
        let rate = self.learning_rate / mean_share;
        // Where the square's share enters is where the two forms differ.
        let (rate, shrink) = match self.form {
            AdamForm::Torch | AdamForm::AdamW => (of(rate), of(1.0 / square_share)),
            AdamForm::Keras => (of(rate * square_share), T::one()),
        };
        let (epsilon, kept) = (of(self.epsilon), of(self.kept()));

        let mut outputs = [weights, means, squares].map(<[T]>::to_vec);
        let [new_weights, new_means, new_squares] = &mut outputs;
        let chunks = new_means.par_chunks_mut(CHUNK).zip(new_squares.par_chunks_mut(CHUNK));
        let chunks = new_weights.par_chunks_mut(CHUNK).zip(chunks).zip(gradients.par_chunks(CHUNK));
        chunks.for_each(|((weights, (means, squares)), gradients)| {
            let moments = means.iter_mut().zip(squares);
            for ((weight, (mean, square)), &gradient) in weights.iter_mut().zip(moments).zip(gradients) {
                *mean = *mean * keep1 + gradient * new1;
                *square = *square * keep2 + gradient * gradient * new2;
                let root = T::from_f64(square.to_f64().sqrt());
                *weight = *weight * kept - *mean * rate / (root * shrink + epsilon);
            }
        });
        let shape = inputs[0].shape();
        let [weight, mean, square] = outputs.map(|values| Tensor::from_vec(values, shape, &Device::Cpu));
        Ok((weight?, Moments { mean: mean?, square: square? }))
    }
}
