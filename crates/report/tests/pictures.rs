//! Pictures and pages as documents: well-formed, self-contained, the same every time.

use ciskit_core::Scale;
use ciskit_report::{
    Axis, Column, Histogram, LineChart, Page, Panel, Section, Series, Svg, Table, evaluation_section,
};
use roxmltree::{Document, ParsingOptions};

const HOSTILE: &str = "</title><script>alert(\"1\")</script> & 'x' ]]> --> \u{1}\n\t";

/// A chart small enough to be read: every line of its golden file was checked by eye.
fn tiny() -> Svg {
    LineChart::new("Loss & more", Axis::new("epoch").whole_numbers(), Axis::new("loss").covering(0.0, 1.0))
        .series(Series::line("training", [(1.0, 0.75), (2.0, 0.5), (3.0, 0.25)]))
        .series(Series::steps("steps", [(1.0, 1.0), (3.0, 0.5)]))
        .at_x(2.0, "chosen")
        .to_svg()
}

#[test]
fn a_tiny_chart_is_drawn_as_it_was() {
    let golden = include_str!("golden/tiny_chart.svg");
    let drawn = tiny();
    if drawn.as_str() != golden {
        let path = std::env::temp_dir().join("tiny_chart.svg");
        drawn.write(&path).unwrap();
        panic!("the chart differs from tests/golden/tiny_chart.svg; look at {}", path.display());
    }
}

fn hostile_chart() -> Svg {
    LineChart::new(HOSTILE, Axis::new(HOSTILE), Axis::new(HOSTILE))
        .series(Series::line(HOSTILE, [(0.0, 1e300), (1e-300, f64::NAN), (2.0, -1e300)]))
        .at_y(0.0, HOSTILE)
        .diagonal(HOSTILE)
        .to_svg()
}

fn page() -> Page {
    let mut table = Table::new([Column::text(HOSTILE), Column::float("x", 2)]).captioned(HOSTILE);
    table.push([HOSTILE.into(), f64::INFINITY.into()]);
    let histogram = Histogram::new(HOSTILE, Axis::new(HOSTILE)).group(HOSTILE, [0.1, 0.2, f64::NAN]).to_svg();
    let section = Section::new(HOSTILE)
        .paragraph(HOSTILE)
        .note(HOSTILE)
        .good(HOSTILE)
        .warning(HOSTILE)
        .bad(HOSTILE)
        .code(HOSTILE)
        .key_figures([(HOSTILE, HOSTILE)])
        .table(&table)
        .figure(hostile_chart())
        .captioned_figure(histogram.clone(), HOSTILE)
        .section(Section::new(HOSTILE).section(Section::new("deeper").paragraph("text")));
    let labels: Vec<bool> = (0..200).map(|i| i % 7 == 0).collect();
    let scores: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 200) / 200.0).collect();
    Page::new(HOSTILE)
        .lead(HOSTILE)
        .section(section)
        .section(
            evaluation_section("Test folds", HOSTILE, &labels, &scores, Scale::Probability)
                .expect("finite scores"),
        )
        .section(Section::new("Panel").figure(Panel::new(HOSTILE).line(HOSTILE).row([histogram]).to_svg()))
        .footer(HOSTILE)
}

fn parse(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options).expect("well-formed")
}

#[test]
fn hostile_text_is_only_text() {
    let html = page().to_html();
    let document = parse(&html);
    assert!(!document.descendants().any(|node| node.has_tag_name("script")));
    assert!(!html.contains("<script"));
    let shown = HOSTILE.replace('\u{1}', "\u{fffd}");
    let heading = document.descendants().find(|node| node.has_tag_name("h1")).unwrap();
    assert_eq!(heading.text(), Some(shown.as_str()));
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let html = page().to_html();
    let document = parse(&html);
    for node in document.descendants().filter(|node| node.is_element()) {
        for attribute in node.attributes() {
            assert!(!["src", "srcset", "data", "action"].contains(&attribute.name()), "{attribute:?}");
            if attribute.name() == "href" {
                let anchor = attribute.value().strip_prefix('#').expect("links stay on the page");
                assert!(document.descendants().any(|node| node.attribute("id") == Some(anchor)), "{anchor}");
            }
        }
        assert!(
            !["script", "link", "img", "iframe", "object", "image", "use"].contains(&node.tag_name().name())
        );
    }
    assert!(!html.contains("url(") && !html.contains("@import"));
}

#[test]
fn anchors_and_only_sections_have_ids() {
    let html = page().to_html();
    let document = parse(&html);
    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (3, 3)); // pictures carry none, so that any number fits on a page
}

#[test]
fn every_picture_has_a_title_and_real_text_and_a_ground() {
    for svg in [tiny(), hostile_chart()] {
        let document = Document::parse(svg.as_str()).unwrap();
        let root = document.root_element();
        let first = root.first_element_child().unwrap();
        assert_eq!((root.attribute("role"), first.tag_name().name()), (Some("img"), "title"));
        assert_eq!(
            root.attribute("aria-label").map(|label| label.replace(char::is_whitespace, " ")),
            first.text().map(|title| title.replace(char::is_whitespace, " "))
        );
        assert!(document.descendants().filter(|node| node.has_tag_name("text")).count() > 8);
        assert!(document.descendants().any(|node| node.attribute("class") == Some("plot-ground")));
    }
}

#[test]
fn nothing_is_drawn_outside() {
    for svg in [tiny(), hostile_chart()] {
        let (width, height) = svg.size();
        let document = Document::parse(svg.as_str()).unwrap();
        for node in document.descendants() {
            for (names, end) in [(["x1", "x2", "cx"], width), (["y1", "y2", "cy"], height)] {
                for value in names.iter().filter_map(|name| node.attribute(*name)) {
                    assert!((0.0..=end).contains(&value.parse().unwrap()), "{value} in {node:?}");
                }
            }
        }
    }
}

#[test]
fn equal_pages_give_equal_bytes() {
    assert_eq!(page().to_html(), page().to_html());
    assert_eq!(tiny().as_str(), tiny().as_str());
}
