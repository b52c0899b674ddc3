//! Which published model, and from which files.

use std::path::PathBuf;

use ciskit_zoo::LoadOptions;

/// A published model and its files.
#[derive(clap::Args)]
pub(crate) struct ZooModelArgs {
    /// Name of the model, as `ciskit zoo list` has it
    #[arg(value_name = "MODEL")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) files: ZooFileArgs,
}

/// The files of a published model. Where `--config` means another configuration, this one is `--zoo-config`.
#[derive(clap::Args, Clone)]
pub(crate) struct ZooFileArgs {
    /// Weight file or folder as published (`ciskit zoo list` tells where); TREDNet has two, phase one and then phase two
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) weights: Vec<PathBuf>,
    /// Tokenizer, if it is not beside the weights
    #[arg(long, value_name = "FILE")]
    tokenizer: Option<PathBuf>,
    /// Configuration, if the weight file does not hold it
    #[arg(long = "config", value_name = "FILE")]
    zoo_config: Option<PathBuf>,
    /// Further file of the model (sei: target-names, projection, histone-indices; trednet: target-names, phase-two-config;
    /// enformer, borzoi: targets; enformer: gammas); may be repeated
    #[arg(long = "file", value_name = "NAME=FILE", value_parser = named)]
    files: Vec<(String, String)>,
    /// Choice that the model offers (sei: strands=mean|forward, unknown=quarter|zero; language models:
    /// variants=classes|masked|pseudo, or causal for hyenadna, truncation=TOKENS|none; enformer, borzoi: head=human|mouse,
    /// names=identifier|description; borzoi: scale=raw|untransformed, squash=old|new; enformer: gamma=position|feature); may be
    /// repeated
    #[arg(long = "choice", value_name = "NAME=VALUE", value_parser = named)]
    choices: Vec<(String, String)>,
}

fn named(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl ZooFileArgs {
    /// Whether any is given.
    pub(crate) fn are_given(&self) -> bool {
        !self.weights.is_empty()
            || self.tokenizer.is_some()
            || self.zoo_config.is_some()
            || !self.files.is_empty()
            || !self.choices.is_empty()
    }

    /// What the model is loaded from.
    pub(crate) fn options(&self) -> LoadOptions {
        let mut weights = self.weights.iter();
        let first = weights.next().cloned().unwrap_or_default();
        let mut options = weights.fold(LoadOptions::new(first), LoadOptions::with_weights);
        options.tokenizer.clone_from(&self.tokenizer);
        options.config.clone_from(&self.zoo_config);
        for (name, path) in &self.files {
            options = options.with_file(name, path);
        }
        for (name, value) in &self.choices {
            options = options.with_choice(name, value);
        }
        options
    }
}
