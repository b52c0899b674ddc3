//! Embedding sequences of any length with models that read some lengths only.

use std::ops::Range;

use ciskit_core::{Embedding, InputLength, Pooling, ScoreError, SequenceEmbedder};
use ciskit_encode::{centre, centre_offset};

/// The rows that a model has for the bases of whole sequences, of any length, each from piece to piece if need be.
///
/// - A model of any length that stops early (a language model that cuts long sequences) reads on where its last row ended,
///   until the sequence does, or no row comes.
/// - A model of a fixed length reads consecutive pieces of that length, and one of a range of lengths pieces of the greatest;
///   a sequence that is shorter than the least is brought to that. What is missing is `N`, the sequence lying in the
///   middle ([`centre`]). Rows are cut where the sequence ends, and those of `N` around it alone left out.
///
/// What a row says depends on the piece around it: near its ends a model sees less.
///
/// # Errors
///
/// Those of the model; its items are pieces.
///
/// # Panics
///
/// If the model gives another number of embeddings than it got sequences.
///
/// ```
/// use ciskit_core::{Embedding, InputWindow, Pooling, ScoreError, SequenceEmbedder};
/// use ciskit_dataset::embed_whole;
///
/// /// Two bases a row: how many of them are G or C. It reads four.
/// struct Gc;
/// impl SequenceEmbedder for Gc {
///     fn width(&self) -> usize {
///         1
///     }
///     fn input(&self) -> InputWindow {
///         InputWindow::fixed(4)
///     }
///     fn embed(&self, sequences: &[&[u8]], _: Pooling) -> Result<Vec<Embedding>, ScoreError> {
///         let count = |bases: &[u8]| bases.iter().filter(|base| b"GC".contains(base)).count() as f32;
///         let rows = |sequence: &&[u8]| sequence.chunks(2).map(count).collect();
///         sequences.iter().map(|sequence| Ok(Embedding::new(1, vec![0..2, 2..4], rows(sequence))?)).collect()
///     }
/// }
///
/// // NGAT CCAN
/// let embedding = &embed_whole(&Gc, &[b"GATCCA"])?[0];
/// assert_eq!(embedding.positions(), [0..1, 1..3, 3..5, 5..6]);
/// assert_eq!(embedding.values(), [1.0, 0.0, 2.0, 0.0]);
/// # Ok::<(), ScoreError>(())
/// ```
pub fn embed_whole(
    embedder: &dyn SequenceEmbedder,
    sequences: &[&[u8]],
) -> Result<Vec<Embedding>, ScoreError> {
    let mut whole: Vec<Whole> = sequences.iter().map(|sequence| Whole::new(sequence.len())).collect();
    match embedder.input().length() {
        InputLength::Any => read_on(embedder, sequences, &mut whole)?,
        InputLength::Fixed(length) => in_pieces(embedder, sequences, (length, length), &mut whole)?,
        InputLength::Between { min, max } => in_pieces(embedder, sequences, (min, max), &mut whole)?,
    }
    whole
        .into_iter()
        .map(|Whole { positions, values, .. }| Ok(Embedding::new(embedder.width(), positions, values)?))
        .collect()
}

/// The embeddings of whole sequences ([`embed_whole`]) in bins of `bin` bp ([`Embedding::binned`]): (width, bins) each.
///
/// # Errors
///
/// As [`embed_whole`].
///
/// # Panics
///
/// As [`embed_whole`], or if `bin` is 0.
pub fn embed_windows(
    embedder: &dyn SequenceEmbedder,
    sequences: &[&[u8]],
    bin: usize,
) -> Result<Vec<Vec<f32>>, ScoreError> {
    let by_channel = |(sequence, embedding): (&&[u8], Embedding)| {
        let bins = embedding.binned(bin, sequence.len());
        let (values, width) = (bins.values(), bins.width());
        let channel = |channel: usize| values.iter().skip(channel).step_by(width.max(1)).copied();
        (0..width).flat_map(channel).collect()
    };
    Ok(sequences.iter().zip(embed_whole(embedder, sequences)?).map(by_channel).collect())
}

