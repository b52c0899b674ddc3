//! A packed genome is the file, in upper case and with N for all that is no base.

use std::fs;

use ciskit_core::{Edge, GenomeError, ReferenceGenome};
use ciskit_encode::PackedSequence;
use ciskit_seqio::{FastaGenome, PackedGenome};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Folder, Style, all_contigs, in_memory, spelled_contigs};

type Contigs = Vec<(String, Vec<u8>)>;

fn packed_on(threads: usize, genome: &FastaGenome) -> Result<PackedGenome, GenomeError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| genome.packed())
}

/// What is left of contigs that are packed.
fn forgetful(contigs: &Contigs) -> Contigs {
    let letter = |letter: &u8| match letter.to_ascii_uppercase() {
        known @ (b'A' | b'C' | b'G' | b'T') => known,
        _ => b'N',
    };
    contigs.iter().map(|(name, bases)| (name.clone(), bases.iter().map(letter).collect())).collect()
}

#[test]
fn a_packed_genome_is_the_file() {
    // Pieces of 128 kbp: one contig ends on a border, one just behind, one is empty.
    let (mut contigs, _) = spelled_contigs(&[1 << 17, 0, (1 << 18) + 1, 77]);
    contigs[0].1[1_000..1_100].fill(b'n');
    contigs[2].1[(1 << 17) - 3..(1 << 17) + 5].fill(b'R');
    contigs[2].1[500..1_000].make_ascii_lowercase();
    contigs[3].1[76] = b'-';
    let folder = Folder::new();
    for (name, style) in [("x.fa", Style::PLAIN), ("x.fa.gz", Style { block: Some(60_000), ..Style::PLAIN })]
    {
        let genome = FastaGenome::open(folder.write(name, style.fasta(&contigs))).unwrap();
        for threads in [1, 3] {
            let packed = packed_on(threads, &genome).unwrap();
            assert_eq!(packed.contigs(), genome.contigs());
            assert_eq!(all_contigs(&packed).unwrap(), forgetful(&contigs), "{name}");
            for (index, (_, bases)) in contigs.iter().enumerate() {
                assert_eq!(packed.bases(index), &PackedSequence::new(bases), "{name}");
            }
            let over_the_border = (1 << 17) - 3..(1 << 17) + 5;
            assert_eq!(packed.bases(2).unknown(), [over_the_border]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_range_reads_as_the_letters_do(
        letters in vec((select(b"ACGTacgtNnRY-*.".as_slice()), 1usize..40), 1..40),
        ranges in vec((0usize..3, -50i64..1_700, 0i64..700), 0..40),
        width in 1usize..90,
        edge in select(vec![Edge::PadN, Edge::Error]),
    ) {
        let bases: Vec<u8> = letters.into_iter().flat_map(|(letter, count)| vec![letter; count]).collect();
        let contigs = vec![("chr1".to_owned(), bases.clone()), ("e".to_owned(), vec![]), ("X".to_owned(), bases)];
        let truth = in_memory(&forgetful(&contigs));
        let folder = Folder::new();
        let path = folder.write("x.fa", Style { width, ..Style::PLAIN }.fasta(&contigs));
        let packed = FastaGenome::open(path).unwrap().packed().unwrap();
        for (contig, start, size) in ranges {
            let name = ["1", "e", "chrX"][contig];
            let found = packed.fetch(name, start..start + size, edge).map_err(|error| error.to_string());
            let expected = truth.fetch(name, start..start + size, edge).map_err(|error| error.to_string());
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn what_a_genome_refuses_a_packed_one_refuses() {
    let packed = PackedGenome::new([("chr1", PackedSequence::new(b"ACGTTGCA"))]).unwrap();
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is refused")]
    let reversed = packed.fetch("chr1", 3..2, Edge::PadN);
    assert!(matches!(reversed, Err(GenomeError::Reversed { .. })));
    assert!(matches!(
        packed.fetch("chr1", 7..9, Edge::Error),
        Err(GenomeError::OutOfBounds { length: 8, .. })
    ));
    assert!(packed.fetch("chr1", i64::MIN..i64::MAX, Edge::PadN).is_err());
    assert!(matches!(packed.fetch("chr2", 0..1, Edge::PadN), Err(GenomeError::Contig(_))));
    let twice = ["chr1", "chr1"].map(|name| (name, PackedSequence::default()));
    assert!(matches!(PackedGenome::new(twice), Err(GenomeError::Contig(_))));
}

#[test]
fn a_file_that_is_no_longer_what_it_was_is_not_packed() {
    for found in [b'>', b'\n', b'7', b' '] {
        let (contigs, _) = spelled_contigs(&[300_000]);
        let folder = Folder::new();
        let path = folder.write("x.fa", Style::PLAIN.fasta(&contigs));
        let genome = FastaGenome::open(&path).unwrap();
        let mut text = fs::read(&path).unwrap();
        text[250_000] = found;
        fs::write(&path, text).unwrap();
        for threads in [1, 2] {
            let message = folder.message(&packed_on(threads, &genome).unwrap_err());
            assert!(message.starts_with("cannot read chr1:131072-262144: x.fa"), "{message}");
        }
    }
}

#[test]
fn a_file_cut_off_behind_its_index_is_not_packed() {
    let (contigs, _) = spelled_contigs(&[300_000]);
    let folder = Folder::new();
    for (name, style) in [("x.fa", Style::PLAIN), ("x.fa.gz", Style { block: Some(60_000), ..Style::PLAIN })]
    {
        let path = folder.write(name, style.fasta(&contigs));
        let genome = FastaGenome::open(&path).unwrap();
        let half = fs::read(&path).unwrap();
        fs::write(&path, &half[..half.len() / 2]).unwrap();
        let message = folder.message(&genome.packed().unwrap_err());
        assert!(message.starts_with("cannot read chr1:") && message.contains(name), "{message}");
    }
}
