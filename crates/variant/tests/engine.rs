//! Columns, several models, records, sequences without a genome, and settings that do not fit.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod toys;

use std::cell::Cell;

use ciskit_core::*;
use ciskit_variant::*;
use toys::{Both, Differences, Largest, Recorder, Tracks, genome_of, random_dna, variant};

fn snvs(contig: &[u8]) -> Vec<Variant> {
    (20..contig.len() - 20).map(|start| variant(contig, start, 1, b"A")).collect()
}

#[test]
fn several_models_give_their_mean_and_its_spread() {
    let contig = random_dna(60, 1);
    let (genome, variants) = (genome_of(&contig), snvs(&contig));
    let models = [7, 8, 9].map(|seed| ReferenceAlternative(Tracks::scalar(InputWindow::fixed(12), seed)));
    let scores = || -> Vec<Box<dyn EffectScore>> { vec![Box::new(Differences), Box::new(Largest)] };
    let alone: Vec<Vec<ScoredVariant>> = models
        .iter()
        .map(|model| {
            let engine = VariantScoring::new(model).raw().scores(scores()).build().unwrap();
            assert_eq!(engine.columns(), ["score_ref", "score_alt", "score_difference", "largest"]);
            engine.score(&genome, &variants).unwrap()
        })
        .collect();
    let all = models.iter().map(|model| model as &dyn VariantScorer).collect();
    let engine = VariantScoring::ensemble(all).raw().scores(scores()).build().unwrap();
    let expected =
        ["score_ref", "score_alt", "score_difference", "score_difference_sd", "largest", "largest_sd"];
    assert_eq!(engine.columns(), expected);
    for (index, joined) in engine.score(&genome, &variants).unwrap().iter().enumerate() {
        for (column, [mean, deviation]) in [(0, [0, 0]), (1, [1, 1]), (2, [2, 3]), (3, [4, 5])] {
            let values = [0, 1, 2].map(|model: usize| alone[model][index].values[column]);
            let of = values.iter().sum::<f64>() / 3.0;
            assert!((joined.values[mean] - of).abs() < 1e-12);
            if mean != deviation {
                let variance = values.iter().map(|value| (value - of).powi(2)).sum::<f64>() / 2.0;
                assert!((joined.values[deviation] - variance.sqrt()).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn readings_are_averaged_as_raw_scores() {
    let contig = random_dna(60, 2);
    let variants = [variant(&contig, 30, 1, b"GA")];
    let recorder = Recorder::new(ScorerSpec::scalar(InputWindow::fixed(12), "score", Scale::Raw));
    let model = ReferenceAlternative(Tracks::scalar(InputWindow::fixed(12), 3));
    let averaging = Averaging { reverse_complement: true, shifts: vec![0, -2, 3] };
    let score = |model: &dyn VariantScorer| {
        let engine = VariantScoring::new(model).raw().averaging(averaging.clone()).build().unwrap();
        engine.score(&genome_of(&contig), &variants).unwrap().remove(0).values
    };
    score(&recorder);
    let windows = recorder.take();
    assert_eq!(windows.len(), averaging.readings());
    let mean = |of: fn(&toys::Got) -> &str| {
        let scores = windows.iter().map(|got| f64::from(toys::digest(3, 0, of(got).as_bytes())));
        scores.sum::<f64>() / 6.0
    };
    let found = score(&model);
    assert!((found[0] - mean(|got| &got.reference)).abs() < 1e-6);
    assert!((found[1] - mean(|got| &got.alternative)).abs() < 1e-6);
}

#[test]
fn records_come_back_in_order_a_chunk_at_a_time() {
    let contig = random_dna(2000, 3);
    let genome = genome_of(&contig);
    let model = ReferenceAlternative(Tracks::scalar(InputWindow::fixed(12), 3));
    let engine = VariantScoring::new(&model).raw().chunk(10).build().unwrap();
    // Record i carries i % 4 variants.
    let of_record = |record: usize| -> Vec<Variant> {
        (0..record % 4).map(|allele| variant(&contig, 20 + record, 1, &[b"ACG"[allele], b'T'])).collect()
    };
    let read = Cell::new(0);
    let records = (0..500).map(|record| {
        read.set(record + 1);
        Ok::<_, std::io::Error>(record)
    });
    let mut scored = engine.score_records(&genome, records, |record| Ok(of_record(*record)));
    for record in 0..500 {
        let (found, variants) = scored.next().unwrap().unwrap();
        assert_eq!(found, record);
        assert_eq!(variants, engine.score(&genome, &of_record(record)).unwrap());
        assert!(read.get() <= record + 11, "{} records read for record {record}", read.get());
    }
    assert!(scored.next().is_none());
    assert_eq!(scored.summary().to_string(), "750 variants: 750 scored");
}

#[test]
fn a_broken_record_comes_after_those_before_it() {
    let contig = random_dna(100, 3);
    let genome = genome_of(&contig);
    let model = ReferenceAlternative(Tracks::scalar(InputWindow::fixed(12), 3));
    let engine = VariantScoring::new(&model).raw().chunk(4).build().unwrap();
    let run = |broken_record: usize, broken_variant: usize| {
        let records =
            (0..20).map(move |record| if record == broken_record { Err("line 7") } else { Ok(record) });
        let scored = engine.score_records(&genome, records, |&record| {
            if record == broken_variant {
                Err("REF")
            } else {
                Ok(vec![variant(&contig, 20 + record, 1, b"A")])
            }
        });
        scored
            .map(|record| record.map(|(record, _)| record).map_err(|error| error.to_string()))
            .collect::<Vec<_>>()
    };
    let expected = |count, error: &str| (0..count).map(Ok).chain([Err(error.to_owned())]).collect::<Vec<_>>();
    assert_eq!(run(6, 99), expected(6, "line 7"));
    assert_eq!(run(99, 4), expected(4, "REF"));
    assert_eq!(run(99, 99).len(), 20);
}

#[test]
fn a_wrong_assembly_is_told_at_the_end_of_the_records() {
    let contig = random_dna(100, 3);
    let genome = genome_of(&contig);
    let model = ReferenceAlternative(Tracks::scalar(InputWindow::fixed(12), 3));
    let engine = VariantScoring::new(&model).raw().chunk(4).build().unwrap();
    let other = |base: u8| if base == b'A' { b'C' } else { b'A' };
    let records = (20..30usize).map(Ok::<_, std::io::Error>);
    let scored = engine.score_records(&genome, records, |&start| {
        let reference = [other(contig[start])];
        Ok(vec![Variant::new("chr1", start as u64, &reference, Allele::from_vcf("G")).unwrap()])
    });
    let results: Vec<_> = scored.collect();
    assert_eq!(results.len(), 11);
    assert!(matches!(
        results[10],
        Err(VariantScoringError::WrongGenome { mismatches: 10, compared: 10, .. })
    ));
}

/// Counts the sequences that it is given.
struct Counting(Tracks, std::sync::atomic::AtomicUsize);

impl SequenceScorer for Counting {
    fn spec(&self) -> &ScorerSpec {
        self.0.spec()
    }
    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        self.1.fetch_add(sequences.len(), std::sync::atomic::Ordering::Relaxed);
        self.0.score(sequences, select)
    }
}

#[test]
fn a_shared_reference_window_is_scored_once() {
    let contig = random_dna(100, 6);
    let model = ReferenceAlternative(Counting(Tracks::scalar(InputWindow::fixed(40), 3), 0.into()));
    let engine = VariantScoring::new(&model).raw().plan(WindowPlan::fixed("chr1", 30..70)).build().unwrap();
    let variants: Vec<Variant> = (30..70)
        .filter(|start| contig[*start] != b'A')
        .flat_map(|start| [variant(&contig, start, 1, b"A"), variant(&contig, start, 1, b"A")])
        .collect();
    engine.score(&genome_of(&contig), &variants).unwrap();
    assert_eq!(model.0.1.load(std::sync::atomic::Ordering::Relaxed), 1 + variants.len() / 2);
}

#[test]
fn sequences_of_windows_score_as_the_windows_do() {
    let contig = random_dna(80, 4);
    let variants: Vec<Variant> = (20..60)
        .flat_map(|start| [variant(&contig, start, 1, b"GATT"), variant(&contig, start, 3, b"C")])
        .collect();
    let input = InputWindow::fixed(12);
    let recorder = Recorder::new(ScorerSpec::scalar(input, "score", Scale::Raw));
    let model = ReferenceAlternative(Tracks::scalar(input, 5));
    let engine = |model| VariantScoring::new(model).raw().build().unwrap();
    engine(&recorder).score(&genome_of(&contig), &variants).unwrap();
    let windows = recorder.take();
    let mut pairs: Vec<(String, String)> =
        windows.iter().map(|got| (got.reference.clone(), got.alternative.to_lowercase())).collect();
    let expected = engine(&model).score(&genome_of(&contig), &variants).unwrap();
    let found = engine(&model).score_sequence_pairs(&pairs).unwrap();
    assert!(found.iter().zip(&expected).all(|(found, expected)| found.values == expected.values));

    pairs[0].1 += "A";
    pairs[1].0 = "ACGTACGTACG!".into();
    pairs[2].0 = "NNNNNNNACGTA".into();
    pairs[3].0 = "NNNNNNCACGTA".into();
    let found = engine(&model).score_sequence_pairs(&pairs).unwrap();
    let names: Vec<&str> = found[..5].iter().map(|scored| scored.status.name()).collect();
    assert_eq!(names, ["wrong-length", "unsupported-allele", "too-many-n", "scored", "scored"]);
    assert!(found[..3].iter().all(|scored| scored.values.is_empty()));
    assert_eq!(found[4..], engine(&model).score_sequence_pairs(&pairs[4..]).unwrap());

    let shifted = Averaging { shifts: vec![1], ..Averaging::default() };
    let shifted = VariantScoring::new(&model).raw().averaging(shifted).build().unwrap();
    assert!(matches!(shifted.score_sequence_pairs(&pairs), Err(VariantScoringError::ShiftWithoutGenome)));
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let (scalar, tracks) = (Tracks::scalar(InputWindow::any(), 1), Tracks::new(1));
    let (scalar, tracks) = (ReferenceAlternative(scalar), ReferenceAlternative(tracks));
    let error = |scoring: VariantScoring<'_>| scoring.build().err().unwrap().to_string();
    let new = || VariantScoring::new(&tracks).scores(vec![Box::new(Largest)]);
    assert!(new().build().is_ok());
    assert_eq!(
        error(VariantScoring::new(&scalar).raw()),
        "the model reads at least 1 bp: say how long the window is to be"
    );
    assert_eq!(error(VariantScoring::new(&tracks)), "neither scores nor raw scores are asked for");
    assert_eq!(
        error(new().raw()),
        "raw scores are columns only where there is one bin, but the selection leaves 4"
    );
    assert!(new().raw().select(Selection::all().with_bins(2..3)).build().is_ok());
    assert_eq!(
        error(new().scores(vec![Box::new(Both), Box::new(Both)])),
        "two scores have a column named \"plus_both\""
    );
    assert_eq!(error(VariantScoring::ensemble(vec![])), "there is no model to score with");
    let other = ReferenceAlternative(Tracks::scalar(InputWindow::fixed(40), 1));
    let mixed = VariantScoring::ensemble(vec![&tracks, &other]).scores(vec![Box::new(Largest)]);
    assert_eq!(error(mixed), "model 1 and the first one differ in their outputs");
    assert_eq!(
        error(new().plan(WindowPlan::fixed("1", 0..41))),
        "a window of 41 bp was asked for, but the model reads 40 bp"
    );
    let plan = WindowPlan::centred(InputWindow::fixed(40), None).unwrap();
    assert_eq!(error(new().plan(plan.context(0))), "the context of a window must be at least 1 bp, found 0");
    let undefined = error(new().scores(vec![scores::named("log2-fold-change:bins=2-5").unwrap()]));
    assert!(undefined.ends_with("no value here: there are no bins 2 to 5 among 4"), "{undefined}");
    assert!(error(new().max_unknown(f64::NAN)).contains("must be between 0 and 1"));
    assert!(error(new().mismatch_limit(1.5)).contains("must be between 0 and 1"));
    assert!(error(new().select(Selection::all().with_outputs(vec![3]))).contains("index 3 of 3"));
}
