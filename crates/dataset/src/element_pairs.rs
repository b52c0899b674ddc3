//! Pairs of named element sequences, for data sets that come without a genome.

use std::collections::HashMap;
use std::sync::Arc;

use ciskit_core::{Element, Interval, Pair, Side, Strand};
use ciskit_encode::{PAD, centre_offset};

use crate::{DatasetError, Jitter, PairSource};

/// The sequences of the elements of one side, found by name.
///
/// ```
/// use ciskit_core::Side;
/// use ciskit_dataset::ElementSequences;
///
/// let twice = [("a", b"AC".to_vec()), ("a", b"AT".to_vec())];
/// let error = ElementSequences::new(Side::Promoter, twice).unwrap_err();
/// assert_eq!(error.to_string(), r#"two different promoter sequences are called "a""#);
/// ```
#[derive(Clone, Debug)]
pub struct ElementSequences {
    side: Side,
    by_name: HashMap<Arc<str>, usize>,
    sequences: Vec<Vec<u8>>,
    unplaced: bool,
}

impl ElementSequences {
    /// Sequences from names and bases of any length; the same name and sequence may come again.
    ///
    /// # Errors
    ///
    /// [`DatasetError::DuplicateRecord`] if a name occurs with two sequences.
    pub fn new<N: Into<Arc<str>>>(
        side: Side,
        records: impl IntoIterator<Item = (N, Vec<u8>)>,
    ) -> Result<Self, DatasetError> {
        let (mut by_name, mut sequences) = (HashMap::<Arc<str>, usize>::new(), Vec::new());
        for (name, sequence) in records {
            let name: Arc<str> = name.into();
            match by_name.get(&name) {
                None => {
                    by_name.insert(name, sequences.len());
                    sequences.push(sequence);
                }
                // A record for each pair repeats the element that several pairs share.
                Some(&same) if sequences[same] == sequence => {}
                Some(_) => return Err(DatasetError::DuplicateRecord { side, name: name.to_string() }),
            }
        }
        Ok(Self { side, by_name, sequences, unplaced: false })
    }

    /// The same sequences under names that need not tell where they lie. One that does not is a contig of its own,
    /// of that name, from 0 to its length: enough for scoring, but a split by chromosome of such pairs means nothing.
    ///
    /// ```
    /// use ciskit_core::Side;
    /// use ciskit_dataset::{ElementPairs, ElementSequences, PairSource};
    ///
    /// let enhancers = ElementSequences::new(Side::Enhancer, [("peak_7", b"ACG".to_vec())])?.unplaced();
    /// let promoters = ElementSequences::new(Side::Promoter, [("MYC", b"GG".to_vec())])?.unplaced();
    /// let source = ElementPairs::new(enhancers, 9, promoters, 9, [("peak_7", "MYC", None)])?;
    /// assert_eq!(source.pairs()[0].enhancer.interval.to_string(), "peak_7:0-3");
    /// # Ok::<(), ciskit_dataset::DatasetError>(())
    /// ```
    #[must_use]
    pub fn unplaced(self) -> Self {
        Self { unplaced: true, ..self }
    }

    /// Index of the sequence that a pair names, and its element as the name tells.
    fn find(&self, pair: usize, name: &str) -> Result<(usize, Element, Option<&str>), DatasetError> {
        let side = self.side;
        let unknown =
            || DatasetError::UnknownRecord { pair, side, name: name.into(), known: self.sequences.len() };
        let (shared, &index) = self.by_name.get_key_value(name).ok_or_else(unknown)?;
        let place = parse_element_name(shared).or_else(|| {
            let length = self.sequences[index].len() as u64;
            let whole = Interval::new(&**shared, 0, length).ok()?;
            self.unplaced.then_some((None, whole))
        });
        let unreadable = || DatasetError::ElementName { pair, side, name: name.into() };
        let (cell, interval) = place.ok_or_else(unreadable)?;
        Ok((index, Element { interval, name: Some(Arc::clone(shared)), strand: Strand::Unknown }, cell))
    }

    fn window(&self, index: usize, length: usize, jitter: i64, out: &mut Vec<u8>) {
        centre_jittered(&self.sequences[index], length, jitter, out);
    }
}

