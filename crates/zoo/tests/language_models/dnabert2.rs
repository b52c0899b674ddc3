//! DNABERT-2 beside its reference.

use ciskit_nn::ops::inference::AttentionBias;
use ciskit_nn::{DType, Device, Tensor, frozen};
use ciskit_zoo::dnabert2::{Config, DnaBert2};
use ciskit_zoo::transformer::{Heads, Stage, TokenNetwork};

use super::fixture::Fixture;

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn it_gives_the_numbers_of_the_reference() {
    let fixture = Fixture::read("dnabert2_tiny");
    let config: Config = fixture.config();
    let heads = Heads { tokens: true, classes: Some(2) };
    let network = frozen(
        fixture.weights(),
        DType::F32,
        &Device::Cpu,
        |_| false,
        |vb| DnaBert2::load(vb, &config, heads),
    )
    .unwrap();
    let attention = (Stage::Attended(0), "act.layer0_attention_unpadded");
    fixture.assert_network(&network, attention, "act.layer0_unpadded");

    let batch = fixture.batch();
    let hidden = network.forward(&batch, &mut |_, _| ()).unwrap();
    let first: Vec<Tensor> =
        batch.starts().iter().map(|&start| hidden.narrow(0, start, 1).unwrap()).collect();
    let pooled = network.pooled(&Tensor::cat(&first, 0).unwrap()).unwrap();
    fixture.assert_rows(&pooled, "act.pooled", 1e-5);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn slopes_of_three_heads_are_those_of_the_reference() {
    let fixture = Fixture::read("dnabert2_tiny");
    let bias = fixture.tensor("act.attention_bias").squeeze(0).unwrap().to_vec3::<f32>().unwrap(); // (h, L, L)
    let AttentionBias::Distance(slopes) = AttentionBias::alibi(bias.len()) else { panic!("slopes") };
    for (slope, rows) in slopes.iter().zip(bias) {
        for (i, row) in rows.iter().enumerate() {
            for (j, &found) in row.iter().enumerate() {
                let expected = -slope * i.abs_diff(j) as f32;
                assert!((found - expected).abs() < 1e-6, "{i} {j}: {found} {expected}");
            }
        }
    }
}
