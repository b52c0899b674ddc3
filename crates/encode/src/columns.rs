//! The column of one base, and the two ways in which columns lie in memory.
//!
//! Bases are compared, not looked up: the loop over rows then becomes vector code that is bound by its stores,
//! about twice as fast as with a table.

use multiversion::multiversion;

use crate::{ChannelOrder, Layout, OneHotValue};

/// The values of a letter in the channels A, C, G, T.
#[inline(always)]
pub(crate) fn letter_column<T: OneHotValue>(letter: u8) -> [T; 4] {
    const IGNORE_CASE: u8 = 0b1101_1111;
    let upper = letter & IGNORE_CASE;
    b"ACGT".map(|base| T::of(upper == base))
}

/// The values of a base code in the channels A, C, G, T.
#[inline(always)]
pub(crate) fn code_column<T: OneHotValue>(code: u8) -> [T; 4] {
    [0, 1, 2, 3].map(|base| T::of(code == base))
}

/// Writes the columns of `bases` (L) into `out` (4·L).
pub(crate) fn write_columns<T: OneHotValue>(
    bases: &[u8],
    column: impl Fn(u8) -> [T; 4],
    order: ChannelOrder,
    layout: Layout,
    out: &mut [T],
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
fn write_rows<T: OneHotValue, F: Fn(u8) -> [T; 4]>(
    bases: &[u8],
    column: F,
    order: ChannelOrder,
    out: &mut [T],
) {
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

/// Writes the columns of `bases` (L) into `out` (L, 4).
pub(crate) fn write_positions<T: OneHotValue>(bases: &[u8], column: impl Fn(u8) -> [T; 4], out: &mut [T]) {
    let (positions, _) = out.as_chunks_mut();
    for (values, &base) in positions.iter_mut().zip(bases) {
        *values = column(base);
    }
}
