//! Packed bases encode as their letters do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::Range;

use ciskit_encode::{
    ChannelOrder, EncodeError, Layout, OneHotValue, PackedBases, PackedSequence, base_codes, base_codes_into,
    base_codes_packed_into, letters_packed_into, one_hot_into, one_hot_packed_into, pack_into,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const ORDERS: [ChannelOrder; 2] = [ChannelOrder::Acgt, ChannelOrder::Agct];
const LAYOUTS: [Layout; 2] = [Layout::ChannelMajor, Layout::PositionMajor];

/// What letters are once they have been packed.
fn packed_letters(sequence: &[u8]) -> Vec<u8> {
    base_codes(sequence).into_iter().map(|code| b"ACGTN"[usize::from(code)]).collect()
}

fn assert_one_hot<T: OneHotValue + PartialEq + std::fmt::Debug>(window: PackedBases, letters: &[u8], old: T) {
    for (order, layout) in ORDERS.into_iter().flat_map(|order| LAYOUTS.map(|layout| (order, layout))) {
        let (mut found, mut expected) = (vec![old; 4 * letters.len()], vec![old; 4 * letters.len()]);
        one_hot_packed_into(window, order, layout, &mut found).unwrap();
        one_hot_into(letters, order, layout, &mut expected).unwrap();
        assert_eq!(found, expected, "{order:?} {layout:?}");
    }
}

/// Every encoding of a window is that of its letters.
fn assert_window(packed: &PackedSequence, sequence: &[u8], range: Range<usize>) {
    let (window, letters) = (packed.window(range.clone()), &sequence[range]);
    assert_eq!((window.len(), window.is_empty()), (letters.len(), letters.is_empty()));
    assert_one_hot(window, letters, 7u8);
    assert_one_hot(window, letters, 7f32);
    let (mut found, mut expected) = (vec![7; letters.len()], vec![7; letters.len()]);
    base_codes_packed_into(window, &mut found).unwrap();
    base_codes_into(letters, &mut expected).unwrap();
    assert_eq!(found, expected);
    letters_packed_into(window, &mut found).unwrap();
    assert_eq!(found, packed_letters(letters));
    let unknown: Vec<usize> = window.unknown().flatten().collect();
    let expected: Vec<usize> = (0..letters.len()).filter(|&place| base_codes(letters)[place] > 3).collect();
    assert_eq!(unknown, expected);
}

/// 400 letters without a pattern, some of them no bases.
fn letters(strange: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut state = 1u64;
    let letter = |place| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let known = b"ACGTacgt"[(state >> 40) as usize % 8];
        if strange(place) { b"NnRU-\0\xff"[(state >> 50) as usize % 7] } else { known }
    };
    (0..400).map(letter).collect()
}

#[test]
fn windows_of_every_offset_and_length() {
    for sequence in [letters(|_| false), letters(|place| place % 29 == 3 || (90..170).contains(&place))] {
        let packed = PackedSequence::new(&sequence);
        for start in 0..=129 {
            for length in 0..=200 {
                // Every offset in a word and every length meet; places of a word once with each.
                if start < 64 && (length < 70 || start % 7 == 0) || length % 13 == 0 {
                    assert_window(&packed, &sequence, start..start + length);
                }
            }
        }
        assert_window(&packed, &sequence, 0..400);
        assert_window(&packed, &sequence, 400..400);
    }
}

proptest! {
    #[test]
    fn windows_of_any_sequence(
        runs in vec((select(b"ACGTacgtNnRYKMSWBDHV-*U\n\0\xff".as_slice()), 1..90usize), 0..12),
        known in vec(select(b"ACGTacgt".as_slice()), 0..200),
        cut in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let mut sequence: Vec<u8> = runs.into_iter().flat_map(|(letter, count)| vec![letter; count]).collect();
        let middle = sequence.len() / 2;
        sequence.splice(middle..middle, known);
        let packed = PackedSequence::new(&sequence);
        prop_assert_eq!(packed.len(), sequence.len());
        let ends = [cut.0, cut.1].map(|end| end.index(sequence.len() + 1));
        assert_window(&packed, &sequence, ends[0].min(ends[1])..ends[0].max(ends[1]));
        assert_window(&packed, &sequence, 0..sequence.len());
    }

    #[test]
    fn pieces_joined_are_the_whole(
        sequence in vec(select(b"ACGTNN".as_slice()), 0..700),
        piece in (1..5usize).prop_map(|words| 64 * words),
    ) {
        let mut words = vec![[9; 2]; sequence.len().div_ceil(64)];
        let mut unknown = Vec::new();
        for (index, (bases, words)) in sequence.chunks(piece).zip(words.chunks_mut(piece / 64)).enumerate() {
            let moved = |run: Range<usize>| index * piece + run.start..index * piece + run.end;
            unknown.extend(pack_into(bases, words).unwrap().into_iter().map(moved));
        }
        prop_assert_eq!(PackedSequence::from_pieces(sequence.len(), words, unknown), PackedSequence::new(&sequence));
    }
}

#[test]
fn slices_of_another_length_are_refused_untouched() {
    let packed = PackedSequence::new(b"ACGTN");
    let refused =
        |encoding, expected, found| Err(EncodeError::OutputLength { encoding, bases: 3, expected, found });
    for (layout, found) in LAYOUTS.into_iter().flat_map(|layout| [11, 13].map(|found| (layout, found))) {
        let mut out = vec![7u8; found];
        let result = one_hot_packed_into(packed.window(1..4), ChannelOrder::Acgt, layout, &mut out);
        assert_eq!(result, refused("one-hot encoding", 12, found));
        assert!(out.iter().all(|&value| value == 7));
    }
    for found in [2, 4] {
        let mut out = vec![7u8; found];
        assert_eq!(base_codes_packed_into(packed.window(1..4), &mut out), refused("base codes", 3, found));
        assert_eq!(letters_packed_into(packed.window(1..4), &mut out), refused("letters", 3, found));
        assert!(out.iter().all(|&value| value == 7));
    }
}

#[test]
fn windows_outside_and_pieces_that_do_not_fit_are_bugs() {
    let panics = |run: &(dyn Fn() + std::panic::RefUnwindSafe)| std::panic::catch_unwind(run).is_err();
    let packed = PackedSequence::new(b"ACGTN");
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is refused")]
    for range in [4..6, 6..6, 3..2, usize::MAX..usize::MAX] {
        assert!(panics(&|| assert!(packed.window(range.clone()).len() < 9)), "{range:?}");
    }
    let runs = |length: usize, words: usize, unknown: &[Range<usize>]| {
        let (words, unknown) = (vec![[0; 2]; words], unknown.to_vec());
        panics(&move || drop(PackedSequence::from_pieces(length, words.clone(), unknown.clone())))
    };
    assert!(runs(65, 1, &[]));
    assert!(runs(4, 1, &[1..2, 3..5]));
    assert!(runs(4, 1, &[2..3, 1..2]));
    assert!(!runs(4, 1, &[1..2, 2..3]));
}
