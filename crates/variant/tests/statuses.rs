//! Every variant comes back with a status, and a run stops where going on would mislead.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod toys;

use ciskit_core::*;
use ciskit_variant::*;
use toys::{Recorder, Tracks, genome_of, random_dna, variant};

const LENGTH: usize = 10;

fn model() -> ReferenceAlternative<Tracks> {
    ReferenceAlternative(Tracks::scalar(InputWindow::fixed(LENGTH), 1))
}

fn given(contig: &str, start: u64, reference: &str, alternative: &str) -> Variant {
    Variant::new(contig, start, reference.as_bytes(), Allele::from_vcf(alternative)).unwrap()
}

fn genome() -> InMemoryGenome {
    InMemoryGenome::new([
        ("chr1", b"ACGTACGTACGTACGT".to_vec()),
        ("chr2", b"acgt".to_vec()),
        ("n", vec![b'N'; 30]),
    ])
    .unwrap()
}

fn names(variants: &[Variant], scoring: VariantScoring<'_>) -> Vec<&'static str> {
    let scored = scoring.raw().build().unwrap().score(&genome(), variants).unwrap();
    for scored in &scored {
        let columns = if scored.status.has_values() { 2 } else { 0 };
        assert_eq!(scored.values.len(), columns, "{}", scored.status);
    }
    scored.iter().map(|scored| scored.status.name()).collect()
}

#[test]
fn every_variant_has_its_status() {
    let model = model();
    let table = [
        (given("chr1", 8, "A", "G"), "scored"),
        (given("1", 8, "a", "g"), "duplicate"),
        (given("chr1", 8, "A", "GT"), "scored"),
        (given("chr1", 8, "C", "G"), "ref-mismatch"),
        (given("chr1", 8, "AC", "G"), "scored"),
        (given("chr1", 8, "AG", "G"), "ref-mismatch"),
        (given("chr9", 0, "A", "C"), "unknown-contig"),
        (given("chr1", 16, "A", "C"), "out-of-bounds"),
        (given("chr1", 15, "TA", "C"), "out-of-bounds"),
        (given("chr1", 15, "T", "TAC"), "scored"),
        (given("chr2", 1, "C", "A"), "too-many-n"),
        (given("chr1", 0, "A", "C"), "scored"), // exactly half of the window lies outside
        (given("n", 12, "A", "C"), "ref-mismatch"),
        (given("chr1", 8, "N", "A"), "unsupported-allele"),
        (given("chr1", 8, "A", "R"), "unsupported-allele"),
        (given("chr1", 8, "A", "*"), "unsupported-allele"),
        (given("chr1", 8, "A", "."), "unsupported-allele"),
        (given("chr9", 8, "A", "<DEL>"), "unsupported-allele"),
        (given("chr1", 8, "A", "G]17:198982]"), "unsupported-allele"),
    ];
    let (variants, expected): (Vec<Variant>, Vec<&str>) = table.into_iter().unzip();
    assert_eq!(names(&variants, VariantScoring::new(&model)), expected);
    // One at a time, nothing is a duplicate.
    for (variant, expected) in variants.iter().zip(expected) {
        let found = names(std::slice::from_ref(variant), VariantScoring::new(&model));
        assert_eq!(found, [if expected == "duplicate" { "scored" } else { expected }]);
    }
}

#[test]
fn the_limit_of_unknown_bases_is_a_choice() {
    let model = model();
    let variants = [given("chr2", 1, "C", "A"), given("chr2", 3, "T", "A")];
    assert_eq!(names(&variants, VariantScoring::new(&model).max_unknown(0.6)), ["scored"; 2]);
    let plan = WindowPlan::centred(InputWindow::fixed(LENGTH), None).unwrap().context(2);
    // Only what is meant to be real counts.
    assert_eq!(names(&variants, VariantScoring::new(&model).plan(plan)), ["scored"; 2]);
    assert_eq!(
        names(&[given("chr1", 0, "A", "C")], VariantScoring::new(&model).max_unknown(0.49)),
        ["too-many-n"]
    );
}

#[test]
fn what_lies_in_no_fixed_window_is_out_of_bounds() {
    let model = model();
    let variants = [
        given("chr1", 2, "G", "A"),
        given("chr1", 1, "CG", "C"),
        given("chr1", 11, "T", "A"),
        given("chr1", 11, "TA", "T"),
        given("chr2", 2, "G", "A"),
    ];
    let found = names(&variants, VariantScoring::new(&model).plan(WindowPlan::fixed("1", 2..12)));
    let expected = ["scored", "out-of-bounds", "scored", "out-of-bounds", "out-of-bounds"];
    assert_eq!(found, expected);
    // A deletion that leaves the window is right, and its alternative, the base that the genome has there, proves nothing.
    let swapping = VariantScoring::new(&model).plan(WindowPlan::fixed("1", 2..12));
    assert_eq!(names(&variants, swapping.on_mismatch(OnMismatch::Swap)), expected);
}

#[test]
fn duplicates_have_the_values_of_the_first() {
    let model = model();
    let variants = [
        (8, "A", "G"),
        (9, "C", "G"),
        (8, "A", "G"),
        (9, "C", "T"),
        (8, "C", "G"),
        (8, "C", "G"),
        (8, "A", "G"),
    ];
    let variants = variants.map(|(start, from, to)| given("chr1", start, from, to));
    for chunk in [1, 2, 100] {
        let engine = VariantScoring::new(&model).raw().chunk(chunk).build().unwrap();
        let scored = engine.score(&genome(), &variants).unwrap();
        let found: Vec<&str> = scored.iter().map(|scored| scored.status.name()).collect();
        // What was not scored is no duplicate.
        let expected =
            ["scored", "scored", "duplicate", "scored", "ref-mismatch", "ref-mismatch", "duplicate"];
        assert_eq!(found, expected);
        assert!(scored[2].values == scored[0].values && scored[6].values == scored[0].values);
        assert_ne!(scored[1].values, scored[3].values);
    }
    // Only among the latest: two others lie between the first and the last.
    assert_eq!(names(&variants, VariantScoring::new(&model).duplicates_within(1))[2], "scored");
    assert_eq!(names(&variants, VariantScoring::new(&model).duplicates_within(2))[2], "duplicate");
}

#[test]
fn alleles_are_swapped_where_the_genome_has_the_other_one() {
    let recorder = Recorder::new(ScorerSpec::scalar(InputWindow::fixed(LENGTH), "o", Scale::Raw));
    let variants = [
        given("chr1", 8, "G", "A"),
        given("chr1", 8, "G", "T"),
        given("chr1", 8, "AG", "ACG"),
        given("chr1", 15, "TAA", "T"), // leaves the contig, but what the genome has does not
        given("chr1", 15, "C", "TA"),
    ];
    let names = names(&variants, VariantScoring::new(&recorder).on_mismatch(OnMismatch::Swap));
    assert_eq!(
        names,
        ["alleles-swapped", "ref-mismatch", "alleles-swapped", "alleles-swapped", "ref-mismatch"]
    );
    let got = recorder.take();
    assert_eq!((got[0].reference.as_str(), got[0].alternative.as_str()), ("TACGTGCGTA", "TACGTACGTA"));
    assert_eq!((got[1].reference.as_str(), got[1].alternative.as_str()), ("TACGTAGTAC", "TACGTACGTA"));
    assert_eq!((got[1].reference_range.clone(), got[1].alternative_range.clone()), (5..7, 5..8));
    assert_eq!((got[2].reference.as_str(), got[2].alternative.as_str()), ("GTACGTAANN", "GTACGTNNNN"));
}

#[test]
fn the_first_mismatch_stops_where_none_is_tolerated() {
    let model = model();
    let engine = VariantScoring::new(&model).raw().on_mismatch(OnMismatch::Fail).build().unwrap();
    let error = engine.score(&genome(), &[given("chr1", 8, "A", "G"), given("1", 9, "A", "G")]).unwrap_err();
    assert_eq!(error.to_string(), "the reference allele of 1:10:A>G is not what the genome has: C");
    assert!(engine.score(&genome(), &[given("chr1", 8, "A", "G"), given("chr9", 9, "A", "G")]).is_ok());
}

#[test]
fn another_assembly_is_named_as_the_cause() {
    let model = model();
    let contig = random_dna(400, 1);
    let engine = |limit| {
        VariantScoring::new(&model)
            .raw()
            .mismatch_limit(limit)
            .genome_description("hg19.fa (hg19)")
            .build()
            .unwrap()
    };
    // Variants of a genome that has one base more in front.
    let variants: Vec<Variant> = (20..380)
        .map(|start| {
            Variant::new("chr1", start + 1, &contig[start as usize..=start as usize], Allele::from_vcf("A"))
                .unwrap()
        })
        .collect();
    let genome = genome_of(&contig);
    let error = engine(0.05).score(&genome, &variants).unwrap_err();
    let VariantScoringError::WrongGenome { compared, mismatches, .. } = &error else { panic!("{error}") };
    assert!(*compared == 100 && *mismatches > 60, "stopped as early as it may: {error}");
    assert!(error.to_string().contains("of another assembly than hg19.fa (hg19) (chr1:22:"), "{error}");
    assert!(matches!(
        engine(0.05).score(&genome, &variants[..20]),
        Err(VariantScoringError::WrongGenome { compared: 20, .. })
    ));
    assert_eq!(engine(1.0).score(&genome, &variants).unwrap().len(), 360);
    // One wrong line in thirty is just that.
    let mut fitting: Vec<Variant> = (20..380).map(|start| variant(&contig, start, 1, b"A")).collect();
    for index in (0..360).step_by(30) {
        fitting[index] = variants[index].clone();
    }
    assert!(engine(0.05).score(&genome, &fitting).is_ok());
}

/// A masked language model, as far as its errors go: single bases only.
struct SingleBases(Recorder);

impl VariantScorer for SingleBases {
    fn spec(&self) -> &ScorerSpec {
        self.0.spec()
    }
    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError> {
        let single =
            |window: &VariantWindow<'_>| window.reference_allele().len() == window.alternative_allele().len();
        match variants.iter().position(|window| !single(window)) {
            Some(item) => {
                Err(ScoreError::Unsupported { item, why: "only single bases can be masked".into() })
            }
            None => self.0.score_variants(variants, select),
        }
    }
}

#[test]
fn what_the_model_cannot_score_is_one_variants_status() {
    let model = SingleBases(Recorder::new(ScorerSpec::scalar(InputWindow::fixed(LENGTH), "o", Scale::Log)));
    let alternatives = ["G", "GT", "C", "T", "CA", "CC"];
    let variants = alternatives.map(|alternative| given("chr1", 8, "A", alternative));
    let scored = "scored";
    let refused = "unsupported-allele";
    assert_eq!(
        names(&variants, VariantScoring::new(&model)),
        [scored, refused, scored, scored, refused, refused]
    );
}

#[test]
fn variants_of_the_training_data_are_marked() {
    let model = model();
    let training = TrainingOverlap::new([Interval::new("1", 8, 9).unwrap()], ["chr2".into()]);
    let engine = VariantScoring::new(&model).raw().training(training).build().unwrap();
    let variants = [given("chr1", 8, "A", "G"), given("chr1", 9, "C", "G"), given("2", 1, "C", "A")];
    let scored = engine.score(&genome(), &variants).unwrap();
    let marks: Vec<Option<bool>> = scored.iter().map(|scored| scored.in_training).collect();
    assert_eq!(marks, [Some(true), Some(false), Some(true)]);
    let mut summary = Summary::default();
    scored.iter().for_each(|scored| summary.add(scored));
    assert_eq!(summary.to_string(), "3 variants: 2 scored, 1 too-many-n; 2 in the training data");
}
