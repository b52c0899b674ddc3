//! Sequence classes: what a variant changes, summed up over the profiles.

use ciskit_core::{
    Output, Scale, ScoreError, ScorerSpec, Scores, Selection, SequenceScorer, SpecError, VariantScorer,
    VariantScores, VariantWindow,
};

/// Number of sequence classes; the published projection has further rows, which are not used.
pub const CLASSES: usize = 40;

/// Directions in the space of profiles, one a class, and which profiles are histone marks.
///
/// Both are published beside the weights (`projvec_targets.npy`, `histone_inds.npy`).
///
/// ```
/// use ciskit_zoo::sei::SequenceClasses;
///
/// // One class along the second of two profiles; the first is a histone mark.
/// let classes = SequenceClasses::new(vec![vec![0.0, 2.0]], vec![0])?;
/// assert_eq!(classes.effects(&[0.5, 0.25], &[0.5, 0.75]), [0.5]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceClasses {
    /// Of unit length.
    directions: Vec<Vec<f64>>,
    histones: Vec<usize>,
}

impl SequenceClasses {
    /// The first [`CLASSES`] rows of a projection, and indices of histone marks.
    ///
    /// # Errors
    ///
    /// What is wrong, in a clause: no row, rows of different lengths or of zeros, an index outside.
    pub fn new(projection: Vec<Vec<f64>>, histones: Vec<usize>) -> Result<Self, String> {
        let profiles = projection.first().ok_or("the projection has no rows")?.len();
        if let Some(index) = histones.iter().find(|&&index| index >= profiles) {
            return Err(format!("histone index {index} lies outside of {profiles} profiles"));
        }
        let rows = projection.into_iter().take(CLASSES).enumerate().map(|(class, row)| {
            let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
            if row.len() != profiles || !(length > 0.0 && length.is_finite()) {
                return Err(format!("row {class} of the projection is no direction of {profiles} profiles"));
            }
            Ok(row.into_iter().map(|value| value / length).collect())
        });
        Ok(Self { directions: rows.collect::<Result<_, _>>()?, histones })
    }

    /// Number of profiles.
    #[must_use]
    pub fn profiles(&self) -> usize {
        self.directions[0].len()
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.directions.len()
    }

    /// Both alleles along every class, after the histone marks of both are brought to the same sum: its mean over the two.
    ///
    /// # Panics
    ///
    /// If a side does not have as many profiles as the projection.
    #[must_use]
    pub fn both(&self, reference: &[f32], alternative: &[f32]) -> [Vec<f64>; 2] {
        let sides = [reference, alternative].map(|side| {
            assert_eq!(side.len(), self.profiles(), "profiles of an allele");
            side.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>()
        });
        let sums = sides.each_ref().map(|side| self.histones.iter().map(|&index| side[index]).sum::<f64>());
        let mean = (sums[0] + sums[1]) / 2.0;
        let mut sums = sums.into_iter();
        sides.map(|mut side| {
            // Without any histone mark on a side there is nothing to bring to the mean.
            let factor = sums.next().filter(|&sum| sum > 0.0).map_or(1.0, |sum| mean / sum);
            for &index in &self.histones {
                side[index] *= factor;
            }
            let along = |direction: &Vec<f64>| direction.iter().zip(&side).map(|(a, b)| a * b).sum();
            self.directions.iter().map(along).collect()
        })
    }

    /// What the alternative allele changes in every class.
    ///
    /// # Panics
    ///
    /// If a side does not have as many profiles as the projection.
    #[must_use]
    pub fn effects(&self, reference: &[f32], alternative: &[f32]) -> Vec<f64> {
        let [reference, alternative] = self.both(reference, alternative);
        alternative.iter().zip(reference).map(|(alternative, reference)| alternative - reference).collect()
    }
}

