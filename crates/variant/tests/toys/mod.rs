//! Models whose every value betrays the letters that it was made of.
#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

use std::ops::Range;
use std::sync::Mutex;

use ciskit_core::*;
use ciskit_variant::{Blocks, EffectScore, Symmetry};

/// A window as a model got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    pub reference: String,
    pub reference_range: Range<usize>,
    pub alternative: String,
    pub alternative_range: Range<usize>,
}

/// Remembers the windows that it is given, and scores nothing.
pub struct Recorder {
    spec: ScorerSpec,
    got: Mutex<Vec<Got>>,
}

impl Recorder {
    pub fn new(spec: ScorerSpec) -> Self {
        Self { spec, got: Mutex::default() }
    }

    /// What was given since the last time.
    pub fn take(&self) -> Vec<Got> {
        std::mem::take(&mut self.got.lock().unwrap())
    }
}

impl VariantScorer for Recorder {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError> {
        let text = |bases: &[u8]| String::from_utf8(bases.to_vec()).unwrap();
        self.got.lock().unwrap().extend(variants.iter().map(|window| Got {
            reference: text(window.reference),
            reference_range: window.reference_range.clone(),
            alternative: text(window.alternative),
            alternative_range: window.alternative_range.clone(),
        }));
        let (bins, outputs) = (self.spec.bins, self.spec.outputs.len());
        let scores = Scores::new(variants.len(), bins, outputs, vec![0.0; variants.len() * bins * outputs])?;
        let scores = scores.select(select)?;
        VariantScores::new(scores.clone(), scores)
    }
}

/// Four bins of 8 bp in a window of 40; a bin's outputs are digests of its letters: nothing is alike on both strands, and
/// any wrong letter, bin or output shows.
pub struct Tracks {
    spec: ScorerSpec,
    seed: u8,
}

impl Tracks {
    pub fn new(seed: u8) -> Self {
        Self::of_scale(Scale::Raw, seed)
    }

    pub fn of_scale(scale: Scale, seed: u8) -> Self {
        let outputs = [
            Output::new("plus", scale).with_strand_partner(1),
            Output::new("minus", scale).with_strand_partner(0),
            Output::new("both", scale),
        ];
        let spec = ScorerSpec::builder(InputWindow::fixed(40)).bins(4, 8, 4).outputs(outputs).batch_hint(3);
        Self { spec: spec.build().unwrap(), seed }
    }

    /// One bin over the whole window.
    pub fn scalar(input: InputWindow, seed: u8) -> Self {
        Self { spec: ScorerSpec::scalar(input, "score", Scale::Raw), seed }
    }
}

/// A number in [-1, 1) of some letters.
pub fn digest(seed: u8, output: usize, letters: &[u8]) -> f32 {
    let digest = Fnv1a::of(&[seed, output as u8]).with(&letters.to_ascii_uppercase()).value();
    // Multiplied once more, as the upper bits of FNV know little of the last letters.
    ((digest.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32) / (1u64 << 23) as f32 - 1.0
}

impl SequenceScorer for Tracks {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let mut values = Vec::new();
        for (item, sequence) in sequences.iter().enumerate() {
            if !self.spec.input.accepts(sequence.len()) {
                let (expected, found) = (self.spec.input.length(), sequence.len());
                return Err(ScoreError::InputLength { item, expected, found });
            }
            for bin in 0..self.spec.bins {
                let width = self.spec.bin_bp as usize;
                let first = self.spec.first_bin_bp as usize + bin * width;
                let letters = if width == 0 { sequence } else { &sequence[first..first + width] };
                values.extend((0..self.spec.outputs.len()).map(|output| digest(self.seed, output, letters)));
            }
        }
        Scores::new(sequences.len(), self.spec.bins, self.spec.outputs.len(), values)?.select(select)
    }
}

/// Alternative minus reference of every bin and output.
pub struct Differences;

impl EffectScore for Differences {
    fn name(&self) -> &str {
        "difference"
    }
    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        outputs.iter().map(|output| output.name.clone()).collect()
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Antisymmetric
    }
    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let pairs = blocks.reference.iter().zip(blocks.alternative);
        values.extend(pairs.map(|(&from, &to)| f64::from(to) - f64::from(from)));
    }
}

/// Both blocks as they are: every bin and output of the reference, then of the alternative.
pub struct Both;

impl EffectScore for Both {
    fn name(&self) -> &str {
        "both"
    }
    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        outputs.iter().map(|output| output.name.clone()).collect()
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::None
    }
    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        values.extend(blocks.reference.iter().chain(blocks.alternative).map(|&value| f64::from(value)));
    }
}

/// The largest change.
pub struct Largest;

impl EffectScore for Largest {
    fn name(&self) -> &str {
        "largest"
    }
    fn columns(&self, _: &[Output]) -> Vec<String> {
        vec!["largest".into()]
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let changes = blocks.reference.iter().zip(blocks.alternative);
        values.push(changes.map(|(&from, &to)| f64::from((to - from).abs())).fold(0.0, f64::max));
    }
}

/// DNA without pattern.
pub fn random_dna(length: usize, seed: u64) -> Vec<u8> {
    (0..length).map(|place| b"ACGT"[digest_index(seed, place)]).collect()
}

fn digest_index(seed: u64, place: usize) -> usize {
    let digest = Fnv1a::of(&seed.to_le_bytes()).with(&place.to_le_bytes()).value();
    (digest.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 62) as usize
}

pub fn reverse_complement(sequence: &[u8]) -> Vec<u8> {
    let complement = |base: &u8| match base {
        b'A' => b'T',
        b'C' => b'G',
        b'G' => b'C',
        b'T' => b'A',
        other => *other,
    };
    sequence.iter().rev().map(complement).collect()
}

/// A variant of the contig `chr1` with the reference allele that its sequence has.
pub fn variant(contig: &[u8], start: usize, reference: usize, alternative: &[u8]) -> Variant {
    let reference = &contig[start..start + reference];
    Variant::new("chr1", start as u64, reference, Allele::Bases(alternative.to_vec())).unwrap()
}

/// The contig with the variant in it.
pub fn edited(contig: &[u8], variant: &Variant) -> Vec<u8> {
    variant.edit_in(0).unwrap().applied_to(contig).unwrap()
}

/// The same variant of the reverse-complemented contig.
pub fn on_the_other_strand(contig: &[u8], variant: &Variant) -> Variant {
    let start = contig.len() as u64 - variant.interval().end();
    let alternative = reverse_complement(variant.alternative().bases().unwrap());
    Variant::new("chr1", start, &reverse_complement(variant.reference()), Allele::Bases(alternative)).unwrap()
}

pub fn genome_of(contig: &[u8]) -> InMemoryGenome {
    InMemoryGenome::new([("chr1", contig.to_vec())]).unwrap()
}
