//! A network as a scorer of sequences.

use std::fmt;
use std::path::Path;

use ciskit_core::{
    InputWindow, Output, ScoreError, ScorerSpec, Scores, Selection, SequenceScorer, SpecError,
};
use ciskit_encode::base_code;
use rayon::prelude::*;

use crate::network::Network;
use crate::{Axis, Layout, OnnxConfig, OnnxError};

/// A model of one sequence that was trained elsewhere and exported to ONNX.
///
/// The model takes one-hot sequences of one length, (batch, 4, length) or (batch, length, 4), and gives a tensor of
/// floats of shape (batch,), (batch, outputs), (batch, bins, outputs) or (batch, outputs, bins). What the file does not
/// say, an [`OnnxConfig`] does.
///
/// The model always runs on batches of one size (the one that it was exported with, otherwise [`OnnxConfig::batch`]);
/// the last one is filled up with unknown bases, so that a score does not depend on what else is in the call.
///
/// A model is a program: a file from somebody with bad intentions can ask for all memory or for ever. A file that is
/// merely damaged is refused.
///
/// # Cost
///
/// The network is prepared once. Batches run in parallel, each on one thread; memory is that of one batch a thread.
///
/// ```
/// use ciskit_core::{Selection, SequenceScorer};
/// use ciskit_onnx::{OnnxConfig, OnnxScorer, OutputScale};
///
/// let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny.onnx");
/// let scorer = OnnxScorer::load(model, &OnnxConfig::new(OutputScale::Logit))?;
/// let scores = scorer.score(&[b"ACGTACGTACGTACGTACGTACGT"], &Selection::all())?;
/// assert_eq!(scores.shape(), [1, 1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OnnxScorer {
    network: Network,
    spec: ScorerSpec,
    layout: Layout,
    /// Whether outputs stand before bins in the result.
    outputs_first: bool,
    /// The four channels of A, C, G, T and anything else.
    columns: [[f32; 4]; 5],
}

impl OnnxScorer {
    /// Reads a model and the configuration of the same name that lies beside it: `model.toml` for `model.onnx`.
    ///
    /// # Errors
    ///
    /// As [`OnnxConfig::read`] and [`load`](Self::load).
    pub fn open(model: impl AsRef<Path>) -> Result<Self, OnnxError> {
        let model = model.as_ref();
        let bytes = read(model)?;
        let config = OnnxConfig::read(model.with_extension("toml"))?;
        Self::new(&bytes, model.parent(), &config, &model.display().to_string())
    }

    /// Reads a model. Weights that it keeps in further files must lie in its folder.
    ///
    /// # Errors
    ///
    /// [`OnnxError`]: for a file that is no ONNX model, for one with operators that cannot be run, for one whose input
    /// or result is not as above, and for a configuration that does not fit it.
    pub fn load(model: impl AsRef<Path>, config: &OnnxConfig) -> Result<Self, OnnxError> {
        let model = model.as_ref();
        Self::new(&read(model)?, model.parent(), config, &model.display().to_string())
    }

    /// Reads a model from the bytes of its file, which messages call `name`.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_bytes(bytes: &[u8], config: &OnnxConfig, name: &str) -> Result<Self, OnnxError> {
        Self::new(bytes, None, config, name)
    }

    fn new(bytes: &[u8], folder: Option<&Path>, config: &OnnxConfig, name: &str) -> Result<Self, OnnxError> {
        config.check()?;
        let network = Network::read(bytes, folder, config, name)?;
        let axes = axes(config, &network.result)?;
        let size = |axis| axes.iter().position(|&other| other == axis).map_or(1, |i| network.result[i]);
        let (bins, outputs) = (size(Axis::Bins), size(Axis::Outputs));
        let spec = spec(config, &network, bins, outputs)?
            .map_err(|source| OnnxError::Spec { name: name.to_owned(), source })?;
        let mut columns = [[0.0; 4]; 5];
        for (column, channel) in columns.iter_mut().zip(config.channels()) {
            column[channel] = 1.0;
        }
        columns[4] = [config.unknown; 4];
        let outputs_first = axes.last() == Some(&Axis::Bins);
        Ok(Self { network, spec, layout: config.layout, outputs_first, columns })
    }

    /// Scores of as many sequences as one batch holds, or less.
    fn score_batch(&self, sequences: &[&[u8]]) -> Result<Scores, ScoreError> {
        let Network { batch, length, .. } = self.network;
        let mut input = vec![self.columns[4][0]; batch * 4 * length];
        for (sequence, input) in sequences.iter().zip(input.chunks_exact_mut(4 * length)) {
            self.encode(sequence, input);
        }
        let mut values =
            self.network.run(&input).map_err(|why| ScoreError::model("running the ONNX model", why))?;
        let (bins, outputs) = (self.spec.bins, self.spec.outputs.len());
        values.truncate(sequences.len() * bins * outputs);
        if self.outputs_first && outputs > 1 {
            for item in values.chunks_exact_mut(bins * outputs) {
                let by_output = item.to_vec();
                for (index, value) in item.iter_mut().enumerate() {
                    *value = by_output[index % outputs * bins + index / outputs];
                }
            }
        }
        Ok(Scores::new(sequences.len(), bins, outputs, values)?)
    }

    fn encode(&self, sequence: &[u8], input: &mut [f32]) {
        let columns = sequence.iter().map(|&letter| &self.columns[usize::from(base_code(letter).min(4))]);
        match self.layout {
            Layout::ChannelsLast => {
                for (place, column) in input.chunks_exact_mut(4).zip(columns) {
                    place.copy_from_slice(column);
                }
            }
            Layout::ChannelsFirst => {
                for (place, column) in columns.enumerate() {
                    for (channel, &value) in column.iter().enumerate() {
                        input[channel * sequence.len() + place] = value;
                    }
                }
            }
        }
    }
}

