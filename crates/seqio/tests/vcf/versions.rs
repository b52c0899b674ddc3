//! Each version of VCF 4 has records that the one before did not know.

use std::io::Cursor;

use ciskit_core::{Allele, VariantKind};
use ciskit_seqio::{LineReader, VcfReader};

const FIXED: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

/// Version, header lines and records (columns separated by blanks) as the specifications show them.
const VERSIONS: [(&str, &[&str], &[&str]); 5] = [
    (
        "VCFv4.1",
        &[
            "##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Total Depth\">",
            "##FILTER=<ID=q10,Description=\"Quality below 10\">",
        ],
        &[
            "20 14370 rs6054257 G A 29 PASS DP=14 GT 0|0",
            "20 1230237 . T . 47 PASS DP=13 GT 0/0",
            "2 321681 bnd_W G G]17:198982] 6 PASS . GT .",
        ],
    ),
    (
        "VCFv4.2",
        &[
            "##contig=<ID=20,length=62435964,assembly=B36,md5=f126cdf8,species=\"Homo sapiens\",taxonomy=x>",
            "##ALT=<ID=DUP:TANDEM,Description=\"Tandem Duplication\">",
        ],
        &[
            "20 1110696 rs6040355 A G,T 67 PASS AA=T GT 1|2",
            "20 2827694 rs2376870 CGTGGATGCGGGGAC C . PASS SVTYPE=DEL GT 1/1",
            "20 4477084 . C <DUP:TANDEM> . . END=4478000 GT .",
        ],
    ),
    (
        "VCFv4.3",
        &[
            "##META=<ID=Assay,Type=String,Number=.,Values=[WholeGenome, Exome]>",
            "##SAMPLE=<ID=Blood,Genomes=Germline,Mixture=1.>",
            "##contig=<ID=HLA-A*01:01:01:01,length=3503>",
        ],
        &[
            "20 1234567 microsat1 GTC G,GTCT,* 50 PASS NS=3;DP=9 GT 1/2",
            "HLA-A*01:01:01:01 5 . A <*> . . X=a%3Bb GT .",
        ],
    ),
    (
        "VCFv4.4",
        &[
            "##INFO=<ID=SVCLAIM,Number=A,Type=String,Description=\"Claim made by the structural variant call\">",
        ],
        &[
            "1 0 tel N .[13:123457[ 6 PASS SVTYPE=BND GT .",
            "1 100 . T <DEL>,<CNV:TR> . PASS SVLEN=50,9;SVCLAIM=D,J GT /0/1",
        ],
    ),
    (
        "VCFv4.5",
        &[
            "##FORMAT=<ID=LAA,Number=.,Type=Integer,Description=\"Local alleles\">",
            "##INFO=<ID=AF,Number=A,Type=Float,Description=\"Frequency\">",
            "##FORMAT=<ID=LAD,Number=LR,Type=Integer,Description=\"Depths\">",
        ],
        &["chr1 50 . A C,<NON_REF>,A. 5 PASS AF=0.1,.,. LAA:LAD 1:3,4"],
    ),
];

#[test]
fn every_version_reads_and_keeps_its_lines() {
    for (version, header, records) in VERSIONS {
        let columns = format!("{FIXED}\tFORMAT\tNA 1");
        let mut lines = vec![format!("##fileformat={version}")];
        lines.extend(header.iter().map(|line| (*line).to_owned()));
        lines.push(columns);
        let rows: Vec<String> = records.iter().map(|row| row.replace(' ', "\t")).collect();
        let text = format!("{}\n{}\n", lines.join("\n"), rows.join("\n"));
        let reader = VcfReader::from_lines(LineReader::new(Cursor::new(text), "a.vcf").unwrap()).unwrap();
        assert_eq!(reader.header().lines().collect::<Vec<_>>(), lines, "{version}");
        let read: Vec<String> = reader.map(|record| record.unwrap().to_string()).collect();
        assert_eq!(read, rows, "{version}");
    }
}

#[test]
fn every_allele_is_a_variant_of_its_own() {
    let kinds = |row: &str| -> Vec<VariantKind> {
        let text = format!("{FIXED}\n{}\n", row.replace(' ', "\t"));
        let mut reader = VcfReader::from_lines(LineReader::new(Cursor::new(text), "a.vcf").unwrap()).unwrap();
        let record = reader.next().unwrap().unwrap();
        assert_eq!(record.alternatives().len(), record.variants().count());
        record.variants().map(|variant| variant.unwrap().kind()).collect()
    };
    use VariantKind::{Complex, Deletion, Insertion, Mnv, Snv, Unsupported};
    assert_eq!(
        kinds("20 9 . GTC G,GTCT,ATC,AAA,C,T . . ."),
        [Deletion, Insertion, Mnv, Mnv, Deletion, Complex]
    );
    assert_eq!(kinds("20 9 . G A . . ."), [Snv]);
    for other in [
        "*",
        ".",
        "<DEL>",
        "<*>",
        "<NON_REF>",
        "<CNV:TR>",
        "G]17:198982]",
        "]13:123456]T",
        "[<ctg1>:7[G",
        "G.",
        ".G",
    ] {
        assert_eq!(kinds(&format!("20 9 . G {other} . . .")), [Unsupported], "{other}");
        let expected = match other {
            "*" => Allele::Spanning,
            "." => Allele::Missing,
            text => Allele::Symbolic(text.into()),
        };
        assert_eq!(Allele::from_vcf(other), expected);
    }
}
