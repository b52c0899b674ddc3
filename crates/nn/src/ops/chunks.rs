//! Sums over a batch in an order that no number of threads changes.

use std::ops::Range;

use rayon::prelude::*;

/// Parts that a batch is cut into, at most: enough to keep threads busy, few enough that partial sums are cheap.
const CHUNKS: usize = 16;

/// Numbers of a sum that one thread adds up at a time.
const SLICE: usize = 4096;

/// Sums over the items of a batch: `partial` for each of a few ranges of items that depend on the batch alone, in
/// parallel, and these added up in order.
pub(crate) fn sum_over_items(batch: usize, partial: impl Fn(Range<usize>) -> Vec<f32> + Sync) -> Vec<f32> {
    let size = batch.div_ceil(CHUNKS).max(1);
    let starts: Vec<usize> = (0..batch).step_by(size).collect();
    let partials: Vec<Vec<f32>> = starts
        .into_par_iter()
        .with_max_len(1)
        .map(|start| partial(start..(start + size).min(batch)))
        .collect();
    let mut partials = partials.into_iter();
    let mut total = partials.next().unwrap_or_default();
    let rest: Vec<Vec<f32>> = partials.collect();
    total.par_chunks_mut(SLICE).enumerate().for_each(|(slice, total)| {
        for partial in &rest {
            for (sum, part) in total.iter_mut().zip(&partial[slice * SLICE..]) {
                *sum += part;
            }
        }
    });
    total
}
