//! Loading of a published model by its name in the catalogue.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ciskit_core::{ReferenceAlternative, SequenceEmbedder, SequenceScorer, VariantScorer};
use ciskit_nn::Device;

use crate::catalogue::{Entry, FAMILIES, Family};
use crate::error::ZooError;

/// What a published model is loaded from.
///
/// ```
/// use ciskit_zoo::LoadOptions;
///
/// let options = LoadOptions::new("sei.pth").with_file("target-names", "target.names").with_batch(2);
/// assert_eq!(options.weight_file("sei")?.to_str(), Some("sei.pth"));
/// # Ok::<(), ciskit_zoo::ZooError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoadOptions {
    /// The weight files, as they are published, or folders of them: one, except where a family says otherwise.
    pub weights: Vec<PathBuf>,
    /// The tokenizer's file or folder, of models that read tokens; by default beside the weights.
    pub tokenizer: Option<PathBuf>,
    /// The configuration's file, of models whose file does not hold it; by default the preset of the name, or the file
    /// beside the weights.
    pub config: Option<PathBuf>,
    /// Further files that a family reads, by the names that its module states.
    pub files: BTreeMap<String, PathBuf>,
    /// Choices that a family offers, by the names that its module states (`strands` = `mean`).
    pub choices: BTreeMap<String, String>,
    /// Sequences that the network sees at once; by default few enough for activations of about 0.5 GB.
    pub batch: Option<usize>,
    /// Where the network runs.
    pub device: Device,
}

impl LoadOptions {
    /// A weight file and nothing else, on the CPU.
    #[must_use]
    pub fn new(weights: impl Into<PathBuf>) -> Self {
        Self {
            weights: vec![weights.into()],
            tokenizer: None,
            config: None,
            files: BTreeMap::new(),
            choices: BTreeMap::new(),
            batch: None,
            device: Device::Cpu,
        }
    }

    /// The same with one weight file more.
    #[must_use]
    pub fn with_weights(mut self, path: impl Into<PathBuf>) -> Self {
        self.weights.push(path.into());
        self
    }

    /// The same with a tokenizer.
    #[must_use]
    pub fn with_tokenizer(mut self, path: impl Into<PathBuf>) -> Self {
        self.tokenizer = Some(path.into());
        self
    }

    /// The same with a configuration.
    #[must_use]
    pub fn with_config(mut self, path: impl Into<PathBuf>) -> Self {
        self.config = Some(path.into());
        self
    }

    /// The same with a further file.
    #[must_use]
    pub fn with_file(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.files.insert(name.into(), path.into());
        self
    }

    /// The same with a choice.
    #[must_use]
    pub fn with_choice(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.choices.insert(name.into(), value.into());
        self
    }

    /// The same with a number of sequences that the network sees at once.
    #[must_use]
    pub fn with_batch(mut self, sequences: usize) -> Self {
        self.batch = Some(sequences.max(1));
        self
    }

    /// The same on a device.
    #[must_use]
    pub fn with_device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// The weight file of a model that has one.
    ///
    /// # Errors
    ///
    /// [`ZooError::Option`] if none or several are given.
    pub fn weight_file(&self, model: &str) -> Result<&Path, ZooError> {
        match self.weights.as_slice() {
            [path] => Ok(path),
            several => Err(ZooError::Option {
                model: model.to_owned(),
                problem: format!("it has one weight file, and {} are given", several.len()),
            }),
        }
    }

