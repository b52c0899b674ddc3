//! Base codes as words of three, and a convolution as a sum of one table row a word.
//!
//! The taps of a kernel are cut into groups of three. What a group adds to the outputs depends on the word that it
//! meets and on nothing else, so it is looked up: a kernel of 25 taps takes 9 additions. Sixteen outputs at once,
//! the rows of 9 tables fill 36 KiB, which stay in the innermost cache.

use super::pool::Pooled;
use super::sparse::Term;
use crate::simd::{Kernel, Lanes, Simd};

/// Bases of a word.
pub(crate) const WORD: usize = 3;
/// Rows of a table: the 125 words over A, C, G, T and N, and three to make it a power of two.
pub(crate) const WORDS: usize = 128;
/// The unknown base.
const UNKNOWN: usize = 4;

/// The row of a word. Words of known bases come first, so that those in use lie close together.
const fn row_of(a: usize, b: usize, c: usize) -> u8 {
    if a < UNKNOWN && b < UNKNOWN && c < UNKNOWN {
        return (a * 16 + b * 4 + c) as u8;
    }
    // The words before this one in the order of five letters, less those of four letters among them.
    let known = if a == UNKNOWN {
        64
    } else if b == UNKNOWN {
        a * 16 + 16
    } else {
        a * 16 + b * 4 + 4
    };
    (64 + a * 25 + b * 5 + c - known) as u8
}

const ROWS: [[[u8; 5]; 5]; 5] = {
    let mut rows = [[[0; 5]; 5]; 5];
    let mut word = 0;
    while word < 125 {
        let (a, b, c) = (word / 25, word / 5 % 5, word % 5);
        rows[a][b][c] = row_of(a, b, c);
        word += 1;
    }
    rows
};

/// The table row of the word at every position; bases past the end are unknown.
pub(crate) fn words(codes: &[u8], out: &mut Vec<u8>) {
    let at = |position: usize| codes.get(position).map_or(UNKNOWN, |&code| usize::from(code).min(UNKNOWN));
    out.clear();
    out.extend(codes.windows(WORD).map(|word| {
        let [a, b, c] = [word[0], word[1], word[2]].map(|code| usize::from(code).min(UNKNOWN));
        ROWS[a][b][c]
    }));
    out.extend(
        (out.len()..codes.len()).map(|position| ROWS[at(position)][at(position + 1)][at(position + 2)]),
    );
}

/// One table: what each word adds to sixteen outputs.
pub(crate) type Table = [Lanes; WORDS];

/// Groups of taps of a kernel.
pub(crate) fn groups(kernel: usize) -> usize {
    kernel.div_ceil(WORD)
}

/// The tables of a kernel for sixteen outputs, from the weights of each base at each tap.
pub(crate) fn tables(taps: &[[Lanes; UNKNOWN]]) -> Vec<Table> {
    let mut tables = vec![[Lanes::ZERO; WORDS]; groups(taps.len())];
    for (table, taps) in tables.iter_mut().zip(taps.chunks(WORD)) {
        for (a, b, c) in (0..125).map(|word| (word / 25, word / 5 % 5, word % 5)) {
            let row = &mut table[usize::from(ROWS[a][b][c])];
            for (weights, base) in taps.iter().zip([a, b, c]) {
                // An unknown base has no weights.
                if let Some(weights) = weights.get(base) {
                    for (sum, weight) in row.0.iter_mut().zip(weights.0) {
                        *sum += weight;
                    }
                }
            }
        }
    }
    tables
}

/// Adds to the table rows of the words that each position's groups of taps meet.
pub(crate) fn add_to_rows(mut tables: &mut [[f32; WORDS]], mut words: &[u8], terms: &[Term]) {
    // As many tables at once as are left, of a few numbers that the compiler knows.
    while !tables.is_empty() {
        let done = match tables.len() {
            9.. => add_to_rows_of::<9>(tables, words, terms),
            3.. => add_to_rows_of::<3>(tables, words, terms),
            _ => add_to_rows_of::<1>(tables, words, terms),
        };
        tables = &mut tables[done..];
        words = words.get(done * WORD..).unwrap_or_default();
    }
}

fn add_to_rows_of<const N: usize>(tables: &mut [[f32; WORDS]], words: &[u8], terms: &[Term]) -> usize {
    if let Some(tables) = tables.first_chunk_mut::<N>() {
        for &(at, gradient) in terms {
            let words = &words[at as usize..][..WORD * (N - 1) + 1];
            for (group, table) in tables.iter_mut().enumerate() {
                table[usize::from(words[WORD * group]) % WORDS] += gradient;
            }
        }
    }
    N
}

/// Adds what was summed up for the words of one group of taps to the bases at each of them.
pub(crate) fn unfold(kernel: usize, group: usize, sums: &[f32; WORDS], taps: &mut [[f32; UNKNOWN]]) {
    for (a, b, c) in (0..125).map(|word| (word / 25, word / 5 % 5, word % 5)) {
        let sum = sums[usize::from(ROWS[a][b][c])];
        for (tap, base) in (group * WORD..kernel).zip([a, b, c]) {
            if base < UNKNOWN {
                taps[tap][base] += sum;
            }
        }
    }
}

/// The pooled maximum of each window of positions, for sixteen outputs, and the row that it is at.
pub(crate) struct PoolWords<'a> {
    pub(crate) words: &'a [u8],
    pub(crate) tables: &'a [Table],
    pub(crate) bias: &'a Lanes,
    pub(crate) pool: usize,
    /// One a window.
    pub(crate) best: &'a mut [Lanes],
    /// The bits of the row of each, or of [`NOWHERE`](super::relu_pool::NOWHERE).
    pub(crate) at: &'a mut [Lanes],
}

impl Kernel for PoolWords<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { words, tables, bias, pool, best, at } = self;
        let bias = simd.load(&bias.0);
        let span = WORD * (tables.len() - 1) + 1;
        for (window, (best, at)) in best.iter_mut().zip(at).enumerate() {
            let mut pooled = Pooled::new(simd);
            let mut row = window * pool;
            let end = row + pool;
            while row + BLOCK <= end {
                let sums = convolve::<S, BLOCK>(simd, &words[row..][..span + BLOCK - 1], tables, bias);
                for sum in sums {
                    pooled.take(simd, sum, row);
                    row += 1;
                }
            }
            while row < end {
                let [sum] = convolve::<S, 1>(simd, &words[row..][..span], tables, bias);
                pooled.take(simd, sum, row);
                row += 1;
            }
            simd.store(pooled.best, &mut best.0);
            simd.store(pooled.at, &mut at.0);
        }
    }
}

/// Positions whose sums run side by side.
const BLOCK: usize = 5;

#[inline(always)]
fn convolve<S: Simd, const N: usize>(
    simd: S,
    words: &[u8],
    tables: &[Table],
    bias: S::Vector,
) -> [S::Vector; N] {
    let mut sums = [bias; N];
    for (group, table) in tables.iter().enumerate() {
        let words = &words[group * WORD..][..N];
        for (sum, &word) in sums.iter_mut().zip(words) {
            *sum = simd.add(*sum, simd.load(&table[usize::from(word) % WORDS].0));
        }
    }
    sums
}
