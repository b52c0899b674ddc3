//! Toy implementors of every trait, used through `&dyn` as tools use them: if one of these stops compiling, every
//! crate built on ciskit-core stops compiling.

use ciskit_core::*;

/// A track model: per 4-bp bin the number of G and C on either strand. Its two outputs are strand partners.
struct TrackModel(ScorerSpec);

impl TrackModel {
    fn new() -> Self {
        let spec = ScorerSpec::builder(InputWindow::fixed(12)).bins(2, 4, 2).batch_hint(2).outputs([
            Output::new("G", Scale::Raw).with_strand_partner(1),
            Output::new("C", Scale::Raw).with_strand_partner(0),
        ]);
        Self(spec.build().expect("a valid spec"))
    }
}

impl SequenceScorer for TrackModel {
    fn spec(&self) -> &ScorerSpec {
        &self.0
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let mut values = Vec::new();
        for (item, sequence) in sequences.iter().enumerate() {
            if !self.0.input.accepts(sequence.len()) {
                let (expected, found) = (self.0.input.length(), sequence.len());
                return Err(ScoreError::InputLength { item, expected, found });
            }
            let first = self.0.first_bin_bp as usize;
            for bin in sequence[first..].chunks_exact(self.0.bin_bp as usize).take(self.0.bins) {
                values.extend([b'G', b'C'].map(|base| bin.iter().filter(|&&b| b == base).count() as f32));
            }
        }
        Scores::new(sequences.len(), self.0.bins, self.0.outputs.len(), values)?.select(select)
    }
}

/// A masked language model: the likelihood of a base is its share (plus one) of the window's other bases.
struct MaskedModel(ScorerSpec);

impl VariantScorer for MaskedModel {
    fn spec(&self) -> &ScorerSpec {
        &self.0
    }

    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError> {
        let mut blocks = [Vec::new(), Vec::new()];
        for (item, variant) in variants.iter().enumerate() {
            let (&[reference], &[alternative]) = (variant.reference_allele(), variant.alternative_allele())
            else {
                return Err(ScoreError::Unsupported { item, why: "only single bases can be masked".into() });
            };
            let masked = variant.reference_range.start;
            let others = || variant.reference.iter().enumerate().filter(|(index, _)| *index != masked);
            for (block, base) in blocks.iter_mut().zip([reference, alternative]) {
                let count = others().filter(|(_, b)| **b == base).count();
                block.push(((count + 1) as f32 / (others().count() + 4) as f32).ln());
            }
        }
        let [reference, alternative] = blocks.map(|block| Scores::scalar(block).select(select));
        VariantScores::new(reference?, alternative?)
    }
}

/// A pair network: the number of positions at which both sides hold the same base, minus the distance in Mbp.
struct PairNetwork(PairSpec);

impl PairNetwork {
    fn new() -> Self {
        let spec = PairSpec::builder(InputWindow::fixed(4), InputWindow::any().anchored_at(0));
        Self(
            spec.output(Output::new("logit", Scale::Logit))
                .needs_distance()
                .batch_hint(3)
                .build()
                .expect("a valid spec"),
        )
    }
}

impl PairScorer for PairNetwork {
    fn spec(&self) -> &PairSpec {
        &self.0
    }

    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
        let mut values = Vec::new();
        for (item, pair) in pairs.iter().enumerate() {
            pair.check(item, &self.0)?;
            let same = pair.enhancer.iter().zip(pair.promoter).filter(|(e, p)| e == p).count();
            values.push(same as f32 - pair.signed_distance.unwrap_or(0).abs() as f32 / 1e6);
        }
        Scores::scalar(values).select(select)
    }
}

/// The distance baseline.
struct Distance([Output; 1]);

impl PairTableScorer for Distance {
    fn outputs(&self) -> &[Output] {
        &self.0
    }

    fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
        let score = |(item, pair): (usize, &Pair)| {
            let missing = || ScoreError::MissingInput { item, what: "both elements on one contig".into() };
            pair.distance().map(|distance| -distance as f32).ok_or_else(missing)
        };
        Ok(Scores::scalar(pairs.iter().enumerate().map(score).collect::<Result<_, _>>()?))
    }
}

#[test]
fn a_track_model_gives_the_wanted_bins_and_outputs() {
    let model: &dyn SequenceScorer = &TrackModel::new();
    let sequence: &[u8] = b"TTGGGCCCTATT";
    let all = model.score(&[sequence, sequence], &Selection::all()).unwrap();
    assert_eq!((all.shape(), all.item(1)), ([2, 2, 2], [3., 1., 0., 2.].as_slice()));

    let wanted = Selection::all().with_bins(1..2).with_named_outputs(model.spec(), &["C"]).unwrap();
    assert_eq!(model.score(&[sequence], &wanted).unwrap().values(), [2.0]);
    assert!(Selection::all().with_named_outputs(model.spec(), &["T"]).is_err());
    assert!(matches!(model.score(&[b"ACG"], &wanted), Err(ScoreError::InputLength { found: 3, .. })));
    assert_eq!(model.score(&[], &Selection::all()).unwrap().shape(), [0, 2, 2]);
}