/// The rows of a sequence that are known.
struct Whole {
    length: usize,
    positions: Vec<Range<usize>>,
    values: Vec<f32>,
}

impl Whole {
    fn new(length: usize) -> Self {
        Self { length, positions: Vec::new(), values: Vec::new() }
    }

    /// Adds the rows of a piece that starts on base `start`, perhaps before the sequence does.
    fn add(&mut self, piece: &Embedding, start: isize) {
        let within =
            |base: usize| start.saturating_add_unsigned(base).clamp(0, self.length as isize) as usize;
        for (row, bases) in piece.positions().iter().enumerate() {
            let bases = within(bases.start)..within(bases.end);
            if !bases.is_empty() {
                self.positions.push(bases);
                self.values.extend_from_slice(piece.row(row));
            }
        }
    }
}

fn embed(embedder: &dyn SequenceEmbedder, pieces: &[&[u8]]) -> Result<Vec<Embedding>, ScoreError> {
    let embeddings = embedder.embed(pieces, Pooling::Positions)?;
    assert_eq!(embeddings.len(), pieces.len(), "a model gives an embedding for each sequence");
    Ok(embeddings)
}

fn read_on(
    embedder: &dyn SequenceEmbedder,
    sequences: &[&[u8]],
    whole: &mut [Whole],
) -> Result<(), ScoreError> {
    let is_left = |(item, from): &(usize, usize)| *from < sequences[*item].len();
    let mut left: Vec<(usize, usize)> = (0..sequences.len()).map(|item| (item, 0)).filter(is_left).collect();
    while !left.is_empty() {
        let pieces: Vec<&[u8]> = left.iter().map(|&(item, from)| &sequences[item][from..]).collect();
        let embeddings = embed(embedder, &pieces)?;
        let read = |(&(item, from), embedding): (&(usize, usize), &Embedding)| {
            whole[item].add(embedding, from as isize);
            let end = embedding.positions().iter().map(|bases| bases.end).max().unwrap_or_default();
            // Without a row, the rest has none.
            (end > 0).then_some((item, from + end))
        };
        left = left.iter().zip(&embeddings).filter_map(read).filter(is_left).collect();
    }
    Ok(())
}

