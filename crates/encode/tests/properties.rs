//! Laws that every sequence obeys.

use ciskit_encode::{
    ChannelOrder, Layout, MAX_K, PAD, base_codes, centre, centre_offset, centre_trim, kmer_ids,
    kmer_ids_padded, one_hot, reverse_complement, reverse_complement_codes, reverse_complement_in_place,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Mostly bases, so that long k-mers survive; some other letters, and any byte at all.
fn sequences() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![
        40 => select(b"ACGTacgt".as_slice()),
        1 => select(b"RYKMSWBDHVNrykmswbdhvnUu-".as_slice()),
        1 => any::<u8>(),
    ];
    vec(letter, 0..200)
}

/// The definition, digit by digit.
fn naive_kmer_ids(sequence: &[u8], k: usize) -> Vec<u32> {
    let id = |kmer: &[u8]| {
        let digits: Option<Vec<usize>> = kmer
            .iter()
            .map(|letter| b"ACGT".iter().position(|base| base.eq_ignore_ascii_case(letter)))
            .collect();
        digits.map_or(0, |digits| {
            let terms =
                digits.iter().enumerate().map(|(i, &digit)| digit as u32 * 4u32.pow((k - 1 - i) as u32));
            1 + terms.sum::<u32>()
        })
    };
    sequence.windows(k).map(id).collect()
}

proptest! {
    #[test]
    fn reverse_complement_twice_is_the_sequence(sequence in sequences()) {
        let once = reverse_complement(&sequence);
        prop_assert_eq!(&reverse_complement(&once), &sequence);

        let mut in_place = sequence;
        reverse_complement_in_place(&mut in_place);
        prop_assert_eq!(in_place, once);
    }

    #[test]
    fn codes_of_the_reverse_complement_are_the_reverse_complement_of_the_codes(sequence in sequences()) {
        prop_assert_eq!(
            base_codes(&reverse_complement(&sequence)),
            reverse_complement_codes(&base_codes(&sequence))
        );
    }

    #[test]
    fn one_hot_of_the_reverse_complement_has_both_axes_reversed(
        sequence in sequences(),
        order in select(vec![ChannelOrder::Acgt, ChannelOrder::Agct]),
        layout in select(vec![Layout::ChannelMajor, Layout::PositionMajor]),
    ) {
        let mut forward = one_hot(&sequence, order, layout);
        forward.invert_axis(ndarray::Axis(0));
        forward.invert_axis(ndarray::Axis(1));
        prop_assert_eq!(one_hot(&reverse_complement(&sequence), order, layout), forward);
    }

    #[test]
    fn kmer_ids_follow_the_definition(sequence in sequences(), k in 1..=MAX_K) {
        prop_assert_eq!(kmer_ids(&sequence, k).unwrap(), naive_kmer_ids(&sequence, k));
    }

    #[test]
    fn padded_kmer_ids_are_the_last_ids_after_zeros(
        sequence in sequences(),
        k in 1..=MAX_K,
        length in 0..250usize,
    ) {
        let ids = naive_kmer_ids(&sequence, k);
        let kept = &ids[ids.len().saturating_sub(length)..];
        let mut expected = vec![0; length - kept.len()];
        expected.extend(kept);
        prop_assert_eq!(kmer_ids_padded(&sequence, k, length).unwrap(), expected);
    }

    #[test]
    fn a_centred_window_holds_each_base_at_its_offset_and_pads_the_rest(
        sequence in sequences(),
        target in 0..300usize,
    ) {
        let offset = centre_offset(sequence.len(), target);
        let window = centre(&sequence, target);
        prop_assert_eq!(window.len(), target);
        for (position, &letter) in (offset..).zip(&window) {
            let expected = usize::try_from(position).ok().and_then(|position| sequence.get(position));
            prop_assert_eq!(letter, *expected.unwrap_or(&PAD));
        }
    }

    #[test]
    fn both_sides_of_a_centred_window_differ_by_the_odd_base(length in 0..500usize, target in 0..500usize) {
        // Bases added (or cut, when negative) on each side.
        let left = -centre_offset(length, target);
        let right = target as isize - length as isize - left;
        prop_assert!(left.abs() - right.abs() == (length.abs_diff(target) % 2) as isize);
        prop_assert!(left.signum() * right.signum() >= 0);
    }

    #[test]
    fn trimming_is_centring_without_padding(sequence in sequences(), target in 0..300usize) {
        let length = sequence.len().min(target);
        prop_assert_eq!(centre_trim(&sequence, target), centre(&sequence, length));
    }
}