impl SequenceScorer for OnnxScorer {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let expected = self.spec.input.length();
        for (item, sequence) in sequences.iter().enumerate() {
            let found = sequence.len();
            if !expected.accepts(found) {
                return Err(ScoreError::InputLength { item, expected, found });
            }
        }
        let batches: Vec<Scores> = sequences
            .par_chunks(self.network.batch)
            .map(|batch| self.score_batch(batch)?.select(select))
            .collect::<Result<_, _>>()?;
        // No sequences are zero items of the selected shape.
        let none = Scores::new(0, self.spec.bins, self.spec.outputs.len(), Vec::new())?;
        let mut scores = none.select(select)?;
        batches.into_iter().try_for_each(|batch| scores.append(batch))?;
        Ok(scores)
    }
}

impl fmt::Debug for OnnxScorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxScorer").field("spec", &self.spec).finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, OnnxError> {
    std::fs::read(path).map_err(|source| OnnxError::Read { path: path.to_path_buf(), source })
}

/// What the axes of a result of this shape stand for.
fn axes(config: &OnnxConfig, shape: &[usize]) -> Result<Vec<Axis>, OnnxError> {
    let axes = match shape.len() {
        _ if !config.axes.is_empty() => config.axes.clone(),
        1 => vec![Axis::Batch],
        2 => vec![Axis::Batch, Axis::Outputs],
        _ => vec![],
    };
    if axes.len() == shape.len() {
        return Ok(axes);
    }
    let expected = match shape.len() {
        1..=3 => format!("{} axes, as the result has the shape {shape:?}", shape.len()),
        _ => format!("a result of 1 to 3 axes, but it has the shape {shape:?}"),
    };
    Err(OnnxError::Setting { setting: "axes", expected, found: crate::config::axis_names(&config.axes) })
}

fn spec(
    config: &OnnxConfig,
    network: &Network,
    bins: usize,
    outputs: usize,
) -> Result<Result<ScorerSpec, SpecError>, OnnxError> {
    let mut window = InputWindow::fixed(network.length);
    if let Some(anchor) = config.anchor {
        window = window.anchored_at(anchor);
    }
    let names = match (&config.outputs[..], outputs) {
        ([], 1) => vec!["score".to_owned()],
        ([], outputs) => (1..=outputs).map(|output| format!("output{output}")).collect(),
        (names, outputs) if names.len() == outputs => names.to_vec(),
        (names, outputs) => {
            let expected = format!("{outputs} names, as the model has so many outputs");
            let found = format!("{} names", names.len());
            return Err(OnnxError::Setting { setting: "outputs", expected, found });
        }
    };
    let mut builder = ScorerSpec::builder(window);
    match config.bins {
        Some(place) => builder = builder.bins(bins, place.width, place.first),
        None if bins == 1 => {}
        None => {
            let expected = format!("the width of the {bins} bins and where the first one starts");
            return Err(OnnxError::Setting { setting: "bins", expected, found: "nothing".into() });
        }
    }
    let outputs = names.into_iter().map(|name| Output::new(name, config.scale.into()));
    // Several batches a call, so that every thread has some.
    Ok(builder.outputs(outputs).batch_hint(network.batch.saturating_mul(8).max(32)).build())
}
