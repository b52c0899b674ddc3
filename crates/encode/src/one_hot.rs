//! One-hot encoding: each base a column of four numbers, 1 in the channel of its letter and 0 elsewhere.

use ndarray::{Array2, Array3};

use crate::columns::{code_column, letter_column, write_columns};
use crate::{EncodeError, OneHotValue};

/// Which base each of the four channels stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChannelOrder {
    /// A, C, G, T: the order of this workspace.
    #[default]
    Acgt,
    /// A, G, C, T: the order of the arrays that the published EPIPAM and DeepTACT code prepares.
    Agct,
}

impl ChannelOrder {
    /// The letters of the channels, in order.
    ///
    /// In either order channel `3 - c` is the complement of channel `c`, so the one-hot array of the opposite
    /// strand is the array with both axes reversed.
    ///
    /// ```
    /// assert_eq!(&ciskit_encode::ChannelOrder::Agct.letters(), b"AGCT");
    /// ```
    #[must_use]
    pub const fn letters(self) -> [u8; 4] {
        match self {
            Self::Acgt => *b"ACGT",
            Self::Agct => *b"AGCT",
        }
    }
}

/// How the values of a one-hot array lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Layout {
    /// (4, L): four rows, one a channel, as convolutions in PyTorch and candle take it.
    #[default]
    ChannelMajor,
    /// (L, 4): four values a position, as Keras takes it.
    PositionMajor,
}

impl Layout {
    fn shape(self, length: usize) -> (usize, usize) {
        match self {
            Self::ChannelMajor => (4, length),
            Self::PositionMajor => (length, 4),
        }
    }
}

/// The one-hot array of a sequence; letters other than A, C, G, T (in either case) are zero columns.
///
/// *Shapes*: `sequence` (L); result (4, L) or (L, 4) by `layout`, in standard (row-major) memory order.
/// *Cost*: O(L), one allocation of 16·L bytes.
///
/// ```
/// use ciskit_encode::{ChannelOrder, Layout, one_hot};
/// use ndarray::array;
///
/// let rows = one_hot(b"CaN", ChannelOrder::Acgt, Layout::ChannelMajor);
/// assert_eq!(rows, array![[0., 1., 0.], [1., 0., 0.], [0., 0., 0.], [0., 0., 0.]]);
///
/// let columns = one_hot(b"CaN", ChannelOrder::Agct, Layout::PositionMajor);
/// assert_eq!(columns, array![[0., 0., 1., 0.], [1., 0., 0., 0.], [0., 0., 0., 0.]]);
/// ```
#[must_use]
pub fn one_hot(sequence: &[u8], order: ChannelOrder, layout: Layout) -> Array2<f32> {
    let mut values = vec![0.0; 4 * sequence.len()];
    write_columns(sequence, letter_column, order, layout, &mut values);
    array(values, layout, sequence.len())
}

/// Writes the one-hot array of a sequence ([`one_hot`]) into `out`, as `f32` or `u8`.
///
/// *Shapes*: `sequence` (L); `out` (4·L), holding (4, L) or (L, 4) by `layout` in row-major order.
/// *Cost*: O(L), no allocation; every value of `out` is written once.
///
/// # Errors
///
/// [`EncodeError::OutputLength`] if `out` does not have exactly 4·L values; nothing is written then.
///
/// ```
/// use ciskit_encode::{ChannelOrder, Layout, one_hot_into};
///
/// let mut window = [f32::NAN; 8];
/// one_hot_into(b"GT", ChannelOrder::Acgt, Layout::ChannelMajor, &mut window)?;
/// assert_eq!(window, [0., 0., 0., 0., 1., 0., 0., 1.]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn one_hot_into<T: OneHotValue>(
    sequence: &[u8],
    order: ChannelOrder,
    layout: Layout,
    out: &mut [T],
) -> Result<(), EncodeError> {
    check_output(sequence, out)?;
    write_columns(sequence, letter_column, order, layout, out);
    Ok(())
}

