//! Convolutions with filters as long as the sequence.

use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::NnError;

/// Causal convolution of one channel with a filter as long as the channel: y(t) = Σ k(j) v(t − j) over j = 0 … t.
///
/// Signal and filter are padded with zeros to [`padded`](Self::padded) numbers, so that nothing comes around from the end,
/// and their spectra are multiplied. Sums are in `f32`; their rounding is relative to the largest output.
///
/// *Cost*: for a length of n, O(n log n) instead of the O(n²) of the definition. A filter's spectrum is computed once for
/// any number of signals, and holds about 4 n numbers with what a signal needs besides; the plan holds the FFT's factors, as
/// many again. A plan is shared among threads, which take a channel each. No gradient.
///
/// *Source*: Poli et al. 2023 (ICML), section 2.1; the convolution theorem.
///
/// ```
/// use ciskit_nn::ops::inference::LongConv;
///
/// let conv = LongConv::new(3);
/// let mut signal = [1.0, 2.0, 3.0];
/// conv.filter(&[1.0, 10.0, 100.0])?.convolve(&mut signal)?;
/// for (found, expected) in signal.iter().zip([1.0, 12.0, 123.0]) {
///     assert!((found - expected).abs() < 1e-4);
/// }
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone)]
pub struct LongConv {
    length: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl LongConv {
    /// Plans the convolutions of channels of `length` numbers.
    #[must_use]
    pub fn new(length: usize) -> Self {
        let (padded, mut planner) = (fast_length(2 * length.max(1) - 1), RealFftPlanner::new());
        Self { length, forward: planner.plan_fft_forward(padded), inverse: planner.plan_fft_inverse(padded) }
    }

    /// Numbers of a channel.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// Numbers of a padded channel: the smallest product of 16 and powers of 2, 3 and 5 that is at least twice the length less 1.
    #[must_use]
    pub fn padded(&self) -> usize {
        self.forward.len()
    }

    /// A filter, ready for signals.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if it is not as long as the channels.
    pub fn filter(&self, filter: &[f32]) -> Result<LongFilter<'_>, NnError> {
        let nothing = Complex::new(0.0, 0.0);
        let scratch = self.forward.get_scratch_len().max(self.inverse.get_scratch_len());
        let mut ready = LongFilter {
            plan: self,
            spectrum: Vec::new(),
            padded: vec![0.0; self.padded()],
            product: vec![nothing; self.padded() / 2 + 1],
            scratch: vec![nothing; scratch],
        };
        ready.set(filter)?;
        Ok(ready)
    }
}

impl fmt::Debug for LongConv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongConv").field("length", &self.length).field("padded", &self.padded()).finish()
    }
}

/// A filter's spectrum, with room for a signal's.
pub struct LongFilter<'a> {
    plan: &'a LongConv,
    spectrum: Vec<Complex<f32>>,
    padded: Vec<f32>,
    product: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl LongFilter<'_> {
    /// Takes another filter in the place of this one, without new memory.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if it is not as long as the channels.
    pub fn set(&mut self, filter: &[f32]) -> Result<(), NnError> {
        self.transform(filter, "filter")?;
        // The inverse does not divide.
        let scale = (self.plan.padded() as f32).recip();
        self.product.iter_mut().for_each(|value| *value *= scale);
        self.spectrum.resize(self.product.len(), Complex::new(0.0, 0.0));
        std::mem::swap(&mut self.spectrum, &mut self.product);
        Ok(())
    }

    /// Puts the convolution of a signal with the filter in its place.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if it is not as long as the channels.
    pub fn convolve(&mut self, signal: &mut [f32]) -> Result<(), NnError> {
        self.transform(signal, "signal")?;
        for (value, factor) in self.product.iter_mut().zip(&self.spectrum) {
            *value *= factor;
        }
        // Real by definition, and the inverse wants them so.
        if let [first, .., last] = self.product.as_mut_slice() {
            (first.im, last.im) = (0.0, 0.0);
        }
        let Self { plan, padded, product, scratch, .. } = self;
        plan.inverse.process_with_scratch(product, padded, scratch).map_err(NnError::model)?;
        signal.copy_from_slice(&padded[..signal.len()]);
        Ok(())
    }

    /// The spectrum of a channel, to `product`.
    fn transform(&mut self, channel: &[f32], what: &'static str) -> Result<(), NnError> {
        if channel.len() != self.plan.length {
            return Err(NnError::shape(what, format!("({})", self.plan.length), &[channel.len()]));
        }
        let Self { plan, padded, product, scratch, .. } = self;
        let (start, rest) = padded.split_at_mut(channel.len());
        start.copy_from_slice(channel);
        rest.fill(0.0);
        plan.forward.process_with_scratch(padded, product, scratch).map_err(NnError::model)
    }
}

