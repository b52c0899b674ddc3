use super::*;

fn genes(text: &'static str) -> Result<Vec<Gene>, String> {
    let lines = LineReader::new(text.as_bytes(), "a.gtf").unwrap();
    read_genes_from(lines).map_err(|error| error.to_string())
}

fn places(text: &'static str) -> Vec<(String, String, Option<u64>)> {
    let place = |gene: Gene| (gene.id.to_string(), gene.interval.to_string(), gene.tss());
    genes(text).unwrap().into_iter().map(place).collect()
}

fn place(id: &str, interval: &str, tss: u64) -> (String, String, Option<u64>) {
    (id.to_owned(), interval.to_owned(), Some(tss))
}

#[test]
fn gene_lines_win_over_their_transcripts() {
    let text = "#!genome-build GRCh38\n\
        1\te\ttranscript\t20\t40\t.\t+\t.\tgene_id \"a\"; transcript_id \"a1\";\n\
        1\te\tgene\t11\t40\t.\t+\t.\tgene_id \"a\"; gene_biotype \"protein_coding\";\n\
        1\te\ttranscript\t1\t90\t.\t+\t.\tgene_id \"a\"; transcript_id \"a2\";\n\
        1\te\tCDS\tx\ty\t.\t+\t.\t-\n\
        1\te\tgene\t11\t40\t.\t-\t.\tgene_id \"b\"; gene_name \"\";\n";
    assert_eq!(places(text), [place("a", "1:10-40", 10), place("b", "1:10-40", 39)]);
    let genes = genes(text).unwrap();
    assert_eq!((genes[0].biotype.as_deref(), &genes[1].name), (Some("protein_coding"), &None));
}

#[test]
fn genes_without_a_line_come_from_transcripts_then_exons() {
    let text = "1\tu\texon\t5\t9\t.\t+\t.\tgene_id \"x\"; transcript_id \"x1\";\n\
        1\tu\texon\t51\t60\t.\t+\t.\tgene_id \"x\"; transcript_id \"x1\";\n\
        1\tu\texon\t31\t70\t.\t+\t.\tgene_id \"x\"; transcript_id \"x2\"; gene_name \"X\";\n\
        1\tu\texon\t100\t130\t.\t-\t.\tgene_id \"y\"; transcript_id \"y1\";\n\
        1\tu\ttranscript\t101\t120\t.\t-\t.\tgene_id \"y\"; transcript_id \"y1\";\n\
        1\tu\texon\t90\t130\t.\t-\t.\tgene_id \"y\"; transcript_id \"y1\";\n";
    assert_eq!(places(text), [place("x", "1:4-70", 4), place("y", "1:100-120", 119)]);
    assert_eq!(genes(text).unwrap()[0].name.as_deref(), Some("X"));
}

#[test]
fn copies_of_a_gene_stay_apart() {
    let text = "1\tu\ttranscript\t500\t600\t.\t+\t.\tgene_id \"U6\"; transcript_id \"U6_dup1\";\n\
        1\tu\ttranscript\t11\t20\t.\t+\t.\tgene_id \"U6\"; transcript_id \"U6\";\n\
        1\tu\ttranscript\t21\t30\t.\t+\t.\tgene_id \"U6\"; transcript_id \"U6_b\";\n\
        1\tu\ttranscript\t21\t30\t.\t-\t.\tgene_id \"U6\"; transcript_id \"U6_c\";\n\
        2\tu\ttranscript\t21\t30\t.\t-\t.\tgene_id \"U6\"; transcript_id \"U6\";\n";
    let expected = [("1:10-30", 10), ("1:499-600", 499), ("1:20-30", 29), ("2:20-30", 29)];
    assert_eq!(places(text), expected.map(|(interval, tss)| place("U6", interval, tss)));
}

#[test]
fn an_unknown_strand_has_no_start_site() {
    let text = "1\ts\ttranscript\t21\t30\t.\t.\t.\tgene_id \"STRG.1\"; transcript_id \"STRG.1.1\";\n";
    assert_eq!(genes(text).unwrap()[0].tss(), None);
}

#[test]
fn faults_are_named() {
    for (text, message) in [
        ("", "a.gtf: expected GTF lines of genes, transcripts or exons, found an empty file"),
        (
            "1\te\tCDS\t1\t5\t.\t+\t.\tgene_id \"a\";\n",
            "a.gtf: expected GTF lines of genes, transcripts or exons, found none in its line",
        ),
        ("\n1\te\tgene\t1\n", "a.gtf, line 2: expected at least 9 columns, found 4"),
        ("1\te\tgene\t1\t2\t.\t+\t.\n", "a.gtf, line 1: expected at least 9 columns, found 8"),
        (
            "1\te\tgene\t0\t5\t.\t+\t.\tgene_id \"a\";\n",
            "a.gtf, line 1, column 4 (start): expected a position of 1 or more, found \"0\"",
        ),
        (
            "1\te\tgene\t7\t6\t.\t+\t.\tgene_id \"a\";\n",
            "a.gtf, line 1, column 5 (end): expected a position not before the start, 7, found \"6\"",
        ),
        (
            "1\te\tgene\t7\t9\t.\t?\t.\tgene_id \"a\";\n",
            "a.gtf, line 1, column 7 (strand): expected '+', '-' or '.', found \"?\"",
        ),
        (
            "1\te\tgene\t7\t9\t.\t+\t.\tgene_name \"a\";\n",
            "a.gtf, line 1, column 9 (attributes): expected an attribute gene_id \"…\", found \"gene_name \\\"a\\\";\"",
        ),
        (
            "1\te\tgene\t7\t9\t.\t+\t.\tID=gene:a;Name=b\n",
            "a.gtf, line 1, column 9 (attributes): expected attributes of the form key \"value\";, found \
             \"ID=gene:a;Name=b\"",
        ),
    ] {
        assert_eq!(genes(text).unwrap_err(), message);
    }
}
