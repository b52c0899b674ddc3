//! Variants in windows that stay where they are: around the elements of pairs, say.

use std::collections::HashMap;
use std::error::Error;
use std::ops::Range;

use ciskit_core::{ContigName, ReferenceGenome, Variant, VariantScorer};

use crate::engine::{Chunks, Run, ScoresVariants};
use crate::mismatch::MismatchGuard;
use crate::training::bare;
use crate::{
    ScoredVariant, Status, Summary, TrainingOverlap, VariantEngine, VariantScoring, VariantScoringError,
    WindowPlan,
};

/// A window of the genome and the model that reads it.
pub struct FixedWindow<'a> {
    /// The contig.
    pub contig: ContigName,
    /// The window: 0-based, half-open, and it may hang over the contig's ends.
    pub range: Range<i64>,
    /// The model. An enhancer's window of a pair is read by the pair's model with the promoter held
    /// ([`FixedSide`](ciskit_core::FixedSide)).
    pub scorer: Box<dyn VariantScorer + 'a>,
}

/// What became of a variant in one window.
#[derive(Clone, Debug, PartialEq)]
pub struct InWindow {
    /// Index of the window; `None` for a variant that starts in no window, which has one entry.
    pub window: Option<usize>,
    /// What became of it there.
    pub scored: ScoredVariant,
}

/// Scores variants in every window that they start in.
///
/// ```
/// use ciskit_core::*;
/// use ciskit_variant::{FixedWindow, FixedWindows, Status};
///
/// /// Counts C and G.
/// struct Gc(ScorerSpec);
///
/// impl SequenceScorer for Gc {
///     fn spec(&self) -> &ScorerSpec {
///         &self.0
///     }
///     fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
///         let gc = |s: &&[u8]| s.iter().filter(|base| b"CG".contains(base)).count() as f32;
///         Scores::scalar(sequences.iter().map(gc).collect()).select(select)
///     }
/// }
///
/// let window = |range| {
///     let spec = ScorerSpec::scalar(InputWindow::fixed(4), "gc", Scale::Raw);
///     FixedWindow { contig: "chr1".into(), range, scorer: Box::new(ReferenceAlternative(Gc(spec))) }
/// };
/// let windows = [window(0..4), window(2..6)];
/// let windows = FixedWindows::new(&windows, |scoring, plan| scoring.plan(plan).raw())?;
///
/// let genome = InMemoryGenome::new([("chr1", b"AACGTTTT".to_vec())])?;
/// let variants = [3, 7].map(|start| Variant::new("1", start, b"G", Allele::from_vcf("A")));
/// let variants = variants.into_iter().collect::<Result<Vec<_>, _>>()?;
/// let mut run = windows.run(&genome);
/// let scored = run.score(&variants)?;
/// assert_eq!(scored[0].iter().map(|entry| entry.window).collect::<Vec<_>>(), [Some(0), Some(1)]);
/// assert_eq!(scored[0][1].scored.values, [2.0, 1.0]);
/// assert_eq!(scored[1][0].scored.status, Status::OutOfBounds);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FixedWindows<'a> {
    engines: Vec<VariantEngine<'a>>,
    /// The windows of a contig, by its bare name.
    by_contig: HashMap<ContigName, Windows>,
}

/// Windows of a contig, sorted by their start.
#[derive(Default)]
struct Windows {
    places: Vec<(Range<i64>, usize)>,
    longest: i64,
}

