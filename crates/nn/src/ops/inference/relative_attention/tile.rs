//! A tile of one head's queries against all of its keys.

use super::{RelativeKeys, Sizes};
use crate::ops::host::transpose;
use crate::ops::recurrent::activation::exp;
use crate::ops::tile::{Columns, Multiply, Windows};
use crate::simd::{Kernel, LANES, Lanes, Level, Simd};

/// Queries of a tile: whole tiles of registers, and few enough that their relations with all keys stay near.
pub(super) const TILE: usize = 96;

/// Keys, or distances, that are multiplied with a tile at a time.
const BLOCK: usize = 512;

/// The keys of distances, packed for each head.
pub(super) enum Relative {
    /// One column a step, and where the steps start.
    Steps { starts: Vec<usize>, heads: Vec<Columns> },
    /// One column a distance, in blocks.
    Distances { heads: Vec<Vec<Columns>> },
}

impl Relative {
    pub(super) fn new(level: Level, sizes: &Sizes, relative: &RelativeKeys, keys: &[f32]) -> Self {
        let Sizes { heads, key, positions, .. } = *sizes;
        let at = |step: usize, head: usize, channel: usize| keys[(step * heads + head) * key + channel];
        // Adding a step's product is a pass over memory, too.
        if 8 * relative.steps() < positions {
            let pack =
                |head| Columns::pack(level, key, relative.steps(), |channel, step| at(step, head, channel));
            return Self::Steps { starts: relative.starts.clone(), heads: (0..heads).map(pack).collect() };
        }
        let steps = relative.step_of_distances();
        let pack = |head| {
            let block = |steps: &[u32]| {
                Columns::pack(level, key, steps.len(), |channel, column| {
                    at(steps[column] as usize, head, channel)
                })
            };
            steps.chunks(BLOCK).map(block).collect()
        };
        Self::Distances { heads: (0..heads).map(pack).collect() }
    }
}

/// One head of one sequence, its keys and values packed.
pub(super) struct Head<'a> {
    sizes: Sizes,
    head: usize,
    /// Of all heads.
    q: &'a [f32],
    content_bias: &'a [f32],
    position_bias: &'a [f32],
    /// Blocks of keys: (key, block).
    keys: Vec<Columns>,
    /// Blocks of values: (block, value).
    values: Vec<Columns>,
}

