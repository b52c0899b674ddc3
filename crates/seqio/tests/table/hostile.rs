//! Files that are not what they should be: one clear sentence each, and nothing lost in silence.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use ciskit_seqio::*;

const BED: &str = "chr1\t0\t5\tfirst\nchr2\t7\t9\tsecond\nchr3\t1\t2\tthird\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn bgzip(text: &str) -> Vec<u8> {
    let mut writer = noodles_bgzf::io::Writer::new(Vec::new());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

/// Places and names of the records, or the first error's message without the folder.
fn records(path: &Path) -> Result<Vec<String>, String> {
    let short = |error: TableError| {
        let folder = format!("{}/", path.parent().unwrap().display());
        error.to_string().replace(&folder, "")
    };
    let reader = BedReader::open(path).map_err(short)?;
    let shown = |record: BedRecord| format!("{} {}", record.element.interval, record.element.key());
    reader.map(|record| record.map(shown).map_err(short)).collect()
}

#[test]
fn every_packing_and_line_end_reads_the_same() {
    let folder = Folder::new();
    let expected = records(&folder.file("plain.bed", BED.as_bytes())).unwrap();
    assert_eq!(expected, ["chr1:0-5 first", "chr2:7-9 second", "chr3:1-2 third"]);
    let (head, tail) = BED.split_at(20);
    for (name, bytes) in [
        ("named.gz", BED.as_bytes().to_vec()),
        ("gzip.bed", gzip(BED)),
        ("bgzip.bed.gz", bgzip(BED)),
        ("members.bed.gz", [gzip(head), gzip(tail)].concat()),
        ("blocks.bed.gz", [bgzip(head), bgzip(tail)].concat()),
        ("crlf.bed", BED.replace('\n', "\r\n").into_bytes()),
        ("mixed.bed", BED.replacen('\n', "\r\n", 1).into_bytes()),
        ("bom.bed", format!("\u{feff}{BED}").into_bytes()),
        ("bom.bed.gz", gzip(&format!("\u{feff}{BED}"))),
        ("no_last_line_end.bed", BED.trim_end().as_bytes().to_vec()),
        ("blank_lines.bed", BED.replace('\n', "\n\n").into_bytes()),
    ] {
        assert_eq!(records(&folder.file(name, &bytes)).as_ref(), Ok(&expected), "{name}");
    }
}

#[test]
fn files_that_are_cut_off_say_where() {
    let folder = Folder::new();
    let long: String = (0..20_000).map(|i| format!("chr1\t{i}\t{}\n", i + 1)).collect();
    for (name, packed) in [("a.bed.gz", gzip(&long)), ("b.bed.gz", bgzip(&long))] {
        let path = folder.file(name, &packed[..packed.len() / 2]);
        let records: Vec<_> = BedReader::open(&path).unwrap().collect();
        let (last, whole) = records.split_last().unwrap();
        assert!(whole.iter().all(Result::is_ok) && whole.len() > 1_000);
        let expected =
            format!("{} is cut off: its compressed data stop in line {}", path.display(), whole.len() + 1);
        assert_eq!(last.as_ref().unwrap_err().to_string(), expected);
    }
    // Between two blocks, where plain gzip would see nothing amiss.
    let whole = bgzip(BED);
    let path = folder.file("end.bed.gz", &whole[..whole.len() - 28]);
    assert_eq!(records(&path).unwrap_err(), "end.bed.gz is cut off: its compressed data stop in line 4");
}

#[test]
fn damaged_and_foreign_bytes() {
    let folder = Folder::new();
    let mut damaged = gzip(BED);
    let middle = damaged.len() - 6;
    damaged[middle] ^= 0xff;
    assert_eq!(
        records(&folder.file("damaged.gz", &damaged)).unwrap_err(),
        "damaged.gz, line 4: the compressed data are damaged from here on"
    );
    assert_eq!(
        records(&folder.file("cr.bed", BED.replace('\n', "\r").as_bytes())).unwrap_err(),
        "cr.bed, line 1, byte 15: CR without LF; lines must end in LF or CRLF (convert CR with: tr '\\r' '\\n')"
    );
    assert_eq!(
        records(&folder.file("latin.bed", b"chr1\t0\t5\nchr1\t0\t5\tna\xefve\n")).unwrap_err(),
        "latin.bed, line 2: expected UTF-8 text, found another encoding or binary data at byte 12"
    );
    assert_eq!(
        records(&folder.file("utf16.bed", b"\xff\xfec\0h\0r\x001\0\n\0")).unwrap_err(),
        "utf16.bed, line 1: expected UTF-8 text, found another encoding or binary data at byte 1"
    );
    assert_eq!(
        records(&folder.file("empty.bed", b"")).unwrap_err(),
        "empty.bed: expected BED lines, found an empty file"
    );
    assert_eq!(
        records(&folder.file("empty.gz", &gzip(""))).unwrap_err(),
        "empty.gz: expected BED lines, found an empty file"
    );
    assert_eq!(
        records(&folder.file("reversed.bed", b"chr1\t9\t5\n")).unwrap_err(),
        "reversed.bed, line 1, column 3 (end): expected a position not before the start, 9, found \"5\""
    );
}

#[test]
fn lines_are_counted_as_editors_do() {
    let folder = Folder::new();
    let csv = "enhancer_name,promoter_name,label\r\n\r\nA|1:1-2,A|1:3-4,1\r\n\r\nA|1:1-2,A|1:3-4\r\n";
    let path = folder.file("blank.csv", csv.as_bytes());
    let rows: Vec<_> = TargetFinderReader::open(&path).unwrap().collect();
    assert!(rows[0].is_ok());
    assert!(
        rows[1].as_ref().unwrap_err().to_string().ends_with("blank.csv, line 5: expected 3 columns, found 2")
    );
    assert_eq!(rows.len(), 2);
}

/// Gives a table of any length without ever holding it.
struct Endless {
    rows: u64,
    pending: Vec<u8>,
}

impl std::io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.pending.is_empty() && self.rows > 0 {
            self.rows -= 1;
            let start = self.rows * 7;
            let row =
                format!("chr1\t{start}\t{}\tchr1\t{start}\t{}\t.\t.\t.\t+\t1\n", start + 500, start + 2_000);
            self.pending = row.into_bytes();
        }
        let count = self.pending.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        Ok(count)
    }
}

#[test]
fn a_long_table_streams() {
    let rows = 200_000;
    let lines = LineReader::new(Endless { rows, pending: Vec::new() }, "endless.bedpe").unwrap();
    let pairs = PairReader::from_lines(lines).unwrap();
    assert_eq!(pairs.extra_columns(), ["column11"]);
    assert_eq!(pairs.map(|record| record.unwrap().extra.len() as u64).sum::<u64>(), rows);
}

#[test]
fn a_write_into_a_read_only_folder_says_so() {
    let missing = Path::new("/proc/no-such-folder/pairs.bedpe");
    let error = PairWriter::create::<&str>(missing, &[]).unwrap_err();
    assert_eq!(error.to_string(), "cannot write /proc/no-such-folder/pairs.bedpe");
    assert!(std::error::Error::source(&error).is_some());
}
