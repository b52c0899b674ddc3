//! VCF files that are not what they should be: one clear sentence each, and the records around are still read.

use std::io::Cursor;

use ciskit_seqio::{LineReader, VcfReader};

use super::packing::{VCF, bgzip, gzip};

const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

/// Each record's position, or why it is none; the header's error alone if that is one.
fn read(bytes: impl AsRef<[u8]>) -> Vec<Result<u64, String>> {
    let lines = LineReader::new(Cursor::new(bytes.as_ref().to_vec()), "a.vcf");
    match lines.and_then(VcfReader::from_lines) {
        Ok(records) => records
            .map(|record| record.map(|r| r.start().map_or(0, |start| start + 1)).map_err(|e| e.to_string()))
            .collect(),
        Err(error) => vec![Err(error.to_string())],
    }
}

fn refused(why: &str) -> Result<u64, String> {
    Err(why.to_owned())
}

#[test]
fn packed_files_that_stop_too_early() {
    for packed in [gzip(VCF), bgzip(VCF)] {
        assert_eq!(read(&packed), [Ok(7), Ok(9)]);
        for length in 2..packed.len() {
            let rows = read(&packed[..length]);
            let last = rows.last().unwrap().as_ref().unwrap_err();
            assert!(
                last.starts_with("a.vcf is cut off: its compressed data stop in line "),
                "{length}: {last}"
            );
        }
    }
}

#[test]
fn a_bad_record_costs_one_record() {
    let good = "1\t5\t.\tA\tC\t.\t.\t.";
    for (bad, why) in [
        ("1\t5\t.\tA\tC\t.\t.", "a.vcf, line 3: expected 8 columns, found 7"),
        ("1\t5\t.\tA\tC\t.\t.\t.\t", "a.vcf, line 3: expected 8 columns, found 9"),
        ("1", "a.vcf, line 3: expected 8 columns, found 1"),
        ("1 5 . A C . . .", "a.vcf, line 3: expected 8 columns, found 1"),
        (
            "1\t-5\t.\tA\tC\t.\t.\t.",
            "a.vcf, line 3, column 2 (POS): expected a position, a whole number of 0 or more, found \"-5\"",
        ),
        (
            "1\t99999999999999999999\t.\tA\tC\t.\t.\t.",
            "a.vcf, line 3, column 2 (POS): expected a position of at most 9223372036854775807, found \
             \"99999999999999999999\"",
        ),
        (
            "1\t5\t.\tA\0\tC\t.\t.\t.",
            "a.vcf, line 3: expected UTF-8 text, found another encoding or binary data at byte 8",
        ),
        ("\0\0\0\0", "a.vcf, line 3: expected UTF-8 text, found another encoding or binary data at byte 1"),
        // Files put together by `cat`: their second header is no record.
        ("##fileformat=VCFv4.2", "a.vcf, line 3: expected 8 columns, found 1"),
        (
            COLUMNS.trim_end(),
            "a.vcf, line 3, column 2 (POS): expected a position, a whole number of 0 or more, found \"POS\"",
        ),
    ] {
        let text = format!("{COLUMNS}{good}\n{bad}\n{good}\n");
        assert_eq!(read(&text), [Ok(5), refused(why), Ok(5)], "{bad:?}");
        assert_eq!(read(text.replace('\n', "\r\n")), [Ok(5), refused(why), Ok(5)], "{bad:?}");
    }
}

#[test]
fn positions_at_the_ends_of_what_there_is() {
    let record = |position: u64| format!("{COLUMNS}1\t{position}\t.\tA\tC\t.\t.\t.\n");
    for position in [0, 1, u64::from(u32::MAX) + 1, i64::MAX as u64] {
        assert_eq!(read(record(position)), [Ok(position)]);
    }
}

#[test]
fn lines_of_megabytes() {
    let (bases, entries) = ("ACGT".repeat(1 << 19), "X=1;".repeat(1 << 19));
    let text = format!("{COLUMNS}1\t5\t.\t{bases}\tC\t.\t.\t{entries}\n1\t6\t.\tA\t{bases},<DEL>\t.\t.\t.\n");
    let lines = LineReader::new(Cursor::new(text), "a.vcf").unwrap();
    let records: Vec<_> = VcfReader::from_lines(lines).unwrap().map(Result::unwrap).collect();
    assert_eq!(records[0].variants().next().unwrap().unwrap().interval().len(), 1 << 21);
    assert_eq!(records[1].alternatives()[0].bases().unwrap().len(), 1 << 21);
    // A header that is one long line: the message holds its start only.
    let message = read("#".repeat(5 << 20)).pop().unwrap().unwrap_err();
    assert!(message.len() < 200, "{message}");
}

#[test]
fn files_that_are_something_else() {
    for (bytes, why) in [
        (
            &b"chr1\t5\t9\n"[..],
            "a.vcf, line 1: expected #CHROM POS ID REF ALT QUAL FILTER INFO, separated by tabs, found \"chr1\\t5\\t9\"",
        ),
        (
            b"BCF\x02\x02\0\0",
            "a.vcf, line 1: expected UTF-8 text, found another encoding or binary data at byte 6",
        ),
        (b"\0", "a.vcf, line 1: expected UTF-8 text, found another encoding or binary data at byte 1"),
        (b"", "a.vcf: expected a VCF header that ends with the line #CHROM, found an empty file"),
    ] {
        assert_eq!(read(bytes), [refused(why)]);
    }
}