impl<'a> FixedWindows<'a> {
    /// The engines of all windows; `settings` says how to score in a window, given its model and its place.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError`] if settings do not fit a model, or if the windows' models have different columns
    /// ([`VariantScoringError::ModelsDiffer`]).
    pub fn new(
        windows: &'a [FixedWindow<'_>],
        settings: impl Fn(VariantScoring<'a>, WindowPlan) -> VariantScoring<'a>,
    ) -> Result<Self, VariantScoringError> {
        let mut engines: Vec<VariantEngine<'a>> = Vec::with_capacity(windows.len());
        let mut by_contig: HashMap<ContigName, Windows> = HashMap::new();
        for (index, FixedWindow { contig, range, scorer }) in windows.iter().enumerate() {
            let plan = WindowPlan::fixed(contig.clone(), range.clone());
            // What is wrong with the list is told once, not window by window.
            let scoring = settings(VariantScoring::new(scorer), plan).mismatch_limit(1.0);
            let engine = scoring.build()?;
            if engines.first().is_some_and(|first| first.columns() != engine.columns()) {
                return Err(VariantScoringError::ModelsDiffer { index, what: "columns" });
            }
            engines.push(engine);
            let of_contig = by_contig.entry(bare(contig)).or_default();
            of_contig.longest = of_contig.longest.max(range.end - range.start);
            of_contig.places.push((range.clone(), index));
        }
        by_contig.values_mut().for_each(|windows| windows.places.sort_by_key(|(range, _)| range.start));
        Ok(Self { engines, by_contig })
    }

    /// Names of a variant's values in a window; none without windows.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        self.engines.first().map_or(&[], VariantEngine::columns)
    }

    /// Indices of the windows that a variant starts in, ascending.
    #[must_use]
    pub fn of(&self, variant: &Variant) -> Vec<usize> {
        let Some(windows) = self.by_contig.get(&bare(variant.contig())) else { return Vec::new() };
        let start = variant.start() as i64;
        let first = windows.places.partition_point(|(range, _)| range.start <= start - windows.longest);
        let near = windows.places[first..].iter().take_while(|(range, _)| range.start <= start);
        let mut found: Vec<usize> =
            near.filter(|(range, _)| range.contains(&start)).map(|(_, index)| *index).collect();
        found.sort_unstable();
        found
    }

    /// Starts a run over variants of a genome.
    pub fn run<'e>(&'e self, genome: &'e dyn ReferenceGenome) -> FixedWindowsRun<'e, 'a> {
        FixedWindowsRun {
            windows: self,
            genome,
            runs: self.engines.iter().map(|engine| engine.run(genome)).collect(),
            guard: MismatchGuard::default(),
            description: "the genome".to_owned(),
            training: None,
            summary: Summary::default(),
        }
    }
}

/// A run over variants: what must be remembered from one call to the next.
pub struct FixedWindowsRun<'e, 'a> {
    windows: &'e FixedWindows<'a>,
    genome: &'e dyn ReferenceGenome,
    runs: Vec<Run<'e, 'a>>,
    guard: MismatchGuard,
    description: String,
    training: Option<TrainingOverlap>,
    summary: Summary,
}

impl FixedWindowsRun<'_, '_> {
    /// The largest fraction of mismatches among all variants of the run, as [`VariantScoring::mismatch_limit`] has it, and the
    /// genome as errors name it.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError::Setting`] for a fraction that does not lie from 0 to 1.
    pub fn mismatch_limit(
        mut self,
        fraction: f64,
        genome_description: impl Into<String>,
    ) -> Result<Self, VariantScoringError> {
        self.guard = MismatchGuard::new(fraction)?;
        self.description = genome_description.into();
        Ok(self)
    }

    /// Says of each variant whether it lies in the training data.
    #[must_use]
    pub fn training(mut self, training: TrainingOverlap) -> Self {
        self.training = Some(training);
        self
    }

    /// What became of the next variants: an entry for each window of a variant, or a single one without a window. Behind the last
    /// ones comes [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// As those of [`VariantEngine::score`].
    pub fn score(&mut self, variants: &[Variant]) -> Result<Vec<Vec<InWindow>>, VariantScoringError> {
        ScoresVariants::score(self, variants)
    }

