//! Pairs whose windows are cut from a genome.

use std::ops::Range;
use std::sync::Arc;

use ciskit_core::{Edge, GenomeError, Pair, ReferenceGenome, Side, SignalTrack};

use crate::{DatasetError, Jitter, PairSource, WindowRule, check_track, pair_name};

/// Pairs with coordinates, their windows cut from a genome.
///
/// A window that reaches over a contig's end is moved onto the contig as [`WindowRule`] says; bases that the
/// genome does not know are `N` in it and stay so.
///
/// ```
/// use ciskit_core::{InMemoryGenome, Interval, Pair};
/// use ciskit_dataset::{GenomePairs, Jitter, PairSource, WindowRule};
///
/// let genome = InMemoryGenome::new([("chr1", b"NNNNACGTACGTTTGGCC".to_vec())])?;
/// let pairs = vec![Pair::new(Interval::new("1", 4, 6)?, Interval::new("1", 10, 16)?)];
/// let source = GenomePairs::new(genome, pairs, WindowRule::new(4), WindowRule::new(3))?;
///
/// let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
/// source.fetch(0, Jitter::CENTRED, &mut enhancer, &mut promoter)?;
/// assert_eq!((&enhancer[..], &promoter[..]), (&b"NACG"[..], &b"TTG"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct GenomePairs<G> {
    genome: G,
    pairs: Vec<Pair>,
    enhancer: WindowRule,
    promoter: WindowRule,
    tracks: Vec<Arc<dyn SignalTrack>>,
}

impl<G: ReferenceGenome> GenomePairs<G> {
    /// Joins pairs and the genome that they lie on.
    ///
    /// Every pair's windows are placed once, so that coordinates that do not belong to this genome are found
    /// now and not in the middle of a training. *Cost*: constant for each pair, no base is read.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Window`] naming the first pair with an element on an unknown contig, outside of its
    /// contig, or on a contig too short for the window.
    ///
    /// ```
    /// use ciskit_core::{InMemoryGenome, Interval, Pair};
    /// use ciskit_dataset::{GenomePairs, WindowRule};
    ///
    /// let genome = InMemoryGenome::new([("chr1", b"ACGT".to_vec())])?;
    /// let pairs = vec![Pair::new(Interval::new("chr1", 0, 2)?, Interval::new("chr2", 0, 2)?)];
    /// let error = GenomePairs::new(genome, pairs, WindowRule::new(2), WindowRule::new(2)).unwrap_err();
    /// assert_eq!(error.to_string(), "cannot cut the promoter window of pair 0 (chr1:0-2~chr2:0-2)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        genome: G,
        pairs: Vec<Pair>,
        enhancer: WindowRule,
        promoter: WindowRule,
    ) -> Result<Self, DatasetError> {
        let source = Self { genome, pairs, enhancer, promoter, tracks: Vec::new() };
        for pair in 0..source.pairs.len() {
            for side in [Side::Enhancer, Side::Promoter] {
                source.window(pair, side, 0).map_err(|cause| source.in_pair(pair, side, cause))?;
            }
        }
        Ok(source)
    }

    /// The same pairs with one more signal track along their windows, which moves with them.
    ///
    /// Values are taken as they are: what is to be normalised (by depth of sequencing, say) comes normalised.
    ///
    /// # Errors
    ///
    /// As [`check_track`].
    ///
    /// ```
    /// use std::sync::Arc;
    /// use ciskit_core::{InMemoryGenome, InMemorySignal, Interval, Pair};
    /// use ciskit_dataset::{GenomePairs, Jitter, PairSource, WindowRule};
    ///
    /// let genome = InMemoryGenome::new([("chr1", b"ACGT".repeat(10))])?;
    /// let pairs = vec![Pair::new(Interval::new("chr1", 10, 12)?, Interval::new("chr1", 30, 32)?)];
    /// let mut accessibility = vec![0.0; 40];
    /// (accessibility[11], accessibility[30]) = (0.5, 2.0);
    /// let track = InMemorySignal::new([("chr1", accessibility)])?;
    /// let source = GenomePairs::new(genome, pairs, WindowRule::new(4), WindowRule::new(2))?;
    /// let source = source.with_track(Arc::new(track))?;
    ///
    /// let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
    /// source.fetch_tracks(0, Jitter::CENTRED, &mut enhancer, &mut promoter)?;
    /// assert_eq!((&enhancer[..], &promoter[..]), (&[0.0, 0.0, 0.5, 0.0][..], &[2.0, 0.0][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_track(mut self, track: Arc<dyn SignalTrack>) -> Result<Self, DatasetError> {
        check_track(&*track, self.genome.contigs())?;
        self.tracks.push(track);
        Ok(self)
    }

    /// The genome.
    #[must_use]
    pub fn genome(&self) -> &G {
        &self.genome
    }

    fn rule(&self, side: Side) -> WindowRule {
        match side {
            Side::Enhancer => self.enhancer,
            Side::Promoter => self.promoter,
        }
    }

    fn window(&self, pair: usize, side: Side, jitter: i64) -> Result<Range<i64>, DatasetError> {
        let element = &self.pairs[pair].element(side).interval;
        let contig = self.genome.contigs().resolve(element.contig()).map_err(GenomeError::from)?;
        self.rule(side).place(element, contig.length, jitter)
    }

    fn read(&self, pair: usize, side: Side, jitter: i64, sequence: &mut Vec<u8>) -> Result<(), DatasetError> {
        let window = self.window(pair, side, jitter)?;
        let contig = self.pairs[pair].element(side).interval.contig();
        Ok(self.genome.fetch_into(contig, window, Edge::PadN, sequence)?)
    }

    fn read_tracks(
        &self,
        pair: usize,
        side: Side,
        jitter: i64,
        values: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        let window = self.window(pair, side, jitter)?;
        let contig = self.pairs[pair].element(side).interval.contig();
        values.clear();
        let mut row = Vec::new();
        for track in &self.tracks {
            track.fetch_into(contig, window.clone(), &mut row)?;
            values.append(&mut row);
        }
        Ok(())
    }

    fn in_pair(&self, pair: usize, side: Side, cause: DatasetError) -> DatasetError {
        DatasetError::Window { pair, name: pair_name(&self.pairs[pair]), side, source: Box::new(cause) }
    }
}

