//! `--weights` and what belongs to them: a published model of one's own files.

use std::path::PathBuf;

use anyhow::{Result, bail};
use ciskit_zoo::LoadOptions;

/// The files and choices of a published model.
#[derive(clap::Args, Clone)]
pub(crate) struct PublishedModelArgs {
    /// Weight file or folder as published; TREDNet has two, phase one and then phase two
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Vec<PathBuf>,
    /// Tokenizer, if it is not beside the weights
    #[arg(long, value_name = "FILE")]
    tokenizer: Option<PathBuf>,
    /// Configuration, if the weight file does not hold it
    #[arg(long, value_name = "FILE")]
    zoo_config: Option<PathBuf>,
    /// Further file of the model (sei: target-names, projection, histone-indices; trednet: target-names, phase-two-config);
    /// may be repeated
    #[arg(long = "file", value_name = "NAME=FILE", value_parser = named)]
    files: Vec<(String, String)>,
    /// Choice that the model offers (sei: strands=mean|forward, unknown=quarter|zero; language models:
    /// variants=classes|masked|pseudo, truncation=TOKENS|none); may be repeated
    #[arg(long = "choice", value_name = "NAME=VALUE", value_parser = named)]
    choices: Vec<(String, String)>,
}

fn named(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl PublishedModelArgs {
    /// Whether any is given.
    pub(crate) fn are_given(&self) -> bool {
        !self.weights.is_empty()
            || self.tokenizer.is_some()
            || self.zoo_config.is_some()
            || !self.files.is_empty()
            || !self.choices.is_empty()
    }

    /// What the model is loaded from.
    pub(crate) fn options(&self) -> Result<LoadOptions> {
        let Some((first, rest)) = self.weights.split_first() else {
            bail!("no weights are given: --weights FILE; `ciskit zoo list` tells where they are published")
        };
        let mut options = rest.iter().fold(LoadOptions::new(first), LoadOptions::with_weights);
        options.tokenizer.clone_from(&self.tokenizer);
        options.config.clone_from(&self.zoo_config);
        for (name, path) in &self.files {
            options = options.with_file(name, path);
        }
        for (name, value) in &self.choices {
            options = options.with_choice(name, value);
        }
        Ok(options)
    }
}