/// A scorer of profiles as one of variants in sequence classes: the blocks of a variant are [`SequenceClasses::both`], so that
/// their difference is the published class effect, and the largest absolute one the published summary.
///
/// ```
/// use ciskit_core::{Selection, VariantScorer, VariantWindow};
/// use ciskit_nn::{DType, Device, Parameters};
/// use ciskit_zoo::sei::{Config, Sei, SeiScorer, SequenceClassScorer, SequenceClasses};
///
/// let config = Config { channels: [2, 3, 4], profiles: 2, length: 256, splines: 5 };
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Sei::load(vb, &config))?;
/// let classes = SequenceClasses::new(vec![vec![0.0, 2.0]], vec![0])?;
/// let scorer = SequenceClassScorer::new(SeiScorer::new(model, Device::Cpu, None)?, classes)?;
///
/// let reference = b"GATTACAT".repeat(32);
/// let mut alternative = reference.clone();
/// alternative[127] = b'C';
/// let variant = VariantWindow::new(&reference, 127..128, &alternative, 127..128);
/// let scores = scorer.score_variants(&[variant], &Selection::all())?;
/// assert_eq!(scores.alternative.shape(), [1, 1, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SequenceClassScorer<S> {
    profiles: S,
    classes: SequenceClasses,
    spec: ScorerSpec,
}

impl<S: SequenceScorer> SequenceClassScorer<S> {
    /// A scorer of variants; classes are called `class 1`, `class 2`, ….
    ///
    /// # Errors
    ///
    /// [`SpecError::NoOutputs`] if the projection is of another number of profiles than the scorer has.
    pub fn new(profiles: S, classes: SequenceClasses) -> Result<Self, SpecError> {
        let of = profiles.spec();
        if of.outputs.len() != classes.profiles() {
            return Err(SpecError::NoOutputs);
        }
        let outputs = (1..=classes.classes()).map(|class| Output::new(format!("class {class}"), Scale::Raw));
        let spec = ScorerSpec::builder(of.input).outputs(outputs).batch_hint(of.batch_hint).build()?;
        Ok(Self { profiles, classes, spec })
    }
}

impl<S: SequenceScorer> VariantScorer for SequenceClassScorer<S> {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError> {
        let mut blocks = [Vec::new(), Vec::new()];
        // Profiles are many: a few variants at a time.
        for variants in variants.chunks(self.spec.batch_hint) {
            let reference: Vec<&[u8]> = variants.iter().map(|variant| variant.reference).collect();
            let alternative: Vec<&[u8]> = variants.iter().map(|variant| variant.alternative).collect();
            let reference = self.profiles.score(&reference, &Selection::all())?;
            let alternative = self.profiles.score(&alternative, &Selection::all())?;
            for item in 0..variants.len() {
                let both = self.classes.both(reference.item(item), alternative.item(item));
                for (block, along) in blocks.iter_mut().zip(both) {
                    block.extend(along.into_iter().map(|value| value as f32));
                }
            }
        }
        let [reference, alternative] =
            blocks.map(|block| Scores::new(variants.len(), 1, self.classes.classes(), block)?.select(select));
        VariantScores::new(reference?, alternative?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histone_marks_are_brought_to_one_sum() {
        // Two histone marks, along which the only class lies.
        let classes = SequenceClasses::new(vec![vec![3.0, 4.0, 0.0]], vec![0, 1]).unwrap();
        let [reference, alternative] = classes.both(&[1.0, 1.0, 9.0], &[1.0, 3.0, 9.0]);
        assert!((reference[0] - 1.5 * 7.0 / 5.0).abs() < 1e-12);
        assert!((alternative[0] - 0.75 * 15.0 / 5.0).abs() < 1e-12);
        // No mark at all on one side.
        assert!(classes.effects(&[0.0, 0.0, 1.0], &[1.0, 1.0, 1.0]).iter().all(|effect| effect.is_finite()));
    }

    #[test]
    fn rows_beyond_the_classes_are_left_out_and_wrong_ones_refused() {
        let classes = SequenceClasses::new(vec![vec![1.0, 0.0]; 61], vec![]).unwrap();
        assert_eq!((classes.classes(), classes.profiles()), (CLASSES, 2));
        for (projection, histones) in [
            (vec![], vec![]),
            (vec![vec![1.0], vec![1.0, 2.0]], vec![]),
            (vec![vec![0.0, 0.0]], vec![]),
            (vec![vec![f64::NAN, 0.0]], vec![]),
            (vec![vec![1.0, 0.0]], vec![2]),
        ] {
            assert!(SequenceClasses::new(projection, histones).is_err());
        }
    }
}