    /// Ends a run whose variants were given to [`score`](Self::score): before, the limit of mismatches holds from 100 compared
    /// variants on. [`score_records`](Self::score_records) does it by itself.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError::WrongGenome`] for too many reference alleles that the genome does not have.
    pub fn finish(&self) -> Result<(), VariantScoringError> {
        ScoresVariants::finish(self)
    }
    /// Records (lines of a VCF, rows of a table) with their scored variants, in order and in bounded memory: `variants` says
    /// which variants a record carries.
    ///
    /// The iterator ends after the first error.
    pub fn score_records<T, E, I, F>(
        &mut self,
        records: I,
        variants: F,
    ) -> impl Iterator<Item = Result<(T, Vec<Vec<InWindow>>), VariantScoringError>>
    where
        I: Iterator<Item = Result<T, E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
        F: FnMut(&T) -> Result<Vec<Variant>, E>,
    {
        const CHUNK: usize = 4096;
        let mut chunks = Chunks::new(records, variants, CHUNK);
        std::iter::from_fn(move || chunks.next(self))
    }

    /// What became of the variants so far, each counted once.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}

impl ScoresVariants for FixedWindowsRun<'_, '_> {
    type Scored = Vec<InWindow>;

    fn score(&mut self, variants: &[Variant]) -> Result<Vec<Vec<InWindow>>, VariantScoringError> {
        let of_variant: Vec<Vec<usize>> = variants.iter().map(|variant| self.windows.of(variant)).collect();
        let mut by_window: HashMap<usize, Vec<usize>> = HashMap::new();
        for (variant, windows) in of_variant.iter().enumerate() {
            windows.iter().for_each(|&window| by_window.entry(window).or_default().push(variant));
        }
        let mut windows: Vec<(usize, Vec<usize>)> = by_window.into_iter().collect();
        windows.sort_unstable();

        let mut scored: Vec<Vec<InWindow>> = variants.iter().map(|_| Vec::new()).collect();
        for (window, held) in windows {
            let of_window: Vec<Variant> = held.iter().map(|&variant| variants[variant].clone()).collect();
            let entries = self.runs[window].score(&of_window)?;
            for (variant, entry) in held.into_iter().zip(entries) {
                scored[variant].push(InWindow { window: Some(window), scored: entry });
            }
        }
        for (variant, entries) in variants.iter().zip(&mut scored) {
            if entries.is_empty() {
                let status = match self.genome.contigs().resolve(variant.contig()) {
                    Ok(_) => Status::OutOfBounds,
                    Err(_) => Status::UnknownContig,
                };
                let scored = ScoredVariant { status, values: Vec::new(), in_training: None };
                entries.push(InWindow { window: None, scored });
            }
            if let Some(training) = &self.training {
                let inside = Some(training.holds(variant));
                entries.iter_mut().for_each(|entry| entry.scored.in_training = inside);
            }
            // A variant counts once, by the window that says most of it: a mismatch says more than that the window ends.
            let told = |entry: &&InWindow| {
                let status = &entry.scored.status;
                (!status.has_values(), *status == Status::OutOfBounds, entry.window)
            };
            if let Some(entry) = entries.iter().min_by_key(told) {
                self.guard.count(variant, &entry.scored.status, &self.description)?;
                self.summary.add(&entry.scored);
            }
        }
        Ok(scored)
    }

    fn finish(&self) -> Result<(), VariantScoringError> {
        self.guard.check(&self.description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::{
        Allele, InMemoryGenome, InputWindow, ReferenceAlternative, Scale, ScoreError, ScorerSpec, Scores,
        Selection, SequenceScorer,
    };
    use proptest::prelude::*;

    /// Adds up the places of its Gs.
    struct Places(ScorerSpec);

    impl SequenceScorer for Places {
        fn spec(&self) -> &ScorerSpec {
            &self.0
        }
        fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
            let of = |sequence: &&[u8]| {
                let places = sequence.iter().enumerate().filter(|(_, base)| **base == b'G');
                places.map(|(place, _)| (place + 1) as f32).sum()
            };
            Scores::scalar(sequences.iter().map(of).collect()).select(select)
        }
    }

    fn window(range: Range<i64>) -> FixedWindow<'static> {
        let length = (range.end - range.start) as usize;
        let spec = ScorerSpec::scalar(InputWindow::fixed(length), "places", Scale::Raw);
        FixedWindow { contig: "chr1".into(), range, scorer: Box::new(ReferenceAlternative(Places(spec))) }
    }

