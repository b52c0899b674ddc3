//! From examples to the tensors of a step.

use ciskit_core::Side;
use ciskit_dataset::{DatasetError, Example, PairSource, pair_name};
use ciskit_encode::base_codes_into;
use ciskit_nn::{DType, Device, PairBatch, Tensor};
use rayon::prelude::*;

use crate::TrainError;

/// Sequences of some examples as a batch on `device`, fetched and encoded in parallel, in the order of `examples`:
/// shapes (examples, window length) a side. Windows have at least one base.
pub(crate) fn encode(
    source: &dyn PairSource,
    examples: &[Example],
    device: &Device,
) -> Result<PairBatch, TrainError> {
    let [enhancer_len, promoter_len] = [Side::Enhancer, Side::Promoter].map(|side| source.window_len(side));
    let mut enhancers = vec![0; examples.len() * enhancer_len];
    let mut promoters = vec![0; examples.len() * promoter_len];
    let rows = enhancers.par_chunks_mut(enhancer_len).zip(promoters.par_chunks_mut(promoter_len));
    rows.zip(examples).try_for_each_init(
        || (Vec::new(), Vec::new()),
        |(enhancer, promoter), ((enhancer_codes, promoter_codes), example)| -> Result<(), DatasetError> {
            source.fetch(example.pair, example.jitter, enhancer, promoter)?;
            for (sequence, codes) in [(enhancer, enhancer_codes), (promoter, promoter_codes)] {
                // A source promises windows of its lengths.
                base_codes_into(sequence, codes).unwrap_or_else(|error| unreachable!("{error}"));
            }
            Ok(())
        },
    )?;
    Ok(PairBatch::from_codes(examples.len(), &enhancers, &promoters, device)?)
}

/// Labels of some examples as a tensor (B) of 0 and 1.
pub(crate) fn labels(
    source: &dyn PairSource,
    examples: &[Example],
    dtype: DType,
    device: &Device,
) -> Result<Tensor, TrainError> {
    let labels: Vec<f64> = examples
        .iter()
        .map(|example| label_of(source, example.pair).map(|label| f64::from(u8::from(label))))
        .collect::<Result<_, _>>()?;
    Ok(Tensor::from_vec(labels, examples.len(), device)?.to_dtype(dtype)?)
}

/// The label of a pair, which must have one.
pub(crate) fn label_of(source: &dyn PairSource, row: usize) -> Result<bool, TrainError> {
    let pair = &source.pairs()[row];
    pair.label.ok_or_else(|| TrainError::NoLabel { row, name: pair_name(pair) })
}