#[test]
fn edits_are_scored_in_batches_and_in_order() {
    let model: Box<dyn SequenceScorer> = Box::new(TrackModel::new());
    let sequence = b"AAAAAAAAAAAA";
    // More edits than the batch hint of 2, and an odd number of them.
    let edits: Vec<Edit> = (2..7).map(|position| Edit::substitution(position, b'G')).collect();
    let scores = model.score_edits(sequence, &edits, &Selection::all().with_outputs(vec![0])).unwrap();
    assert_eq!(scores.values(), [1., 0., 1., 0., 1., 0., 1., 0., 0., 1.]);

    let outside = model.score_edits(sequence, &[Edit::substitution(12, b'G')], &Selection::all());
    assert!(matches!(outside, Err(ScoreError::Edit(_))));
    let longer = model.score_edits(sequence, &[Edit::new(0..0, b"G")], &Selection::all());
    assert!(matches!(longer, Err(ScoreError::InputLength { found: 13, .. })));
    assert_eq!(model.score_edits(sequence, &[], &Selection::all()).unwrap().items(), 0);
}

#[test]
fn any_sequence_scorer_scores_variants() {
    let model: &dyn SequenceScorer = &TrackModel::new();
    let scorer: &dyn VariantScorer = &ReferenceAlternative(model);
    let (reference, c, g) = (b"AAAAAAAAAAAA", b"AAAAAACAAAAA", b"AAAAAAGAAAAA");
    // Two alternatives at one place: their reference window is scored once and given twice.
    let variants =
        [VariantWindow::new(reference, 6..7, c, 6..7), VariantWindow::new(reference, 6..7, g, 6..7)];
    let scores = scorer.score_variants(&variants, &Selection::all().with_bins(1..2)).unwrap();
    assert_eq!(scores.reference.values(), [0., 0., 0., 0.]);
    assert_eq!(scores.alternative.values(), [0., 1., 1., 0.]);
}

/// A track model that counts the sequences that it is given.
struct Counting(TrackModel, std::sync::atomic::AtomicUsize);

impl SequenceScorer for Counting {
    fn spec(&self) -> &ScorerSpec {
        self.0.spec()
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        assert!(sequences.len() <= self.spec().batch_hint);
        self.1.fetch_add(sequences.len(), std::sync::atomic::Ordering::Relaxed);
        self.0.score(sequences, select)
    }
}

#[test]
fn equal_windows_of_a_call_are_scored_once() {
    let scorer = ReferenceAlternative(Counting(TrackModel::new(), 0.into()));
    let (a, c, g) = (b"AAAAAAAAAAAA", b"AAAAAACAAAAA", b"AAAAAAGAAAAA");
    // Not next to each other, and the reference of one is the alternative of another.
    let variants = [(a, c), (a, g), (c, a), (a, c)].map(|(r, alt)| VariantWindow::new(r, 6..7, alt, 6..7));
    let scores = scorer.score_variants(&variants, &Selection::all()).unwrap();
    assert_eq!(scorer.0.1.into_inner(), 3);
    let alone = |index: usize| {
        let scorer = ReferenceAlternative(TrackModel::new());
        scorer.score_variants(&variants[index..=index], &Selection::all()).unwrap()
    };
    for index in 0..variants.len() {
        assert_eq!(scores.reference.item(index), alone(index).reference.values());
        assert_eq!(scores.alternative.item(index), alone(index).alternative.values());
    }
    let none = ReferenceAlternative(TrackModel::new()).score_variants(&[], &Selection::all()).unwrap();
    assert_eq!(none.reference.shape(), [0, 2, 2]);
}

#[test]
fn a_masked_language_model_scores_variants_directly() {
    let model = MaskedModel(ScorerSpec::scalar(InputWindow::any(), "log likelihood", Scale::Log));
    let scorer: &dyn VariantScorer = &model;
    let variant = VariantWindow::new(b"AAATA", 3..4, b"AAAAA", 3..4);
    let scores = scorer.score_variants(&[variant], &Selection::all()).unwrap();
    let ratio = scores.alternative.get(0, 0, 0) - scores.reference.get(0, 0, 0);
    assert!((ratio - 5f32.ln()).abs() < 1e-6); // four other A, no other T: 5/8 against 1/8

    let insertion = VariantWindow::new(b"AAATA", 3..4, b"AAATT", 3..5);
    let refused = scorer.score_variants(&[insertion], &Selection::all());
    assert!(matches!(refused, Err(ScoreError::Unsupported { item: 0, .. })));
}

