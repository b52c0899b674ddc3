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
            let mut codes = [0; STRETCH];
            for (index, out) in out.chunks_mut(4 * STRETCH).enumerate() {
                let codes = &mut codes[..out.len() / 4];
                write_bytes(bases.part(index * STRETCH, codes.len()), eight_codes, codes);
                write_positions(codes, |code| swap(code_column(code)), out);
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
    write_bytes(bases, eight_codes, out);
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
    write_bytes(bases, eight_letters, out);
    bases.unknown().for_each(|run| out[run].fill(PAD));
    Ok(())
}

/// Words whose bits are made ready at a time.
const WORDS: usize = 32;
const STRETCH: usize = WORDS * BASES_A_WORD;

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
    let mut rows = [a, c, g, t];
    for start in (0..length).step_by(STRETCH) {
        let stretch = start..length.min(start + STRETCH);
        let count = stretch.len().div_ceil(BASES_A_WORD);
        let (mut low, mut high, mut hot) = ([0; WORDS], [0; WORDS], [[0; 8]; WORDS]);
        bases.planes(start / BASES_A_WORD, &mut low[..count], &mut high[..count]);
        for (channel, row) in rows.iter_mut().enumerate() {
            // Bits are flipped so that those of this channel's code become 1.
            let flip = |bit: usize| if channel & bit == 0 { u64::MAX } else { 0 };
            let (flip_low, flip_high) = (flip(1), flip(2));
            for ((hot, low), high) in hot.iter_mut().zip(low).zip(high) {
                *hot = ((low ^ flip_low) & (high ^ flip_high)).to_le_bytes();
            }
            T::of_bits(hot[..count].as_flattened(), &mut row[stretch.clone()]);
        }
    }
}

/// Writes a byte a base, which `of` makes of the low and the high bits of eight, each a byte of 0 or 1.
///
/// Compiled for wide registers too, of which the ones that the CPU has are used: the bytes are the same.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn write_bytes<F: Fn(u64, u64) -> u64>(bases: PackedBases<'_>, of: F, out: &mut [u8]) {
    for (out, first) in out.chunks_mut(STRETCH).zip((0..).step_by(WORDS)) {
        let count = out.len().div_ceil(BASES_A_WORD);
        let (mut low, mut high) = ([0; WORDS], [0; WORDS]);
        bases.planes(first, &mut low[..count], &mut high[..count]);
        let (low, high) = (low.map(u64::to_le_bytes), high.map(u64::to_le_bytes));
        let (low, high) = (low.as_flattened(), high.as_flattened());
        let (eights, rest) = out.as_chunks_mut::<8>();
        for ((eight, &low), &high) in eights.iter_mut().zip(low).zip(high) {
            *eight = of(spread(low), spread(high)).to_le_bytes();
        }
        if !rest.is_empty() {
            let bytes = of(spread(low[eights.len()]), spread(high[eights.len()])).to_le_bytes();
            rest.copy_from_slice(&bytes[..rest.len()]);
        }
    }
}

/// The codes of eight bases.
#[inline(always)]
fn eight_codes(low: u64, high: u64) -> u64 {
    low + 2 * high
}

/// The letters of eight bases.
#[inline(always)]
fn eight_letters(low: u64, high: u64) -> u64 {
    const A: u64 = u64::from_le_bytes([b'A'; 8]);
    const LOW: u64 = (b'C' - b'A') as u64;
    const HIGH: u64 = (b'G' - b'A') as u64;
    const BOTH: u64 = (b'T' - b'A') as u64 - LOW - HIGH;
    A + LOW * low + HIGH * high + BOTH * (low & high)
}
