//! Windows of pairs that variants are put into.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context, Result};
use ciskit_core::{
    ContigName, Edge, FixedSide, Pair, PairInput, PairScorer, ReferenceAlternative, ReferenceGenome, Side,
    SignalTrack, Tracks,
};
use ciskit_dataset::{WindowRule, pair_name};
use ciskit_variant::FixedWindow;

/// A pair and where the window of its varying side lies.
pub(crate) struct PairWindow {
    pub(crate) pair: Pair,
    side: Side,
    range: Range<i64>,
    enhancer: Vec<u8>,
    promoter: Vec<u8>,
    /// Accessibility along the window of the enhancer and of the promoter, row by row.
    tracks: [Vec<f32>; 2],
}

impl PairWindow {
    /// Places both windows of a pair and reads them, with the tracks along them.
    pub(crate) fn new(
        pair: Pair,
        side: Side,
        lengths: (usize, usize),
        genome: &dyn ReferenceGenome,
        tracks: &[Arc<dyn SignalTrack>],
    ) -> Result<Self> {
        let window = |side: Side, length: usize| -> Result<(Range<i64>, Vec<u8>, Vec<f32>)> {
            let interval = &pair.element(side).interval;
            let contig = genome.contigs().resolve(interval.contig())?;
            let range = WindowRule::new(length).padded().place(interval, contig.length, 0)?;
            let sequence = genome.fetch(interval.contig(), range.clone(), Edge::PadN)?;
            let (mut values, mut row) = (Vec::new(), Vec::new());
            for track in tracks {
                track.fetch_into(interval.contig(), range.clone(), &mut row)?;
                values.append(&mut row);
            }
            Ok((range, sequence, values))
        };
        let in_pair = || format!("the windows of pair {}", pair_name(&pair));
        let (enhancer_range, enhancer, of_enhancer) =
            window(Side::Enhancer, lengths.0).with_context(in_pair)?;
        let (promoter_range, promoter, of_promoter) =
            window(Side::Promoter, lengths.1).with_context(in_pair)?;
        let range = match side {
            Side::Enhancer => enhancer_range,
            Side::Promoter => promoter_range,
        };
        Ok(Self { pair, side, range, enhancer, promoter, tracks: [of_enhancer, of_promoter] })
    }

    /// The contig of the varying side.
    pub(crate) fn contig(&self) -> &ContigName {
        self.pair.element(self.side).interval.contig()
    }

    /// Where the varying side's window lies, 0-based and half-open.
    pub(crate) fn range(&self) -> Range<i64> {
        self.range.clone()
    }

    /// The bases of the varying side's window.
    pub(crate) fn sequence(&self) -> &[u8] {
        match self.side {
            Side::Enhancer => &self.enhancer,
            Side::Promoter => &self.promoter,
        }
    }

    /// The pair's model as one of the varying side, the other one held.
    pub(crate) fn scorer<'a>(&self, model: &'a dyn PairScorer) -> Result<FixedSide<&'a dyn PairScorer>> {
        let pair = PairInput::new(&self.enhancer, &self.promoter);
        let distance = self.pair.signed_distance();
        let pair = distance.map_or(pair, |distance| pair.with_signed_distance(distance));
        let [enhancer, promoter] = &self.tracks;
        let rows = enhancer.len() / self.enhancer.len().max(1);
        let pair = if rows > 0 { pair.with_tracks(Tracks { rows, enhancer, promoter }) } else { pair };
        Ok(FixedSide::new(model, self.side, &pair)?)
    }

    /// The window with the pair's model, the other side held.
    pub(crate) fn scored_by<'a>(&self, model: &'a dyn PairScorer) -> Result<FixedWindow<'a>> {
        Ok(FixedWindow {
            contig: self.contig().clone(),
            range: self.range(),
            scorer: Box::new(ReferenceAlternative(self.scorer(model)?)),
        })
    }
}