impl<'a> Head<'a> {
    pub(super) fn new(
        level: Level,
        sizes: &Sizes,
        head: usize,
        [q, k, v]: [&'a [f32]; 3],
        [content, position]: [&'a [f32]; 2],
    ) -> Self {
        let Sizes { positions, heads, key, value, .. } = *sizes;
        let blocks = || (0..positions).step_by(BLOCK).map(|first| (first, BLOCK.min(positions - first)));
        let keys = blocks().map(|(first, size)| {
            Columns::pack(level, key, size, |channel, at| k[((first + at) * heads + head) * key + channel])
        });
        let values = blocks().map(|(first, size)| {
            Columns::pack(level, size, value, |at, channel| {
                v[((first + at) * heads + head) * value + channel]
            })
        });
        Self {
            sizes: *sizes,
            head,
            q,
            content_bias: &content[head * key..][..key],
            position_bias: &position[head * key..][..key],
            keys: keys.collect(),
            values: values.collect(),
        }
    }

    /// The result of the queries from `first` on, (rows, value).
    pub(super) fn attend(&self, level: Level, relative: &Relative, first: usize) -> Vec<f32> {
        let Sizes { positions, value, .. } = self.sizes;
        let rows = TILE.min(positions - first);
        let mut products = Products { level, rows, sums: Vec::new() };
        let mut relation = vec![0.0; rows * positions];
        let content = self.queries(first, rows, self.content_bias);
        for (block, keys) in self.keys.iter().enumerate() {
            products.of(&content, keys, |row, product| {
                let relation = &mut relation[row * positions..][..positions];
                copy(product, &mut relation[block * BLOCK..]);
            });
        }
        let position = self.queries(first, rows, self.position_bias);
        match relative {
            Relative::Steps { starts, heads } => {
                let mut of_steps = vec![0.0; starts.len() - 1];
                products.of(&position, &heads[self.head], |row, product| {
                    copy(product, &mut of_steps);
                    let relation = &mut relation[row * positions..][..positions];
                    add_steps(relation, first + row, starts, &of_steps);
                });
            }
            Relative::Distances { heads } => {
                // Distance −(T − 1) is the first; those of the tile's last row to the first key, and of its first row to the last.
                let (lowest, highest) = (positions - first - rows, 2 * (positions - 1) - first);
                let mut of_block = [0.0; BLOCK];
                for block in lowest / BLOCK..=highest / BLOCK {
                    products.of(&position, &heads[self.head][block], |row, product| {
                        copy(product, &mut of_block);
                        let relation = &mut relation[row * positions..][..positions];
                        // Key j lies at the distance j − i, which is number j + T − 1 − i.
                        let zero = positions - 1 - first - row;
                        let from = (block * BLOCK).max(zero);
                        let to = ((block + 1) * BLOCK).min(zero + positions);
                        if from < to {
                            let sums = &mut relation[from - zero..to - zero];
                            for (sum, value) in sums.iter_mut().zip(&of_block[from - block * BLOCK..]) {
                                *sum += value;
                            }
                        }
                    });
                }
            }
        }
        let totals: Vec<f32> =
            relation.chunks_exact_mut(positions).map(|row| level.run(Exponentials(row))).collect();
        let mut attended = vec![0.0; rows * value];
        let (mut block, mut turned) = (vec![0.0; rows * BLOCK.min(positions)], Vec::new());
        for (values, start) in self.values.iter().zip((0..positions).step_by(BLOCK)) {
            let size = BLOCK.min(positions - start);
            for (block, relation) in block.chunks_exact_mut(size).zip(relation.chunks_exact(positions)) {
                block.copy_from_slice(&relation[start..][..size]);
            }
            turned.resize(rows * size, 0.0);
            transpose(&block[..rows * size], size, &mut turned); // (size, rows)
            products.of(&turned, values, |row, product| {
                let sums = attended[row * value..][..value].iter_mut();
                for (sum, value) in sums.zip(product.iter().flat_map(|lanes| lanes.0)) {
                    *sum += value;
                }
            });
        }
        for (row, total) in attended.chunks_exact_mut(value).zip(totals) {
            for sum in row {
                *sum /= total;
            }
        }
        attended
    }

    /// Queries with a bias, channel by channel: (key, rows).
    fn queries(&self, first: usize, rows: usize, bias: &[f32]) -> Vec<f32> {
        let Sizes { heads, key, .. } = self.sizes;
        let mut queries = vec![0.0; key * rows];
        for row in 0..rows {
            let q = &self.q[((first + row) * heads + self.head) * key..][..key];
            for ((query, q), bias) in queries[row..].iter_mut().step_by(rows).zip(q).zip(bias) {
                *query = q + bias;
            }
        }
        queries
    }
}

/// Products of a tile's rows.
struct Products {
    level: Level,
    rows: usize,
    sums: Vec<Lanes>,
}

impl Products {
    /// Shows each row's product with `columns`; `values` are (depth, rows).
    fn of(&mut self, values: &[f32], columns: &Columns, mut show: impl FnMut(usize, &[Lanes])) {
        let vectors = columns.vectors();
        self.sums.resize(self.rows * vectors, Lanes::ZERO);
        let out = &mut self.sums[..self.rows * vectors];
        let start = vec![Lanes::ZERO; vectors];
        let windows = Windows { values, length: self.rows, taps: &[0], step: 1 };
        self.level.run(Multiply { windows, columns, start: &start, out });
        for (row, product) in out.chunks_exact(vectors).enumerate() {
            show(row, product);
        }
    }
}

/// As many numbers as there is room for.
fn copy(from: &[Lanes], to: &mut [f32]) {
    for (lanes, to) in from.iter().zip(to.chunks_mut(LANES)) {
        match to.first_chunk_mut() {
            Some(to) => *to = lanes.0,
            None => to.copy_from_slice(&lanes.0[..to.len()]),
        }
    }
}

/// Adds to the relations of query `i` what each step of distances has.
fn add_steps(relation: &mut [f32], i: usize, starts: &[usize], of_steps: &[f32]) {
    let positions = relation.len();
    let zero = positions - 1 - i;
    for (ends, value) in starts.windows(2).zip(of_steps) {
        let [from, to] = [ends[0], ends[1]].map(|at| at.saturating_sub(zero).min(positions));
        for relation in &mut relation[from..to] {
            *relation += value;
        }
    }
}

/// Makes a row the numerators of its softmax, and gives their sum.
struct Exponentials<'a>(&'a mut [f32]);

impl Kernel for Exponentials<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> f32 {
        let mut most = [f32::NEG_INFINITY; LANES];
        for values in self.0.chunks(LANES) {
            for (most, &value) in most.iter_mut().zip(values) {
                *most = if value > *most { value } else { *most };
            }
        }
        let most = most.into_iter().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
        let (vectors, tail) = self.0.as_chunks_mut::<LANES>();
        let mut sums = [0.0; LANES];
        for values in vectors {
            for (value, sum) in values.iter_mut().zip(&mut sums) {
                *value = exp(*value - most);
                *sum += *value;
            }
        }
        let mut total = 0.0;
        for sum in sums {
            total += sum;
        }
        for value in tail {
            *value = exp(*value - most);
            total += *value;
        }
        total
    }
}
