//! Sequences of two bits a base: a quarter of the memory, and of the way that a window comes from there.

mod pack;
mod unpack;

use std::ops::Range;

pub use pack::pack_into;
pub use unpack::{base_codes_packed_into, letters_packed_into, one_hot_packed_into};

use pack::push_run;

/// Bases of one word of a [`PackedSequence`].
pub const BASES_A_WORD: usize = 64;

/// A sequence in two bits a base, any part of which is encoded without its letters in between.
///
/// A word holds 64 bases: the low bits of their [codes](crate::base_code) in its first number, the high bits in its
/// second, the first base in the lowest bit. Bases that are not known have zeros there, and stand in a list of runs:
/// genomes have few.
///
/// What is kept is what the encodings of this crate see. Case, and which letter an unknown base had, are forgotten.
///
/// *Cost*: 2 bits a base, and 16 bytes a run of unknown bases.
///
/// ```
/// use ciskit_encode::{ChannelOrder, Layout, PackedSequence, one_hot_into, one_hot_packed_into};
///
/// let packed = PackedSequence::new(b"ACGTnnacgt");
/// assert_eq!(packed.len(), 10);
/// assert_eq!(packed.unknown(), [4..6]);
///
/// let (mut from_bits, mut from_letters) = ([9u8; 20], [9u8; 20]);
/// one_hot_packed_into(packed.window(2..7), ChannelOrder::Acgt, Layout::ChannelMajor, &mut from_bits)?;
/// one_hot_into(b"GTnna", ChannelOrder::Acgt, Layout::ChannelMajor, &mut from_letters)?;
/// assert_eq!(from_bits, from_letters);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedSequence {
    words: Vec<[u64; 2]>,
    length: usize,
    /// In order, apart from each other, none of them empty.
    unknown: Vec<Range<usize>>,
}

impl PackedSequence {
    /// Packs letters; every letter but A, C, G, T (in either case) is an unknown base.
    ///
    /// *Shapes*: `sequence` (L). *Cost*: O(L), one allocation of L / 4 bytes.
    ///
    /// ```
    /// use ciskit_encode::{PackedSequence, letters_packed_into};
    ///
    /// let mut letters = [0; 6];
    /// letters_packed_into(PackedSequence::new(b"gatRCA").window(0..6), &mut letters)?;
    /// assert_eq!(&letters, b"GATNCA");
    /// # Ok::<(), ciskit_encode::EncodeError>(())
    /// ```
    #[must_use]
    pub fn new(sequence: &[u8]) -> Self {
        let mut words = vec![[0; 2]; sequence.len().div_ceil(BASES_A_WORD)];
        let unknown = pack_into(sequence, &mut words).expect("the words were counted");
        Self { words, length: sequence.len(), unknown }
    }

    /// A sequence of `length` bases from words that [`pack_into`] has filled, piece by piece, perhaps on several
    /// threads, and the runs of unknown bases that it gave, in ascending order and moved to where their piece begins.
    /// Runs that touch become one.
    ///
    /// # Panics
    ///
    /// If there are not as many words as `length` bases take, or a run is not behind the one before or leaves the
    /// sequence.
    ///
    /// ```
    /// use ciskit_encode::{PackedSequence, pack_into};
    ///
    /// let sequence = [b"ACGT".repeat(15), b"NNNNNNTTG".to_vec()].concat(); // 69 bp, unknown from 60 to 66
    /// let mut words = [[0; 2]; 2];
    /// let (first, second) = words.split_at_mut(1);
    /// let mut unknown = pack_into(&sequence[..64], first)?;
    /// unknown.extend(pack_into(&sequence[64..], second)?.into_iter().map(|run| run.start + 64..run.end + 64));
    ///
    /// let joined = PackedSequence::from_pieces(69, words.to_vec(), unknown);
    /// assert_eq!(joined, PackedSequence::new(&sequence));
    /// # Ok::<(), ciskit_encode::EncodeError>(())
    /// ```
    #[must_use]
    pub fn from_pieces(
        length: usize,
        words: Vec<[u64; 2]>,
        unknown: impl IntoIterator<Item = Range<usize>>,
    ) -> Self {
        assert_eq!(words.len(), length.div_ceil(BASES_A_WORD), "words of {length} bp");
        let mut runs: Vec<Range<usize>> = Vec::new();
        for run in unknown {
            let behind = runs.last().is_none_or(|last| last.end <= run.start);
            assert!(behind && run.start <= run.end && run.end <= length, "run {run:?} of {length} bp");
            push_run(&mut runs, run);
        }
        Self { words, length, unknown: runs }
    }

