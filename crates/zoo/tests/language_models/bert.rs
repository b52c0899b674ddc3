//! GENA-LM and Geneformer beside their references.

use ciskit_nn::{DType, Device, Tensor, frozen};
use ciskit_zoo::bert::{Bert, Config};
use ciskit_zoo::transformer::{Heads, Stage, TokenNetwork};

use super::fixture::Fixture;

fn network(fixture: &Fixture) -> Bert {
    let config: Config = fixture.config();
    let heads = Heads { tokens: true, classes: Some(2) };
    // BigBird's own pooler is of no use.
    let ignored = |name: &str| config.is_bigbird() && name.starts_with("bert.pooler.");
    frozen(fixture.weights(), DType::F32, &Device::Cpu, ignored, |vb| Bert::load(vb, &config, heads)).unwrap()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn every_form_gives_the_numbers_of_the_reference() {
    for (name, stage, attention) in [
        ("gena_bert_preln_tiny", Stage::Attention(0), "act.layer0_attention_output"),
        ("gena_bert_preln_lastln_tiny", Stage::Attention(0), "act.layer0_attention_output"),
        ("gena_bigbird_full_tiny", Stage::Attended(0), "act.layer0_attention_output"),
        ("geneformer_bert_tiny", Stage::Attended(0), "act.layer0_attention_block"),
    ] {
        let fixture = Fixture::read(name);
        let network = network(&fixture);
        fixture.assert_network(&network, (stage, attention), "act.layer0");
        if name != "gena_bigbird_full_tiny" {
            let batch = fixture.batch();
            let hidden = network.forward(&batch, &mut |_, _| ()).unwrap();
            let first: Vec<Tensor> =
                batch.starts().iter().map(|&start| hidden.narrow(0, start, 1).unwrap()).collect();
            let pooled = network.pooled(&Tensor::cat(&first, 0).unwrap()).unwrap();
            fixture.assert_rows(&pooled, "act.pooled", 1e-5);
        }
    }
}
