//! No bytes make a reader panic, hang or lose count of its lines.

use std::io::Cursor;

use ciskit_seqio::*;
use proptest::prelude::*;

/// Bytes of every kind (noise, tables with noise in them, either of them packed and damaged), and the most lines that
/// they can have.
fn bytes() -> impl Strategy<Value = (Vec<u8>, u64)> {
    let noise = proptest::collection::vec(any::<u8>(), 0..200);
    let piece = prop_oneof![
        8 => Just("\t"),
        3 => Just("\n"),
        3 => Just(","),
        1 => Just("\r\n"),
        1 => Just("\r"),
        1 => Just("\""),
        1 => Just("#"),
        2 => Just("chr1"),
        2 => Just("."),
        2 => Just("-1"),
        2 => Just("1"),
        2 => Just("0"),
        2 => Just("18446744073709551615"),
        2 => Just("9223372036854775807"),
        1 => Just("1e308"),
        1 => Just("+"),
        2 => Just("A|chr1:5-9"),
        1 => Just("gene"),
        1 => Just("exon"),
        1 => Just("gene_id \"a\"; transcript_id \"b"),
        1 => Just("<DEL>"),
        1 => Just("\u{feff}"),
        1 => Just("##ciskit pairs format="),
        1 => Just("##contig=<ID=1,length=5>\n"),
        1 => Just("NA"),
        1 => Just("p"),
        1 => Just("TRUE"),
        1 => Just("chr1\t5\t9\t"),
        1 => Just("A|chr1:5-9,A|chr1:5-9,1"),
        1 => Just("ä"),
        1 => Just("\0"),
        2 => Just("A"),
    ];
    let start = prop_oneof![
        Just(""),
        Just("#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tlabel\n"),
        Just("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"),
        Just("chrom\tpos\tref\talt\tid\n"),
        Just("ID,chr,pos,RefAllele,AltAllele\n"),
        Just("chr1\t5\tA\tC\n"),
        Just("name\tref_sequence\talt_sequence\n"),
        Just("a\tA\tC\na\t"),
        Just("enhancer\tpromoter\tlabel\n"),
        Just("enhancer_name,promoter_name,label\n"),
        Just("enhancer_name,promoter_name,label,CTCF (window)\n"),
        Just("label,enhancer_chrom,enhancer_start,enhancer_end,enhancer_name,promoter_name\n"),
        Just("chr_r1,start_r1,end_r1,name_r1,chr_r2,start_r2,end_r2,name_r2,label\n"),
        Just("chr1\tx1\tx2\tchr2\ty1\ty2\to\tmotif_x1 \t motif_x2\torientation_1\n"),
        Just(
            "chrom\tchromStart\tchromEnd\tname\tEffectSize\tchrTSS\tstartTSS\tendTSS\tmeasuredGeneSymbol\tValidConnection\tCellType\tRegulated\n"
        ),
        Just("1\t0.5\tchr1\t1\t5\tchr1:1-5|A|.\tchr1\t7\t9\tchr1:7-9|A|.\n1\tchr1\t1\t5\t"),
        Just("chr1\t5\t9\t.\t0\t.\t1\t-1\t3\t2\nchr1\t5\t9\t.\t0\t.\t1\t"),
    ];
    let table = (start, proptest::collection::vec(piece, 0..120))
        .prop_map(|(start, pieces)| (start.to_owned() + &pieces.concat()).into_bytes());
    let text = prop_oneof![1 => noise, 4 => table];
    (text, 0..4u8, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(text, packing, place, byte)| {
        let mut bytes = match packing {
            0 => packed(&text),
            _ => {
                let lines = text.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
                return (text, lines);
            }
        };
        let place = place.index(bytes.len());
        bytes[place] ^= byte;
        (bytes, u64::MAX)
    })
}

fn packed(text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = noodles_bgzf::io::Writer::new(Vec::new());
    writer.write_all(text).unwrap();
    writer.finish().unwrap()
}

/// Reads to the end; every error but that of an empty file names a line of the file, and its message the file.
fn check<T>(rows: Result<impl Iterator<Item = Result<T, TableError>>, TableError>, most: u64) {
    let complaint = |error: TableError| {
        assert!(error.to_string().contains("any.txt"), "{error}");
        let no_line = matches!(error, TableError::Empty { .. });
        assert_eq!(error.line().is_none(), no_line, "{error}");
        assert!(error.line().is_none_or(|line| (1..=most).contains(&line)), "{error}");
    };
    match rows {
        Ok(rows) => rows.filter_map(Result::err).for_each(complaint),
        Err(error) => complaint(error),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_reader_panics((bytes, most) in bytes()) {
        let lines = || LineReader::new(Cursor::new(bytes.clone()), "any.txt");
        check(lines().map(BedReader::from_lines), most);
        check(lines().map(|lines| BedReader::from_lines(lines).standard_columns(3)), most);
        check(lines().and_then(PairReader::from_lines), most);
        check(lines().and_then(ElementPairReader::from_lines), most);
        check(lines().and_then(TargetFinderReader::from_lines), most);
        check(lines().and_then(TargetFinderFeatureReader::from_lines), most);
        check(lines().and_then(CboepReader::from_lines), most);
        check(lines().and_then(ChiaPetReader::from_lines), most);
        check(lines().and_then(HiccupsReader::from_lines), most);
        check(lines().and_then(CrisprReader::from_lines), most);
        check(lines().map(BengiReader::from_lines), most);
        check(lines().map(PeakReader::from_lines), most);
        check(lines().and_then(read_genes_from).map(|genes| genes.into_iter().map(Ok)), most);
        let variants = |record: Result<VcfRecord, TableError>| match record {
            Ok(record) => record.variants().collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        };
        let variants_of_row = |row: Result<VariantRow, TableError>| match row {
            Ok(row) => row.variants().collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        };
        check(lines().and_then(VariantTableReader::from_lines).map(|rows| rows.flat_map(variants_of_row)), most);
        check(lines().and_then(SequencePairReader::from_lines), most);
        check(lines().and_then(VcfReader::from_lines).map(|records| records.flat_map(variants)), most);
    }
}
