//! Two bits a base to what networks and people read.

use multiversion::multiversion;

use super::{BASES_A_WORD, PackedBases};
use crate::columns::{code_column, write_positions};
use crate::one_hot_value::spread;
use crate::{ChannelOrder, EncodeError, Layout, OneHotValue, PAD, UNKNOWN};

/// Writes the one-hot array of packed bases into `out`: what [`one_hot_into`](crate::one_hot_into) makes of their
/// letters.
///
/// *Shapes*: `bases` (L); `out` (4·L), holding (4, L) or (L, 4) by `layout` in row-major order.
/// *Cost*: O(L), no allocation.
///
/// # Errors
///
/// [`EncodeError::OutputLength`] if `out` does not have exactly 4·L values; nothing is written then.
///
/// ```
/// use ciskit_encode::{ChannelOrder, Layout, PackedSequence, one_hot_packed_into};
///
/// let genome = PackedSequence::new(b"ACGTNACGT");
/// let mut window = [f32::NAN; 12];
/// one_hot_packed_into(genome.window(3..6), ChannelOrder::Acgt, Layout::ChannelMajor, &mut window)?;
/// assert_eq!(window, [0., 0., 1., 0., 0., 0., 0., 0., 0., 1., 0., 0.]); // T, unknown, A
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn one_hot_packed_into<T: OneHotValue>(
    bases: PackedBases<'_>,
    order: ChannelOrder,
    layout: Layout,
    out: &mut [T],
) -> Result<(), EncodeError> {
    let length = bases.len();
    EncodeError::check_output("one-hot encoding", length, 4 * length, out.len())?;
    match layout {
        Layout::PositionMajor => {
            let swap = |[a, c, g, t]: [T; 4]| match order {
                ChannelOrder::Acgt => [a, c, g, t],
                ChannelOrder::Agct => [a, g, c, t],
            };
            let mut codes = [0; BASES_A_WORD];
            for (index, out) in out.chunks_mut(4 * BASES_A_WORD).enumerate() {
                write_codes(bases.bits(index), &mut codes);
                write_positions(&codes[..out.len() / 4], |code| swap(code_column(code)), out);
            }
            for run in bases.unknown() {
                out[4 * run.start..4 * run.end].fill(T::of(false));
            }
        }
        Layout::ChannelMajor if length == 0 => {}
        Layout::ChannelMajor => {
            write_rows(bases, order, out);
            for run in bases.unknown() {
                out.chunks_exact_mut(length).for_each(|row| row[run.clone()].fill(T::of(false)));
            }
        }
    }
    Ok(())
}

/// Writes the [codes](crate::base_code) of packed bases into `out`: what
/// [`base_codes_into`](crate::base_codes_into) makes of their letters.
///
/// *Shapes*: `bases` (L), `out` (L). *Cost*: O(L), no allocation.
///
/// # Errors
///
/// [`EncodeError::OutputLength`] if `out` does not have the length of `bases`; nothing is written then.
///
/// ```
/// use ciskit_encode::{PackedSequence, base_codes_packed_into};
///
/// let mut codes = [9; 4];
/// base_codes_packed_into(PackedSequence::new(b"CCTGCN").window(2..6), &mut codes)?;
/// assert_eq!(codes, [3, 2, 1, 4]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn base_codes_packed_into(bases: PackedBases<'_>, out: &mut [u8]) -> Result<(), EncodeError> {
    EncodeError::check_output("base codes", bases.len(), bases.len(), out.len())?;
    write_bytes(bases, write_codes, out);
    bases.unknown().for_each(|run| out[run].fill(UNKNOWN));
    Ok(())
}

/// Writes the letters of packed bases into `out`: A, C, G and T, and N for a base that is not known.
///
/// *Shapes*: `bases` (L), `out` (L). *Cost*: O(L), no allocation.
///
/// # Errors
///
/// [`EncodeError::OutputLength`] if `out` does not have the length of `bases`; nothing is written then.
///
/// ```
/// use ciskit_encode::{PackedSequence, letters_packed_into};
///
/// let mut letters = [0; 4];
/// letters_packed_into(PackedSequence::new(b"cctgcr").window(2..6), &mut letters)?;
/// assert_eq!(&letters, b"TGCN");
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn letters_packed_into(bases: PackedBases<'_>, out: &mut [u8]) -> Result<(), EncodeError> {
    EncodeError::check_output("letters", bases.len(), bases.len(), out.len())?;
    write_bytes(bases, write_letters, out);
    bases.unknown().for_each(|run| out[run].fill(PAD));
    Ok(())
}

