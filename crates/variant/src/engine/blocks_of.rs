//! From windows to a model's blocks, averaged over readings and stitched.

use ciskit_core::{ScoreError, Scores, Strand, VariantScorer, VariantScores, VariantWindow};

use super::VariantEngine;
use crate::window::{Cut, View, Window};

/// Both blocks of some variants, each of shape (variants, bins, outputs).
pub(super) struct BlockPair {
    pub(super) reference: Vec<f32>,
    pub(super) alternative: Vec<f32>,
}

impl VariantEngine<'_> {
    /// The mean blocks of variants by one model.
    pub(super) fn blocks(&self, scorer: &dyn VariantScorer, cuts: &[Cut]) -> Result<BlockPair, ScoreError> {
        if let [_] = self.views[..] {
            return self.blocks_of_view(scorer, cuts, 0);
        }
        let size = cuts.len() * self.row();
        let mut sums = [vec![0.0f64; size], vec![0.0f64; size]];
        let strands = self.views.len() / self.shifts();
        for view in (0..self.views.len()).step_by(strands) {
            let forward = self.blocks_of_view(scorer, cuts, view)?;
            let reverse =
                if strands == 2 { Some(self.blocks_of_view(scorer, cuts, view + 1)?) } else { None };
            // Strand plus strand first: that sum does not depend on which strand is called forward.
            let reverse = reverse.map(|blocks| [blocks.reference, blocks.alternative]);
            for (index, (sum, forward)) in
                sums.iter_mut().zip([forward.reference, forward.alternative]).enumerate()
            {
                match &reverse {
                    Some(reverse) => {
                        for ((sum, forward), reverse) in sum.iter_mut().zip(forward).zip(&reverse[index]) {
                            *sum += f64::from(forward) + f64::from(*reverse);
                        }
                    }
                    None => sum.iter_mut().zip(forward).for_each(|(sum, value)| *sum += f64::from(value)),
                }
            }
        }
        let readings = self.views.len() as f64;
        let [reference, alternative] =
            sums.map(|sum| sum.into_iter().map(|sum| (sum / readings) as f32).collect::<Vec<f32>>());
        Ok(BlockPair { reference, alternative })
    }

    fn shifts(&self) -> usize {
        self.views.iter().filter(|(strand, _)| *strand == Strand::Forward).count()
    }

    /// Values of one variant's block.
    pub(super) fn row(&self) -> usize {
        self.bins.len() * self.outputs.len()
    }

    /// The blocks of one reading.
    fn blocks_of_view(
        &self,
        scorer: &dyn VariantScorer,
        cuts: &[Cut],
        view: usize,
    ) -> Result<BlockPair, ScoreError> {
        let strand = self.views[view].0;
        let select = if strand == Strand::Reverse { &self.reverse } else { &self.select };
        let views = || cuts.iter().map(|cut| (&cut.views[view], cut.swapped));
        let stitched = || views().filter_map(|(view, swapped)| Some((view, view.right.as_ref()?, swapped)));
        let windows: Vec<VariantWindow<'_>> = views()
            .map(|(view, swapped)| pair(&view.plain, &view.edited, swapped))
            .chain(stitched().map(|(view, right, swapped)| pair(&view.plain, right, swapped)))
            .collect();
        let VariantScores { reference, alternative, .. } = scorer.score_variants(&windows, select)?;
        // A model that gives another number of values than it was asked for would shift every row behind.
        let checked = |scores: Scores| {
            let checked =
                Scores::new(windows.len(), self.bins.len(), self.outputs.len(), scores.into_values());
            checked.map(Scores::into_values)
        };
        let (mut reference, mut alternative) = (checked(reference)?, checked(alternative)?);
        let row = self.row();
        let mut extra = cuts.len() * row;
        for (item, (view, swapped)) in views().enumerate() {
            if view.right.is_none() {
                continue;
            }
            let edited = if swapped { &mut reference } else { &mut alternative };
            for place in self.behind(view, strand) {
                let width = self.outputs.len();
                let from = extra + place * width;
                edited.copy_within(from..from + width, item * row + place * width);
            }
            extra += row;
        }
        reference.truncate(cuts.len() * row);
        alternative.truncate(cuts.len() * row);
        Ok(BlockPair { reference, alternative })
    }

    /// Which of the selected bins lie behind the bin of the variant on the strand that is read.
    fn behind<'v>(&'v self, view: &View, strand: Strand) -> impl Iterator<Item = usize> + use<'v> {
        let place = view.plain.allele.start as i64 - self.spec.first_bin_bp;
        let bin = place.div_euclid(i64::from(self.spec.bin_bp.max(1)));
        let read = move |bin: usize| match strand {
            Strand::Reverse => self.spec.bins - 1 - bin,
            _ => bin,
        };
        let chosen = self.bins.iter().enumerate();
        chosen.filter(move |&(_, &selected)| read(selected) as i64 > bin).map(|(place, _)| place)
    }
}

/// A pair of windows as a model takes it.
fn pair<'w>(plain: &'w Window, edited: &'w Window, swapped: bool) -> VariantWindow<'w> {
    let (reference, alternative) = if swapped { (edited, plain) } else { (plain, edited) };
    VariantWindow::new(
        &reference.bases,
        reference.allele.clone(),
        &alternative.bases,
        alternative.allele.clone(),
    )
}