    /// Refuses a tokenizer that nobody reads, and files and choices of other names than those that a family knows.
    fn check(&self, model: &str, reads: &Reads) -> Result<(), ZooError> {
        let &Reads { tokenizer, files, choices } = reads;
        if self.tokenizer.is_some() && !tokenizer {
            let problem = "it has no use for a tokenizer's file".to_owned();
            return Err(ZooError::Option { model: model.to_owned(), problem });
        }
        let given = [("file", self.files.keys().collect::<Vec<_>>(), files)];
        let choice = ("choice", self.choices.keys().collect::<Vec<_>>(), choices);
        for (what, names, known) in given.into_iter().chain([choice]) {
            if let Some(name) = names.into_iter().find(|name| !known.contains(&name.as_str())) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let problem = format!("it has no {what} {name:?}, only: {known}");
                return Err(ZooError::Option { model: model.to_owned(), problem });
            }
        }
        Ok(())
    }

    /// The value of a choice, `None` if it is left to the model.
    #[cfg_attr(
        not(any(feature = "sei", feature = "transformer", feature = "borzoi", feature = "enformer")),
        allow(dead_code, reason = "TREDNet offers no choice")
    )]
    pub(crate) fn choice<T: Copy>(
        &self,
        model: &str,
        name: &str,
        values: &[(&str, T)],
    ) -> Result<Option<T>, ZooError> {
        let Some(value) = self.choices.get(name) else { return Ok(None) };
        let found = values.iter().find(|(known, _)| known == value);
        let problem = || {
            let known: Vec<&str> = values.iter().map(|(known, _)| *known).collect();
            format!("{name} is one of {}, not {value:?}", known.join(", "))
        };
        let wrong = || ZooError::Option { model: model.to_owned(), problem: problem() };
        found.map(|(_, value)| Some(*value)).ok_or_else(wrong)
    }
}

/// What a family's models are loaded from besides weights and configuration.
pub(crate) struct Reads {
    /// Whether there is a tokenizer's file.
    pub(crate) tokenizer: bool,
    /// Names of further files.
    pub(crate) files: &'static [&'static str],
    /// Names of choices.
    pub(crate) choices: &'static [&'static str],
}

/// A published model with its weights, behind the traits that it has something to say to.
#[derive(Clone)]
pub struct ZooModel {
    entry: &'static Entry,
    sequences: Option<Arc<dyn SequenceScorer>>,
    variants: Option<Arc<dyn VariantScorer>>,
    embedder: Option<Arc<dyn SequenceEmbedder>>,
}

impl ZooModel {
    /// A model that does nothing yet; a family adds what its model can do.
    #[cfg_attr(not(any(feature = "trednet", feature = "sei")), allow(dead_code))]
    pub(crate) fn new(entry: &'static Entry) -> Self {
        Self { entry, sequences: None, variants: None, embedder: None }
    }

    /// The same with a scorer of sequences, which scores variants, too, as long as nothing else does.
    #[must_use]
    pub fn with_sequence_scorer(mut self, scorer: impl SequenceScorer + 'static) -> Self {
        let scorer: Arc<dyn SequenceScorer> = Arc::new(scorer);
        self.sequences = Some(scorer.clone());
        self.variants.get_or_insert_with(|| Arc::new(ReferenceAlternative(scorer)));
        self
    }

    /// The same with a scorer of variants.
    #[must_use]
    pub fn with_variant_scorer(mut self, scorer: impl VariantScorer + 'static) -> Self {
        self.variants = Some(Arc::new(scorer));
        self
    }

    /// The same with embeddings.
    #[must_use]
    pub fn with_embedder(mut self, embedder: impl SequenceEmbedder + 'static) -> Self {
        self.embedder = Some(Arc::new(embedder));
        self
    }

    /// What the catalogue says of it.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// The model as a scorer of sequences.
    #[must_use]
    pub fn sequence_scorer(&self) -> Option<&Arc<dyn SequenceScorer>> {
        self.sequences.as_ref()
    }

    /// The model as a scorer of variants: its own, or both windows through the scorer of sequences.
    #[must_use]
    pub fn variant_scorer(&self) -> Option<&Arc<dyn VariantScorer>> {
        self.variants.as_ref()
    }

    /// The model as an embedder of sequences.
    #[must_use]
    pub fn embedder(&self) -> Option<&Arc<dyn SequenceEmbedder>> {
        self.embedder.as_ref()
    }
}