/// The one-hot array of base codes ([`base_codes`](crate::base_codes)); codes above 3 are zero columns.
///
/// *Shapes*: `codes` (L); result (4, L) or (L, 4) by `layout`, in standard (row-major) memory order.
/// *Cost*: O(L), one allocation of 16·L bytes.
///
/// ```
/// use ciskit_encode::{ChannelOrder, Layout, base_codes, one_hot, one_hot_codes};
///
/// let (order, layout) = (ChannelOrder::Agct, Layout::PositionMajor);
/// assert_eq!(one_hot_codes(&base_codes(b"GATnaca"), order, layout), one_hot(b"GATnaca", order, layout));
/// ```
#[must_use]
pub fn one_hot_codes(codes: &[u8], order: ChannelOrder, layout: Layout) -> Array2<f32> {
    let mut values = vec![0.0; 4 * codes.len()];
    write_columns(codes, code_column, order, layout, &mut values);
    array(values, layout, codes.len())
}

/// Writes the one-hot array of base codes ([`one_hot_codes`]) into `out`, as `f32` or `u8`.
///
/// *Shapes*: `codes` (L); `out` (4·L), holding (4, L) or (L, 4) by `layout` in row-major order.
/// *Cost*: O(L), no allocation; every value of `out` is written once.
///
/// # Errors
///
/// [`EncodeError::OutputLength`] if `out` does not have exactly 4·L values; nothing is written then.
///
/// ```
/// use ciskit_encode::{ChannelOrder, Layout, one_hot_codes_into};
///
/// let mut window = [f32::NAN; 8];
/// one_hot_codes_into(&[2, 4], ChannelOrder::Acgt, Layout::PositionMajor, &mut window)?;
/// assert_eq!(window, [0., 0., 1., 0., 0., 0., 0., 0.]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn one_hot_codes_into<T: OneHotValue>(
    codes: &[u8],
    order: ChannelOrder,
    layout: Layout,
    out: &mut [T],
) -> Result<(), EncodeError> {
    check_output(codes, out)?;
    write_columns(codes, code_column, order, layout, out);
    Ok(())
}

/// The one-hot arrays of several sequences of one length, stacked.
///
/// *Shapes*: `sequences` B × (L); result (B, 4, L) or (B, L, 4) by `layout`, in standard (row-major) memory
/// order; (0, 4, 0) or (0, 0, 4) for no sequences. *Cost*: O(B·L), one allocation of 16·B·L bytes.
///
/// # Errors
///
/// [`EncodeError::UnequalLengths`] if a sequence does not have the length of the first.
///
/// ```
/// use ciskit_encode::{ChannelOrder, Layout, one_hot_batch};
///
/// let batch = one_hot_batch(&[b"ACG", b"TTN"], ChannelOrder::Acgt, Layout::ChannelMajor)?;
/// assert_eq!(batch.dim(), (2, 4, 3));
/// assert_eq!(batch[[1, 3, 0]], 1.0); // second sequence, channel T, first base
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn one_hot_batch<S: AsRef<[u8]>>(
    sequences: &[S],
    order: ChannelOrder,
    layout: Layout,
) -> Result<Array3<f32>, EncodeError> {
    let expected = sequences.first().map_or(0, |first| first.as_ref().len());
    let size = 4 * expected;
    let mut values = vec![0.0; size * sequences.len()];
    for (index, sequence) in sequences.iter().enumerate() {
        let sequence = sequence.as_ref();
        if sequence.len() != expected {
            return Err(EncodeError::UnequalLengths { index, expected, found: sequence.len() });
        }
        let window = &mut values[index * size..][..size];
        write_columns(sequence, letter_column, order, layout, window);
    }
    let (rows, columns) = layout.shape(expected);
    let batch = Array3::from_shape_vec((sequences.len(), rows, columns), values);
    Ok(batch.expect("the values were counted by the same product"))
}

fn array(values: Vec<f32>, layout: Layout, length: usize) -> Array2<f32> {
    Array2::from_shape_vec(layout.shape(length), values).expect("the values were counted by the same product")
}

