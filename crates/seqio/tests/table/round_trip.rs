//! What is written reads back the same, whatever it is, plain and packed.

use std::path::PathBuf;

use ciskit_core::{Element, Interval, Pair, Strand};
use ciskit_seqio::*;
use proptest::prelude::*;

/// A file that exists as long as the folder beside it.
fn path(packed: bool) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(if packed { "table.gz" } else { "table" });
    (folder, path)
}

/// Text of a field: anything but tabs, line ends and NUL bytes, and not what stands for a missing value.
fn text() -> impl Strategy<Value = String> {
    let odd =
        prop_oneof![Just("#"), Just(" "), Just("track"), Just("\u{feff}"), Just("ä|1:2-3"), Just("\"a,b\"")];
    let text = prop_oneof![odd.prop_map(str::to_owned), "[^\t\r\n\0]{1,12}"];
    text.prop_filter("stands for a missing value", |text| text != ".")
}

fn contig() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just("chr1".to_owned()), 1 => "[!-~&&[^#.]][!-~]{0,8}"]
}

fn interval() -> impl Strategy<Value = Interval> {
    let start = prop_oneof![0u64..1_000_000, 0..i64::MAX as u64];
    let length = prop_oneof![0u64..5_000, 0..i64::MAX as u64];
    (contig(), start, length).prop_map(|(contig, start, length)| {
        let end = start.saturating_add(length).min(i64::MAX as u64);
        Interval::new(contig, start, end).unwrap()
    })
}

fn element() -> impl Strategy<Value = Element> {
    let strand = prop_oneof![Just(Strand::Forward), Just(Strand::Reverse), Just(Strand::Unknown)];
    (interval(), proptest::option::of(text()), strand).prop_map(|(interval, name, strand)| Element {
        interval,
        name: name.map(Into::into),
        strand,
    })
}

fn score() -> impl Strategy<Value = Option<f64>> {
    proptest::option::of(any::<f64>().prop_filter("equals nothing", |score| !score.is_nan()))
}

fn pair() -> impl Strategy<Value = Pair> {
    let name = || proptest::option::of(text().prop_map(Into::into));
    (element(), element(), any::<Option<bool>>(), name(), score(), name()).prop_map(
        |(enhancer, promoter, label, name, score, cell)| Pair {
            enhancer,
            promoter,
            label,
            name,
            score,
            cell,
        },
    )
}

fn further_columns() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-z ]{1,6}_x", 0..4).prop_map(|mut names| {
        names.sort();
        names.dedup();
        names
    })
}

/// Rows of as many further fields as there are further columns; empty fields are kept.
fn extra(count: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(
        prop_oneof![4 => text(), 1 => Just(String::new()), 1 => Just(".".into())],
        count,
    )
}

fn pair_table() -> impl Strategy<Value = (Vec<String>, Vec<PairRecord>)> {
    further_columns().prop_flat_map(|columns| {
        let record = (pair(), extra(columns.len())).prop_map(|(pair, extra)| PairRecord { pair, extra });
        (Just(columns), proptest::collection::vec(record, 0..6))
    })
}

fn element_table() -> impl Strategy<Value = (Vec<String>, Vec<ElementPair>)> {
    further_columns().prop_flat_map(|columns| {
        let row = (text(), text(), any::<Option<bool>>(), extra(columns.len()));
        let row = row.prop_map(|(enhancer, promoter, label, extra)| ElementPair {
            enhancer,
            promoter,
            label,
            extra,
        });
        (Just(columns), proptest::collection::vec(row, 0..6))
    })
}

fn bed_records() -> impl Strategy<Value = Vec<BedRecord>> {
    let record = (element(), score(), (0usize..4).prop_flat_map(extra));
    let record = record.prop_map(|(element, score, extra)| BedRecord { element, score, extra });
    proptest::collection::vec(record, 1..6)
}