/// Pairs of elements given by sequence and name.
///
/// A window is the element's own sequence, padded with `N` or trimmed around its centre like a window of the
/// genome ([`centre_offset`]); jitter moves the window over the sequence, and `N` come in where that ends.
/// Names are `CELL|contig:start-end` or `contig:start-end` (0-based, half-open) and tell where the elements
/// lie, for splitting; the sequence need not be as long as its name says.
///
/// The number of `N` shows each element's length to a model: this is for exercising a pipeline on real
/// sequence more than for claims about pairing.
#[derive(Clone, Debug)]
pub struct ElementPairs {
    enhancers: ElementSequences,
    promoters: ElementSequences,
    lengths: (usize, usize),
    pairs: Vec<Pair>,
    rows: Vec<(usize, usize)>,
}

impl ElementPairs {
    /// Pairs from rows of enhancer name, promoter name and label, windows of `enhancer_len` and
    /// `promoter_len` bp.
    ///
    /// # Errors
    ///
    /// For the first row that cannot be used: [`DatasetError::UnknownRecord`] if a name is not among the
    /// sequences, [`DatasetError::ElementName`] if it does not tell where the element lies.
    ///
    /// ```
    /// use ciskit_core::Side;
    /// use ciskit_dataset::{ElementPairs, ElementSequences, PairSource};
    ///
    /// let enhancers = ElementSequences::new(Side::Enhancer, [("K562|chr8:100-103", b"ACG".to_vec())])?;
    /// let promoters = ElementSequences::new(Side::Promoter, [("K562|chr8:900-902", b"GG".to_vec())])?;
    /// let rows = [("K562|chr8:100-103", "K562|chr8:900-902", None)];
    /// let source = ElementPairs::new(enhancers, 9, promoters, 9, rows)?;
    /// assert_eq!(source.pairs()[0].enhancer.interval.contig(), &"chr8");
    /// assert_eq!(source.pairs()[0].cell.as_deref(), Some("K562"));
    /// # Ok::<(), ciskit_dataset::DatasetError>(())
    /// ```
    pub fn new<E: AsRef<str>, P: AsRef<str>>(
        enhancers: ElementSequences,
        enhancer_len: usize,
        promoters: ElementSequences,
        promoter_len: usize,
        rows: impl IntoIterator<Item = (E, P, Option<bool>)>,
    ) -> Result<Self, DatasetError> {
        let mut found = (Vec::new(), Vec::new());
        for (index, (enhancer, promoter, label)) in rows.into_iter().enumerate() {
            let (enhancer_index, enhancer, cell) = enhancers.find(index, enhancer.as_ref())?;
            let (promoter_index, promoter, _) = promoters.find(index, promoter.as_ref())?;
            found.0.push(Pair { label, cell: cell.map(Arc::from), ..Pair::new(enhancer, promoter) });
            found.1.push((enhancer_index, promoter_index));
        }
        let (pairs, rows) = found;
        Ok(Self { enhancers, promoters, lengths: (enhancer_len, promoter_len), pairs, rows })
    }
}

impl PairSource for ElementPairs {
    fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    fn window_len(&self, side: Side) -> usize {
        match side {
            Side::Enhancer => self.lengths.0,
            Side::Promoter => self.lengths.1,
        }
    }

    fn fetch(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<u8>,
        promoter: &mut Vec<u8>,
    ) -> Result<(), DatasetError> {
        let row = self.rows[pair];
        self.enhancers.window(row.0, self.lengths.0, jitter.enhancer, enhancer);
        self.promoters.window(row.1, self.lengths.1, jitter.promoter, promoter);
        Ok(())
    }
}

/// Replaces `out` by the centred window of `length` bp, moved `jitter` bp to the left; `N` outside of the
/// sequence.
fn centre_jittered(sequence: &[u8], length: usize, jitter: i64, out: &mut Vec<u8>) {
    out.clear();
    out.resize(length, PAD);
    let known = sequence.len() as i64;
    let start = (centre_offset(sequence.len(), length) as i64).saturating_sub(jitter);
    let inside = start.clamp(0, known)..start.saturating_add(length as i64).clamp(0, known);
    if !inside.is_empty() {
        let bases = &sequence[inside.start as usize..inside.end as usize];
        let left = (inside.start - start) as usize;
        out[left..left + bases.len()].copy_from_slice(bases);
    }
}