fn check_output<T>(bases: &[u8], out: &[T]) -> Result<(), EncodeError> {
    EncodeError::check_output("one-hot encoding", bases.len(), 4 * bases.len(), out.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_code;

    const ORDERS: [ChannelOrder; 2] = [ChannelOrder::Acgt, ChannelOrder::Agct];
    const LAYOUTS: [Layout; 2] = [Layout::ChannelMajor, Layout::PositionMajor];

    #[test]
    fn every_byte_is_set_in_its_own_channel_only() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        for order in ORDERS {
            let rows = one_hot(&bytes, order, Layout::ChannelMajor);
            for ((channel, position), &value) in rows.indexed_iter() {
                let is_channel = bytes[position].to_ascii_uppercase() == order.letters()[channel];
                assert_eq!(value, f32::from(u8::from(is_channel)), "channel {channel}, byte {position}");
            }
        }
    }

    #[test]
    fn the_layouts_are_each_other_transposed_from_letters_and_from_codes() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        for order in ORDERS {
            for encode in [one_hot, one_hot_codes] {
                let rows = encode(&bytes, order, Layout::ChannelMajor);
                assert_eq!(encode(&bytes, order, Layout::PositionMajor), rows.t());
            }
        }
    }

    #[test]
    fn letters_and_their_codes_encode_alike() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let codes: Vec<u8> = bytes.iter().map(|&byte| base_code(byte)).collect();
        for (order, layout) in ORDERS.into_iter().flat_map(|order| LAYOUTS.map(|layout| (order, layout))) {
            assert_eq!(one_hot_codes(&codes, order, layout), one_hot(&bytes, order, layout));
        }
    }

    #[test]
    fn every_value_of_the_slice_is_overwritten() {
        for (order, layout) in ORDERS.into_iter().flat_map(|order| LAYOUTS.map(|layout| (order, layout))) {
            let mut out = [f32::NAN; 20];
            one_hot_into(b"AcNTG", order, layout, &mut out).unwrap();
            assert_eq!(out.as_slice(), one_hot(b"AcNTG", order, layout).as_slice().unwrap());
            let mut bytes = [7u8; 20];
            one_hot_into(b"AcNTG", order, layout, &mut bytes).unwrap();
            assert_eq!(bytes.map(f32::from), out);
        }
    }

    #[test]
    fn a_slice_of_another_length_is_refused_untouched() {
        for (layout, found) in LAYOUTS.into_iter().flat_map(|layout| [7, 9].map(|found| (layout, found))) {
            let mut out = vec![0.5f32; found];
            let error = one_hot_into(b"AC", ChannelOrder::Acgt, layout, &mut out).unwrap_err();
            let expected =
                EncodeError::OutputLength { encoding: "one-hot encoding", bases: 2, expected: 8, found };
            assert_eq!(error, expected);
            assert_eq!(one_hot_codes_into(&[0, 1], ChannelOrder::Acgt, layout, &mut out), Err(expected));
            assert!(out.iter().all(|&value| value == 0.5));
        }
    }

    #[test]
    fn a_batch_is_its_sequences_stacked() {
        let sequences = [b"ACGTN", b"nnatt", b"GGGGG"];
        for (order, layout) in ORDERS.into_iter().flat_map(|order| LAYOUTS.map(|layout| (order, layout))) {
            let batch = one_hot_batch(&sequences, order, layout).unwrap();
            assert_eq!(batch.shape()[0], 3);
            for (window, sequence) in batch.outer_iter().zip(sequences) {
                assert_eq!(window, one_hot(sequence, order, layout));
            }
        }
    }

    #[test]
    fn batches_without_bases_have_their_shape() {
        let none: [&[u8]; 0] = [];
        let batch = one_hot_batch(&none, ChannelOrder::Acgt, Layout::ChannelMajor).unwrap();
        assert_eq!(batch.dim(), (0, 4, 0));
        let batch = one_hot_batch(&[b"", b""], ChannelOrder::Acgt, Layout::PositionMajor).unwrap();
        assert_eq!(batch.dim(), (2, 0, 4));
    }

    #[test]
    fn a_batch_of_unequal_lengths_names_the_first_that_differs() {
        let sequences: [&[u8]; 4] = [b"ACG", b"ACG", b"AC", b"A"];
        let error = one_hot_batch(&sequences, ChannelOrder::Acgt, Layout::ChannelMajor).unwrap_err();
        assert_eq!(error, EncodeError::UnequalLengths { index: 2, expected: 3, found: 2 });
        assert_eq!(error.to_string(), "sequence 2 of the batch has 2 bp, expected 3 bp as sequence 0 has");
    }
}
