//! Files that are broken in themselves: one clear sentence each, never a panic, never half a result.

use std::fs;
use std::io::Write;

use ciskit_core::{Edge, ReferenceGenome};
use ciskit_seqio::{FastaGenome, FastaReader, read_fasta};
use flate2::{Compression, write::GzEncoder};

use super::{Folder, Style, all_contigs, spelled_contigs};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn open_message(content: &[u8]) -> String {
    let folder = Folder::new();
    let error = FastaGenome::open(folder.write("x.fa", content)).unwrap_err();
    folder.message(&error)
}

fn stream_message(content: &[u8]) -> String {
    let folder = Folder::new();
    let error = read_fasta(folder.write("x.fa", content)).unwrap_err();
    folder.message(&error)
}

#[test]
fn files_that_cannot_be_indexed() {
    for (content, expected) in [
        (b"".as_slice(), "x.fa holds no FASTA record"),
        (b"\xef\xbb\xbf", "x.fa holds no FASTA record"),
        (b"ACGT\n", r#"x.fa, line 1: expected a header that starts with '>', found "ACGT""#),
        (b"chr1\t5\t9\n", r#"x.fa, line 1: expected a header that starts with '>', found "chr1\t5\t9""#),
        (
            b"\xff\xfe>\0a\0",
            r#"x.fa, line 1: expected a header that starts with '>', found "\xff\xfe>\x00a\x00""#,
        ),
        (b">a\nACGT\n>a\nACGT\n", r#"x.fa, line 3: record "a" occurs twice, first in line 1"#),
        (
            b">a\rACGT\r",
            r"x.fa, line 1, column 3: CR without LF; lines must end in LF or CRLF (convert CR with: tr '\r' '\n')",
        ),
        (
            b">a\nACGT\nAC\nACGT\n",
            r#"x.fa, line 3: 2 bases in a line of contig "a", whose lines have 4; only its last line may be shorter"#,
        ),
    ] {
        assert_eq!(open_message(content), expected);
        // The same text in bgzip blocks.
        assert_eq!(open_message(&Style::BGZIP.pack(content)), expected);
    }
}

#[test]
fn files_that_cannot_be_opened() {
    let folder = Folder::new();
    let missing = folder.path("x.fa");
    assert!(folder.message(&FastaGenome::open(&missing).unwrap_err()).starts_with("cannot open x.fa: "));
    assert!(folder.message(&read_fasta(&missing).unwrap_err()).starts_with("cannot open x.fa: "));
    fs::create_dir(&missing).unwrap();
    assert_eq!(
        folder.message(&FastaGenome::open(&missing).unwrap_err()),
        "cannot open x.fa: not a regular file, so that it cannot be read at random places"
    );
    assert!(folder.message(&read_fasta(&missing).unwrap_err()).starts_with("cannot read x.fa: "));
}

#[test]
fn gzip_without_blocks_is_refused_with_the_remedy() {
    assert_eq!(
        open_message(&gzip(b">a\nACGT\n")),
        "x.fa is gzip, not bgzip, and cannot be read at random places: unpack it with gunzip or repack it with bgzip"
    );
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let folder = Folder::new();
    let path = folder.write("x.fa", b"\xef\xbb\xbf>a\nACGT\nAC\n");
    for _ in 0..2 {
        let genome = FastaGenome::open(&path).unwrap();
        assert_eq!(genome.fetch("a", 2..6, Edge::Error).unwrap(), b"GTAC");
    }
}

#[test]
fn ranges_that_no_contig_holds() {
    let folder = Folder::new();
    let genome = FastaGenome::open(folder.write("x.fa", ">chr1\nACGT\n")).unwrap();
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is refused")]
    let reversed = genome.fetch("chr1", 3..2, Edge::PadN).unwrap_err();
    assert_eq!(reversed.to_string(), "chr1:3-2 is reversed: its start lies behind its end");
    for (range, expected) in [
        (-1..2, "chr1:-1-2 leaves the contig, which has 4 bp"),
        (2..5, "chr1:2-5 leaves the contig, which has 4 bp"),
        (9..12, "chr1:9-12 leaves the contig, which has 4 bp"),
    ] {
        assert_eq!(genome.fetch("chr1", range, Edge::Error).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_bgzip_file_cut_anywhere_is_refused() {
    let (contigs, _) = spelled_contigs(&[700]);
    let whole = Style { block: Some(200), ..Style::PLAIN }.fasta(&contigs);
    for with_index in [false, true] {
        let folder = Folder::new();
        let path = folder.write("x.fa.gz", &whole);
        if with_index {
            FastaGenome::open(&path).unwrap();
        }
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let error = folder.message(&FastaGenome::open(&path).unwrap_err());
            assert!(error.contains("x.fa.gz"), "{error}");
            if length >= 18 && !with_index {
                assert!(error.starts_with("x.fa.gz is cut off: "), "{length} of {}: {error}", whole.len());
            }
        }
    }
}

#[test]
fn the_sentence_says_where_a_bgzip_file_is_cut() {
    let whole = Style::BGZIP.fasta(&spelled_contigs(&[300]).0);
    let data = whole.len() - 28;
    let cut = |length: usize| open_message(&whole[..length]);
    assert_eq!(
        cut(100),
        format!("x.fa is cut off: the bgzip block at byte 0 has {data} bytes, but 100 are left")
    );
    assert_eq!(cut(data), "x.fa is cut off: the empty block at the end of every bgzip file is missing");
    assert_eq!(cut(data + 5), "x.fa is cut off: 5 bytes behind its last whole bgzip block");
}

#[test]
fn a_damaged_byte_never_gives_wrong_bases() {
    let (contigs, _) = spelled_contigs(&[400]);
    let whole = Style { block: Some(300), ..Style::PLAIN }.fasta(&contigs);
    let mut noticed = 0;
    for place in 0..whole.len() {
        for flip in [1, 0x80] {
            let folder = Folder::new();
            let mut damaged = whole.clone();
            damaged[place] ^= flip;
            let path = folder.write("x.fa.gz", damaged);
            let read = FastaGenome::open(&path)
                .map_err(|error| folder.message(&error))
                .and_then(|genome| all_contigs(&genome).map_err(|error| folder.message(&error)));
            match read {
                Ok(read) => assert_eq!(read, contigs, "byte {place}"),
                Err(error) => {
                    assert!(error.contains("x.fa.gz"), "{error}");
                    noticed += 1;
                }
            }
        }
    }
    // Bytes such as the modification time mean nothing.
    assert!(noticed > whole.len() * 3 / 2, "{noticed} of {}", 2 * whole.len());
}

#[test]
fn data_behind_the_end_of_a_bgzip_file_are_refused() {
    let whole = Style::BGZIP.fasta(&spelled_contigs(&[100]).0);
    let error = open_message(&[whole.as_slice(), &[b'x'; 40]].concat());
    let place = whole.len();
    let expected =
        format!(r#"x.fa: the bgzip block at byte {place} is damaged: expected a bgzip header, found ""#);
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn streams_are_refused_with_line_and_column() {
    for (content, expected) in [
        (b"".as_slice(), "x.fa holds no FASTA record"),
        (b"\n\n", "x.fa holds no FASTA record"),
        (b"\nACGT\n", r#"x.fa, line 2: expected a header that starts with '>', found "ACGT""#),
        (b">\nACGT\n", r#"x.fa, line 1: expected a name behind '>', found """#),
        (b">a\nAC>b\nGT\n", r#"x.fa, line 2, column 3: '>' in the sequence of "a" is no base"#),
        (b">a\nAC\n>b\nG7\n", r#"x.fa, line 4, column 2: '7' in the sequence of "b" is no base"#),
        (
            b">a\rACGT\r",
            r"x.fa, line 1, column 3: CR without LF; lines must end in LF or CRLF (convert CR with: tr '\r' '\n')",
        ),
    ] {
        assert_eq!(stream_message(content), expected);
        if !content.is_empty() {
            assert_eq!(stream_message(&gzip(content)), expected);
        }
    }
}

#[test]
fn a_stream_cut_anywhere_is_refused() {
    let text = Style::PLAIN.fasta(&spelled_contigs(&[500, 300]).0);
    for packed in [gzip(&text), Style::BGZIP.pack(&text)] {
        for length in 2..packed.len() {
            let message = stream_message(&packed[..length]);
            assert!(message.starts_with("x.fa is cut off: its data end behind line "), "{length}: {message}");
        }
    }
}

#[test]
fn after_an_error_a_stream_ends() {
    let mut reader = FastaReader::new(b">a\nAC\n>b\nA:C\n>c\nGG\n".as_slice(), "x.fa").unwrap();
    assert_eq!(reader.next().unwrap().unwrap().sequence, b"AC");
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn streams_take_what_is_harmless() {
    let folder = Folder::new();
    let records =
        read_fasta(folder.write("x.fa.gz", b"\xef\xbb\xbf\n>a d e\r\nAC\r\n\r\nGTT\r\n>a\n>b\nn")).unwrap();
    let read: Vec<_> =
        records.iter().map(|r| (r.name.as_str(), r.description.as_str(), r.sequence.as_slice())).collect();
    let expected = [("a", "d e", b"ACGTT".as_slice()), ("a", "", b""), ("b", "", b"n")];
    assert_eq!(read, expected);
}