impl<G: ReferenceGenome> PairSource for GenomePairs<G> {
    fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    fn window_len(&self, side: Side) -> usize {
        self.rule(side).length
    }

    fn fetch(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<u8>,
        promoter: &mut Vec<u8>,
    ) -> Result<(), DatasetError> {
        for (side, sequence) in [(Side::Enhancer, enhancer), (Side::Promoter, promoter)] {
            self.read(pair, side, jitter.of(side), sequence)
                .map_err(|cause| self.in_pair(pair, side, cause))?;
        }
        Ok(())
    }

    fn tracks(&self) -> usize {
        self.tracks.len()
    }

    fn fetch_tracks(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<f32>,
        promoter: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        for (side, values) in [(Side::Enhancer, enhancer), (Side::Promoter, promoter)] {
            self.read_tracks(pair, side, jitter.of(side), values)
                .map_err(|cause| self.in_pair(pair, side, cause))?;
        }
        Ok(())
    }

    fn reference(&self) -> Option<&dyn ReferenceGenome> {
        Some(&self.genome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::{InMemoryGenome, InMemorySignal, Interval};
    use ciskit_fixtures::{offset_of, spelling};
    use proptest::prelude::*;

    fn at(contig: &str, start: u64, end: u64) -> Interval {
        Interval::new(contig, start, end).unwrap()
    }

    fn source(
        genome: &InMemoryGenome,
        pair: Pair,
        rule: WindowRule,
    ) -> Result<GenomePairs<&InMemoryGenome>, DatasetError> {
        GenomePairs::new(genome, vec![pair], rule, rule)
    }

    fn fetch(source: &dyn PairSource, jitter: Jitter) -> (Vec<u8>, Vec<u8>) {
        let (mut enhancer, mut promoter) = (b"left over".to_vec(), Vec::new());
        source.fetch(0, jitter, &mut enhancer, &mut promoter).unwrap();
        (enhancer, promoter)
    }

    #[test]
    fn pairs_that_do_not_belong_to_the_genome_are_found_at_once() {
        let genome = InMemoryGenome::new([("chr1", spelling(1_000)), ("short", spelling(50))]).unwrap();
        let cause = |enhancer: Interval, promoter: Interval| {
            let error = source(&genome, Pair::new(enhancer, promoter), WindowRule::new(100)).unwrap_err();
            std::error::Error::source(&error).map(ToString::to_string).unwrap()
        };
        let good = || at("chr1", 10, 20);
        assert_eq!(
            cause(at("chr7", 1, 2), good()),
            r#"contig "chr7" is not in the genome, which has 2: chr1, short"#
        );
        assert_eq!(
            cause(good(), at("1", 999, 1_001)),
            "element 1:999-1001 leaves its contig, which has 1000 bp"
        );
        assert_eq!(
            cause(good(), at("short", 1, 2)),
            "contig short has 50 bp, fewer than the window's 100 bp"
        );
    }

    #[test]
    fn tracks_move_with_their_windows() {
        let genome = InMemoryGenome::new([("chr1", spelling(400)), ("short", spelling(50))]).unwrap();
        let pair = Pair::new(at("1", 140, 160), at("short", 0, 2));
        let signal = |factor: f32| {
            let values = |length: usize| (0..length).map(|base| factor * base as f32).collect::<Vec<f32>>();
            Arc::new(
                InMemorySignal::new([("chr1", values(400)), ("chr9", values(4)), ("short", values(50))])
                    .unwrap(),
            )
        };
        let source = GenomePairs::new(&genome, vec![pair], WindowRule::new(6), WindowRule::new(52).padded());
        let source = source.unwrap().with_track(signal(1.0)).unwrap().with_track(signal(-1.0)).unwrap();
        let source = crate::WithCovariates::new(&source as &dyn PairSource, crate::Covariates::none());
        assert_eq!(source.tracks(), 2);
        let (mut enhancer, mut promoter) = (vec![9.0; 3], Vec::new());
        for jitter in [0, 4, -7] {
            let jitter = Jitter { enhancer: jitter, promoter: 0 };
            source.fetch_tracks(0, jitter, &mut enhancer, &mut promoter).unwrap();
            let first = (147 - jitter.enhancer) as f32;
            let window: Vec<f32> = (0..6).map(|base| first + base as f32).collect();
            assert_eq!(enhancer[..6], window);
            assert_eq!(enhancer[6..], window.iter().map(|value| -value).collect::<Vec<_>>());
            // Where the sequence is padded on the left, there is no signal either.
            assert_eq!((promoter.len(), &promoter[..5]), (104, &[0.0, 0.0, 0.0, 1.0, 2.0][..]));
        }
    }

    #[test]
    fn tracks_of_another_genome_are_refused() {
        let genome = InMemoryGenome::new([("chr1", spelling(400))]).unwrap();
        let refused = |name: &str, length: usize| {
            let source =
                source(&genome, Pair::new(at("1", 140, 160), at("1", 0, 2)), WindowRule::new(6)).unwrap();
            let track = InMemorySignal::new([(name, vec![1.0; length])]).unwrap();
            source.with_track(Arc::new(track)).map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(refused("1", 400), Ok(()));
        assert_eq!(refused("2", 9).unwrap_err(), "the track has values on no contig of the genome, but on 2");
        let longer = refused("1", 401).unwrap_err();
        assert!(
            longer.starts_with("the track reaches to 401 on 1, which has 400 bp in the genome"),
            "{longer}"
        );
    }

    #[test]
    fn unknown_bases_and_short_contigs_read_as_n() {
        let mut bases = spelling(200);
        bases[..150].fill(b'N');
        let genome = InMemoryGenome::new([("chr1", bases), ("short", b"acg".to_vec())]).unwrap();
        let pair = Pair::new(at("chr1", 140, 160), at("short", 0, 2));
        let (enhancer, promoter) =
            fetch(&source(&genome, pair, WindowRule::new(20).padded()).unwrap(), Jitter::CENTRED);
        assert_eq!(enhancer, [&[b'N'; 10][..], &spelling(200)[150..160]].concat());
        assert_eq!(promoter, [&[b'N'; 17][..], b"acg"].concat());
    }

    proptest! {
        #[test]
        fn windows_lie_where_the_rule_says(
            starts in (0u64..4_900, 0u64..4_900),
            sizes in (1u64..100, 1u64..100),
            jitter in (-100i64..100, -100i64..100),
        ) {
            let genome = InMemoryGenome::new([("chr1", spelling(5_000))]).unwrap();
            let element = |start, size| at("chr1", start, start + size);
            let elements = (element(starts.0, sizes.0), element(starts.1, sizes.1));
            let (enhancer_rule, promoter_rule) = (WindowRule::new(120), WindowRule::new(80));
            let pair = Pair::new(elements.0.clone(), elements.1.clone());
            let source = GenomePairs::new(&genome, vec![pair], enhancer_rule, promoter_rule).unwrap();
            let jitter = Jitter { enhancer: jitter.0, promoter: jitter.1 };
            let (enhancer, promoter) = fetch(&source, jitter);
            let expected = enhancer_rule.place(&elements.0, 5_000, jitter.enhancer).unwrap();
            prop_assert_eq!((enhancer.len(), offset_of(&enhancer)), (120, Some(expected.start as u64)));
            let expected = promoter_rule.place(&elements.1, 5_000, jitter.promoter).unwrap();
            prop_assert_eq!((promoter.len(), offset_of(&promoter)), (80, Some(expected.start as u64)));
        }
    }
}