    /// Length in bases.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no bases.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Where the bases are not known: runs in ascending order, apart from each other.
    #[must_use]
    pub fn unknown(&self) -> &[Range<usize>] {
        &self.unknown
    }

    /// A part of the sequence, 0-based, half-open, without a copy.
    ///
    /// *Cost*: a few instructions; its runs of unknown bases are looked up when it is encoded.
    ///
    /// # Panics
    ///
    /// If the range is reversed or leaves the sequence, as for a slice.
    ///
    /// ```
    /// let packed = ciskit_encode::PackedSequence::new(b"ACGTNACGT");
    /// assert_eq!(packed.window(3..7).len(), 4);
    /// ```
    #[must_use]
    #[inline]
    pub fn window(&self, range: Range<usize>) -> PackedBases<'_> {
        let Range { start, end } = range;
        assert!(start <= end && end <= self.length, "{start}..{end} of {} bp", self.length);
        let words = &self.words[start / BASES_A_WORD..];
        let words = &words[..(start % BASES_A_WORD + (end - start)).div_ceil(BASES_A_WORD)];
        PackedBases { words, start, length: end - start, unknown: &self.unknown }
    }
}

/// A part of a [`PackedSequence`], which its words are borrowed from.
///
/// ```
/// use ciskit_encode::{PackedSequence, base_codes_packed_into};
///
/// let packed = PackedSequence::new(b"ACGTNACGT");
/// let window = packed.window(3..7);
/// assert_eq!(window.unknown().collect::<Vec<_>>(), [1..2]);
///
/// let mut codes = [0; 4];
/// base_codes_packed_into(window, &mut codes)?;
/// assert_eq!(codes, [3, 4, 0, 1]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PackedBases<'a> {
    /// From the word of the first base to that of the last.
    words: &'a [[u64; 2]],
    /// Place of the first base in the sequence.
    start: usize,
    length: usize,
    /// All runs of the sequence, at its places.
    unknown: &'a [Range<usize>],
}

impl<'a> PackedBases<'a> {
    /// Length in bases.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no bases.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Where the bases of this part are not known: runs in ascending order, counted from its first base.
    ///
    /// *Cost*: a binary search in the runs of the whole sequence.
    pub fn unknown(&self) -> impl Iterator<Item = Range<usize>> + 'a {
        let Self { start, length, unknown, .. } = *self;
        let behind = unknown.partition_point(|run| run.end <= start);
        let touching = unknown[behind..].iter().take_while(move |run| run.start < start + length);
        touching.map(move |run| run.start.saturating_sub(start)..(run.end - start).min(length))
    }

    /// The words that the bases lie in, [`BASES_A_WORD`] in each: for a program that reads them ahead. The first and
    /// the last may hold bases of other parts too.
    #[must_use]
    #[inline]
    pub fn words(&self) -> &'a [[u64; 2]] {
        self.words
    }

    /// Low and high bits of 64 bases each, from the `first`-th 64 on. Bits behind the last base may be anything.
    ///
    /// Loops over slices, so that they become vector code.
    #[inline(always)]
    fn planes(&self, first: usize, low: &mut [u64], high: &mut [u64]) {
        let shift = self.start % BASES_A_WORD;
        // Two shifts to the left, because one by 64, for a part that begins with a word, is none.
        let join = |here: u64, next: u64| here >> shift | next << (BASES_A_WORD - 1 - shift) << 1;
        let words = &self.words[first..];
        let pairs = words.iter().zip(&words[1..]);
        for (([low, high], [next_low, next_high]), (to_low, to_high)) in
            pairs.zip(low.iter_mut().zip(high.iter_mut()))
        {
            (*to_low, *to_high) = (join(*low, *next_low), join(*high, *next_high));
        }
        let last = words.len() - 1;
        if let (Some(to_low), Some(to_high)) = (low.get_mut(last), high.get_mut(last)) {
            (*to_low, *to_high) = (join(words[last][0], 0), join(words[last][1], 0));
        }
    }

    /// `length` bases from the `skip`-th on, a multiple of 64.
    fn part(&self, skip: usize, length: usize) -> Self {
        let words = &self.words[skip / BASES_A_WORD..];
        Self { words, start: self.start + skip, length, unknown: self.unknown }
    }
}