#[test]
fn a_distance_baseline_scores_tables() {
    let scorer: &dyn PairTableScorer = &Distance([Output::new("minus distance", Scale::Raw)]);
    let at = |contig: &str, start| Interval::new(contig, start, start + 100).unwrap();
    let pairs = [Pair::new(at("1", 0), at("1", 500)), Pair::new(at("1", 900), at("1", 500))];
    assert_eq!(scorer.score_table(&pairs).unwrap().values(), [-500., -400.]);
    assert!(!scorer.is_transductive());
    assert!(scorer.score_table(&[Pair::new(at("1", 0), at("2", 0))]).is_err());
}

#[test]
fn a_pair_network_says_what_is_missing() {
    let scorer: &dyn PairScorer = &PairNetwork::new();
    let score = |pair: PairInput<'_>| scorer.score(&[pair], &Selection::all());
    let pair = PairInput::new(b"ACGT", b"ACCA").with_signed_distance(-500_000);
    assert_eq!(score(pair).unwrap().values(), [1.5]);
    assert_eq!(
        score(PairInput::new(b"ACG", b"ACCA")).unwrap_err().to_string(),
        "pair 0: enhancer sequence of 3 bp, but the model reads 4 bp"
    );
    let message = score(PairInput::new(b"ACGT", b"ACCA")).unwrap_err().to_string();
    assert_eq!(message, "pair 0: the model needs the signed distance");
    let message = score(pair.with_covariates(&[1.0])).unwrap_err().to_string();
    assert_eq!(message, "pair 0: the model needs 0 covariates (), found 1");
}

/// A pair scorer that counts how its edits arrive, to see that nobody falls back to the provided way.
struct Incremental(PairNetwork, std::sync::atomic::AtomicUsize);

impl PairScorer for Incremental {
    fn spec(&self) -> &PairSpec {
        self.0.spec()
    }

    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
        self.0.score(pairs, select)
    }

    fn score_edits(
        &self,
        side: Side,
        pair: &PairInput<'_>,
        edits: &[Edit],
        select: &Selection,
    ) -> Result<Scores, ScoreError> {
        self.1.fetch_add(edits.len(), std::sync::atomic::Ordering::Relaxed);
        self.0.score_edits(side, pair, edits, select)
    }
}

#[test]
fn with_one_side_fixed_a_pair_network_is_a_sequence_scorer() {
    let network = Incremental(PairNetwork::new(), 0.into());
    let pair = PairInput::new(b"ACGT", b"ACCA").with_signed_distance(0);
    let edits: Vec<Edit> = (0..4).map(|position| Edit::substitution(position, b'C')).collect();

    let enhancers = FixedSide::new(&network, Side::Enhancer, &pair).unwrap();
    let model: &dyn SequenceScorer = &enhancers;
    assert_eq!(model.spec().input, InputWindow::fixed(4));
    assert_eq!(model.score(&[b"ACCA", b"TTTT"], &Selection::all()).unwrap().values(), [4., 0.]);
    assert_eq!(model.score_edits(b"ACGT", &edits, &Selection::all()).unwrap().values(), [1., 2., 3., 2.]);

    let promoters: Box<dyn SequenceScorer + '_> =
        Box::new(FixedSide::new(&network, Side::Promoter, &pair).unwrap());
    assert_eq!(promoters.spec().input.anchor(4), 0);
    assert_eq!(promoters.score(&[b"ACGT"], &Selection::all()).unwrap().values(), [4.]);
    assert_eq!(promoters.score_edits(b"ACCA", &edits, &Selection::all()).unwrap().values(), [1., 2., 2., 2.]);
    let forwarded = network.1.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(forwarded, 8, "edits must reach the model's own score_edits through every adapter");

    let wrong = FixedSide::new(PairNetwork::new(), Side::Promoter, &PairInput::new(b"AC", b""));
    assert!(matches!(wrong.err(), Some(ScoreError::PairLength { side: Side::Enhancer, .. })));
}

#[test]
fn scorers_and_genomes_are_shared_between_threads() {
    let model: std::sync::Arc<dyn SequenceScorer> = std::sync::Arc::new(TrackModel::new());
    let genome: std::sync::Arc<dyn ReferenceGenome> =
        std::sync::Arc::new(InMemoryGenome::new([("chr1", b"GGGGGGGGGGGG".to_vec())]).unwrap());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (model, genome) = (model.clone(), genome.clone());
            std::thread::spawn(move || {
                let sequence = genome.fetch("chr1", 0..12, Edge::Error).unwrap();
                model.score(&[&sequence], &Selection::all()).unwrap().into_values()
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), [4., 0., 4., 0.]);
    }
}
