//! Scores of the pairs of a source.

use ciskit_core::Side;
use ciskit_dataset::{Example, PairSource};
use ciskit_nn::{DType, Device, Mode, PairModel};

use crate::TrainError;
use crate::ahead::for_each_prepared;

/// The main head's logits of some pairs at their centred windows, in the order of `rows`: shape (rows).
///
/// A pair's logit does not depend on the other rows, the batch size or the number of threads. *Cost*: a few batches of
/// sequence at a time, fetched while the network computes; 4 bytes a row are kept.
///
/// # Errors
///
/// [`TrainError::WindowLengths`], [`TrainError::Covariates`], [`TrainError::Tracks`] or [`TrainError::Embeddings`] if the
/// model reads others than the source has, [`TrainError::Dataset`] if a window cannot be read, [`TrainError::Network`] if the network fails.
///
/// # Panics
///
/// If a row is not one of the source's pairs, or the source breaks its contract.
///
/// ```
/// use ciskit_core::{InMemoryGenome, Interval, Pair};
/// use ciskit_dataset::{GenomePairs, WindowRule};
/// use ciskit_models::{Model, ModelConfig};
/// use ciskit_nn::{DType, Device, PairModel, Parameters};
///
/// let genome = InMemoryGenome::new([("chr1", b"GATTACA".repeat(400))])?;
/// let pair = Pair::new(Interval::new("chr1", 600, 900)?, Interval::new("chr1", 1500, 1700)?);
/// let source = GenomePairs::new(genome, vec![pair], WindowRule::new(1000), WindowRule::new(1000))?;
///
/// let config = ModelConfig::preset("epipam", "chiapet")?;
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Model::load(vb, &config))?;
/// let logits = ciskit_train::logits(&model, &source, &[0, 0], 100, &Device::Cpu)?;
/// assert_eq!(logits.len(), 2);
/// assert_eq!(logits[0], logits[1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn logits<M: PairModel>(
    model: &M,
    source: &dyn PairSource,
    rows: &[usize],
    batch: usize,
    device: &Device,
) -> Result<Vec<f32>, TrainError> {
    check_windows(model, source)?;
    let mut logits = Vec::with_capacity(rows.len());
    let examples: Vec<Example> = rows.iter().map(|&pair| Example::centred(pair)).collect();
    let chunks: Vec<&[Example]> = examples.chunks(batch.max(1)).collect();
    for_each_prepared(source, &chunks, |_, codes| {
        let main = model.forward_t(&codes.batch(device)?, Mode::Eval)?.main.to_dtype(DType::F32)?; // (B)
        logits.extend(main.to_vec1::<f32>()?);
        Ok(())
    })?;
    Ok(logits)
}

/// Refuses a model that reads other windows, covariates, tracks or embeddings than the data have.
pub(crate) fn check_windows<M: PairModel>(model: &M, source: &dyn PairSource) -> Result<(), TrainError> {
    let expected = (model.enhancer_len(), model.promoter_len());
    let found = (source.window_len(Side::Enhancer), source.window_len(Side::Promoter));
    if expected != found {
        return Err(TrainError::WindowLengths { expected, found });
    }
    let (expected, found) = (model.covariates(), source.covariate_names());
    if expected != found {
        let [expected, found] = [expected, found].map(<[String]>::to_vec);
        return Err(TrainError::Covariates { expected, found });
    }
    let (expected, found) = (model.tracks(), source.tracks());
    if expected != found {
        return Err(TrainError::Tracks { expected, found });
    }
    let (expected, found) = (model.embedding(), source.embedding().cloned());
    if expected != found {
        let [expected, found] = [expected, found].map(|spec| spec.map(Box::new));
        return Err(TrainError::Embeddings { expected, found });
    }
    Ok(())
}
