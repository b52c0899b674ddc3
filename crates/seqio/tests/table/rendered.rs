//! Whatever the pairs are: a list that states them, in any format, reads as these pairs.

use std::io::Cursor;

use ciskit_core::{Interval, Strand};
use ciskit_seqio::*;
use proptest::prelude::*;

/// Enhancer, promoter and label of a row.
type Stated = (Interval, Interval, bool);

fn interval(contig: String) -> impl Strategy<Value = Interval> {
    (1u64..3_000_000_000, 1u64..100_000)
        .prop_map(move |(start, length)| Interval::new(contig.as_str(), start, start + length).unwrap())
}

fn pairs() -> impl Strategy<Value = Vec<Stated>> {
    let contig = prop_oneof![Just("chr1"), Just("X"), Just("GL000207.1"), Just("HLA-A*01:01")];
    let pair = contig
        .prop_flat_map(|contig| (interval(contig.to_owned()), interval(contig.to_owned()), any::<bool>()));
    proptest::collection::vec(pair, 1..8)
}

fn table(header: &str, pairs: &[Stated], row: impl Fn(&Stated) -> String, crlf: bool) -> LineReader {
    let text = header.to_owned() + &pairs.iter().map(|pair| row(pair) + "\n").collect::<String>();
    let text = if crlf { text.replace('\n', "\r\n") } else { text };
    LineReader::new(Cursor::new(text), "list").unwrap()
}

fn stated(records: impl Iterator<Item = Result<PairRecord, TableError>>) -> Vec<Stated> {
    let pair = |record: Result<PairRecord, TableError>| {
        let pair = record.unwrap().pair;
        (pair.enhancer.interval, pair.promoter.interval, pair.label.unwrap_or_default())
    };
    records.map(pair).collect()
}

/// Contig, start and end, with a separator between them.
fn place(interval: &Interval, separator: char) -> String {
    format!("{}{separator}{}{separator}{}", interval.contig(), interval.start(), interval.end())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn names_of_elements(pairs in pairs(), crlf: bool) {
        let row = |(e, p, label): &Stated| format!("A b|{e},A b|{p},{}", u8::from(*label));
        let lines = || table("enhancer_name,promoter_name,label\n", &pairs, row, crlf);
        prop_assert_eq!(&stated(TargetFinderReader::from_lines(lines()).unwrap()), &pairs);
        prop_assert_eq!(&stated(CboepReader::from_lines(lines()).unwrap()), &pairs);
    }

    #[test]
    fn cboep(pairs in pairs(), crlf: bool) {
        let head = "promoter_chrom,promoter_start,promoter_end,label,promoter_name,enhancer_name\n";
        let row = |(e, p, label): &Stated| {
            let tss = Interval::new(p.contig().clone(), p.start(), p.start() + 1).unwrap();
            format!("{},{},A|{tss},A|{e}", place(p, ','), u8::from(*label))
        };
        prop_assert_eq!(&stated(CboepReader::from_lines(table(head, &pairs, row, crlf)).unwrap()), &pairs);
    }

    #[test]
    fn chia_pet(pairs in pairs(), crlf: bool) {
        let head = "chr_r1,start_r1,end_r1,name_r1,chr_r2,start_r2,end_r2,name_r2,label\n";
        let row = |(e, p, label): &Stated| format!("{},a,{},b,{}", place(e, ','), place(p, ','), u8::from(*label));
        prop_assert_eq!(&stated(ChiaPetReader::from_lines(table(head, &pairs, row, crlf)).unwrap()), &pairs);
    }

    #[test]
    fn bengi(pairs in pairs(), crlf: bool) {
        let row = |(e, p, label): &Stated| {
            let (label, enhancer, promoter) = (u8::from(*label), place(e, '\t'), place(p, '\t'));
            format!("{label}\t0.5\t{enhancer}\t{e}|K562|E\t{promoter}\t{p}|K562|G|T|-")
        };
        prop_assert_eq!(&stated(BengiReader::from_lines(table("", &pairs, row, crlf))), &pairs);
    }

    #[test]
    fn crispr(pairs in pairs(), crlf: bool) {
        let head = "chrom\tchromStart\tchromEnd\tname\tEffectSize\tchrTSS\tstartTSS\tendTSS\tmeasuredGeneSymbol\t\
                    ValidConnection\tCellType\tRegulated\n";
        let row = |(e, p, label): &Stated| {
            let label = if *label { "TRUE" } else { "FALSE" };
            format!("{}\tn\t-0.5\t{}\tMYC\tTRUE\tK562\t{label}", place(e, '\t'), place(p, '\t'))
        };
        prop_assert_eq!(&stated(CrisprReader::from_lines(table(head, &pairs, row, crlf)).unwrap()), &pairs);
    }

    #[test]
    fn loops_and_their_motifs(pairs in pairs(), forward: bool, crlf: bool) {
        let head = "chr1\tx1\tx2\tchr2\ty1\ty2\tmotif_y1 \t motif_y2\torientation_2\n";
        let orientation = if forward { "p" } else { "n" };
        let row = |(e, p, _): &Stated| {
            let motif = format!("{}\t{}\t{orientation}", p.start() + 1, p.end() + 1);
            format!("{}\t{}\t{motif}", place(e, '\t'), place(p, '\t'))
        };
        let loops = HiccupsReader::from_lines(table(head, &pairs, row, crlf)).unwrap();
        for (row, (enhancer, promoter, _)) in loops.map(Result::unwrap).zip(&pairs) {
            let [none, motif] = row.motifs;
            let motif = motif.unwrap();
            prop_assert!(none.is_none());
            prop_assert_eq!((&row.record.pair.enhancer.interval, &motif.interval), (enhancer, promoter));
            prop_assert_eq!(row.record.pair.promoter.strand, motif.strand);
            prop_assert_eq!(motif.strand == Strand::Forward, forward);
        }
    }

    #[test]
    fn peaks(pairs in pairs(), summit: prop::sample::Index, signal: f32, crlf: bool) {
        let row = |(e, _, _): &Stated| {
            format!("{}\tp\t0\t+\t{signal}\t-1\t2.5\t{}", place(e, '\t'), summit.index(e.len() as usize))
        };
        let read: Vec<PeakRecord> =
            PeakReader::from_lines(table("", &pairs, row, crlf)).map(Result::unwrap).collect();
        prop_assert_eq!(read.len(), pairs.len());
        for (peak, (interval, _, _)) in read.iter().zip(&pairs) {
            prop_assert_eq!(&peak.element.interval, interval);
            prop_assert!(peak.summit().is_some_and(|place| (interval.start()..interval.end()).contains(&place)));
            prop_assert!(peak.signal as f32 == signal || signal.is_nan());
        }
    }
}
