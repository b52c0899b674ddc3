//! Bringing a sequence to a model's length around its centre.
//!
//! One rule decides which side gets the odd base, the rule by which windows are placed around elements: the
//! difference is halved and rounded up on the left, for padding as for trimming. Cutting a window of the same
//! length from the genome and trimming the element's own sequence therefore give the same bases.

/// The letter that fills positions without a known base.
///
/// ```
/// assert_eq!(ciskit_encode::centre(b"A", 3), [ciskit_encode::PAD, b'A', ciskit_encode::PAD]);
/// ```
pub const PAD: u8 = b'N';

/// Where the centred window of `target` bp starts in a sequence of `length` bp.
///
/// Negative where the window sticks out on the left: −⌈(target − length) / 2⌉ when padding,
/// ⌈(length − target) / 2⌉ when trimming. Base `i` of the sequence is base `i − offset` of the window.
///
/// *Units*: bp, 0-based, relative to the sequence's first base; lengths up to `isize::MAX`, the longest a
/// slice can be. *Cost*: constant.
///
/// *Source*: the windows of the published EPIPAM data preparation.
///
/// ```
/// use ciskit_encode::centre_offset;
///
/// assert_eq!(centre_offset(5, 8), -2); // NN+5+N
/// assert_eq!(centre_offset(8, 5), 2); // two bases are cut on the left, one on the right
/// assert_eq!(centre_offset(5, 5), 0);
/// ```
#[must_use]
pub const fn centre_offset(length: usize, target: usize) -> isize {
    let left = length.abs_diff(target).div_ceil(2) as isize;
    if length < target { -left } else { left }
}

/// The centred `target` bp of a sequence ([`centre_offset`]), borrowed; the whole sequence if it is not longer.
///
/// *Shapes*: `sequence` (L), result (min(L, `target`)). *Cost*: constant, no allocation.
///
/// ```
/// assert_eq!(ciskit_encode::centre_trim(b"ACGTTG", 3), b"GTT");
/// assert_eq!(ciskit_encode::centre_trim(b"ACG", 8), b"ACG");
/// ```
#[must_use]
pub fn centre_trim(sequence: &[u8], target: usize) -> &[u8] {
    let start = sequence.len().saturating_sub(target).div_ceil(2);
    &sequence[start..start + target.min(sequence.len())]
}

/// The centred window of a sequence ([`centre_offset`]): padded with `N` or trimmed on both sides to `target`
/// bp.
///
/// *Shapes*: `sequence` (L), result (`target`). *Cost*: O(`target`), one allocation.
///
/// ```
/// use ciskit_encode::centre;
///
/// assert_eq!(centre(b"acgt", 7), b"NNacgtN");
/// assert_eq!(centre(b"acgtt", 2), b"gt");
/// ```
#[must_use]
pub fn centre(sequence: &[u8], target: usize) -> Vec<u8> {
    let mut window = vec![PAD; target];
    centre_into(sequence, &mut window);
    window
}

/// Writes the centred window of a sequence ([`centre`]) into `out`, whose length is the window's.
///
/// *Shapes*: `sequence` (L), `out` of any length. *Cost*: O(length of `out`), no allocation.
///
/// ```
/// let mut window = [0; 4];
/// ciskit_encode::centre_into(b"G", &mut window);
/// assert_eq!(window, *b"NNGN");
/// ```
pub fn centre_into(sequence: &[u8], out: &mut [u8]) {
    let kept = centre_trim(sequence, out.len());
    let left = (out.len() - kept.len()).div_ceil(2);
    let (before, rest) = out.split_at_mut(left);
    let (bases, after) = rest.split_at_mut(kept.len());
    before.fill(PAD);
    bases.copy_from_slice(kept);
    after.fill(PAD);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_base_is_added_and_cut_on_the_left() {
        assert_eq!(centre(b"CG", 4), b"NCGN");
        assert_eq!(centre(b"CG", 5), b"NNCGN");
        assert_eq!(centre(b"ACGT", 2), b"CG");
        assert_eq!(centre(b"ACGTT", 2), b"GT");
    }

    #[test]
    fn empty_sequences_and_windows() {
        assert_eq!(centre(b"", 3), b"NNN");
        assert_eq!(centre(b"ACG", 0), b"");
        assert_eq!(centre(b"", 0), b"");
    }

    #[test]
    fn a_used_slice_is_overwritten_entirely() {
        let mut window = [b'x'; 6];
        centre_into(b"ACG", &mut window);
        assert_eq!(&window, b"NNACGN");
        centre_into(b"TTTTTTTT", &mut window);
        assert_eq!(&window, b"TTTTTT");
    }
}
