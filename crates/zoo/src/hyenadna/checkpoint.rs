//! Published files, in the names of the hub.

use std::collections::BTreeMap;

use ciskit_nn::{Device, Doing, Tensor};

use super::Config;
use crate::ZooError;

/// What names begin with: on the hub, in the original files, and in those of the bare model.
const PREFIXES: [&str; 3] = ["hyena.backbone.", "model.backbone.", "backbone."];

/// The tensors in the names of the hub: one prefix, no wrappers of checkpointed training, the frequencies that all sines of a
/// filter share under the first of their names, and the decay rates, which not every file holds.
///
/// Names that would be given twice stay as they are, and so turn out to be unexpected.
pub(super) fn published(
    tensors: BTreeMap<String, Tensor>,
    config: &Config,
) -> Result<BTreeMap<String, Tensor>, ZooError> {
    let (mut named, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        tensors.into_iter().partition(|(name, _)| hub_name(name) == *name);
    for (name, tensor) in others {
        let known = hub_name(&name);
        named.insert(if named.contains_key(&known) { name } else { known }, tensor);
    }
    let decays = decays(config.filters())?;
    for layer in 0..config.n_layer {
        let filter = format!("hyena.backbone.layers.{layer}.mixer.filter_fn");
        share_frequencies(&mut named, &filter, config.num_inner_mlps)?;
        named.entry(format!("{filter}.modulation.deltas")).or_insert_with(|| decays.clone());
    }
    Ok(named)
}

fn hub_name(name: &str) -> String {
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    match rest {
        Some(rest) => {
            let rest = rest.replacen(".mixer.layer.", ".mixer.", 1).replacen(".mlp.layer.", ".mlp.", 1);
            format!("hyena.backbone.{rest}")
        }
        None if name == "model.lm_head.weight" => "lm_head.weight".to_string(),
        None => name.to_string(),
    }
}

/// Leaves one of the equal frequencies, under the first name; others than those stay and are unexpected.
fn share_frequencies(
    named: &mut BTreeMap<String, Tensor>,
    filter: &str,
    inner: usize,
) -> Result<(), ZooError> {
    let name = |sine: usize| format!("{filter}.implicit_filter.{}.freq", 2 * sine + 1);
    let mut shared: Option<Tensor> = None;
    for name in (0..=inner).map(name) {
        let Some(freq) = named.get(&name) else { continue };
        let same = match &shared {
            Some(shared) => shared.dims() == freq.dims() && numbers(shared)? == numbers(freq)?,
            None => true,
        };
        if same {
            shared = named.remove(&name);
        }
    }
    if let Some(freq) = shared {
        named.insert(name(0), freq);
    }
    Ok(())
}

fn numbers(tensor: &Tensor) -> Result<Vec<f32>, ZooError> {
    let numbers = tensor.flatten_all().and_then(|tensor| tensor.to_vec1());
    Ok(numbers.doing("comparing frequencies")?)
}

/// The rates that windows of filters decay with: to one hundredth at 1.5 of the longest length in the first channel, and at
/// 0.3 of it in the last, (1, 1, filters).
fn decays(filters: usize) -> Result<Tensor, ZooError> {
    let (first, last) = (0.01f64.ln() / 1.5, 0.01f64.ln() / 0.3);
    let step = (last - first) / (filters.max(2) - 1) as f64;
    let rates: Vec<f32> = (0..filters).map(|filter| (first + step * filter as f64) as f32).collect();
    Ok(Tensor::from_vec(rates, (1, 1, filters), &Device::Cpu).doing("computing decay rates")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let published = Config::named("hyenadna-small-32k").unwrap();
        Config { d_model: 4, n_layer: 1, filter_order: 2, ..published }
    }

    fn tensor(value: f32) -> Tensor {
        Tensor::new(&[[value, 1.0]], &Device::Cpu).unwrap()
    }

    #[test]
    fn names_of_every_kind_of_file_are_those_of_the_hub() {
        for (name, expected) in [
            ("hyena.backbone.ln_f.bias", "hyena.backbone.ln_f.bias"),
            ("backbone.ln_f.bias", "hyena.backbone.ln_f.bias"),
            (
                "model.backbone.layers.3.mixer.layer.in_proj.bias",
                "hyena.backbone.layers.3.mixer.in_proj.bias",
            ),
            ("model.backbone.layers.3.mlp.layer.fc1.bias", "hyena.backbone.layers.3.mlp.fc1.bias"),
            ("model.lm_head.weight", "lm_head.weight"),
            ("score.weight", "score.weight"),
            ("decoder.weight", "decoder.weight"),
        ] {
            assert_eq!(hub_name(name), expected);
        }
        let twice =
            ["backbone.ln_f.bias", "hyena.backbone.ln_f.bias"].map(|name| (name.to_string(), tensor(1.0)));
        let named = published(twice.into(), &config()).unwrap();
        let biases: Vec<&String> = named.keys().filter(|name| name.ends_with("ln_f.bias")).collect();
        assert_eq!(biases, ["backbone.ln_f.bias", "hyena.backbone.ln_f.bias"]);
    }

    #[test]
    fn frequencies_are_shared_if_they_are_equal() {
        let name = |at: usize| format!("hyena.backbone.layers.0.mixer.filter_fn.implicit_filter.{at}.freq");
        let shared = |given: &[(usize, f32)]| {
            let tensors = given.iter().map(|&(at, value)| (name(at), tensor(value))).collect();
            let named = published(tensors, &config()).unwrap();
            named.keys().filter(|name| name.ends_with("freq")).cloned().collect::<Vec<_>>()
        };
        assert_eq!(shared(&[(1, 2.0)]), [name(1)]);
        assert_eq!(shared(&[(5, 2.0)]), [name(1)]);
        assert_eq!(shared(&[(1, 2.0), (3, 2.0), (5, 2.0)]), [name(1)]);
        assert_eq!(shared(&[(1, 2.0), (3, 3.0), (5, 2.0)]), [name(1), name(3)]);
        assert!(shared(&[]).is_empty());
    }

    #[test]
    fn decay_rates_go_from_the_slow_channel_to_the_fast_one() {
        let rates = numbers(&decays(3).unwrap()).unwrap();
        for (rate, expected) in rates.iter().zip([-3.070_113, -9.210_34, -15.350_567]) {
            assert!((rate - expected).abs() < 1e-5, "{rate}");
        }
    }
}
