//! What attention compares queries with for how far apart two positions are.

use candle_core::{DType, Tensor};

use crate::{Doing, NnError};

/// A key for every distance of two positions, from −(T − 1) to T − 1, made of features of the distance.
///
/// Features that are steps give the same key to many distances. Equal neighbours are kept once, so that attention multiplies
/// a query with a key a step instead of with one a distance.
///
/// ```
/// use ciskit_nn::ops::inference::RelativeKeys;
/// use ciskit_nn::{Device, Tensor};
///
/// // Three positions; the feature is the distance's sign.
/// let features = Tensor::new(&[[-1f32], [-1.0], [0.0], [1.0], [1.0]], &Device::Cpu)?;
/// let weight = Tensor::new(&[[10f32], [20.0]], &Device::Cpu)?;
/// let keys = RelativeKeys::new(&features, &weight)?;
/// assert_eq!((keys.positions(), keys.steps()), (3, 3));
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RelativeKeys {
    positions: usize,
    /// The distance that each step starts at, counted from −(T − 1) on, and the number of distances.
    pub(super) starts: Vec<usize>,
    /// (steps, heads · width).
    pub(super) keys: Tensor,
}

impl RelativeKeys {
    /// The products of features (2T − 1, F) and a weight (heads · width, F).
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if the features are not of an odd number of distances, or the weight is for others.
    pub fn new(features: &Tensor, weight: &Tensor) -> Result<Self, NnError> {
        let &[distances, width] = features.dims() else {
            return Err(NnError::shape("distance features", "(distances, features)", features.dims()));
        };
        if distances.is_multiple_of(2) {
            return Err(NnError::shape("distance features", "an odd number of distances", features.dims()));
        }
        if weight.rank() != 2 || weight.dims()[1] != width {
            let expected = format!("(heads · width, {width})");
            return Err(NnError::shape("the weight of distance features", expected, weight.dims()));
        }
        let product = || {
            let rows = features.to_dtype(DType::F64)?.to_vec2::<f64>()?;
            let starts = (0..distances).filter(|&at| at == 0 || rows[at] != rows[at - 1]);
            let mut starts: Vec<usize> = starts.collect();
            let chosen: Vec<u32> = starts.iter().map(|&start| start as u32).collect();
            let steps = Tensor::from_vec(chosen, starts.len(), features.device())?;
            let features = features.index_select(&steps, 0)?.to_dtype(weight.dtype())?;
            starts.push(distances);
            Ok((starts, features.to_device(weight.device())?.matmul(&weight.t()?)?))
        };
        let (starts, keys) = product().doing("making keys of distances")?;
        Ok(Self { positions: distances.div_ceil(2), starts, keys })
    }

    /// Positions of a sequence that they are for.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// Number of different keys, neighbours compared.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.starts.len() - 1
    }

    /// The step of every distance.
    pub(super) fn step_of_distances(&self) -> Vec<u32> {
        let steps = self.starts.windows(2).zip(0u32..);
        steps.flat_map(|(ends, step)| std::iter::repeat_n(step, ends[1] - ends[0])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{tensor, values};

    #[test]
    fn equal_neighbours_are_one_step() {
        let features = Tensor::new(&[[1f64], [1.0], [2.0], [1.0], [1.0]], &candle_core::Device::Cpu).unwrap();
        let keys = RelativeKeys::new(&features, &tensor(1, &[3, 1])).unwrap();
        assert_eq!(keys.starts, [0, 2, 3, 5]);
        assert_eq!(keys.step_of_distances(), [0, 0, 1, 2, 2]);
        let weight = values(&tensor(1, &[3, 1]));
        assert_eq!(values(&keys.keys)[3..6], [2.0 * weight[0], 2.0 * weight[1], 2.0 * weight[2]]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(RelativeKeys::new(&tensor(1, &[4, 2]), &tensor(1, &[3, 2])).is_err());
        assert!(RelativeKeys::new(&tensor(1, &[5, 2]), &tensor(1, &[3, 3])).is_err());
        assert!(RelativeKeys::new(&tensor(1, &[5]), &tensor(1, &[3, 3])).is_err());
    }
}
