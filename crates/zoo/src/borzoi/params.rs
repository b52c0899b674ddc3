//! The configuration that baskerville writes, `params.json`.

use serde::Deserialize;

use super::Config;

#[derive(Deserialize)]
struct Params {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    seq_length: usize,
    trunk: Vec<Block>,
    head_human: Option<HeadParams>,
}

#[derive(Deserialize)]
struct HeadParams {
    units: usize,
}

/// A block of the trunk: of its many settings those that decide about sizes.
#[derive(Deserialize)]
struct Block {
    name: String,
    filters: Option<usize>,
    kernel_size: Option<usize>,
    filters_init: Option<usize>,
    filters_end: Option<usize>,
    divisible_by: Option<usize>,
    repeat: Option<usize>,
    key_size: Option<usize>,
    heads: Option<usize>,
    num_position_features: Option<usize>,
    cropping: Option<usize>,
}

impl Config {
    /// The sizes of the model that baskerville's `params.json` describes.
    ///
    /// # Errors
    ///
    /// What is missing, or is of another architecture than is built here.
    pub fn from_params_json(json: &str) -> Result<Self, String> {
        let params: Params = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let Model { seq_length, trunk, head_human } = params.model;
        let names: Vec<&str> = trunk.iter().map(|block| block.name.as_str()).collect();
        let (dna, tower, transformer, cropping, last) = match trunk.as_slice() {
            [dna, tower, transformer, _, _, cropping] => (dna, tower, transformer, cropping, None),
            [dna, tower, transformer, _, _, cropping, last] => {
                (dna, tower, transformer, cropping, Some(last))
            }
            _ => return Err(format!("a trunk of {} is not built here", names.join(", "))),
        };
        let expected = ["conv_dna", "res_tower", "transformer_tower", "unet_conv", "unet_conv", "Cropping1D"];
        if names[..6] != expected || last.is_some_and(|last| !last.name.starts_with("conv_")) {
            return Err(format!("a trunk of {} is not built here", names.join(", ")));
        }
        let need = |value: Option<usize>, what: &str| value.ok_or_else(|| format!("it has no {what}"));
        let (init, end) =
            (need(tower.filters_init, "filters_init")?, need(tower.filters_end, "filters_end")?);
        let (repeat, divisor) =
            (need(tower.repeat, "repeat of res_tower")?, tower.divisible_by.unwrap_or(1).max(1));
        let stage = |index: usize| {
            let power = index as f64 / (repeat.max(2) - 1) as f64;
            let filters = init as f64 * (end as f64 / init as f64).powf(power);
            (filters / divisor as f64).round_ties_even() as usize * divisor
        };
        let stages: Vec<usize> = (0..repeat.min(64)).map(stage).collect();
        let heads = need(transformer.heads, "heads")?;
        let width = stages.last().copied().unwrap_or(0);
        let cropping = need(cropping.cropping, "cropping")?;
        let bins = (seq_length >> stages.len().saturating_sub(1)).checked_sub(2 * cropping);
        let config = Self {
            length: seq_length,
            anchor: (seq_length / 2).saturating_sub(1),
            stem: need(dna.filters, "filters of conv_dna")?,
            stem_kernel: need(dna.kernel_size, "kernel_size of conv_dna")?,
            stages,
            kernel: need(tower.kernel_size, "kernel_size of res_tower")?,
            depth: transformer.repeat.unwrap_or(1),
            heads,
            key: need(transformer.key_size, "key_size")?,
            value: width / heads.max(1),
            features: transformer.num_position_features.unwrap_or(32),
            mask_positions: None,
            last: last.map(|last| need(last.filters, "filters of the last block")).transpose()?,
            bins: bins.ok_or("nothing is left behind Cropping1D")?,
            human: need(head_human.map(|head| head.units), "head_human")?,
            mouse: None,
        };
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINI: &str = r#"{"model": {"seq_length": 131072, "trunk": [
        {"name": "conv_dna", "filters": 64, "kernel_size": 7},
        {"name": "res_tower", "filters_init": 80, "filters_end": 128, "divisible_by": 8, "kernel_size": 5, "repeat": 6},
        {"name": "transformer_tower", "key_size": 32, "heads": 2, "num_position_features": 32, "repeat": 2},
        {"name": "unet_conv", "kernel_size": 3}, {"name": "unet_conv", "kernel_size": 3},
        {"name": "Cropping1D", "cropping": 1024}], "head_human": {"units": 74}}}"#;

    #[test]
    fn the_small_model_is_its_preset() {
        assert_eq!(Config::from_params_json(MINI).unwrap(), Config::baskerville_mini());
    }

    #[test]
    fn other_trunks_are_refused() {
        let message = |from: &str, to: &str| Config::from_params_json(&MINI.replace(from, to)).unwrap_err();
        assert!(message("transformer_tower", "dilated_residual").contains("dilated_residual, unet_conv"));
        assert_eq!(message("\"heads\": 2, ", ""), "it has no heads");
        assert_eq!(message("\"cropping\": 1024", "\"cropping\": 4096"), "nothing is left behind Cropping1D");
        assert!(message("131072", "131073").contains("the length is no multiple"));
    }
}
