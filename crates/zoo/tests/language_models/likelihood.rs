//! Likelihoods of alleles, beside what their definitions say when they are worked out one by one.

use ciskit_core::{Scale, Selection, VariantScorer, VariantScores, VariantWindow};
use ciskit_zoo::transformer::{LanguageModel, Likelihood, MaskedLikelihood, TokenBatch};

use super::random::{bases, byte_pair_model, six_mer_model};

/// log p of `token` at `place` of a sequence of ids, in f64.
fn log_p(model: &LanguageModel, ids: &[u32], place: usize, token: u32) -> f64 {
    let hidden = model.network().forward(&TokenBatch::new([ids]), &mut |_, _| ()).unwrap();
    let logits = model.network().token_logits(&hidden.narrow(0, place, 1).unwrap()).unwrap();
    let logits: Vec<f64> = logits.to_vec2::<f32>().unwrap()[0].iter().map(|&logit| logit.into()).collect();
    let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
    logits[token as usize] - total.ln()
}

fn edited(window: &[u8], range: std::ops::Range<usize>, to: &[u8]) -> Vec<u8> {
    [&window[..range.start], to, &window[range.end..]].concat()
}

fn score(
    model: LanguageModel,
    likelihood: Likelihood,
    variants: &[VariantWindow<'_>],
) -> Result<VariantScores, String> {
    let scorer = MaskedLikelihood::new(model, likelihood).unwrap();
    assert_eq!(scorer.spec().outputs[0].scale, Scale::Log);
    scorer.score_variants(variants, &Selection::all()).map_err(|error| error.to_string())
}

fn close(found: f32, expected: f64) -> bool {
    (f64::from(found) - expected).abs() < 2e-5 * (1.0 + expected.abs())
}

#[test]
fn the_token_that_holds_the_variant_is_hidden() {
    for version in [1, 2] {
        let (model, mask) = (six_mer_model(version), 2);
        let windows: Vec<Vec<u8>> = (1..6).map(|seed| bases(seed, 50)).collect();
        let change = |window: &[u8], at: usize| {
            edited(window, at..at + 1, if window[at] == b'A' { b"T" } else { b"A" })
        };
        let places = [0, 17, 18, 47, 48];
        let changed: Vec<Vec<u8>> =
            windows.iter().zip(places).map(|(window, at)| change(window, at)).collect();
        let variants: Vec<VariantWindow<'_>> = windows
            .iter()
            .zip(&changed)
            .zip(places)
            .map(|((window, changed), at)| VariantWindow::new(window, at..at + 1, changed, at..at + 1))
            .collect();
        let found = score(six_mer_model(version).with_batch(2), Likelihood::Masked, &variants).unwrap();
        let mut most = 0f64;
        for (item, at) in places.into_iter().enumerate() {
            // Eight six-mers, then two single letters, behind <cls>.
            let place = if at < 48 { 1 + at / 6 } else { 9 + at - 48 };
            let ids = [&windows[item], &changed[item]].map(|window| model.tokens(0, window).unwrap().ids);
            let mut hidden = ids[0].clone();
            hidden[place] = mask;
            let [reference, alternative] = ids.map(|ids| log_p(&model, &hidden, place, ids[place]));
            assert!(close(found.reference.values()[item], reference), "{item}");
            assert!(close(found.alternative.values()[item], alternative), "{item}");
            most = most.max((reference - alternative).abs());
        }
        assert!(most > 1e-2, "the alleles are told apart: {most}");
    }
}

#[test]
fn a_substitution_across_two_tokens_hides_both() {
    let (model, window) = (six_mer_model(2), bases(3, 36));
    let changed: Vec<u8> =
        edited(&window, 11..13, &[window[11], window[12]].map(|base| if base == b'C' { b'G' } else { b'C' }));
    let found =
        score(six_mer_model(2), Likelihood::Masked, &[VariantWindow::new(&window, 11..13, &changed, 11..13)])
            .unwrap();
    let [ids, other] = [&window, &changed].map(|window| model.tokens(0, window).unwrap().ids);
    let mut hidden = ids.clone();
    (hidden[2], hidden[3]) = (2, 2);
    let expected =
        |ids: &[u32]| [2, 3].into_iter().map(|place| log_p(&model, &hidden, place, ids[place])).sum::<f64>();
    assert!(close(found.reference.values()[0], expected(&ids)));
    assert!(close(found.alternative.values()[0], expected(&other)));
}

#[test]
fn the_pseudo_likelihood_hides_every_token_in_turn() {
    let models: [fn() -> LanguageModel; 2] = [|| six_mer_model(1), byte_pair_model];
    for model in models {
        let window = b"ACGTTTACGATTACA".to_vec();
        let deleted = edited(&window, 5..7, b"T"); // TA>T
        let variant = VariantWindow::new(&window, 5..7, &deleted, 5..6);
        let found = score(model().with_batch(3), Likelihood::Pseudo, &[variant.clone(), variant]).unwrap();
        let (model, mask) = (model(), model().tokenizer().mask().unwrap());
        for (window, found) in [(&window, &found.reference), (&deleted, &found.alternative)] {
            let tokens = model.tokens(0, window).unwrap();
            let places = (0..tokens.len()).filter(|&place| !tokens.is_special(place));
            let terms = places.map(|place| {
                let mut hidden = tokens.ids.clone();
                hidden[place] = mask;
                log_p(&model, &hidden, place, tokens.ids[place])
            });
            let expected: f64 = terms.sum();
            assert!(close(found.values()[0], expected), "{} {expected}", found.values()[0]);
            assert!(close(found.values()[1], expected));
        }
    }
}

#[test]
fn what_has_no_masked_likelihood_is_refused() {
    let message = |model: LanguageModel, window: &[u8], from: std::ops::Range<usize>, to: &[u8]| {
        let changed = edited(window, from.clone(), to);
        let variant = VariantWindow::new(window, from.clone(), &changed, from.start..from.start + to.len());
        score(model, Likelihood::Masked, &[variant]).unwrap_err()
    };
    let window = bases(1, 60);
    assert!(message(six_mer_model(1), &window, 5..7, b"A").contains("insertion or deletion"));
    // ACGT is one pair of pairs, ACGA three tokens.
    let pairs = message(byte_pair_model(), b"AACGTA", 4..5, b"A");
    assert!(
        pairs.contains("the alleles lie in 2 and 4 tokens")
            || pairs.contains("the alleles lie in 1 and 3 tokens"),
        "{pairs}"
    );
    let cut = six_mer_model(1).with_truncation(Some(5)).unwrap();
    let other = if window[30] == b'A' { b"C" } else { b"A" };
    assert!(message(cut, &window, 30..31, other).contains("beyond the 5 tokens"));
}

#[test]
fn equal_alleles_are_equally_likely() {
    let window = bases(1, 60);
    let lower = window.to_ascii_lowercase();
    let found =
        score(six_mer_model(1), Likelihood::Masked, &[VariantWindow::new(&window, 30..31, &lower, 30..31)])
            .unwrap();
    assert_eq!(found.reference, found.alternative);
    assert!(found.reference.values()[0] < -1.0);
    let none = score(six_mer_model(1), Likelihood::Masked, &[]).unwrap();
    assert_eq!(none.reference.items(), 0);
}
