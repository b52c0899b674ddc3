//! Language models that learn to tell sequences apart.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ciskit_nn::{Doing, Mode, NnError, Parameters, SequenceModel, Tensor};

use super::{LanguageModel, TokenBatch};
use crate::ZooError;

/// A language model with a head of two classes, all of whose weights can be trained: by the loop of `ciskit_train::fine_tune`,
/// or any other.
///
/// What [`save`](Self::save) writes is loaded like a published model, by the same name.
///
/// *Differences from the published recipe*: there is no dropout, and sequences of a batch are not padded.
pub struct FineTuning {
    /// Built on the parameters.
    trained: LanguageModel,
    /// Built on the same numbers in the same memory, as tensors that are not tracked: for scoring.
    model: Arc<LanguageModel>,
    parameters: Parameters,
    head: Vec<String>,
    config: serde_json::Value,
    tokenizer: Option<PathBuf>,
}

impl FineTuning {
    pub(crate) fn new(
        [trained, model]: [LanguageModel; 2],
        parameters: Parameters,
        head: Vec<String>,
        config: serde_json::Value,
        tokenizer: Option<PathBuf>,
    ) -> Self {
        Self { trained, model: Arc::new(model), parameters, head, config, tokenizer }
    }

    /// The model for scoring, which sees what is changed of the parameters.
    #[must_use]
    pub fn model(&self) -> &Arc<LanguageModel> {
        &self.model
    }

    /// The parameters, under their published names.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Names of the parameters of the head.
    #[must_use]
    pub fn head(&self) -> &[String] {
        &self.head
    }

    /// Writes `model.safetensors`, `config.json` and the tokenizer's file to a folder, which is made if there is none.
    ///
    /// # Errors
    ///
    /// [`ZooError::File`] if one cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), ZooError> {
        let folder = folder.as_ref();
        let written = |what: &'static str, path: &Path, result: std::io::Result<()>| {
            result.map_err(|error| ZooError::File {
                what,
                path: path.to_path_buf(),
                problem: error.to_string(),
            })
        };
        written("the folder", folder, fs::create_dir_all(folder))?;
        let config = format!("{:#}\n", self.config);
        let files = [
            ("model.safetensors", self.parameters.to_safetensors(None)?),
            ("config.json", config.into_bytes()),
        ];
        for (name, bytes) in files {
            let path = folder.join(name);
            written("the model", &path, ciskit_file::write(&path, &bytes))?;
        }
        if let Some(file) = &self.tokenizer {
            let path = folder.join("tokenizer.json");
            let bytes = fs::read(file);
            written("the tokenizer", &path, bytes.and_then(|bytes| ciskit_file::write(&path, &bytes)))?;
        }
        Ok(())
    }
}

impl SequenceModel for FineTuning {
    /// Rows of the sequences' first tokens.
    fn features(&self, sequences: &[&[u8]], mode: Mode) -> Result<Tensor, NnError> {
        let model = if mode.is_train() { &self.trained } else { &*self.model };
        let tokens = model.tokens_of(sequences).map_err(NnError::model)?;
        let batch = TokenBatch::new(tokens.iter().map(|tokens| tokens.ids.as_slice()));
        let rows = model.network().forward(&batch, &mut |_, _| ())?; // (T, d)
        batch.first_rows(&rows) // (B, d)
    }

    fn logits(&self, features: &Tensor) -> Result<Tensor, NnError> {
        let classes = self.trained.network().class_logits(features)?; // (B, 2)
        let margin = || classes.narrow(1, 1, 1)?.sub(&classes.narrow(1, 0, 1)?)?.squeeze(1);
        margin().doing("the margin of two classes") // (B)
    }
}
