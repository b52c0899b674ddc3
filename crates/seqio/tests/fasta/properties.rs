//! Round trips of random files, and arbitrary bytes.

use std::fs;

use ciskit_core::{Edge, ReferenceGenome};
use ciskit_seqio::{FastaGenome, FastaOptions, FastaWriter, read_fasta};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Folder, Style, all_contigs, in_memory};

fn sequence() -> impl Strategy<Value = Vec<u8>> {
    let letter = proptest::sample::select(b"ACGTNacgtnRY*-.".as_slice());
    prop_oneof![1 => Just(Vec::new()), 9 => vec(letter, 1..300)]
}

fn contigs() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    vec(sequence(), 1..6)
        .prop_map(|sequences| (1..).zip(sequences).map(|(n, s)| (format!("contig|{n}:0-9"), s)).collect())
}

fn style() -> impl Strategy<Value = Style> {
    let block = prop_oneof![Just(None), (1usize..400).prop_map(Some)];
    (1usize..90, proptest::sample::select(vec!["\n", "\r\n"]), block)
        .prop_map(|(width, line_end, block)| Style { width, line_end, block })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_fetched(
        contigs in contigs(),
        style in style(),
        ranges in vec((any::<prop::sample::Index>(), -40i64..340, 0i64..200), 1..20),
    ) {
        let folder = Folder::new();
        let path = folder.write("x.fa", style.fasta(&contigs));
        let truth = in_memory(&contigs);
        // Once with the index built, once with the index read.
        for _ in 0..2 {
            let genome = FastaOptions::new().cache_bytes(0).open(&path).unwrap();
            prop_assert_eq!(genome.contigs(), truth.contigs());
            for (index, start, length) in &ranges {
                let (name, _) = index.get(&contigs);
                let range = *start..start + length;
                let expected = truth.fetch(name, range.clone(), Edge::PadN).unwrap();
                prop_assert_eq!(genome.fetch(name, range, Edge::PadN).unwrap(), expected);
            }
        }
    }

    #[test]
    fn the_index_is_that_of_another_library(contigs in contigs(), width in 1usize..90) {
        // That library refuses contigs without bases.
        let contigs: Vec<_> = contigs.into_iter().filter(|(_, sequence)| !sequence.is_empty()).collect();
        prop_assume!(!contigs.is_empty());
        let folder = Folder::new();
        let path = folder.write("x.fa", Style { width, ..Style::PLAIN }.fasta(&contigs));
        FastaGenome::open(&path).unwrap();
        let ours = noodles_fasta::fai::fs::read(folder.path("x.fa.fai")).unwrap();
        prop_assert_eq!(ours, noodles_fasta::fs::index(path).unwrap());
    }

    #[test]
    fn records_survive_writing_and_reading(contigs in contigs(), width in 0usize..90, pack in any::<bool>()) {
        let mut writer = FastaWriter::new(Vec::new()).line_width(width);
        for (name, sequence) in &contigs {
            writer.write_record(&format!("{name} of somewhere"), sequence).unwrap();
        }
        let text = writer.into_inner();
        let folder = Folder::new();
        let path = folder.write("x.fa", if pack { Style::BGZIP.pack(&text) } else { text });
        let read = read_fasta(path).unwrap();
        prop_assert!(read.iter().all(|record| record.description == "of somewhere"));
        let read: Vec<_> = read.into_iter().map(|record| (record.name, record.sequence)).collect();
        prop_assert_eq!(read, contigs);
    }

    /// An index that has become stale leads to an error or to the right bases, never to wrong ones.
    #[test]
    fn an_inserted_byte_is_noticed_or_harmless(
        contigs in contigs(),
        style in style(),
        place in any::<prop::sample::Index>(),
        byte in proptest::sample::select(b"ACn>\n\r 7".as_slice()),
    ) {
        let folder = Folder::new();
        let plain = Style { block: None, ..style };
        let path = folder.write("x.fa", plain.fasta(&contigs));
        FastaGenome::open(&path).unwrap();
        let mut text = fs::read(&path).unwrap();
        text.insert(place.index(text.len() + 1), byte);
        fs::write(&path, text).unwrap();
        if let Ok(read) = FastaGenome::open(&path).map(|genome| all_contigs(&genome)) {
            prop_assert!(read.is_err() || read.unwrap() == contigs);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        fasta in prop_oneof![vec(any::<u8>(), 0..200), "[>ab\nACGT\r]{0,80}".prop_map(String::into_bytes)],
        fai in prop_oneof![vec(any::<u8>(), 0..60), "([ab]\t[0-9]{1,2}\t[0-9]\t[0-9]\t[0-9]\n){1,3}".prop_map(String::into_bytes)],
        gzi in vec(any::<u8>(), 0..60),
        pack in any::<bool>(),
        with_index in any::<bool>(),
    ) {
        let folder = Folder::new();
        let path = folder.write("x.fa", if pack { Style::BGZIP.pack(&fasta) } else { fasta });
        read_fasta(&path).ok();
        if with_index {
            folder.write("x.fa.fai", fai);
            folder.write("x.fa.gzi", gzi);
        }
        if let Ok(genome) = FastaGenome::open(&path)
            && let Ok(contigs) = all_contigs(&genome)
        {
            for ((_, sequence), contig) in contigs.iter().zip(genome.contigs()) {
                prop_assert_eq!(sequence.len() as u64, contig.length);
                prop_assert!(!sequence.iter().any(|base| b">\r\n ".contains(base)));
            }
        }
    }
}