impl fmt::Debug for ZooModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZooModel")
            .field("entry", &self.entry.name)
            .field("sequences", &self.sequences.is_some())
            .field("variants", &self.variants.is_some())
            .field("embedder", &self.embedder.is_some())
            .finish()
    }
}

/// Loads the model of a name in the [`catalogue`](crate::catalogue).
///
/// # Errors
///
/// [`ZooError::Unknown`] for a name that there is not, otherwise why its files cannot be used.
///
/// ```
/// use ciskit_zoo::{LoadOptions, load};
///
/// let error = load("say", &LoadOptions::new("say.pth")).unwrap_err();
/// assert!(error.to_string().starts_with("there is no model \"say\", expected one of: "));
/// ```
pub fn load(name: &str, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    let (family, entry) = find(name)?;
    options.check(name, &family.reads)?;
    (family.load)(entry, options)
}

/// Loads a language model for further training: with a head that tells two classes apart, whose weights are drawn by the
/// seed where the files have none.
///
/// # Errors
///
/// As [`load`], and [`ZooError::Option`] for a model that has no gradients here.
///
/// ```
/// use ciskit_zoo::{LoadOptions, load_for_training};
///
/// let error = load_for_training("sei", &LoadOptions::new("sei.pth"), 1).err().unwrap();
/// assert_eq!(error.to_string(), "model sei: its weights cannot be trained here");
/// ```
#[cfg(feature = "transformer")]
pub fn load_for_training(
    name: &str,
    options: &LoadOptions,
    seed: u64,
) -> Result<crate::transformer::FineTuning, ZooError> {
    let (family, entry) = find(name)?;
    let problem = "its weights cannot be trained here".to_owned();
    let none = || ZooError::Option { model: name.to_owned(), problem };
    let published = family.published.ok_or_else(none)?;
    options.check(name, &family.reads)?;
    let truncation = crate::transformer::truncation(entry, options)?;
    published(entry, options)?.for_training(seed, truncation, &options.device)
}

/// A model of the catalogue.
fn find(name: &str) -> Result<(&'static Family, &'static Entry), ZooError> {
    let of = |family: &'static Family| {
        family.entries.iter().find(|entry| entry.name == name).map(|entry| (family, entry))
    };
    FAMILIES.iter().find_map(of).ok_or_else(|| {
        let known = crate::catalogue().map(|entry| entry.name.to_owned()).collect();
        ZooError::Unknown { what: "model", name: name.to_owned(), known }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_family_does_not_know_are_refused() {
        let options = LoadOptions::new("a").with_file("targets", "b").with_choice("strands", "both");
        let reads = |files, choices| Reads { tokenizer: false, files, choices };
        let message = |reads| options.check("sei", &reads).unwrap_err().to_string();
        assert!(options.check("sei", &reads(&["targets"], &["strands"])).is_ok());
        assert_eq!(message(reads(&[], &["strands"])), "model sei: it has no file \"targets\", only: none");
        assert_eq!(
            message(reads(&["targets"], &["unknown"])),
            "model sei: it has no choice \"strands\", only: unknown"
        );
        let with_tokenizer = options.clone().with_tokenizer("t.json");
        let message =
            with_tokenizer.check("sei", &reads(&["targets"], &["strands"])).unwrap_err().to_string();
        assert_eq!(message, "model sei: it has no use for a tokenizer's file");

        let values = [("mean", 2), ("forward", 1)];
        assert_eq!(options.choice("sei", "unknown", &values).unwrap(), None);
        let message = options.choice("sei", "strands", &values).unwrap_err().to_string();
        assert_eq!(message, "model sei: strands is one of mean, forward, not \"both\"");
        let options = options.with_choice("strands", "mean");
        assert_eq!(options.choice("sei", "strands", &values).unwrap(), Some(2));
    }

    #[test]
    fn a_model_of_one_file_is_given_one() {
        let two = LoadOptions::new("a").with_weights("b");
        let message = two.weight_file("sei").unwrap_err().to_string();
        assert_eq!(message, "model sei: it has one weight file, and 2 are given");
    }
}
