//! The column of one base, and the two ways in which columns lie in memory.
//!
//! Bases are compared, not looked up: the loop over rows then becomes vector code that is bound by its stores,
//! about twice as fast as with a table.

use multiversion::multiversion;

use crate::{ChannelOrder, Layout};

/// The values of a letter in the channels A, C, G, T.
#[inline(always)]
pub(crate) fn letter_column(letter: u8) -> [f32; 4] {
    const IGNORE_CASE: u8 = 0b1101_1111;
    let upper = letter & IGNORE_CASE;
    b"ACGT".map(|base| if upper == base { 1.0 } else { 0.0 })
}

/// The values of a base code in the channels A, C, G, T.
#[inline(always)]
pub(crate) fn code_column(code: u8) -> [f32; 4] {
    [0, 1, 2, 3].map(|base| if code == base { 1.0 } else { 0.0 })
}

/// Writes the columns of `bases` (L) into `out` (4·L).
pub(crate) fn write_columns(
    bases: &[u8],
    column: impl Fn(u8) -> [f32; 4],
    order: ChannelOrder,
    layout: Layout,
    out: &mut [f32],
) {
    match (layout, order) {
        (Layout::ChannelMajor, _) => write_rows(bases, column, order, out),
        (Layout::PositionMajor, ChannelOrder::Acgt) => write_positions(bases, column, out),
        (Layout::PositionMajor, ChannelOrder::Agct) => {
            let swapped = |base| {
                let [a, c, g, t] = column(base);
                [a, g, c, t]
            };
            write_positions(bases, swapped, out);
        }
    }
}

/// Compiled for wide registers too, of which the ones that the CPU has are used: the values are the same.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn write_rows<F: Fn(u8) -> [f32; 4]>(bases: &[u8], column: F, order: ChannelOrder, out: &mut [f32]) {
    let length = bases.len();
    let (a, rest) = out.split_at_mut(length);
    let (second, rest) = rest.split_at_mut(length);
    let (third, t) = rest.split_at_mut(length);
    let t = &mut t[..length]; // its length is then known in the loop, as that of the others
    let (c, g) = match order {
        ChannelOrder::Acgt => (second, third),
        ChannelOrder::Agct => (third, second),
    };
    for (position, &base) in bases.iter().enumerate() {
        [a[position], c[position], g[position], t[position]] = column(base);
    }
}

fn write_positions(bases: &[u8], column: impl Fn(u8) -> [f32; 4], out: &mut [f32]) {
    let (positions, _) = out.as_chunks_mut();
    for (values, &base) in positions.iter_mut().zip(bases) {
        *values = column(base);
    }
}
