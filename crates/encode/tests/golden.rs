//! The encodings of the reference implementation, number by number.

#![allow(clippy::unwrap_used, reason = "a golden file that reads otherwise fails the test")]

use ciskit_encode::{
    ChannelOrder, Layout, base_codes, centre_offset, kmer_ids, kmer_ids_padded, one_hot, one_hot_codes,
    reverse_complement, reverse_complement_codes,
};
use ndarray::Array2;
use serde_json::Value;

fn read(relative: &str) -> Value {
    let path = ciskit_fixtures::shared(relative);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn golden() -> Value {
    read("golden/encode/encode.json")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key}"))
}

fn ids(value: &Value, key: &str) -> Vec<u32> {
    list(value, key).iter().map(|id| u32::try_from(id.as_u64().unwrap()).unwrap()).collect()
}

/// Rows of the characters 0 and 1 as an array (4, L).
fn rows(rows: [&str; 4]) -> Array2<f32> {
    Array2::from_shape_fn((4, rows[0].len()), |(row, column)| {
        f32::from(rows[row].as_bytes()[column].checked_sub(b'0').unwrap())
    })
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn codes_and_reverse_complements() {
    let golden = golden();
    assert_eq!(list(&golden, "cases").len(), 17);
    for case in list(&golden, "cases") {
        let name = text(case, "name");
        let sequence = text(case, "sequence").as_bytes();
        let codes: Vec<u8> = text(case, "codes").bytes().map(|digit| digit - b'0').collect();
        let opposite = text(case, "reverse_complement").as_bytes();
        assert_eq!(base_codes(sequence), codes, "{name}");
        assert_eq!(reverse_complement(sequence), opposite, "{name}");
        assert_eq!(reverse_complement_codes(&codes), base_codes(opposite), "{name}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn one_hot_in_both_orders_and_layouts() {
    let golden = golden();
    for case in list(&golden, "cases") {
        let name = text(case, "name");
        let sequence = text(case, "sequence").as_bytes();
        let codes = base_codes(sequence);
        let acgt = rows(["A", "C", "G", "T"].map(|base| text(&case["one_hot_acgt"], base)));
        let agct = rows([0, 1, 2, 3].map(|row| case["one_hot_agct_rows"][row].as_str().unwrap()));
        for (order, expected) in [(ChannelOrder::Acgt, acgt), (ChannelOrder::Agct, agct)] {
            assert_eq!(one_hot(sequence, order, Layout::ChannelMajor), expected, "{name}");
            assert_eq!(one_hot(sequence, order, Layout::PositionMajor), expected.t(), "{name}");
            assert_eq!(one_hot_codes(&codes, order, Layout::ChannelMajor), expected, "{name}");
            assert_eq!(one_hot_codes(&codes, order, Layout::PositionMajor), expected.t(), "{name}");
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn kmer_ids_bare_padded_and_cut() {
    let golden = golden();
    let mut lists = 0;
    for case in list(&golden, "cases") {
        let name = text(case, "name");
        for entry in list(case, "kmer_ids") {
            let of = entry.get("of").map_or("sequence", |of| of.as_str().unwrap());
            let sequence = text(case, of).as_bytes();
            let k = entry["k"].as_u64().unwrap() as usize;
            let found = match entry["length"].as_u64() {
                None => kmer_ids(sequence, k).unwrap(),
                Some(length) => kmer_ids_padded(sequence, k, length as usize).unwrap(),
            };
            assert_eq!(found, ids(entry, "ids"), "{name}, k {k}, length {}, of {of}", entry["length"]);
            lists += 1;
        }
    }
    assert_eq!(lists, 61);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn whole_windows_of_6_mers() {
    let golden = golden();
    assert_eq!(list(&golden, "full").len(), 2);
    for window in list(&golden, "full") {
        let number = |key: &str| window[key].as_u64().unwrap();
        let sequence = text(window, "sequence").as_bytes();
        assert_eq!(sequence.len() as u64, number("length"));
        let unknown = base_codes(sequence).iter().filter(|&&code| code == ciskit_encode::UNKNOWN).count();
        assert_eq!(unknown as u64, number("n_to") - number("n_from"));

        let found = kmer_ids_padded(sequence, 6, sequence.len()).unwrap();
        let (head, tail) = (ids(window, "ids_head"), ids(window, "ids_tail"));
        assert!(found.starts_with(&head));
        assert!(found.ends_with(&tail));
        assert_eq!(found.iter().filter(|&&id| id != 0).count() as u64, number("ids_nonzero"));
        assert_eq!(found.iter().map(|&id| u64::from(id)).sum::<u64>(), number("ids_sum"));
        let weighted = (0..).zip(&found).map(|(position, &id)| position * u64::from(id)).sum::<u64>();
        assert_eq!(weighted, number("ids_weighted_sum"));
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn centring_agrees_with_the_windows_of_elements() {
    let windows = read("golden/epi/windows.json");
    let mut inside = 0;
    for case in list(&windows, "cases") {
        let number = |key: &str| case[key].as_i64().unwrap();
        let (start, end, length) = (number("start"), number("end"), number("length"));
        let offset = centre_offset((end - start) as usize, length as usize);
        let expected = start + offset as i64 - case["jitter"].as_i64().unwrap_or(0);
        // Windows that the contig's ends moved are not centred.
        if expected >= 1 && expected + length <= number("chrom_size") {
            assert_eq!(case["window"][0].as_i64(), Some(expected), "{case}");
            inside += 1;
        }
    }
    assert_eq!(inside, 32);
}
