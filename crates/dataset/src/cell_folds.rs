//! Cell folds: train on some cells, test on another.

use std::collections::BTreeSet;
use std::sync::Arc;

use ciskit_core::Pair;

use crate::{ChromosomeFolds, DatasetError, Fold, Split, Splitter, Untested, UntestedReason, Validation};

/// One fold a cell, which it is tested on; the next cell by name validates, the others are trained on.
///
/// Many elements are active in several cells, so that the same places are trained and tested on: this split says of
/// itself that it leaks. [`on_disjoint_chromosomes`](Self::on_disjoint_chromosomes) does not. Pairs without a cell
/// are [untested](Split::untested).
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{CellFolds, ChromosomeFolds, Splitter};
///
/// let mut pairs = Vec::new();
/// for cell in ["K562", "NHEK"] {
///     for contig in ["c1", "c2", "c3"] {
///         let pair = Pair::new(Interval::new(contig, 0, 10)?, Interval::new(contig, 500, 700)?);
///         pairs.push(Pair { cell: Some(cell.into()), ..pair });
///     }
/// }
/// // Two cells are too few for one to train, one to validate and one to test.
/// assert!(CellFolds::new().split(&pairs).is_err());
///
/// let split = CellFolds::on_disjoint_chromosomes(ChromosomeFolds::balanced(3)).split(&pairs)?;
/// let first = &split.folds[0];
/// assert_eq!((split.folds.len(), first.name.as_str(), split.leak), (6, "K562 on c1", None));
/// assert_eq!((&first.train[..], &first.validation[..], &first.test[..]), (&[5][..], &[4][..], &[0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellFolds {
    chromosomes: Option<ChromosomeFolds>,
    validation: Validation,
}

impl CellFolds {
    /// A fold for each cell.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A fold for each cell and group of chromosomes: tested are the cell's pairs in the group; the other cells'
    /// pairs in the next group validate, those in the remaining groups are trained on. Every pair is tested once,
    /// and no fold's parts share a cell with its test part or a chromosome with each other.
    ///
    /// The cell's pairs elsewhere and the other cells' pairs in the group are in no part of the fold. Folds
    /// without test pairs are left out.
    #[must_use]
    pub fn on_disjoint_chromosomes(chromosomes: ChromosomeFolds) -> Self {
        Self { chromosomes: Some(chromosomes), validation: Validation::default() }
    }

    /// The same folds of whole cells with validation pairs from elsewhere; chromosome groups bring their own.
    #[must_use]
    pub fn validation(self, validation: Validation) -> Self {
        Self { validation, ..self }
    }
}

impl Splitter for CellFolds {
    fn name(&self) -> String {
        match &self.chromosomes {
            None => "leave one cell out (same places, leaky)".to_owned(),
            Some(chromosomes) => format!("leave one cell out, on {}", chromosomes.name()),
        }
    }

    fn leak(&self) -> Option<&str> {
        self.chromosomes.is_none().then_some(
            "elements that are active in several cells are both trained and tested on, so that remembering which \
             elements interact is enough to score them in another cell",
        )
    }

    fn split(&self, pairs: &[Pair]) -> Result<Split, DatasetError> {
        let names: BTreeSet<&Arc<str>> = pairs.iter().filter_map(|pair| pair.cell.as_ref()).collect();
        let names: Vec<&Arc<str>> = names.into_iter().collect();
        let cell_of = |pair: &Pair| {
            let cell = pair.cell.as_ref().and_then(|cell| names.binary_search(&cell).ok());
            cell.ok_or(UntestedReason::UnknownCell)
        };
        let cells: Vec<Result<usize, UntestedReason>> = pairs.iter().map(cell_of).collect();
        match &self.chromosomes {
            None => {
                let names = names.iter().map(ToString::to_string).collect();
                Split::assemble(self, self.validation, names, &cells)
            }
            Some(chromosomes) => disjoint(self, &names, &cells, chromosomes.split(pairs)?),
        }
    }
}

