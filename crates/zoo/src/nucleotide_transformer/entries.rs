//! What is published.

use crate::{Entry, Parameters};

macro_rules! entries {
    ($(($name:literal, $architecture:literal, $input:literal, $parameters:literal)),* $(,)?) => {
        &[$(Entry {
            name: $name,
            family: "nucleotide-transformer",
            architecture: $architecture,
            input: $input,
            parameters: Parameters::Exactly($parameters),
            code_licence: "CC BY-NC-SA 4.0 (non-commercial)",
            weights_licence: "CC BY-NC-SA 4.0 (non-commercial)",
            published: concat!("https://huggingface.co/InstaDeepAI/", $name),
            paper: "Dalla-Torre et al. 2025, Nature Methods",
        }),*]
    };
}

pub(crate) const ENTRIES: &[Entry] = entries![
    (
        "nucleotide-transformer-500m-human-ref",
        "ESM encoder of 24 layers on six-mers",
        "up to 1,000 tokens (6 kb)",
        480_444_906
    ),
    (
        "nucleotide-transformer-500m-1000g",
        "ESM encoder of 24 layers on six-mers",
        "up to 1,000 tokens (6 kb)",
        480_444_906
    ),
    (
        "nucleotide-transformer-2.5b-1000g",
        "ESM encoder of 32 layers on six-mers",
        "up to 1,000 tokens (6 kb)",
        2_537_292_426
    ),
    (
        "nucleotide-transformer-2.5b-multi-species",
        "ESM encoder of 32 layers on six-mers",
        "up to 1,000 tokens (6 kb)",
        2_537_292_426
    ),
    (
        "nucleotide-transformer-v2-50m-multi-species",
        "ESM encoder of 12 layers on six-mers, rotary and gated",
        "up to 2,048 tokens (12 kb)",
        55_904_972
    ),
    (
        "nucleotide-transformer-v2-100m-multi-species",
        "ESM encoder of 22 layers on six-mers, rotary and gated",
        "up to 2,048 tokens (12 kb)",
        97_889_132
    ),
    (
        "nucleotide-transformer-v2-250m-multi-species",
        "ESM encoder of 24 layers on six-mers, rotary and gated",
        "up to 2,048 tokens (12 kb)",
        235_120_780
    ),
    (
        "nucleotide-transformer-v2-500m-multi-species",
        "ESM encoder of 29 layers on six-mers, rotary and gated",
        "up to 2,048 tokens (12 kb)",
        498_345_436
    ),
];
