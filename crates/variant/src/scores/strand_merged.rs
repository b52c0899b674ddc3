//! Statistics of the tracks of both strands together.

use ciskit_core::Output;

use super::Coverage;
use crate::{Blocks, EffectScore, Symmetry};

/// A statistic of coverage with the values of tracks that are each other's [strand partner](Output::strand_partner) merged: one
/// value a pair, named like its first track, and one a track without a partner among the selected ones.
///
/// Values are added, those of [`Coverage::D2`] and [`Coverage::LogD2`] as the root of the sum of their squares. The statistic is
/// that of each strand, merged after: the logarithm of a sum of strands is another number.
///
/// *Source*: Linder et al., Nat. Genet. 57:949 (2025), and its package baskerville.
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::scores::{Coverage, StrandMerged};
/// use ciskit_variant::{Blocks, EffectScore};
///
/// let track = |name: &str| Output::new(name, Scale::Raw);
/// let outputs = [track("CAGE+").with_strand_partner(2), track("DNASE"), track("CAGE-").with_strand_partner(0)];
/// let blocks = Blocks::new(&[1.0, 5.0, 2.0], &[4.0, 7.0, 6.0], &outputs, 1);
/// let (sum, d2) = (StrandMerged::new(Coverage::Sum), StrandMerged::new(Coverage::D2));
/// let mut values = Vec::new();
/// sum.score(&blocks, &mut values);
/// d2.score(&blocks, &mut values);
/// assert_eq!(sum.columns(&outputs), ["CAGE+", "DNASE"]);
/// assert_eq!(values, [7.0, 2.0, 5.0, 2.0]); // 3 + 4, and √(3² + 4²)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StrandMerged {
    statistic: Coverage,
}

impl StrandMerged {
    /// Merges a statistic.
    #[must_use]
    pub fn new(statistic: Coverage) -> Self {
        Self { statistic }
    }
}

/// The partner of an output that comes behind it; `None` if it stands alone, and nothing if it was there before.
fn pairs(outputs: &[Output]) -> impl Iterator<Item = (usize, Option<usize>)> {
    outputs.iter().enumerate().filter_map(|(index, output)| match output.strand_partner {
        Some(partner) if partner < index => None,
        Some(partner) if partner > index && partner < outputs.len() => Some((index, Some(partner))),
        _ => Some((index, None)),
    })
}

impl EffectScore for StrandMerged {
    fn name(&self) -> &str {
        match self.statistic {
            Coverage::Sum => "strand-merged:of=sum",
            Coverage::LogSum => "strand-merged:of=log-sum",
            Coverage::SqrtSum => "strand-merged:of=sqrt-sum",
            Coverage::LogSed => "strand-merged:of=log-sed",
            Coverage::D1 => "strand-merged:of=d1",
            Coverage::D2 => "strand-merged:of=d2",
            Coverage::LogD1 => "strand-merged:of=log-d1",
            Coverage::LogD2 => "strand-merged:of=log-d2",
            Coverage::Sax => "strand-merged:of=sax",
        }
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        pairs(outputs).map(|(first, _)| outputs[first].name.clone()).collect()
    }

    fn symmetry(&self) -> Symmetry {
        self.statistic.symmetry()
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let mut of_tracks = Vec::with_capacity(blocks.outputs.len());
        self.statistic.score(blocks, &mut of_tracks);
        values.extend(pairs(blocks.outputs).map(|(first, second)| match second {
            None => of_tracks[first],
            Some(second) if matches!(self.statistic, Coverage::D2 | Coverage::LogD2) => {
                of_tracks[first].hypot(of_tracks[second])
            }
            Some(second) => of_tracks[first] + of_tracks[second],
        }));
    }
}

#[cfg(test)]
mod tests {
    use ciskit_core::Scale;

    use super::*;
    use crate::scores::named;

    #[test]
    fn every_statistic_can_be_merged_and_nothing_else() {
        for statistic in Coverage::ALL {
            let merged = StrandMerged::new(statistic);
            assert_eq!(merged.name(), format!("strand-merged:of={}", statistic.name()));
            assert_eq!(named(merged.name()).unwrap().name(), merged.name());
        }
        assert_eq!(named("strand-merged").unwrap().name(), "strand-merged:of=sum");
        let message = named("strand-merged:of=log2-ratio").err().unwrap().to_string();
        assert!(message.contains("a statistic of coverage"), "{message}");
    }

    #[test]
    fn a_track_whose_partner_is_not_there_stands_alone() {
        let outputs = [
            Output::new("a", Scale::Raw),
            Output::new("b", Scale::Raw).with_strand_partner(1),
            Output::new("c", Scale::Raw).with_strand_partner(7),
        ];
        assert_eq!(pairs(&outputs).collect::<Vec<_>>(), [(0, None), (1, None), (2, None)]);
    }
}