fn in_pieces(
    embedder: &dyn SequenceEmbedder,
    sequences: &[&[u8]],
    (least, most): (usize, usize),
    whole: &mut [Whole],
) -> Result<(), ScoreError> {
    let (mut padded, mut sizes) = (Vec::with_capacity(sequences.len()), Vec::with_capacity(sequences.len()));
    for sequence in sequences {
        let size = if sequence.len() <= most { sequence.len().max(least) } else { most }.max(1);
        let target = sequence.len().div_ceil(size) * size;
        padded.push((centre(sequence, target), centre_offset(sequence.len(), target)));
        sizes.push(size);
    }
    let of_item = |(item, (sequence, start)): (usize, &'_ (Vec<u8>, isize))| {
        let (size, start) = (sizes[item], *start);
        (0..sequence.len() / size)
            .map(move |piece| (item, start.saturating_add_unsigned(piece * size), piece * size))
    };
    let places: Vec<(usize, isize, usize)> = padded.iter().enumerate().flat_map(of_item).collect();
    let pieces: Vec<&[u8]> =
        places.iter().map(|&(item, _, from)| &padded[item].0[from..from + sizes[item]]).collect();
    for ((item, start, _), embedding) in places.iter().zip(&embed(embedder, &pieces)?) {
        whole[*item].add(embedding, *start);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ciskit_core::InputWindow;

    use super::*;

    /// A row for each `stride` letters, which is the code of the first, up to the first `most` letters of what it reads.
    struct Letters {
        input: InputWindow,
        stride: usize,
        most: usize,
    }

    impl SequenceEmbedder for Letters {
        fn width(&self) -> usize {
            2
        }
        fn input(&self) -> InputWindow {
            self.input
        }
        fn embed(&self, sequences: &[&[u8]], _: Pooling) -> Result<Vec<Embedding>, ScoreError> {
            let of = |(item, sequence): (usize, &&[u8])| {
                if !self.input.accepts(sequence.len()) {
                    let (expected, found) = (self.input.length(), sequence.len());
                    return Err(ScoreError::InputLength { item, expected, found });
                }
                let read = &sequence[..sequence.len().min(self.most)];
                let rows = read.chunks_exact(self.stride).enumerate();
                let (positions, values): (Vec<_>, Vec<_>) = rows
                    .map(|(row, letters)| {
                        let first = f32::from(letters[0]);
                        (row * self.stride..(row + 1) * self.stride, [first, -first])
                    })
                    .unzip();
                Ok(Embedding::new(2, positions, values.concat())?)
            };
            sequences.iter().enumerate().map(of).collect()
        }
    }

    /// First letters and bases of the rows.
    fn rows(embedder: &Letters, sequence: &str) -> String {
        let embedding = embed_whole(embedder, &[b"ACGT", sequence.as_bytes()]).unwrap().remove(1);
        let row = |(row, bases): (usize, &Range<usize>)| {
            let values = embedding.row(row);
            assert_eq!(values[1], -values[0]);
            format!("{}{}-{}", char::from(values[0] as u8), bases.start, bases.end)
        };
        embedding.positions().iter().enumerate().map(row).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_model_of_any_length_reads_on_where_it_stopped() {
        let any = |stride, most| Letters { input: InputWindow::any(), stride, most };
        assert_eq!(rows(&any(2, 100), "abcdefgh"), "a0-2 c2-4 e4-6 g6-8");
        assert_eq!(rows(&any(1, 3), "abcdefgh"), "a0-1 b1-2 c2-3 d3-4 e4-5 f5-6 g6-7 h7-8");
        // It stops on letter 4 of 5, and on the last one it has no row to give.
        assert_eq!(rows(&any(2, 5), "abcdefghi"), "a0-2 c2-4 e4-6 g6-8");
        assert_eq!(rows(&any(3, 2), "abcdefghi"), "");
        assert_eq!(rows(&any(2, 5), ""), "");
    }

    #[test]
    fn a_model_of_fixed_length_reads_pieces_with_the_sequence_in_the_middle() {
        let fixed = |stride| Letters { input: InputWindow::fixed(4), stride, most: 100 };
        assert_eq!(rows(&fixed(2), "abcdefgh"), "a0-2 c2-4 e4-6 g6-8");
        // NNab cdeN: the odd letter is missing on the left.
        assert_eq!(rows(&fixed(1), "abcde"), "a0-1 b1-2 c2-3 d3-4 e4-5");
        assert_eq!(rows(&fixed(2), "abcde"), "a0-2 c2-4 e4-5");
        // Nabc defN
        assert_eq!(rows(&fixed(2), "abcdef"), "N0-1 b1-3 d3-5 f5-6");
        assert_eq!(rows(&fixed(4), "a"), "N0-1");
        assert_eq!(rows(&fixed(4), ""), "");
    }

    #[test]
    fn a_model_of_a_range_reads_pieces_of_the_greatest_length() {
        let range = |stride| Letters { input: InputWindow::between(3, 4), stride, most: 100 };
        assert_eq!(rows(&range(3), "abc"), "a0-3");
        assert_eq!(rows(&range(2), "abcd"), "a0-2 c2-4");
        assert_eq!(rows(&range(2), "ab"), "N0-1"); // Nab, of which b is no whole row
        assert_eq!(rows(&range(2), "abcdef"), "N0-1 b1-3 d3-5 f5-6");
    }

    #[test]
    fn bins_have_their_numbers_channel_by_channel() {
        let embedder = Letters { input: InputWindow::any(), stride: 2, most: 4 };
        let bins = embed_windows(&embedder, &[b"abcdefgh", b"gh"], 4).unwrap();
        let middle = |a: u8, b: u8| (f32::from(a) + f32::from(b)) / 2.0;
        let [first, second] = [middle(b'a', b'c'), middle(b'e', b'g')];
        assert_eq!(bins, [vec![first, second, -first, -second], vec![103.0, -103.0]]);
    }
}
