//! What is published.

use crate::{Entry, Parameters};

macro_rules! entries {
    ($(($name:literal, $layers:literal, $input:literal, $parameters:literal)),* $(,)?) => {
        &[$(Entry {
            name: $name,
            family: "hyenadna",
            architecture: concat!("Hyena of ", $layers, " layers on single bases, causal"),
            input: $input,
            // Without the tables of positions, 5 numbers a position and layer.
            parameters: Parameters::Exactly($parameters),
            code_licence: "Apache-2.0",
            weights_licence: "BSD-3-Clause",
            published: concat!("https://huggingface.co/LongSafari/", $name, "-seqlen-hf"),
            paper: "Nguyen et al. 2023, NeurIPS",
        }),*]
    };
}

pub(crate) const ENTRIES: &[Entry] = entries![
    ("hyenadna-small-32k", 4, "up to 32,769 bp", 3_277_568),
    ("hyenadna-medium-160k", 8, "up to 160,001 bp", 6_550_528),
    ("hyenadna-medium-450k", 8, "up to 450,001 bp", 6_550_528),
    ("hyenadna-large-1m", 8, "up to 1,000,001 bp", 6_550_528),
];
