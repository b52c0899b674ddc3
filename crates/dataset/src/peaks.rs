//! ChIA-PET: only contacts whose anchors meet a peak of the same factor are kept.

use ciskit_core::{Pair, Side};
use serde::{Deserialize, Serialize};

use crate::IntervalIndex;

/// Which anchors of a contact have to meet a peak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeakRule {
    /// At least one.
    #[default]
    Any,
    /// Both.
    Both,
}

/// Indices of the contacts whose anchors share at least one base with a peak, as the rule asks, ascending.
///
/// *Source*: the preparation of ChIA-PET sets in the EPIPAM paper, which removes contacts "that do not overlap with
/// ChIP-seq peaks"; [`PeakRule::Any`] is the literal reading.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{IntervalIndex, PeakRule, meeting_peaks};
///
/// let contact = |left, right| -> Result<Pair, ciskit_core::IntervalError> {
///     Ok(Pair::new(Interval::new("chr1", left, left + 100)?, Interval::new("chr1", right, right + 100)?))
/// };
/// let contacts = [contact(0, 5_000)?, contact(950, 5_000)?, contact(950, 7_050)?];
/// let peaks = IntervalIndex::new(&[Interval::new("chr1", 1_000, 1_200)?, Interval::new("chr1", 7_000, 7_100)?]);
/// assert_eq!(meeting_peaks(&contacts, &peaks, PeakRule::Any), [1, 2]);
/// assert_eq!(meeting_peaks(&contacts, &peaks, PeakRule::Both), [2]);
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[must_use]
pub fn meeting_peaks(contacts: &[Pair], peaks: &IntervalIndex, rule: PeakRule) -> Vec<usize> {
    let meets = |contact: &Pair| {
        let [left, right] =
            [Side::Enhancer, Side::Promoter].map(|side| peaks.meets(&contact.element(side).interval));
        match rule {
            PeakRule::Any => left || right,
            PeakRule::Both => left && right,
        }
    };
    (0..contacts.len()).filter(|contact| meets(&contacts[*contact])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Interval;
    use proptest::prelude::*;

    fn intervals(places: Vec<(u8, u64, u64)>, prefix: &str) -> Vec<Interval> {
        let at = |(contig, start, length)| {
            Interval::new(format!("{prefix}{contig}"), start, start + length).unwrap()
        };
        places.into_iter().map(at).collect()
    }

    proptest! {
        #[test]
        fn contacts_are_those_of_the_double_loop(
            anchors in prop::collection::vec((0u8..3, 0u64..400, 0u64..30), 0..40),
            peaks in prop::collection::vec((0u8..3, 0u64..400, 0u64..60), 0..15),
        ) {
            let (anchors, peaks) = (intervals(anchors, "chr"), intervals(peaks, ""));
            let contacts: Vec<Pair> = anchors
                .chunks_exact(2)
                .map(|both| Pair::new(both[0].clone(), both[1].clone()))
                .collect();
            let plain: Vec<Interval> = peaks
                .iter()
                .map(|peak| Interval::new(format!("chr{}", peak.contig()), peak.start(), peak.end()).unwrap())
                .collect();
            let meets = |interval: &Interval| plain.iter().any(|peak| peak.overlaps(interval));
            let index = IntervalIndex::new(&peaks);
            for (rule, least) in [(PeakRule::Any, 1), (PeakRule::Both, 2)] {
                let expected: Vec<usize> = (0..contacts.len())
                    .filter(|contact| {
                        let Pair { enhancer, promoter, .. } = &contacts[*contact];
                        usize::from(meets(&enhancer.interval)) + usize::from(meets(&promoter.interval)) >= least
                    })
                    .collect();
                prop_assert_eq!(meeting_peaks(&contacts, &index, rule), expected);
            }
        }
    }
}