impl fmt::Debug for LongFilter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongFilter").field("plan", self.plan).finish_non_exhaustive()
    }
}

/// The smallest product of 16 and powers of 2, 3 and 5 that is at least `least`: such FFTs are fast, and lie closer than powers
/// of 2.
fn fast_length(least: usize) -> usize {
    let mut best = least.next_power_of_two().max(16);
    let mut fives = 16;
    while fives < best {
        let mut threes = fives;
        while threes < best {
            best = best.min(threes * least.div_ceil(threes).next_power_of_two());
            threes *= 3;
        }
        fives *= 5;
    }
    best
}

#[cfg(test)]
mod tests {
    use ciskit_core::random::Stream;

    use super::*;

    fn random(seed: u64, length: usize) -> Vec<f32> {
        let stream = Stream::new(seed, "long convolution");
        (0..length as u64).map(|at| stream.normal(at) as f32).collect()
    }

    /// The definition.
    fn direct(filter: &[f32], signal: &[f32]) -> Vec<f64> {
        let at = |t: usize| (0..=t).map(|j| f64::from(filter[j]) * f64::from(signal[t - j])).sum();
        (0..signal.len()).map(at).collect()
    }

    #[test]
    fn it_is_the_sum_of_its_definition() {
        for length in [1, 2, 3, 7, 16, 100, 129, 1000, 3001] {
            let (filter, other, signal) = (random(1, length), random(2, length), random(3, length));
            let conv = LongConv::new(length);
            let mut ready = conv.filter(&filter).unwrap();
            // Signals in turn, another filter, and the first signal again.
            for (filter, signal) in [(None, &signal), (None, &other), (Some(&other), &signal)] {
                if let Some(filter) = filter {
                    ready.set(filter).unwrap();
                }
                let mut found = signal.clone();
                ready.convolve(&mut found).unwrap();
                let expected = direct(filter.unwrap_or(&random(1, length)), signal);
                let most = expected.iter().fold(1f64, |most, value| most.max(value.abs()));
                for (t, (found, expected)) in found.iter().zip(expected).enumerate() {
                    let off = (f64::from(*found) - expected).abs() / most;
                    assert!(off < 2e-6, "{length}, {t}: {found}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn what_comes_later_has_no_influence() {
        let (filter, mut signal) = (random(1, 600), random(2, 600));
        let conv = LongConv::new(600);
        let mut first = signal.clone();
        conv.filter(&filter).unwrap().convolve(&mut first).unwrap();
        signal[400..].fill(9.0);
        conv.filter(&filter).unwrap().convolve(&mut signal).unwrap();
        assert!(first[..400].iter().zip(&signal).all(|(a, b)| (a - b).abs() < 1e-3));
        assert!(first[400..].iter().zip(&signal[400..]).any(|(a, b)| (a - b).abs() > 1.0));
    }

    #[test]
    fn padded_lengths_are_the_smallest_of_their_kind() {
        let fast = |mut length: usize| {
            if !length.is_multiple_of(16) {
                return false;
            }
            for prime in [2, 3, 5] {
                while length.is_multiple_of(prime) {
                    length /= prime;
                }
            }
            length == 1
        };
        for least in (1..3000).chain([65_539, 1_999_999, 2_000_003]) {
            let expected = (least..).find(|&length| fast(length)).unwrap();
            assert_eq!(fast_length(least), expected, "{least}");
        }
        assert_eq!(LongConv::new(1_000_000).padded(), 2_000_000);
    }

    #[test]
    fn other_lengths_are_refused() {
        let conv = LongConv::new(4);
        let error = conv.filter(&[1.0; 5]).unwrap_err().to_string();
        assert_eq!(error, "filter has shape [5], expected (4)");
        let error = conv.filter(&[1.0; 4]).unwrap().convolve(&mut [1.0; 3]).unwrap_err().to_string();
        assert_eq!(error, "signal has shape [3], expected (4)");
    }
}
