//! Scores: what a model says of a batch.

use crate::{ScoreError, Selection};

/// A block of scores of shape (items, bins, outputs): contiguous f32, outputs fastest.
///
/// ```
/// use ciskit_core::Scores;
///
/// let scores = Scores::new(2, 1, 3, vec![1., 2., 3., 4., 5., 6.])?;
/// assert_eq!(scores.get(1, 0, 2), 6.0);
/// assert_eq!(scores.item(1), [4., 5., 6.]);
/// assert!(Scores::new(2, 1, 3, vec![0.0; 5]).is_err());
/// # Ok::<(), ciskit_core::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    items: usize,
    bins: usize,
    outputs: usize,
    values: Vec<f32>,
}

impl Scores {
    /// Scores from values in row-major order.
    ///
    /// # Errors
    ///
    /// [`ShapeError`] if there are not `items * bins * outputs` values.
    pub fn new(items: usize, bins: usize, outputs: usize, values: Vec<f32>) -> Result<Self, ShapeError> {
        let expected = bins.checked_mul(outputs).and_then(|row| row.checked_mul(items));
        if expected != Some(values.len()) {
            return Err(ShapeError { expected: [items, bins, outputs], found: values.len() });
        }
        Ok(Self { items, bins, outputs, values })
    }

    /// One score an item: shape (items, 1, 1).
    #[must_use]
    pub fn scalar(values: Vec<f32>) -> Self {
        Self { items: values.len(), bins: 1, outputs: 1, values }
    }

    /// Number of items.
    #[must_use]
    pub fn items(&self) -> usize {
        self.items
    }

    /// Number of bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// (items, bins, outputs).
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        [self.items, self.bins, self.outputs]
    }

    /// All values, outputs fastest, then bins.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, given away.
    #[must_use]
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// The (bins, outputs) values of one item.
    ///
    /// # Panics
    ///
    /// If there is no such item.
    #[must_use]
    pub fn item(&self, item: usize) -> &[f32] {
        let row = self.bins * self.outputs;
        assert!(item < self.items, "item {item} of {}", self.items);
        &self.values[item * row..(item + 1) * row]
    }

    /// One value.
    ///
    /// # Panics
    ///
    /// If an index lies outside.
    #[must_use]
    pub fn get(&self, item: usize, bin: usize, output: usize) -> f32 {
        assert!(bin < self.bins && output < self.outputs, "({bin}, {output}) of {:?}", self.shape());
        self.item(item)[bin * self.outputs + output]
    }

    /// Appends the items of another block.
    ///
    /// # Errors
    ///
    /// [`ShapeError`] if the bins or outputs of the two differ; nothing is appended then.
    pub fn append(&mut self, mut other: Self) -> Result<(), ShapeError> {
        if (self.bins, self.outputs) != (other.bins, other.outputs) {
            let expected = [other.items, self.bins, self.outputs];
            return Err(ShapeError { expected, found: other.values.len() });
        }
        self.items += other.items;
        self.values.append(&mut other.values);
        Ok(())
    }

    /// The chosen bins and outputs of every item: for models that compute everything anyway.
    ///
    /// # Errors
    ///
    /// [`ScoreError::Selection`] if the selection leaves the block.
    pub fn select(self, select: &Selection) -> Result<Self, ScoreError> {
        if *select == Selection::all() {
            return Ok(self);
        }
        let bins = select.bins.indices("bins", self.bins)?;
        let outputs = select.outputs.indices("outputs", self.outputs)?;
        let mut values = Vec::with_capacity(self.items * bins.len() * outputs.len());
        for item in 0..self.items {
            let block = self.item(item);
            for bin in &bins {
                values.extend(outputs.iter().map(|output| block[bin * self.outputs + output]));
            }
        }
        Ok(Self { items: self.items, bins: bins.len(), outputs: outputs.len(), values })
    }

    /// A view of shape (items, bins, outputs).
    #[cfg(feature = "ndarray")]
    #[must_use]
    pub fn view(&self) -> ndarray::ArrayView3<'_, f32> {
        ndarray::ArrayView3::from_shape(self.shape(), &self.values)
            .unwrap_or_else(|error| unreachable!("the shape is checked when a block is made: {error}"))
    }
}

/// A number of values that does not fit a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("scores of shape (items, bins, outputs) = {expected:?} cannot hold {found} values")]
#[non_exhaustive]
pub struct ShapeError {
    /// (items, bins, outputs).
    pub expected: [usize; 3],
    /// Number of values.
    pub found: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Scores {
        Scores::new(2, 2, 3, (0..12).map(|value| value as f32).collect()).unwrap()
    }

    #[test]
    fn selection_keeps_the_layout() {
        let picked = block().select(&Selection::all().with_bins(1..2).with_outputs(vec![2, 0])).unwrap();
        assert_eq!((picked.shape(), picked.values()), ([2, 1, 2], [5., 3., 11., 9.].as_slice()));
        assert!(block().select(&Selection::all().with_outputs(vec![3])).is_err());
    }

    #[test]
    fn blocks_of_another_shape_are_not_appended() {
        let mut scores = block();
        scores.append(block()).unwrap();
        assert_eq!((scores.shape(), scores.get(3, 1, 2)), ([4, 2, 3], 11.0));
        assert!(scores.append(Scores::scalar(vec![1.0])).is_err());
        assert_eq!(scores.items(), 4);
    }

    #[test]
    fn impossible_shapes_are_refused() {
        assert!(Scores::new(usize::MAX, 2, 2, vec![]).is_err());
        assert!(Scores::new(0, 7, 3, vec![]).is_ok());
    }

    #[cfg(feature = "ndarray")]
    #[test]
    fn views_read_the_same_values() {
        assert_eq!(block().view()[[1, 0, 2]], 8.0);
    }
}