fn disjoint(
    splitter: &CellFolds,
    names: &[&Arc<str>],
    cells: &[Result<usize, UntestedReason>],
    by_contig: Split,
) -> Result<Split, DatasetError> {
    if names.len() < 2 {
        let why = "a split into cells to train and to test on";
        return Err(DatasetError::TooFewFolds { found: names.len(), needed: 2, why });
    }
    let groups = by_contig.folds.len();
    let mut places: Vec<Result<(usize, usize), UntestedReason>> =
        cells.iter().map(|cell| cell.map(|cell| (cell, 0))).collect();
    for (group, fold) in by_contig.folds.iter().enumerate() {
        for pair in &fold.test {
            places[*pair] = cells[*pair].map(|cell| (cell, group));
        }
    }
    by_contig.untested.iter().for_each(|untested| places[untested.pair] = Err(untested.reason));

    let mut folds = Vec::new();
    for (cell, name) in names.iter().enumerate() {
        for (group, contigs) in by_contig.folds.iter().enumerate() {
            let mut fold = Fold { name: format!("{name} on {}", contigs.name), ..Fold::default() };
            let validates = (by_contig.validation != Validation::None).then_some((group + 1) % groups);
            for (pair, place) in places.iter().enumerate() {
                match *place {
                    Ok((of, at)) if (of == cell, at == group) == (true, true) => fold.test.push(pair),
                    Ok((of, at)) if of != cell && Some(at) == validates => fold.validation.push(pair),
                    Ok((of, at)) if of != cell && at != group => fold.train.push(pair),
                    _ => {}
                }
            }
            if !fold.test.is_empty() {
                folds.push(fold);
            }
        }
    }
    let untested = |(pair, place): (usize, &Result<_, UntestedReason>)| {
        place.as_ref().err().map(|reason| Untested { pair, reason: *reason })
    };
    let own = by_contig.validation != Validation::None;
    Ok(Split {
        splitter: splitter.name(),
        leak: splitter.leak().map(str::to_owned),
        validation: if own { Validation::Own } else { Validation::None },
        folds,
        untested: places.iter().enumerate().filter_map(untested).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Interval;
    use proptest::prelude::*;

    fn pair(cell: Option<usize>, contig: usize) -> Pair {
        let at = Interval::new(format!("c{contig}"), 0, 9).unwrap();
        let cell = cell.map(|cell| Arc::from(["A", "B", "C"][cell]));
        Pair { cell, ..Pair::new(at.clone(), at) }
    }

    #[test]
    fn whole_cells_are_held_out() {
        let pairs = [pair(Some(2), 0), pair(Some(0), 0), pair(None, 0), pair(Some(1), 0), pair(Some(0), 1)];
        let split = CellFolds::new().split(&pairs).unwrap();
        let first = &split.folds[0];
        assert_eq!((&*first.name, &first.train[..]), ("A", &[0][..]));
        assert_eq!((&first.validation[..], &first.test[..]), (&[3][..], &[1, 4][..]));
        assert_eq!(split.untested, [Untested { pair: 2, reason: UntestedReason::UnknownCell }]);
        assert!(split.leak.is_some());
        let one = CellFolds::on_disjoint_chromosomes(ChromosomeFolds::balanced(3));
        let refused = one.split(&[pair(Some(0), 0), pair(Some(0), 1), pair(Some(0), 2)]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "1 folds, but a split into cells to train and to test on takes at least 2"
        );
    }

    proptest! {
        #[test]
        fn disjoint_folds_share_neither_cell_nor_chromosome(
            places in prop::collection::vec((prop::option::of(0usize..3), 0usize..6), 10..60),
        ) {
            let pairs: Vec<Pair> = places.iter().map(|(cell, contig)| pair(*cell, *contig)).collect();
            let splitter = CellFolds::on_disjoint_chromosomes(ChromosomeFolds::balanced(4));
            let Ok(split) = splitter.split(&pairs) else { return Ok(()) };
            let mut tested: Vec<usize> = split.folds.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.extend(split.untested.iter().map(|untested| untested.pair));
            tested.sort_unstable();
            prop_assert_eq!(tested, (0..pairs.len()).collect::<Vec<_>>());
            for fold in &split.folds {
                let contigs = |part: &[usize]| part.iter().map(|pair| places[*pair].1).collect::<BTreeSet<_>>();
                let cells = |part: &[usize]| part.iter().map(|pair| places[*pair].0).collect::<BTreeSet<_>>();
                prop_assert_eq!(cells(&fold.test).len(), 1);
                for other in [&fold.train, &fold.validation] {
                    prop_assert!(contigs(other).is_disjoint(&contigs(&fold.test)));
                    prop_assert!(cells(other).is_disjoint(&cells(&fold.test)));
                }
                prop_assert!(contigs(&fold.train).is_disjoint(&contigs(&fold.validation)));
                let untested: Vec<usize> = split.untested.iter().map(|untested| untested.pair).collect();
                prop_assert!(fold.train.iter().all(|pair| !untested.contains(pair)));
            }
        }
    }
}
