//! A million rows of every pair list, ten million variants: read in seconds, and in the memory of one row.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and shows its times")]

use std::io::Read;
use std::time::Instant;

use ciskit_seqio::*;

const ROWS: u64 = 1_000_000;
const VARIANTS: u64 = 10 * ROWS;

/// A table of any length that is never held.
struct Rows {
    header: &'static str,
    row: fn(u64) -> String,
    rows: u64,
    next: u64,
    pending: Vec<u8>,
    given: usize,
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.pending.len() {
            self.pending.clear();
            self.given = 0;
            if self.next == 0 {
                self.pending.extend_from_slice(self.header.as_bytes());
            }
            for row in self.next..self.rows.min(self.next + 100) {
                self.pending.extend_from_slice((self.row)(row).as_bytes());
            }
            self.next = self.rows.min(self.next + 100);
        }
        let count = buffer.len().min(self.pending.len() - self.given);
        buffer[..count].copy_from_slice(&self.pending[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// Enhancer and promoter of a row, 10 bp each, on one of 20 contigs.
fn places(row: u64) -> [(String, u64, u64); 2] {
    let (contig, start) = (format!("chr{}", 1 + row * 20 / ROWS), 1_000 + row * 7);
    [(contig.clone(), start, start + 10), (contig, start + 50_000, start + 50_010)]
}

fn target_finder(row: u64) -> String {
    let [(a, b, c), (d, e, f)] = places(row);
    format!("K562|{a}:{b}-{c},K562|{d}:{e}-{f},{},0\n", row % 2)
}

fn cboep(row: u64) -> String {
    let [(a, b, c), (d, e, f)] = places(row);
    format!("{},50000.0,{a},{b},{c},K562|{a}:{b}-{c},{d},{e},{f},K562|{d}:{e}-{}\n", row % 2, e + 1)
}

fn chia_pet(row: u64) -> String {
    let [(a, b, c), (d, e, f)] = places(row);
    format!("{a},{b},{c},{a}:{b}..{c},{d},{e},{f},{d}:{e}..{f},{}\n", row % 2)
}

fn bedpe(row: u64) -> String {
    let [(a, b, c), (d, e, f)] = places(row);
    format!("{a}\t{b}\t{c}\t{d}\t{e}\t{f}\tp{row}\t12\t+\t-\n")
}

fn hiccups(row: u64) -> String {
    let [(a, b, c), (d, e, f)] = places(row);
    format!("{a}\t{b}\t{c}\t{d}\t{e}\t{f}\t9\t{}\t{}\tp\tNA\tNA\tNA\n", b + 1, b + 21)
}

fn bengi(row: u64) -> String {
    let [(a, b, c), (d, e, f)] = places(row);
    format!(
        "{}\t50000.0\t{a}\t{b}\t{c}\t{a}:{b}-{c}|K562|E{row}\t{d}\t{e}\t{f}\t{d}:{e}-{f}|K562|G|T|+\n",
        row % 2
    )
}

fn crispr(row: u64) -> String {
    let [(a, b, c), (d, e, f)] = places(row);
    format!("{a}\t{b}\t{c}\tpair{row}\t-0.25\t{d}\t{e}\t{f}\tMYC\tTRUE\tK562\tFALSE\n")
}

fn vcf(row: u64) -> String {
    format!(
        "chr{}\t{}\trs{row}\tC\tT,CAG\t50\tPASS\tAC=1,2;AN=100\n",
        1 + row * 20 / VARIANTS,
        1_000 + row * 7
    )
}

fn variant_row(row: u64) -> String {
    format!("chr{}\t{}\tC\tT\trs{row}\t0.25\n", 1 + row * 20 / VARIANTS, 1_000 + row * 7)
}

const VCF: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
const CRISPR: &str = "chrom\tchromStart\tchromEnd\tname\tEffectSize\tchrTSS\tstartTSS\tendTSS\tmeasuredGeneSymbol\t\
                      ValidConnection\tCellType\tRegulated\n";
const CBOEP: &str = "label,enhancer_distance_to_promoter,enhancer_chrom,enhancer_start,enhancer_end,enhancer_name,\
                     promoter_chrom,promoter_start,promoter_end,promoter_name\n";
const HICCUPS: &str =
    "chr1\tx1\tx2\tchr2\ty1\ty2\to\tmotif_x1\tmotif_x2\torientation_1\tmotif_y1\tmotif_y2\torientation_2\n";

/// Most memory that the process has used so far, in MiB, where the system tells.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib / 1_024)
}

fn read<T>(
    format: &str,
    header: &'static str,
    row: fn(u64) -> String,
    rows: u64,
    reader: fn(LineReader) -> Result<T, TableError>,
) where
    T: Iterator<Item: Passed>,
{
    let lines =
        LineReader::new(Rows { header, row, rows, next: 0, pending: Vec::new(), given: 0 }, format).unwrap();
    let (start, before) = (Instant::now(), most_memory());
    let read = reader(lines).unwrap().map(Passed::pass).count() as u64;
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(read, rows, "{format}");
    println!("{format}: {rows} rows in {seconds:.2} s");
    if let (Some(before), Some(after)) = (before, most_memory()) {
        assert!(after - before < 8, "{format}: from {before} to {after} MiB");
    }
    assert!(seconds < 60.0 * (rows / ROWS) as f64, "{format}: {seconds} s");
}

/// A row that was read without fault.
trait Passed {
    fn pass(self);
}

impl<T> Passed for Result<T, TableError> {
    fn pass(self) {
        self.unwrap();
    }
}

#[test]
#[ignore = "a million rows of every format take a while"]
fn a_million_pairs_stream() {
    let names = "enhancer_name,promoter_name,label,CTCF (window)\n";
    read("targetfinder", names, target_finder, ROWS, TargetFinderReader::from_lines);
    read("targetfinder-training", names, target_finder, ROWS, TargetFinderFeatureReader::from_lines);
    read("cboep", CBOEP, cboep, ROWS, CboepReader::from_lines);
    let regions = "chr_r1,start_r1,end_r1,name_r1,chr_r2,start_r2,end_r2,name_r2,label\n";
    read("chiapet-epipam", regions, chia_pet, ROWS, ChiaPetReader::from_lines);
    read("bedpe", "", bedpe, ROWS, PairReader::from_lines);
    read("hiccups", HICCUPS, hiccups, ROWS, HiccupsReader::from_lines);
    read("bengi", "", bengi, ROWS, |lines| Ok(BengiReader::from_lines(lines)));
    read("crispr", CRISPR, crispr, ROWS, CrisprReader::from_lines);
}

#[test]
#[ignore = "ten million variants take a while"]
fn ten_million_variants_stream() {
    read("vcf", VCF, vcf, VARIANTS, VcfReader::from_lines);
    read("variant table", "", variant_row, VARIANTS, VariantTableReader::from_lines);
}
