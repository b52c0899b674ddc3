//! What scorers and embedders of language models promise, on small models with random weights.

use std::sync::Arc;

use ciskit_core::{
    Pooling, Scale, ScoreError, Selection, SequenceEmbedder, SequenceScorer, VariantScorer, VariantWindow,
};
use ciskit_zoo::ZooError;
use ciskit_zoo::transformer::{
    ClassifiedAlleles, Classifier, LanguageModel, Likelihood, MaskedLikelihood, TokenBatch,
};

use super::random::{BYTE_PAIRS, bases, byte_pair_model, config, six_mer_model};

fn sequences() -> Vec<Vec<u8>> {
    [40, 7, 61, 33, 1, 58].into_iter().zip(1..).map(|(length, seed)| bases(seed, length)).collect()
}

/// A model by name.
type Named = (&'static str, fn() -> LanguageModel);

fn models() -> [Named; 3] {
    [("version 1", || six_mer_model(1)), ("version 2", || six_mer_model(2)), ("byte pairs", byte_pair_model)]
}

fn score(classifier: &Classifier, sequences: &[Vec<u8>]) -> Vec<f32> {
    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    classifier.score(&sequences, &Selection::all()).unwrap().into_values()
}

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-6 * (1.0 + b.abs())
}

#[test]
fn a_score_does_not_depend_on_neighbours_batches_or_threads() {
    for (name, model) in models() {
        let classifier = Classifier::new(model()).unwrap();
        let all = score(&classifier, &sequences());
        assert!(all.windows(2).all(|pair| (pair[0] - pair[1]).abs() > 1e-4), "{name}: {all:?}");
        for batch in [1, 2, 5] {
            let classifier = Classifier::new(model().with_batch(batch)).unwrap();
            assert_eq!(classifier.spec().batch_hint, batch);
            let found = score(&classifier, &sequences());
            assert!(found.iter().zip(&all).all(|(&a, &b)| close(a, b)), "{name}, batch {batch}");
        }
        let mut reversed = sequences();
        reversed.reverse();
        let mut found = score(&classifier, &reversed);
        found.reverse();
        assert!(found.iter().zip(&all).all(|(&a, &b)| close(a, b)), "{name}, reversed");
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| score(&classifier, &sequences()));
            assert_eq!(found, all, "{name}, {threads} threads");
        }
        assert!(score(&classifier, &[]).is_empty());
    }
}

#[test]
fn the_logit_is_the_margin_of_the_classes_of_the_first_token() {
    let model = Arc::new(six_mer_model(2));
    let classifier = Classifier::new(model.clone()).unwrap();
    assert_eq!(
        (classifier.spec().outputs[0].name.as_str(), classifier.spec().outputs[0].scale),
        ("logit", Scale::Logit)
    );
    let sequence = bases(5, 30);
    let ids = model.tokens(0, &sequence).unwrap().ids;
    let hidden = model.network().forward(&TokenBatch::new([ids.as_slice()]), &mut |_, _| ()).unwrap();
    let logits =
        model.network().class_logits(&hidden.narrow(0, 0, 1).unwrap()).unwrap().to_vec2::<f32>().unwrap();
    assert!(close(score(&classifier, &[sequence])[0], logits[0][1] - logits[0][0]));
}

#[test]
fn letters_of_either_case_are_the_same_and_no_sequence_is_refused() {
    for (name, model) in models() {
        let classifier = Classifier::new(model()).unwrap();
        let sequence = bases(2, 50);
        let found = score(&classifier, &[sequence.clone(), sequence.to_ascii_lowercase()]);
        assert_eq!(found[0], found[1], "{name}");
        let odd = [b"NNNNNNNNNN".to_vec(), b"RYKM-ACGT".to_vec()];
        assert!(score(&classifier, &odd).iter().all(|logit| logit.is_finite()), "{name}");
        let error = classifier.score(&[b"A", b""], &Selection::all()).unwrap_err();
        assert_eq!(error.to_string(), "item 1: sequence of 0 bp, but the model reads at least 1 bp");
    }
}

#[test]
fn longer_sequences_are_cut_or_refused() {
    let long = bases(9, 6 * 30);
    let cut = Classifier::new(six_mer_model(1).with_truncation(Some(11)).unwrap()).unwrap();
    let whole = Classifier::new(six_mer_model(1)).unwrap();
    assert!(close(score(&cut, std::slice::from_ref(&long))[0], score(&whole, &[long[..60].to_vec()])[0]));
    assert!(!close(score(&whole, std::slice::from_ref(&long))[0], score(&whole, &[long[..60].to_vec()])[0]));

    let refuse = six_mer_model(1).with_truncation(None).unwrap();
    assert_eq!(refuse.network().most_tokens(), Some(1000));
    let error = refuse.tokens(3, &bases(1, 6 * 1000)).unwrap_err();
    assert_eq!(error.to_string(), "item 3: 1001 tokens, but the model reads up to 1000");
    assert_eq!(refuse.tokens(3, &bases(1, 6 * 999)).unwrap().len(), 1000);
    let error = six_mer_model(1).with_truncation(Some(1001)).err().unwrap();
    assert_eq!(error.to_string(), "sequences cannot be cut to 1001 tokens, expected 3 to 1000");

    // Byte pairs keep their end; the published 512 tokens are more than this model has positions.
    let pairs = byte_pair_model();
    let tokens = pairs.tokens(0, &b"A".repeat(500)).unwrap();
    assert_eq!((tokens.len(), tokens.ids[0], tokens.ids[63]), (64, 1, 2));
    assert_eq!(tokens.bases[62], 61..62);
}

