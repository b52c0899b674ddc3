//! Reading an architecture as Keras 2 writes it into its files.

use serde_json::{Map, Value};

use super::{Activation, LayerConfig, LayerKind, Padding, SequentialConfig};

type Fields = Map<String, Value>;

/// Layers that act in training only.
const TRAINING_ONLY: [&str; 6] = [
    "Dropout",
    "SpatialDropout1D",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
];

impl SequentialConfig {
    /// The architecture of a `model_config`: of a `Sequential` in either of its forms, or of a `Model` (`Functional`) whose
    /// layers are a chain; models within models are taken apart.
    ///
    /// # Errors
    ///
    /// What is not understood, in a clause that names the layer.
    pub fn from_keras_json(json: &str) -> Result<Self, String> {
        let model: Value = serde_json::from_str(json).map_err(|error| format!("it is no JSON ({error})"))?;
        let mut chain = Chain::default();
        chain.add_model(&model)?;
        let [length, channels] = chain.input.ok_or("it does not say the shape of the input")?;
        Ok(Self { length, channels, layers: chain.layers })
    }
}

/// The layers found so far.
#[derive(Default)]
struct Chain {
    input: Option<[usize; 2]>,
    layers: Vec<LayerConfig>,
}

impl Chain {
    fn add_model(&mut self, model: &Value) -> Result<(), String> {
        let class = model.get("class_name").and_then(Value::as_str).unwrap_or("Sequential");
        let config = model.get("config").ok_or("it has no \"config\"")?;
        let layers = config.as_array().or_else(|| config.get("layers")?.as_array());
        let layers = layers.ok_or("its \"config\" has no \"layers\"")?;
        match class {
            "Sequential" => {}
            "Model" | "Functional" => check_chain(layers)?,
            other => return Err(format!("a model of class {other} is not built here, only Sequential")),
        }
        layers.iter().try_for_each(|layer| self.add_layer(layer))
    }

    fn add_layer(&mut self, layer: &Value) -> Result<(), String> {
        let class = layer.get("class_name").and_then(Value::as_str).ok_or("a layer has no \"class_name\"")?;
        if matches!(class, "Sequential" | "Model" | "Functional") {
            return self.add_model(layer);
        }
        let empty = Fields::new();
        let config = layer.get("config").and_then(Value::as_object).unwrap_or(&empty);
        let name = config.get("name").and_then(Value::as_str).unwrap_or(class).to_owned();
        let said = |problem: String| format!("layer {name} ({class}) {problem}");
        if let (Some(shape), None) = (config.get("batch_input_shape"), self.input) {
            self.input = Some(input(shape).map_err(said)?);
        }
        if class == "InputLayer" {
            return Ok(());
        }
        let kind = kind(class, config).map_err(said)?;
        self.layers.push(LayerConfig { name, kind });
        Ok(())
    }
}

/// Whether each layer takes the one before it.
fn check_chain(layers: &[Value]) -> Result<(), String> {
    for pair in layers.windows(2) {
        let before = pair[0].get("name").and_then(Value::as_str).unwrap_or_default();
        let name = pair[1].get("name").and_then(Value::as_str).unwrap_or_default();
        let inbound = pair[1].get("inbound_nodes").and_then(Value::as_array);
        let of_node = |node: &Value| {
            let inputs = node.as_array()?;
            let [input] = inputs.as_slice() else { return None };
            Some(input.get(0)?.as_str()? == before)
        };
        let chained = matches!(inbound.map(Vec::as_slice), Some([node]) if of_node(node) == Some(true));
        if !chained {
            return Err(format!(
                "layer {name} does not follow {before}: only chains of layers are built here"
            ));
        }
    }
    Ok(())
}

/// (batch, length, channels) without the batch.
fn input(shape: &Value) -> Result<[usize; 2], String> {
    let sizes: Option<Vec<usize>> =
        shape.as_array().and_then(|sizes| sizes.iter().skip(1).map(size).collect());
    match sizes.as_deref() {
        Some(&[length, channels]) if length > 0 && channels > 0 => Ok([length, channels]),
        _ => Err(format!("has input shape {shape}, expected (batch, length, channels)")),
    }
}