    fn snv(contig: &str, start: u64, reference: u8) -> Variant {
        Variant::new(contig, start, &[reference], Allele::from_vcf("G")).unwrap()
    }

    #[test]
    fn a_list_of_another_assembly_stops_the_run_though_each_window_holds_few() {
        let windows: Vec<FixedWindow<'_>> = (0..10).map(|at| window(10 * at..10 * at + 10)).collect();
        let windows = FixedWindows::new(&windows, |scoring, plan| scoring.plan(plan).raw()).unwrap();
        let genome = InMemoryGenome::new([("chr1", vec![b'A'; 100])]).unwrap();
        let variants: Vec<Variant> =
            (0..10).map(|at| snv("chr1", 10 * at, b"AC"[(at % 2) as usize])).collect();
        let records = || variants.iter().map(Ok::<_, std::io::Error>);
        let of = |variant: &&Variant| Ok(vec![(*variant).clone()]);

        let mut run = windows.run(&genome);
        let last = run.score_records(records(), of).last().unwrap().unwrap_err().to_string();
        assert!(last.starts_with("5 of 10 reference alleles"), "{last}");
        let mut run = windows.run(&genome);
        assert_eq!(run.score(&variants).unwrap().len(), 10);
        assert!(run.finish().unwrap_err().to_string().starts_with("5 of 10 reference alleles"));
        let refused = windows.run(&genome).mismatch_limit(2.0, "g.fa").err().unwrap().to_string();
        assert_eq!(refused, "the limit of mismatches must be between 0 and 1, found 2");
        let mut run = windows.run(&genome).mismatch_limit(1.0, "g.fa").unwrap();
        assert_eq!(run.score_records(records(), of).filter_map(Result::ok).count(), 10);
        assert_eq!(run.summary().to_string(), "10 variants: 5 scored, 5 ref-mismatch");
    }

    #[test]
    fn a_variant_that_occurs_again_is_a_duplicate_in_the_next_call_too() {
        let windows = [window(0..10), window(5..15)];
        let windows = FixedWindows::new(&windows, |scoring, plan| scoring.plan(plan).raw()).unwrap();
        let genome = InMemoryGenome::new([("chr1", vec![b'A'; 100])]).unwrap();
        let mut run = windows.run(&genome);
        let first = run.score(&[snv("chr1", 7, b'A')]).unwrap();
        let again = run.score(&[snv("1", 7, b'A')]).unwrap();
        assert_eq!(first[0].len(), 2);
        for (first, again) in first[0].iter().zip(&again[0]) {
            assert_eq!((&first.scored.status, &again.scored.status), (&Status::Scored, &Status::Duplicate));
            assert_eq!(first.scored.values, again.scored.values);
        }
        assert_eq!(run.summary().to_string(), "2 variants: 1 scored, 1 duplicate");
    }

    proptest! {
        #[test]
        fn windows_are_found_as_by_looking_at_each(
            ranges in proptest::collection::vec((-10i64..60, 1i64..20), 0..12),
            start in 0u64..70,
        ) {
            let windows: Vec<FixedWindow<'_>> =
                ranges.iter().map(|&(start, length)| window(start..start + length)).collect();
            let found = FixedWindows::new(&windows, |scoring, plan| scoring.plan(plan).raw()).unwrap();
            let expected: Vec<usize> =
                (0..windows.len()).filter(|&at| windows[at].range.contains(&(start as i64))).collect();
            prop_assert_eq!(found.of(&snv("1", start, b'A')), expected);
            prop_assert!(found.of(&snv("2", start, b'A')).is_empty());
        }
    }
}
