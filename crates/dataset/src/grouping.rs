//! Spreading groups of pairs, which must stay whole, over folds.

use std::cmp::Reverse;

/// What a group of pairs weighs: positives first, then pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Load {
    pub(crate) positives: usize,
    pub(crate) pairs: usize,
}

impl Load {
    pub(crate) fn add(&mut self, other: Self) {
        self.positives += other.positives;
        self.pairs += other.pairs;
    }

    /// One more pair.
    pub(crate) fn count(&mut self, label: Option<bool>) {
        self.add(Self { positives: usize::from(label == Some(true)), pairs: 1 });
    }
}

/// The groups of each fold, by index: groups are taken by falling load, equal ones in the given order, each
/// into the fold with the smallest load, the first of equals.
pub(crate) fn spread(loads: &[Load], folds: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..loads.len()).collect();
    order.sort_by_key(|group| Reverse(loads[*group]));
    let mut spread = vec![(Load::default(), Vec::new()); folds];
    for group in order {
        let Some((load, groups)) = spread.iter_mut().min_by_key(|(load, _)| *load) else { break };
        load.add(loads[group]);
        groups.push(group);
    }
    spread.into_iter().map(|(_, groups)| groups).collect()
}
