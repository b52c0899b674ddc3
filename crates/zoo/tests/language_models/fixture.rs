//! Golden fixtures: weights under their published names, ids in padded rows, and what the reference computes of them.

use std::collections::BTreeMap;

use ciskit_nn::weights::from_safetensors;
use ciskit_nn::{Device, Tensor};
use ciskit_zoo::transformer::{Stage, TokenBatch, TokenNetwork};
use serde_json::Value;

pub(crate) struct Fixture {
    pub(crate) about: Value,
    tensors: BTreeMap<String, Tensor>,
}

impl Fixture {
    pub(crate) fn read(name: &str) -> Self {
        let read = |extension| {
            std::fs::read(ciskit_fixtures::shared(&format!("golden/zoo/{name}.{extension}"))).unwrap()
        };
        let tensors = from_safetensors(&read("safetensors"), &Device::Cpu).unwrap().tensors;
        Self { about: serde_json::from_slice(&read("json")).unwrap(), tensors }
    }

    pub(crate) fn config<C: serde::de::DeserializeOwned>(&self) -> C {
        serde_json::from_value(self.about["config"].clone()).unwrap()
    }

    pub(crate) fn weights(&self) -> BTreeMap<String, Tensor> {
        let weights = self.tensors.iter().filter(|(name, _)| !name.starts_with("fixture."));
        weights.map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
    }

    pub(crate) fn tensor(&self, name: &str) -> &Tensor {
        &self.tensors[&format!("fixture.{name}")]
    }

    /// Whether each place of the padded rows holds a token.
    fn attended(&self) -> Vec<Vec<bool>> {
        let mask = self.tensor("input.attention_mask").to_vec2::<i64>().unwrap();
        mask.into_iter().map(|row| row.into_iter().map(|value| value == 1).collect()).collect()
    }

    /// The ids, without padding.
    pub(crate) fn batch(&self) -> TokenBatch {
        let ids = self.tensor("input.ids").to_vec2::<i64>().unwrap();
        let rows: Vec<Vec<u32>> =
            ids.iter().zip(self.attended()).map(|(ids, mask)| kept(ids, &mask)).collect();
        TokenBatch::new(rows.iter().map(Vec::as_slice))
    }

    /// An activation without its padding, row after row.
    fn rows(&self, name: &str) -> Vec<Vec<f32>> {
        let tensor = self.tensor(name);
        if tensor.rank() == 2 {
            return tensor.to_vec2().unwrap();
        }
        let padded = tensor.to_vec3::<f32>().unwrap();
        let rows = padded.into_iter().zip(self.attended());
        rows.flat_map(|(rows, mask)| rows.into_iter().zip(mask).filter(|(_, kept)| *kept).map(|(row, _)| row))
            .collect()
    }

    /// Compares rows with an activation or output of the fixture, within `tolerance` of its largest number.
    pub(crate) fn assert_rows(&self, found: &Tensor, name: &str, tolerance: f64) {
        assert_close(&found.to_vec2().unwrap(), &self.rows(name), tolerance, name);
    }

    /// Runs a network and compares everything that the fixture holds of it; `attention` is what the fixture calls the attention
    /// of the first layer, and at which stage that is.
    pub(crate) fn assert_network(&self, network: &dyn TokenNetwork, attention: (Stage, &str), layer: &str) {
        let batch = self.batch();
        let mut seen = BTreeMap::new();
        let hidden = network
            .forward(&batch, &mut |stage, tensor| {
                seen.insert(format!("{stage:?}"), tensor.clone());
            })
            .unwrap();
        let at = |stage: Stage| &seen[&format!("{stage:?}")];
        self.assert_rows(at(Stage::Embeddings), "act.embeddings", 2e-6);
        self.assert_rows(at(attention.0), attention.1, 5e-6);
        self.assert_rows(at(Stage::Layer(0)), layer, 5e-6);
        self.assert_rows(&hidden, "act.last_hidden", 1e-5);
        self.assert_rows(&network.token_logits(&hidden).unwrap(), "output.mlm_logits", self.tolerance("mlm"));
        let first: Vec<Tensor> =
            batch.starts().iter().map(|&start| hidden.narrow(0, start, 1).unwrap()).collect();
        let classes = network.class_logits(&Tensor::cat(&first, 0).unwrap()).unwrap();
        self.assert_rows(&classes, "output.class_logits", self.tolerance("cls"));
    }

    /// Ten times what `f32` is off in the reference, relative to a tensor's largest number, which is above 1 for tokens; class
    /// logits are small.
    fn tolerance(&self, output: &str) -> f64 {
        10.0 * self.about["f32_vs_f64"][output].as_f64().unwrap()
    }
}

fn kept(ids: &[i64], mask: &[bool]) -> Vec<u32> {
    ids.iter().zip(mask).filter(|(_, kept)| **kept).map(|(&id, _)| id as u32).collect()
}

pub(crate) fn assert_close(found: &[Vec<f32>], expected: &[Vec<f32>], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let most = expected.iter().flatten().fold(1e-30f32, |most, value| most.max(value.abs()));
    for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.len(), expected.len(), "{what}");
        for (column, (a, b)) in found.iter().zip(expected).enumerate() {
            let off = f64::from((a - b).abs() / most);
            assert!(off <= tolerance, "{what}[{row}, {column}]: {a}, not {b}");
        }
    }
}
