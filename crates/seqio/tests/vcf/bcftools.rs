//! bcftools reads what we write. Where it is not installed, a sentence says so and nothing is tested.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use ciskit_core::Contigs;
use ciskit_seqio::{LineReader, VcfReader, VcfWriter};

/// What bcftools says to a command, and no complaint beside it; `None` without bcftools.
fn bcftools(arguments: &[&str], file: &Path) -> Option<String> {
    match Command::new("bcftools").args(arguments).arg(file).output() {
        Ok(output) => {
            let complaints = String::from_utf8(output.stderr).unwrap();
            // `bcftools norm` counts its records there.
            let quiet = complaints.lines().all(|line| line.starts_with("Lines "));
            assert!(output.status.success() && quiet, "{arguments:?}: {complaints}");
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(missing) => {
            // Past the harness, which shows what a test that passes prints to nobody.
            let said = format!("bcftools is not tested: {missing}\n");
            std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
            None
        }
    }
}

const HEADER: &str = "##fileformat=VCFv4.2\n##FILTER=<ID=PASS,Description=\"All filters passed\">\n\
                      ##contig=<ID=chr1,length=248956422>\n##contig=<ID=chr2,length=242193529>\n\
                      ##INFO=<ID=AC,Number=A,Type=Integer,Description=\"Allele count\">\n\
                      ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
                      #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA1\n";

/// Records, the entry that is written into each, and what `bcftools query` has to say of each allele.
const ROWS: [(&str, &str, &str); 4] = [
    ("chr1 100 rs1 A G 50 PASS AC=1 GT 0|1", "0.5", "chr1 100 A G 0.5\n"),
    ("chr1 200 . A G,<DEL> . . AC=1,2 GT 1|2", "-1.25,.", "chr1 200 A G -1.25\nchr1 200 A <DEL> .\n"),
    (
        "chr2 300 . CT C,*,CTT . PASS . GT 2|3",
        "0,.,1e-06",
        "chr2 300 CT C 0\nchr2 300 CT * .\nchr2 300 CT CTT 1e-06\n",
    ),
    ("chr2 400 bnd G G]chr1:100] . PASS . GT .", ".", "chr2 400 G G]chr1:100] .\n"),
];

#[test]
fn what_is_written_is_what_bcftools_reads() {
    let rows: String = ROWS.iter().map(|(row, ..)| row.replace(' ', "\t") + "\n").collect();
    let lines = LineReader::new(Cursor::new(HEADER.to_owned() + &rows), "in.vcf").unwrap();
    let mut records = VcfReader::from_lines(lines).unwrap();
    let mut header = records.header().clone();
    header.add_contigs(&Contigs::new([("chr1", 248_956_422), ("chrX", 156_040_895)]).unwrap());
    header.add_info("LOG2", "A", "Float", "log2 ratio, \"alternative\" over reference; '\\' and ä");
    let folder = tempfile::tempdir().unwrap();
    for name in ["out.vcf", "out.vcf.gz"] {
        let path = folder.path().join(name);
        let mut writer = VcfWriter::create(&path, &header).unwrap();
        let lines = LineReader::new(Cursor::new(HEADER.to_owned() + &rows), "in.vcf").unwrap();
        records = VcfReader::from_lines(lines).unwrap();
        for (record, (_, value, _)) in (&mut records).zip(ROWS) {
            writer.write_with_info(&record.unwrap(), &[("LOG2", value)]).unwrap();
        }
        writer.finish().unwrap();

        // As text it comes back byte for byte.
        let Some(viewed) = bcftools(&["view", "--no-version"], &path) else { return };
        let mut ours = LineReader::open(&path).unwrap();
        for line in viewed.lines() {
            assert_eq!(line, ours.next_line().unwrap().unwrap().text, "{name}");
        }
        assert!(ours.next_line().unwrap().is_none());

        // An allele a line: every value belongs to its allele (Number=A).
        let split = folder.path().join("split.vcf");
        let normed = bcftools(
            &["norm", "-m", "-any", "--no-version", "--force", "-o", split.to_str().unwrap()],
            &path,
        );
        assert!(normed.is_some());
        let expected: String = ROWS.iter().map(|(.., alleles)| *alleles).collect();
        let values = bcftools(&["query", "-f", "%CHROM %POS %REF %ALT %INFO/LOG2\\n"], &split).unwrap();
        assert_eq!(values, expected, "{name}");
        // bcftools knows every contig, so that the file can be indexed and turned into BCF.
        let names = bcftools(&["view", "--no-version", "-h"], &path).unwrap();
        assert_eq!(names.lines().filter(|line| line.starts_with("##contig=<")).count(), 3, "{names}");
        assert_eq!(bcftools(&["query", "-i", "INFO/LOG2>0.25", "-f", "%ID\\n"], &path).unwrap(), "rs1\n");
    }
}

#[test]
fn a_header_that_does_not_say_what_it_is_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.vcf");
    let bare = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t5\t.\tA\tG\t.\t.\t.\n";
    let mut records = VcfReader::from_lines(LineReader::new(bare.as_bytes(), "in.vcf").unwrap()).unwrap();
    let mut header = records.header().clone();
    header.add_contigs(&Contigs::new([("1", 249_250_621)]).unwrap());
    let mut writer = VcfWriter::create(&path, &header).unwrap();
    writer.write(&records.next().unwrap().unwrap()).unwrap();
    writer.finish().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, format!("##fileformat=VCFv4.2\n##contig=<ID=1,length=249250621>\n{bare}"));
    if let Some(viewed) = bcftools(&["view", "--no-version", "-H"], &path) {
        assert_eq!(viewed, "1\t5\t.\tA\tG\t.\t.\t.\n");
    }
}