fn size(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

fn kind(class: &str, config: &Fields) -> Result<LayerKind, String> {
    Ok(match class {
        "Conv1D" | "Convolution1D" => {
            channels_last(config)?;
            if one(config, "groups", Some(1))? != 1 {
                return Err("has groups, which are not built here".into());
            }
            LayerKind::Conv {
                filters: one(config, "filters", None)?,
                width: one(config, "kernel_size", None)?,
                stride: one(config, "strides", Some(1))?,
                dilation: one(config, "dilation_rate", Some(1))?,
                padding: padding(config)?,
                bias: flag(config, "use_bias")?,
                activation: activation(config)?,
            }
        }
        "Dense" => LayerKind::Dense {
            units: one(config, "units", None)?,
            bias: flag(config, "use_bias")?,
            activation: activation(config)?,
        },
        "BatchNormalization" => LayerKind::BatchNorm {
            epsilon: config.get("epsilon").and_then(Value::as_f64).unwrap_or(1e-3),
            scale: flag(config, "scale")?,
            center: flag(config, "center")?,
        },
        "MaxPooling1D" | "MaxPool1D" => {
            channels_last(config)?;
            let width = one(config, "pool_size", Some(2))?;
            let stride = one(config, "strides", Some(width))?;
            LayerKind::MaxPool { width, stride, padding: padding(config)? }
        }
        "GlobalMaxPooling1D" | "GlobalMaxPool1D" => LayerKind::GlobalMaxPool,
        "GlobalAveragePooling1D" => LayerKind::GlobalAveragePool,
        "Flatten" => {
            channels_last(config)?;
            LayerKind::Flatten
        }
        "Activation" => LayerKind::Activation(activation(config)?),
        "ReLU" if config.get("max_value").is_none_or(Value::is_null) => {
            LayerKind::Activation(Activation::Relu)
        }
        class if TRAINING_ONLY.contains(&class) => LayerKind::Nothing,
        _ => return Err("is of a kind that is not built here".into()),
    })
}

/// A size above 0, alone or as the only one of a list.
fn one(config: &Fields, key: &str, default: Option<usize>) -> Result<usize, String> {
    let value = config.get(key).filter(|value| !value.is_null());
    let found = match (value, default) {
        (None, Some(default)) => Some(default),
        (None, None) => return Err(format!("has no {key}")),
        (Some(Value::Array(values)), _) if values.len() == 1 => size(&values[0]),
        (Some(value), _) => size(value),
    };
    found.filter(|&size| size > 0).ok_or_else(|| format!("has {key} {}", config[key]))
}

/// A flag that is on unless the file says otherwise.
fn flag(config: &Fields, key: &str) -> Result<bool, String> {
    match config.get(key) {
        None | Some(Value::Null) => Ok(true),
        Some(value) => value.as_bool().ok_or_else(|| format!("has {key} {value}")),
    }
}

fn padding(config: &Fields) -> Result<Padding, String> {
    match config.get("padding").and_then(Value::as_str) {
        None | Some("valid") => Ok(Padding::Valid),
        Some("same") => Ok(Padding::Same),
        Some("causal") => Ok(Padding::Causal),
        Some(other) => Err(format!("has padding {other:?}, expected valid, same or causal")),
    }
}

fn activation(config: &Fields) -> Result<Activation, String> {
    let name = match config.get("activation") {
        None | Some(Value::Null) => return Ok(Activation::Linear),
        Some(name) => name.as_str().unwrap_or_default(),
    };
    let found = Activation::NAMES.iter().find(|(known, _)| *known == name);
    let known = || Activation::NAMES.map(|(known, _)| known).join(", ");
    let unknown = || format!("has activation {}, expected one of {}", config["activation"], known());
    found.map(|(_, activation)| *activation).ok_or_else(unknown)
}

fn channels_last(config: &Fields) -> Result<(), String> {
    match config.get("data_format").and_then(Value::as_str) {
        None | Some("channels_last") => Ok(()),
        Some(other) => Err(format!("has data_format {other:?}, expected channels_last")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of one layer.
    fn read(layer: &str) -> Result<SequentialConfig, String> {
        let input = r#"{"class_name": "InputLayer", "config": {"batch_input_shape": [null, 50, 4]}}"#;
        let json = format!(r#"{{"class_name": "Sequential", "config": {{"layers": [{input}, {layer}]}}}}"#);
        SequentialConfig::from_keras_json(&json)
    }

    fn kind(class: &str, config: &str) -> Result<LayerKind, String> {
        let layer = format!(r#"{{"class_name": "{class}", "config": {{"name": "it"{config}}}}}"#);
        Ok(read(&layer)?.layers.remove(0).kind)
    }

    #[test]
    fn options_are_honoured_and_defaults_are_those_of_keras() {
        let conv = kind("Conv1D", r#", "filters": 3, "kernel_size": 4"#).unwrap();
        let (padding, activation) = (Padding::Valid, Activation::Linear);
        let expected =
            LayerKind::Conv { filters: 3, width: 4, stride: 1, dilation: 1, padding, bias: true, activation };
        assert_eq!(conv, expected);
        let options = r#", "filters": 3, "kernel_size": [4], "strides": [2], "dilation_rate": [3],
            "padding": "causal", "use_bias": false, "activation": "tanh""#;
        let (padding, activation) = (Padding::Causal, Activation::Tanh);
        let expected = LayerKind::Conv {
            filters: 3,
            width: 4,
            stride: 2,
            dilation: 3,
            padding,
            bias: false,
            activation,
        };
        assert_eq!(kind("Conv1D", options).unwrap(), expected);
        let expected = LayerKind::MaxPool { width: 3, stride: 3, padding: Padding::Valid };
        assert_eq!(kind("MaxPooling1D", r#", "pool_size": [3], "strides": null"#).unwrap(), expected);
        let expected = LayerKind::BatchNorm { epsilon: 1e-3, scale: true, center: false };
        assert_eq!(kind("BatchNormalization", r#", "center": false"#).unwrap(), expected);
        assert_eq!(kind("GaussianNoise", "").unwrap(), LayerKind::Nothing);
    }

    #[test]
    fn what_is_not_built_is_named_with_its_layer() {
        let problem = |class: &str, config: &str| kind(class, config).unwrap_err();
        assert_eq!(problem("LSTM", ""), "layer it (LSTM) is of a kind that is not built here");
        assert_eq!(problem("Dense", ""), "layer it (Dense) has no units");
        assert_eq!(problem("Dense", r#", "units": 0"#), "layer it (Dense) has units 0");
        assert_eq!(problem("Dense", r#", "units": -1"#), "layer it (Dense) has units -1");
        assert_eq!(problem("Flatten", r#", "data_format": "channels_first""#).split(" has ").count(), 2);
        assert!(
            problem("Activation", r#", "activation": "swash""#)
                .starts_with("layer it (Activation) has activation \"swash\"")
        );
        assert!(
            problem("Conv1D", r#", "filters": 1, "kernel_size": [2, 2]"#).ends_with("has kernel_size [2,2]")
        );
        assert!(problem("Conv1D", r#", "filters": 2, "kernel_size": 1, "groups": 2"#).contains("groups"));
        assert!(SequentialConfig::from_keras_json("[").unwrap_err().starts_with("it is no JSON"));
        for json in
            ["{}", r#"{"config": 3}"#, r#"{"config": []}"#, r#"{"class_name": "Bagel", "config": []}"#]
        {
            assert!(SequentialConfig::from_keras_json(json).is_err(), "{json}");
        }
    }

    #[test]
    fn models_within_models_and_chains_are_taken_apart() {
        let inner = r#"{"class_name": "Sequential", "config": {"name": "inner", "layers": [
            {"class_name": "Flatten", "config": {"name": "flatten"}}]}}"#;
        assert_eq!(read(inner).unwrap().layers[0].name, "flatten");

        let chain = |second_input: &str| {
            SequentialConfig::from_keras_json(&format!(
                r#"{{"class_name": "Functional", "config": {{"layers": [
                {{"class_name": "InputLayer", "name": "in", "config": {{"batch_input_shape": [null, 50, 4]}}, "inbound_nodes": []}},
                {{"class_name": "Flatten", "name": "a", "config": {{"name": "a"}}, "inbound_nodes": [[["in", 0, 0, {{}}]]]}},
                {{"class_name": "Flatten", "name": "b", "config": {{"name": "b"}}, "inbound_nodes": [[["{second_input}", 0, 0, {{}}]]]}}
                ]}}}}"#
            ))
        };
        assert_eq!(chain("a").unwrap().layers.len(), 2);
        let problem = chain("in").unwrap_err();
        assert_eq!(problem, "layer b does not follow a: only chains of layers are built here");
    }
}