fn vcf_lines() -> impl Strategy<Value = Vec<String>> {
    let meta = prop_oneof![
        Just("##contig=<ID=chr1,length=9>".to_owned()),
        Just("##INFO=<ID=AC,Number=A,Type=Integer,Description=\"a, b\">".to_owned()),
        "##[a-z]{1,5}=[ -~]{0,9}".prop_filter("is a contig", |line| !line.starts_with("##contig=")),
    ];
    let allele = || {
        prop_oneof!["[ACGTNacgt]{1,5}", Just("<DEL>".to_owned()), Just("*".into()), Just("G]17:1]".into())]
    };
    let alleles = prop_oneof![
        Just(".".to_owned()),
        proptest::collection::vec(allele(), 1..4).prop_map(|alleles| alleles.join(","))
    ];
    let record = (
        contig(),
        0..i64::MAX,
        "[!-~]{1,6}",
        "[ACGTN]{1,4}",
        alleles,
        "[ -~]{0,9}",
        "[ -~]{0,9}",
        "[ -~]{0,9}",
    );
    let record = record.prop_map(|(contig, position, id, reference, alleles, quality, filter, info)| {
        [&contig, &position.to_string(), &id, &reference, &alleles, &quality, &filter, &info, "GT\t0|1"]
            .join("\t")
    });
    let once = |mut meta: Vec<String>| {
        meta.sort();
        meta.dedup();
        meta
    };
    let meta = proptest::collection::vec(meta, 0..4).prop_map(once);
    (meta, proptest::collection::vec(record, 0..6)).prop_map(|(mut lines, records)| {
        lines.insert(0, "##fileformat=VCFv4.3".into());
        lines.push("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tHG1".into());
        lines.extend(records);
        lines
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn bed(records in bed_records(), packed: bool) {
        let (_folder, path) = path(packed);
        let mut writer = BedWriter::create(&path).unwrap();
        for record in &records {
            writer.write(record).unwrap();
        }
        writer.finish().unwrap();
        let read: Vec<BedRecord> = BedReader::open(&path).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(read, records);
    }

    #[test]
    fn pairs((columns, records) in pair_table(), packed: bool) {
        let (_folder, path) = path(packed);
        let mut writer = PairWriter::create(&path, &columns).unwrap();
        for record in &records {
            writer.write(record).unwrap();
        }
        writer.finish().unwrap();
        let reader = PairReader::open(&path).unwrap();
        prop_assert_eq!(reader.extra_columns(), columns);
        prop_assert_eq!(reader.map(Result::unwrap).collect::<Vec<_>>(), records);
    }

    #[test]
    fn element_pairs((columns, rows) in element_table(), packed: bool) {
        let (_folder, path) = path(packed);
        let mut writer = ElementPairWriter::create(&path, &columns).unwrap();
        for row in &rows {
            writer.write(row).unwrap();
        }
        writer.finish().unwrap();
        let reader = ElementPairReader::open(&path).unwrap();
        prop_assert_eq!(reader.extra_columns(), columns);
        prop_assert_eq!(reader.map(Result::unwrap).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn vcf(lines in vcf_lines(), packed: bool, crlf: bool) {
        let (_folder, path) = path(packed);
        let text = lines.join(if crlf { "\r\n" } else { "\n" });
        let reader = LineReader::new(std::io::Cursor::new(text), "in.vcf").unwrap();
        let mut records = VcfReader::from_lines(reader).unwrap();
        let mut writer = VcfWriter::create(&path, records.header()).unwrap();
        for record in &mut records {
            let record = record.unwrap();
            for variant in record.variants().filter_map(Result::ok) {
                prop_assert_eq!(Some(variant.start()), record.start());
                prop_assert!(record.alternatives().contains(variant.alternative()));
            }
            prop_assert_eq!(record.variants().count(), record.alternatives().len());
            writer.write(&record).unwrap();
        }
        writer.finish().unwrap();
        let mut read = LineReader::open(&path).unwrap();
        for line in &lines {
            prop_assert_eq!(read.next_line().unwrap().unwrap().text, line);
        }
        prop_assert!(read.next_line().unwrap().is_none());
    }

    #[test]
    fn an_info_entry_changes_nothing_else(lines in vcf_lines(), value in "[!-~&&[^;=]]{1,8}") {
        let lines = LineReader::new(std::io::Cursor::new(lines.join("\n")), "in.vcf").unwrap();
        for record in VcfReader::from_lines(lines).unwrap().map(Result::unwrap) {
            let annotated = record.with_info(&[("NEW", &value)]);
            for (index, (old, new)) in record.columns().zip(annotated.split('\t')).enumerate() {
                if index == 7 {
                    let entry = format!("NEW={value}");
                    prop_assert_eq!(new.split(';').next_back(), Some(entry.as_str()));
                } else {
                    prop_assert_eq!(old, new);
                }
            }
        }
    }

    #[test]
    fn element_names(cell in "[!-~]{1,9}", interval in interval()) {
        let name = ElementName { cell: cell.into(), interval };
        prop_assume!(!name.interval.contig().contains('|'));
        prop_assert_eq!(name.to_string().parse::<ElementName>(), Ok(name));
    }

    #[test]
    fn genes(genes in proptest::collection::vec((contig(), 1u64..1_000_000, 0u64..9_000, any::<bool>(), "[^\"\t\r\n\0]{1,9}"), 1..6)) {
        let line = |(contig, start, length, forward, id): &(String, u64, u64, bool, String)| {
            let strand = if *forward { '+' } else { '-' };
            let end = start + length;
            format!("{contig}\tx\tgene\t{start}\t{end}\t.\t{strand}\t.\tlevel 2; gene_id \"{id}\"; gene_type \"x;y\";\n")
        };
        let text: String = genes.iter().map(line).collect();
        let read = read_genes_from(LineReader::new(std::io::Cursor::new(text), "a.gtf").unwrap()).unwrap();
        prop_assert_eq!(read.len(), genes.len());
        for (gene, (contig, start, length, forward, id)) in read.iter().zip(&genes) {
            prop_assert_eq!((gene.interval.contig().as_str(), gene.interval.len()), (contig.as_str(), length + 1));
            let tss = if *forward { start - 1 } else { start + length - 1 };
            prop_assert_eq!((gene.tss(), &*gene.id, gene.biotype.as_deref()), (Some(tss), id.as_str(), Some("x;y")));
        }
    }

    #[test]
    fn csv(rows in proptest::collection::vec(proptest::collection::vec("[^\r\n\0]{0,9}", 3), 0..6)) {
        let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let mut text = "a,b,c\n".to_owned();
        for row in &rows {
            text += &row.iter().map(quoted).collect::<Vec<_>>().join(",");
            text += "\n";
        }
        let lines = LineReader::new(std::io::Cursor::new(text), "a.csv").unwrap();
        let mut table = Table::from_lines(lines, Separator::Comma).unwrap();
        for row in &rows {
            let read = table.next_row().unwrap().unwrap();
            prop_assert_eq!(read.fields(), row);
        }
        prop_assert!(table.next_row().unwrap().is_none());
    }
}
