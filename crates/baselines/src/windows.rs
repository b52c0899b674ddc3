//! The windows of rows, each different one once: most promoters, and many enhancers, are those of several pairs.

use std::collections::HashMap;

use ciskit_core::Fnv1a;
use ciskit_dataset::{DatasetError, Jitter, PairSource};
use rayon::prelude::*;

/// Rows read at a time, so that windows met before are given back soon.
const AT_A_TIME: usize = 512;

/// The different windows of one side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distinct {
    /// The windows, in the order in which they are first met.
    pub(crate) windows: Vec<Vec<u8>>,
    /// Each row's window.
    pub(crate) of: Vec<usize>,
}

impl Distinct {
    fn number(&mut self, window: Vec<u8>, numbers: &mut HashMap<Fnv1a, Vec<usize>>) {
        // Equal digests are told apart by the bases.
        let same = numbers.entry(Fnv1a::of(&window)).or_default();
        let known = same.iter().copied().find(|number| self.windows[*number] == window);
        self.of.push(known.unwrap_or_else(|| {
            same.push(self.windows.len());
            self.windows.push(window);
            self.windows.len() - 1
        }));
    }
}

/// The different centred windows of rows, enhancers first.
///
/// *Cost*: a fetch a row, in parallel, and the bytes of every different window.
pub(crate) fn distinct_windows(
    source: &dyn PairSource,
    rows: &[usize],
) -> Result<[Distinct; 2], DatasetError> {
    let mut sides = [Distinct::default(), Distinct::default()];
    let mut numbers = [HashMap::new(), HashMap::new()];
    let fetch = |row: &usize| -> Result<[Vec<u8>; 2], DatasetError> {
        let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
        source.fetch(*row, Jitter::CENTRED, &mut enhancer, &mut promoter)?;
        Ok([enhancer, promoter])
    };
    for rows in rows.chunks(AT_A_TIME) {
        let read: Vec<[Vec<u8>; 2]> = rows.par_iter().map(fetch).collect::<Result<_, _>>()?;
        for windows in read {
            for ((side, numbers), window) in sides.iter_mut().zip(&mut numbers).zip(windows) {
                side.number(window, numbers);
            }
        }
    }
    Ok(sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_windows_are_one_and_equal_digests_are_not() {
        let (mut side, mut numbers) = (Distinct::default(), HashMap::new());
        for window in ["ACGT", "AC", "ACGT", "", "AC", ""] {
            side.number(window.into(), &mut numbers);
        }
        assert_eq!((side.of, side.windows.len()), (vec![0, 1, 0, 2, 1, 2], 3));

        // A window that has the digest of another by chance.
        let mut side = Distinct { windows: vec![b"GG".to_vec()], of: vec![] };
        let mut numbers = HashMap::from([(Fnv1a::of(b"TT"), vec![0])]);
        side.number(b"TT".to_vec(), &mut numbers);
        side.number(b"TT".to_vec(), &mut numbers);
        assert_eq!((side.of, side.windows.len()), (vec![1, 1], 2));
    }
}