/// Compiled for wide registers too, of which the ones that the CPU has are used: the values are the same.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn write_rows<T: OneHotValue>(bases: PackedBases<'_>, order: ChannelOrder, out: &mut [T]) {
    let length = bases.len();
    let (a, rest) = out.split_at_mut(length);
    let (second, rest) = rest.split_at_mut(length);
    let (third, t) = rest.split_at_mut(length);
    let (c, g) = match order {
        ChannelOrder::Acgt => (second, third),
        ChannelOrder::Agct => (third, second),
    };
    let channels = |[low, high]: [u64; 2]| [!low & !high, low & !high, !low & high, low & high];
    let rows = [a, c, g, t].map(|row| row.as_chunks_mut::<BASES_A_WORD>());
    let [(a, a_rest), (c, c_rest), (g, g_rest), (t, t_rest)] = rows;
    for (index, (((a, c), g), t)) in a.iter_mut().zip(c).zip(g).zip(t).enumerate() {
        let [a_bits, c_bits, g_bits, t_bits] = channels(bases.bits(index));
        T::of_bits(a_bits, a);
        T::of_bits(c_bits, c);
        T::of_bits(g_bits, g);
        T::of_bits(t_bits, t);
    }
    if !a_rest.is_empty() {
        let mut values = [T::of(false); BASES_A_WORD];
        for (bits, rest) in
            channels(bases.bits(length / BASES_A_WORD)).into_iter().zip([a_rest, c_rest, g_rest, t_rest])
        {
            T::of_bits(bits, &mut values);
            rest.copy_from_slice(&values[..rest.len()]);
        }
    }
}

/// Compiled for wide registers too, of which the ones that the CPU has are used: the bytes are the same.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn write_bytes<F: Fn([u64; 2], &mut [u8; BASES_A_WORD])>(bases: PackedBases<'_>, write: F, out: &mut [u8]) {
    let (blocks, rest) = out.as_chunks_mut::<BASES_A_WORD>();
    for (index, block) in blocks.iter_mut().enumerate() {
        write(bases.bits(index), block);
    }
    if !rest.is_empty() {
        let mut block = [0; BASES_A_WORD];
        write(bases.bits(bases.len() / BASES_A_WORD), &mut block);
        rest.copy_from_slice(&block[..rest.len()]);
    }
}

/// The codes of 64 bases.
#[inline(always)]
fn write_codes(bits: [u64; 2], codes: &mut [u8; BASES_A_WORD]) {
    write_eights(bits, |low, high| low + 2 * high, codes);
}

/// The letters of 64 bases.
#[inline(always)]
fn write_letters(bits: [u64; 2], letters: &mut [u8; BASES_A_WORD]) {
    const A: u64 = u64::from_le_bytes([b'A'; 8]);
    const LOW: u64 = (b'C' - b'A') as u64;
    const HIGH: u64 = (b'G' - b'A') as u64;
    const BOTH: u64 = (b'T' - b'A') as u64 - LOW - HIGH;
    write_eights(bits, |low, high| A + LOW * low + HIGH * high + BOTH * (low & high), letters);
}

/// Eight bases at a time, each a byte of one number: `of` sees bytes of 0 and 1.
#[inline(always)]
fn write_eights([low, high]: [u64; 2], of: impl Fn(u64, u64) -> u64, out: &mut [u8; BASES_A_WORD]) {
    let (eights, _) = out.as_chunks_mut::<8>();
    for ((eight, low), high) in eights.iter_mut().zip(low.to_le_bytes()).zip(high.to_le_bytes()) {
        *eight = of(spread(low), spread(high)).to_le_bytes();
    }
}