/// Cell and interval of `CELL|contig:start-end`, or of `contig:start-end`.
fn parse_element_name(name: &str) -> Option<(Option<&str>, Interval)> {
    let (cell, place) = name.rsplit_once('|').map_or((None, name), |(cell, place)| (Some(cell), place));
    let (contig, positions) = place.rsplit_once(':')?;
    let (start, end) = positions.split_once('-')?;
    let position = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
    let interval = Interval::new(contig, position(start)?, position(end)?).ok()?;
    (!contig.is_empty()).then_some((cell, interval))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_encode::centre;
    use proptest::prelude::*;

    #[test]
    fn names_tell_cell_and_place() {
        let at = |contig: &str, start, end| Interval::new(contig, start, end).unwrap();
        assert_eq!(parse_element_name("NHEK|chr1:5-10"), Some((Some("NHEK"), at("chr1", 5, 10))));
        assert_eq!(parse_element_name("HLA:01:5-10"), Some((None, at("HLA:01", 5, 10))));
        for bad in
            ["", "chr1", "chr1:5", "chr1:5-", "chr1:-5", ":5-10", "chr1:10-5", "chr1:+5-10", "chr1:5-10 "]
        {
            assert_eq!(parse_element_name(bad), None, "{bad:?}");
        }
    }

    fn sequences(side: Side, records: &[(&str, &str)]) -> ElementSequences {
        ElementSequences::new(side, records.iter().map(|(name, bases)| (*name, bases.as_bytes().to_vec())))
            .unwrap()
    }

    #[test]
    fn rows_that_cannot_be_used_are_named() {
        let records = [("chr1:0-4", "ACGT"), ("enhancer 7", "AC")];
        let refused = |rows: &[(&str, &str, Option<bool>)]| {
            let (enhancers, promoters) =
                (sequences(Side::Enhancer, &records), sequences(Side::Promoter, &records));
            ElementPairs::new(enhancers, 4, promoters, 4, rows.iter().copied()).unwrap_err().to_string()
        };
        let good = ("chr1:0-4", "chr1:0-4", None);
        assert_eq!(
            refused(&[good, ("chr1:0-4", "chr1:0-5", None)]),
            r#"pair 1 names the promoter "chr1:0-5", which is not among the 2 promoter sequences"#
        );
        assert_eq!(
            refused(&[good, good, ("enhancer 7", "chr1:0-4", None)]),
            r#"pair 2 names the enhancer "enhancer 7", which is not of the form CELL|contig:start-end"#
        );
    }

    #[test]
    fn each_side_has_its_own_length_and_jitter() {
        let (enhancers, promoters) = (
            sequences(Side::Enhancer, &[("chr1:0-4", "ACGT")]),
            sequences(Side::Promoter, &[("chr1:9-12", "GGC")]),
        );
        let source =
            ElementPairs::new(enhancers, 8, promoters, 2, [("chr1:0-4", "chr1:9-12", Some(true))]).unwrap();
        let (mut enhancer, mut promoter) = (b"left over".to_vec(), Vec::new());
        source.fetch(0, Jitter { enhancer: 3, promoter: -1 }, &mut enhancer, &mut promoter).unwrap();
        assert_eq!((&enhancer[..], &promoter[..]), (&b"NNNNNACG"[..], &b"CN"[..]));
        assert_eq!((source.window_len(Side::Enhancer), source.window_len(Side::Promoter)), (8, 2));
        assert_eq!((source.len(), source.pairs()[0].label), (1, Some(true)));
    }

    #[test]
    fn a_window_moved_off_its_sequence_is_unknown() {
        let mut window = Vec::new();
        for jitter in [i64::MIN, -6, 6, i64::MAX] {
            centre_jittered(b"ACG", 3, jitter, &mut window);
            assert_eq!(window, b"NNN");
        }
        centre_jittered(b"", 2, 1, &mut window);
        assert_eq!(window, b"NN");
    }

    proptest! {
        #[test]
        fn windows_are_centred_and_moved_base_by_base(
            sequence in prop::collection::vec(prop::sample::select(b"ACGT".to_vec()), 0..60),
            length in 0usize..60,
            jitter in -100i64..100,
        ) {
            let mut window = Vec::new();
            centre_jittered(&sequence, length, 0, &mut window);
            prop_assert_eq!(&window, &centre(&sequence, length));
            centre_jittered(&sequence, length, jitter, &mut window);
            // The same window cut from a sequence with N on both sides, far enough for any jitter.
            let mut padded = vec![b'N'; 100];
            padded.extend(&sequence);
            padded.extend([b'N'; 100]);
            let mut truth = Vec::new();
            let offset = centre_offset(sequence.len(), length) as i64 - jitter;
            for position in offset..offset + length as i64 {
                let base = usize::try_from(position + 100).ok().and_then(|index| padded.get(index));
                truth.push(base.copied().unwrap_or(b'N'));
            }
            prop_assert_eq!(&window, &truth);
        }
    }
}
