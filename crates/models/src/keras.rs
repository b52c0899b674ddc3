//! Weights in the layout of Keras, by the names of its layers and variables.
//!
//! A convolution's kernel is (width, in, out) there and (out, in, width) here, a dense kernel (in, out) and (out, in).
//! Batch norms say gamma, beta, `moving_mean` and `moving_variance`. Recurrent layers and attention are the same.

use std::collections::{BTreeMap, BTreeSet};

use ciskit_nn::ops::GateActivation;
use ciskit_nn::{Doing, NnError, Tensor};

use crate::{ModelConfig, deeptact, epivan};

type Tensors = BTreeMap<String, Tensor>;

/// Whether the names are those of Keras: only its batch norms have a gamma.
pub(crate) fn is_keras(tensors: &Tensors) -> bool {
    tensors.keys().any(|name| name.ends_with(".gamma"))
}

/// The same weights with our names and layout.
pub(crate) fn to_ours(tensors: Tensors) -> Result<Tensors, NnError> {
    let layer_of = |name: &str| name.rsplit_once('.').map(|(layer, _)| layer.to_owned());
    let recurrent: BTreeSet<Option<String>> = tensors
        .keys()
        .filter(|name| name.ends_with(".recurrent_kernel"))
        .map(|name| layer_of(name))
        .collect();
    let ours = tensors.into_iter().map(|(name, tensor)| {
        let layer = layer_of(&name);
        let (path, last) = name.rsplit_once('.').unwrap_or(("", &name));
        let (last, tensor) = match (last, tensor.rank()) {
            ("kernel", 3) => ("weight", tensor.permute((2, 1, 0)).and_then(|kernel| kernel.contiguous())),
            ("kernel", 2) if !recurrent.contains(&layer) => {
                ("weight", tensor.t().and_then(|kernel| kernel.contiguous()))
            }
            ("gamma" | "embeddings", _) => ("weight", Ok(tensor)),
            ("beta", _) => ("bias", Ok(tensor)),
            ("moving_mean", _) => ("running_mean", Ok(tensor)),
            ("moving_variance", _) => ("running_var", Ok(tensor)),
            (last, _) => (last, Ok(tensor)),
        };
        let renamed = if path.is_empty() { last.to_owned() } else { format!("{path}.{last}") };
        Ok((renamed, tensor.doing(format!("turning {name} round"))?))
    });
    ours.collect()
}

/// The configuration that the shapes of such weights tell, already with our names. What they do not tell is the
/// preset's: lengths of the windows, pooling, dropout, and an LSTM's gates. A GRU's bias of one row means the cell of Keras
/// 2.2, whose gates are hard.
pub(crate) fn config(tensors: &Tensors) -> Option<ModelConfig> {
    let dims = |name: &str| tensors.get(name).map(|tensor| tensor.dims().to_vec());
    let conv = dims("enhancer_conv.weight")?;
    let &[filters, inputs, kernel] = &conv[..] else { return None };
    if let Some(recurrent) = dims("gru.forward.recurrent_kernel") {
        let reset_after = dims("gru.forward.bias")?.len() == 2;
        let recurrent_activation =
            if reset_after { GateActivation::Sigmoid } else { GateActivation::HardSigmoid };
        let attention = *dims("att.W")?.last()?;
        let preset = if reset_after { epivan::Config::benchmark() } else { epivan::Config::original() };
        let units = *recurrent.first()?;
        return Some(ModelConfig::Epivan(epivan::Config {
            width: inputs,
            filters,
            kernel,
            units,
            attention,
            reset_after,
            recurrent_activation,
            ..preset
        }));
    }
    let units = *dims("lstm.forward.recurrent_kernel")?.first()?;
    let dense = *dims("dense.weight")?.first()?;
    let preset = match dims("enhancer_dnase_conv.weight") {
        Some(tracks) => deeptact::Config::original(*tracks.get(1)?),
        None => deeptact::Config::benchmark(),
    };
    Some(ModelConfig::Deeptact(deeptact::Config { filters, kernel, units, dense, ..preset }))
}

#[cfg(test)]
mod tests {
    use ciskit_nn::{DType, Device};

    use super::*;

    #[test]
    fn an_lstm_has_the_gates_of_its_preset() {
        let named = |shapes: &[(&str, &[usize])]| -> Tensors {
            let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
            shapes.iter().map(|(name, shape)| ((*name).to_owned(), zeros(shape))).collect()
        };
        let mut tensors = named(&[
            ("enhancer_conv.weight", &[8, 4, 40]),
            ("lstm.forward.recurrent_kernel", &[3, 12]),
            ("dense.weight", &[5, 6]),
        ]);
        let small = |preset| deeptact::Config { filters: 8, units: 3, dense: 5, ..preset };
        let expected = ModelConfig::Deeptact(small(deeptact::Config::benchmark()));
        assert_eq!(config(&tensors), Some(expected));
        tensors.extend(named(&[("enhancer_dnase_conv.weight", &[8, 2, 40])]));
        let expected = small(deeptact::Config::original(2));
        assert_eq!(expected.recurrent_activation, GateActivation::HardSigmoid);
        assert_eq!(config(&tensors), Some(ModelConfig::Deeptact(expected)));
    }
}
