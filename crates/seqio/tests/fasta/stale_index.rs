//! Indexes that do not fit their file.

use std::fs;

use ciskit_core::{Edge, ReferenceGenome};
use ciskit_seqio::{FastaError, FastaGenome};

use super::{Folder, Style, all_contigs, spelled_contigs};

const BEFORE: &str = ">a\nACGT\nAC\n>b x\nGGGG\nTT\n>c\nCC\n";

/// The message when an index of `BEFORE` lies beside `text`.
fn message(text: &str) -> String {
    let folder = Folder::new();
    let path = folder.write("x.fa", BEFORE);
    FastaGenome::open(&path).unwrap();
    fs::write(&path, text).unwrap();
    let error = FastaGenome::open(&path).unwrap_err();
    assert!(matches!(error, FastaError::StaleIndex { .. }), "{error}");
    let message = folder.message(&error);
    let message = message.strip_prefix("x.fa.fai does not fit x.fa: ").unwrap();
    message.strip_suffix(" (delete the index to have it built again)").unwrap().to_owned()
}

#[test]
fn a_changed_file_is_noticed_when_it_is_opened() {
    for (change, text, expected) in [
        (
            "another header",
            ">a\nACGT\nAC\n>B x\nGGGG\nTT\n>c\nCC\n",
            r#"contig "b": expected header ">b" up to byte 16, found ">B x""#,
        ),
        (
            "a longer header",
            ">a\nACGT\nAC\n>b xyz\nGGGG\nTT\n>c\nCC\n",
            r#"contig "b": expected header ">b" up to byte 16, found ">b xy""#,
        ),
        (
            "other lines",
            ">a\nACG\nTAC\n>b x\nGGGG\nTT\n>c\nCC\n",
            r#"contig "a": expected "\n" behind 4 bases of line 1, found "T""#,
        ),
        (
            "CRLF",
            ">a\r\nACGT\r\nAC\r\n>b x\r\nGGGG\r\nTT\r\n>c\r\nCC\r\n",
            r#"contig "a": expected header ">a" up to byte 3, found ">a\r""#,
        ),
        (
            "a base more",
            ">a\nACGT\nACA\n>b x\nGGGG\nTT\n>c\nCC\n",
            r#"contig "a": expected a line end and a header behind 6 bases, found "A\n>b x\nGGGG\nTT\n>c\nCC\n""#,
        ),
        (
            "a base less at the end",
            ">a\nACGT\nAC\n>b x\nGGGG\nTT\n>c\nC",
            r#"contig "c": expected bases up to byte 29, found 28 bytes in all"#,
        ),
        (
            "a contig less",
            ">a\nACGT\nAC\n>b x\nGGGG\nTT\n",
            r#"contig "c": expected bases up to byte 29, found 24 bytes in all"#,
        ),
        (
            "a contig more",
            ">a\nACGT\nAC\n>b x\nGGGG\nTT\n>c\nCC\n>d\nA\n",
            r#"contig "c": expected the end of the text behind 2 bases, found "\n>d\nA\n""#,
        ),
        (
            "another order",
            ">b x\nGGGG\nTT\n>a\nACGT\nAC\n>c\nCC\n",
            r#"contig "a": expected header ">a" up to byte 3, found ">b ""#,
        ),
    ] {
        assert_eq!(message(text), expected, "{change}");
    }
    let far = message(&format!("{BEFORE}{}>d\nA\n", "\n".repeat(300)));
    assert!(
        far.starts_with(r#"contig "c": expected the end of the text behind 2 bases, found "\n\n"#),
        "{far}"
    );
}

#[test]
fn harmless_differences_are_none() {
    let folder = Folder::new();
    let path = folder.write("x.fa", BEFORE);
    let genome = all_contigs(&FastaGenome::open(&path).unwrap()).unwrap();
    for text in [BEFORE.trim_end().to_owned(), format!("{BEFORE}\n\n"), BEFORE.replace("CC\n", "CC\r\n")] {
        fs::write(&path, text).unwrap();
        assert_eq!(all_contigs(&FastaGenome::open(&path).unwrap()).unwrap(), genome);
    }
}

#[test]
fn a_line_longer_than_the_index_says_is_noticed_when_it_is_read() {
    // Lines 3 and 4 of 6 exchange a base, which leaves everything else in its place.
    let folder = Folder::new();
    let path = folder.write("x.fa", ">a\nACGT\nACGT\nACGT\nACGT\nACGT\nAC\n");
    FastaGenome::open(&path).unwrap();
    fs::write(&path, ">a\nACGT\nACGT\nACGTA\nCGT\nACGT\nAC\n").unwrap();
    let genome = FastaGenome::open(&path).unwrap();
    assert_eq!(genome.fetch("a", 0..12, Edge::Error).unwrap(), b"ACGTACGTACGT");
    assert_eq!(
        folder.message(&genome.fetch("a", 6..14, Edge::Error).unwrap_err()),
        concat!(
            r#"cannot read a:6-14: x.fa.fai does not fit x.fa: contig "a": expected "\n" behind 4 bases of a line, "#,
            r#"found "A" (delete the index to have it built again)"#
        )
    );
    assert_eq!(
        folder.message(&genome.fetch("a", 12..14, Edge::Error).unwrap_err()),
        concat!(
            r#"cannot read a:12-14: x.fa.fai does not fit x.fa: contig "a": expected a base at position 12, "#,
            r#"found "\n" (delete the index to have it built again)"#
        )
    );
}

#[test]
fn contigs_far_behind_are_looked_at_when_they_are_read() {
    let (mut contigs, _) = spelled_contigs(&[150; 200]);
    let folder = Folder::new();
    let path = folder.write("x.fa", Style::PLAIN.fasta(&contigs));
    FastaGenome::open(&path).unwrap();
    // Another name, and bases that move from one contig to the next, so that the text keeps its length.
    contigs[120].0 = "chr_21".into();
    let moved = contigs[120].1.split_off(148);
    contigs[121].1.extend(moved);
    fs::write(&path, Style::PLAIN.fasta(&contigs)).unwrap();
    let genome = FastaGenome::open(&path).unwrap();
    assert!(genome.fetch("chr120", 0..150, Edge::Error).is_ok());
    assert!(genome.fetch("chr123", 0..150, Edge::Error).is_ok());
    let error = folder.message(&genome.fetch("chr121", 0..150, Edge::Error).unwrap_err());
    assert!(error.contains(r#"contig "chr121": expected header ">chr121" up to byte "#), "{error}");
    assert!(error.contains(r#", found ">chr_21 a contig""#), "{error}");
    assert!(genome.fetch("chr122", 0..10, Edge::Error).is_err());
}

#[test]
fn a_file_that_changes_while_it_is_open_is_noticed() {
    let folder = Folder::new();
    let path = folder.write("x.fa", ">a\nACGT\nACGT\nAC\n");
    let genome = FastaGenome::open(&path).unwrap();
    fs::write(&path, ">a\nAC\nGTACGT\nAC\n").unwrap();
    assert_eq!(
        folder.message(&genome.fetch("a", 0..9, Edge::Error).unwrap_err()),
        concat!(
            r#"cannot read a:0-9: x.fa has changed since it was opened: contig "a": "#,
            r#"expected "\n" behind 4 bases of a line, found "T""#
        )
    );
    fs::write(&path, ">a\nACG").unwrap();
    assert_eq!(
        folder.message(&genome.fetch("a", 0..9, Edge::Error).unwrap_err()),
        "cannot read a:0-9: x.fa is cut off: 11 bytes are missing from byte 3 on"
    );
}

#[test]
fn a_stale_block_index_is_noticed() {
    let (contigs, _) = spelled_contigs(&[10_000]);
    let packed = |block| Style { block: Some(block), ..Style::PLAIN }.fasta(&contigs);
    let folder = Folder::new();
    let path = folder.write("x.fa.gz", packed(500));
    FastaGenome::open(&path).unwrap();
    let gzi = fs::read(folder.path("x.fa.gz.gzi")).unwrap();

    // Packed anew in other blocks: the last block of the index is nowhere.
    fs::write(&path, packed(700)).unwrap();
    let error = folder.message(&FastaGenome::open(&path).unwrap_err());
    assert!(error.starts_with("x.fa.gz.gzi does not fit x.fa.gz: block at byte "), "{error}");
    assert!(error.contains(": expected a bgzip header, found "), "{error}");

    // The last block is there, an inner one begins elsewhere.
    fs::write(&path, packed(500)).unwrap();
    let mut shifted = gzi.clone();
    shifted[8 + 16 * 5] += 1;
    fs::write(folder.path("x.fa.gz.gzi"), &shifted).unwrap();
    let genome = FastaGenome::open(&path).unwrap();
    assert!(genome.fetch("chr1", 0..400, Edge::Error).is_ok());
    let error = folder.message(&genome.fetch("chr1", 0..10_000, Edge::Error).unwrap_err());
    assert!(error.contains("x.fa.gz.gzi does not fit x.fa.gz: block at byte "), "{error}");

    // The places are right, the offsets in the text are not.
    let mut shifted = gzi.clone();
    shifted[8 + 16 * 5 + 8] += 1;
    fs::write(folder.path("x.fa.gz.gzi"), &shifted).unwrap();
    let genome = FastaGenome::open(&path).unwrap();
    let error = folder.message(&genome.fetch("chr1", 0..10_000, Edge::Error).unwrap_err());
    assert!(error.contains("expected 501 bytes of text, found 500"), "{error}");
}

#[test]
fn a_block_index_that_is_none_is_refused() {
    let folder = Folder::new();
    let path = folder.write("x.fa.gz", Style::BGZIP.fasta(&spelled_contigs(&[2_000]).0));
    FastaGenome::open(&path).unwrap();
    let gzi = fs::read(folder.path("x.fa.gz.gzi")).unwrap();
    let mut unordered = gzi.clone();
    unordered[8..16].fill(0xff);
    for bad in [
        b"".to_vec(),
        b"gzi".to_vec(),
        gzi[..gzi.len() - 1].to_vec(),
        [gzi.clone(), vec![0]].concat(),
        unordered,
    ] {
        fs::write(folder.path("x.fa.gz.gzi"), bad).unwrap();
        let error = folder.message(&FastaGenome::open(&path).unwrap_err());
        let expected = "cannot read the block index x.fa.gz.gzi (delete it to have it built again): ";
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn an_index_that_is_none_is_refused() {
    let folder = Folder::new();
    let path = folder.write("x.fa", BEFORE);
    for (fai, expected) in [
        ("", r#"x.fa.fai, line 1: expected a contig, found """#),
        (
            "a\t6\t3\n",
            r#"x.fa.fai, line 1: expected 5 columns (name, length, offset, bases and bytes in a line), found "a\t6\t3""#,
        ),
        ("a\t6\t3\t4\t5\na\t6\t3\t4\t5\n", r#"x.fa.fai, line 2: record "a" occurs twice, first in line 1"#),
    ] {
        folder.write("x.fa.fai", fai);
        assert_eq!(folder.message(&FastaGenome::open(&path).unwrap_err()), expected);
    }
}
