//! Any table, in every format: what is read back is what was put in, and no name leaves its place.

use ciskit_core::Interval;
use ciskit_report::{Cell, Column, Table};

const HOSTILE: &str = "<b onclick=\"x('&')\">|a|\tb\r\nc\\d`e`*f*_g_[h](i)\u{1b}[2J\u{0}";

fn hostile() -> Table {
    let mut table = Table::new([
        Column::text(format!("name {HOSTILE}")),
        Column::integer("n"),
        Column::float("value", 3),
        Column::interval("interval", 2),
    ])
    .captioned(HOSTILE);
    table.push([HOSTILE.into(), u64::MAX.into(), f64::NAN.into(), [f64::NEG_INFINITY, 1e300].into()]);
    table.push([Cell::Missing, i64::MIN.into(), 5e-324.into(), Cell::Missing]);
    table.push(["".into(), 0.into(), (1.0 / 3.0).into(), [-0.0, 0.25].into()]);
    table
}

#[test]
fn tsv_has_one_line_a_row_and_one_field_a_column() {
    let tsv = hostile().to_tsv();
    let lines: Vec<&str> = tsv.split_terminator('\n').collect();
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert_eq!(line.split('\t').count(), 5, "{line:?}");
    }
    assert!(!tsv.contains('\r'));
    let last: Vec<&str> = lines[3].split('\t').collect();
    assert_eq!(last, ["", "0", "0.3333333333333333", "-0.0", "0.25"]);
    assert_eq!(lines[2], "NA\t-9223372036854775808\t5e-324\tNA\tNA");
    assert!(lines[1].ends_with("\t18446744073709551615\tNaN\t-inf\t1e300"));
}

#[test]
fn json_holds_the_names_and_numbers_themselves() {
    let rows: serde_json::Value = serde_json::from_str(&hostile().to_json()).unwrap();
    let key = format!("name {HOSTILE}");
    assert_eq!(rows[0][&key], HOSTILE);
    assert_eq!(rows[0]["n"], u64::MAX);
    assert!(rows[0]["value"].is_null() && rows[0]["interval"][0].is_null());
    assert_eq!(rows[0]["interval"][1], 1e300);
    assert_eq!(rows[1]["value"], 5e-324);
    assert!(rows[1][&key].is_null() && rows[1]["interval"].is_null());
    assert_eq!(rows[2]["value"], 1.0 / 3.0);
    assert_eq!(rows.as_array().unwrap().len(), 3);
}

#[test]
fn markdown_has_one_line_a_row_and_unescaped_pipes_only_between_cells() {
    let markdown = hostile().to_markdown();
    let lines: Vec<&str> = markdown.lines().collect();
    assert_eq!(lines.len(), 2 + 5, "{markdown}");
    for line in &lines[2..] {
        let separators = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
        assert_eq!(separators, 5, "{line}");
        assert!(!line.contains("<b ") && !line.chars().any(char::is_control), "{line}");
    }
    let widths: std::collections::BTreeSet<usize> =
        lines[2..].iter().map(|line| line.chars().count()).collect();
    assert_eq!(widths.len(), 1, "aligned: {markdown}");
}

#[test]
fn html_is_well_formed_and_shows_every_text() {
    let html = hostile().to_html();
    let document = roxmltree::Document::parse(&html).unwrap();
    let count = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
    assert_eq!((count("tr"), count("td") + count("th"), count("b")), (4, 16, 0));
    let heading = document.descendants().find(|node| node.attribute("scope") == Some("row")).unwrap();
    let shown = HOSTILE.replace(['\r', '\u{1b}', '\0'], "\u{fffd}");
    assert_eq!(heading.text(), Some(shown.as_str()));
}

#[test]
fn text_sends_no_control_characters_to_the_terminal() {
    let text = hostile().to_text();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(text.contains("18,446,744,073,709,551,615"));
    assert_eq!(text.lines().count(), 2 + 5);
}

#[test]
fn an_empty_table_is_its_header() {
    let empty = Table::new([Column::text("fold"), Column::float("auroc", 3)]);
    assert_eq!(empty.to_tsv(), "fold\tauroc\n");
    assert_eq!(empty.to_json(), "[]\n");
    assert_eq!(empty.to_markdown(), "| fold | auroc |\n| ---- | ----: |\n");
    assert_eq!(empty.to_text(), "fold  auroc\n────  ─────\n");
    assert!(roxmltree::Document::parse(&empty.to_html()).is_ok());
}

#[test]
fn genomic_intervals_are_text_in_0_based_half_open_coordinates() {
    let mut table = Table::new([Column::text("enhancer")]);
    table.push([(&Interval::new("chr1", 10, 20).unwrap()).into()]);
    assert_eq!(table.to_tsv(), "enhancer\nchr1:10-20\n");
}

#[test]
fn equal_tables_give_equal_bytes() {
    let formats = |table: Table| {
        [table.to_tsv(), table.to_json(), table.to_markdown(), table.to_html(), table.to_text()].join("\0")
    };
    assert_eq!(formats(hostile()), formats(hostile()));
}