#[test]
fn a_variant_that_is_cut_off_has_no_score() {
    let model = || Arc::new(six_mer_model(2).with_truncation(Some(11)).unwrap()); // 10 six-mers
    let long = bases(9, 6 * 30);
    let score = |scorer: &dyn VariantScorer, place: usize| {
        let mut other = long.clone();
        other[place] = if long[place] == b'A' { b'C' } else { b'A' };
        let window = VariantWindow::new(&long, place..place + 1, &other, place..place + 1);
        scorer.score_variants(&[window], &Selection::all())
    };
    let scorers: [Box<dyn VariantScorer>; 3] = [
        Box::new(ClassifiedAlleles(Classifier::new(model()).unwrap())),
        Box::new(MaskedLikelihood::new(model(), Likelihood::Masked).unwrap()),
        Box::new(MaskedLikelihood::new(model(), Likelihood::Pseudo).unwrap()),
    ];
    for scorer in &scorers {
        let read = score(scorer, 59).unwrap();
        assert!(!close(read.reference.values()[0], read.alternative.values()[0]));
        let message = score(scorer, 60).unwrap_err().to_string();
        assert_eq!(message, "item 0: the variant lies beyond the 11 tokens that the model reads");
    }
}

#[test]
fn embeddings_are_the_last_rows_of_tokens_that_stand_for_bases() {
    for (name, model) in models() {
        let model = model().with_batch(4);
        let sequences = sequences();
        let slices: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
        let rows = model.embed(&slices, Pooling::Positions).unwrap();
        let means = model.embed(&slices, Pooling::Mean).unwrap();
        for ((sequence, rows), mean) in sequences.iter().zip(&rows).zip(&means) {
            let tokens = model.tokens(0, sequence).unwrap();
            let hidden = model.network().forward(&TokenBatch::new([tokens.ids.as_slice()]), &mut |_, _| ());
            let hidden = hidden.unwrap().to_vec2::<f32>().unwrap();
            let expected: Vec<(&std::ops::Range<usize>, &Vec<f32>)> =
                tokens.bases.iter().zip(&hidden).filter(|(bases, _)| !bases.is_empty()).collect();
            assert_eq!(rows.positions().len(), expected.len());
            for (row, (bases, values)) in expected.iter().enumerate() {
                assert_eq!(&rows.positions()[row], *bases, "{name}");
                let off = rows.row(row).iter().zip(*values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off <= 3e-6, "{name}: {off}");
            }
            assert!(mean.positions().iter().eq([&(0..sequence.len())]));
            assert!(mean.values().iter().zip(rows.mean()).all(|(&a, b)| close(a, b)), "{name}");
            assert_eq!(mean.width(), model.width());
        }
    }
}

#[test]
fn what_weights_and_tokenizers_lack_is_told() {
    use ciskit_nn::{DType, Device, Parameters};
    use ciskit_zoo::nucleotide_transformer::{NucleotideTransformer, SixMers};
    use ciskit_zoo::transformer::{BytePairs, Heads};

    let config = config(2);
    let bare = || {
        let load = |vb| NucleotideTransformer::load(vb, &config, Heads::default());
        let (_, network) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).unwrap();
        LanguageModel::new(network, SixMers::of(&config).unwrap(), &Device::Cpu)
    };
    let no_classes = Classifier::new(bare()).err().unwrap();
    assert!(matches!(no_classes, ZooError::NoHead { .. }));
    assert_eq!(no_classes.to_string(), "the weights have no classification head");
    let no_tokens = MaskedLikelihood::new(bare(), Likelihood::Masked).err().unwrap();
    assert_eq!(no_tokens.to_string(), "the weights have no head that predicts tokens");
    assert_eq!(bare().embed(&[b"ACGT"], Pooling::Mean).unwrap()[0].width(), 24);

    // A tokenizer that knows more than the network.
    let load = |vb| NucleotideTransformer::load(vb, &config, Heads::default());
    let (_, network) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).unwrap();
    let foreign = BYTE_PAIRS.replace("\"TT\": 13", "\"TT\": 5000");
    let tokenizer = BytePairs::from_json(foreign.as_bytes()).unwrap();
    let model = LanguageModel::new(network, tokenizer, &Device::Cpu);
    assert!(model.tokens(0, b"ACGA").is_ok());
    let error = model.tokens(0, b"TT").unwrap_err();
    assert!(matches!(&error, ScoreError::Unsupported { why, .. } if why.contains("id 5000")), "{error}");
    assert!(BytePairs::from_json(b"{}").is_err());
    let masks = BYTE_PAIRS.replace("[MASK]", "[HIDE]");
    let tokenizer = BytePairs::from_json(masks.as_bytes()).unwrap();
    assert_eq!(ciskit_zoo::transformer::Tokenizer::mask(&tokenizer), None);
}
