//! Pages: everything that a run has to say in one HTML file.

mod section;

use std::collections::BTreeSet;
use std::path::Path;

pub use section::Section;

use crate::chart::palette;
use crate::{ReportError, escape, file};

/// The style of every page; rules that recolour charts for dark screens are added.
const STYLE: &str = include_str!("page/style.css");

/// A self-contained HTML page: a title, a lead, and sections that a menu lists.
///
/// Nothing is loaded from anywhere (the page's own policy forbids it), there is no script, every text is escaped. It
/// fits phones and paper, and follows the reader's choice of light or dark. Equal pages give equal bytes.
///
/// ```
/// use ciskit_report::{Page, Section};
///
/// let page = Page::new("Test folds of <run>")
///     .lead("EPIPAM, chromosome split")
///     .section(Section::new("Results").warning("Only 12 positives."));
/// let html = page.to_html();
/// assert!(html.contains("<h1>Test folds of &lt;run&gt;</h1>"));
/// assert!(html.contains("<section id=\"results\">"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    title: String,
    lead: Option<String>,
    sections: Vec<Section>,
    footer: Option<String>,
}

impl Page {
    /// A page without sections.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), lead: None, sections: Vec::new(), footer: None }
    }

    /// Sets the paragraph below the title.
    #[must_use]
    pub fn lead(mut self, text: impl Into<String>) -> Self {
        self.lead = Some(text.into());
        self
    }

    /// Adds a section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// Sets the line below everything, such as the program's version.
    #[must_use]
    pub fn footer(mut self, text: impl Into<String>) -> Self {
        self.footer = Some(text.into());
        self
    }

    /// The page as one HTML document.
    #[must_use]
    pub fn to_html(&self) -> String {
        let title = escape::markup(&self.title);
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\" />\n\
             <title>{title}</title>\n<style>\n{STYLE}@media screen and (prefers-color-scheme:dark){{{}}}\n</style>\n\
             </head>\n<body>\n<header>\n<h1>{title}</h1>\n",
            palette::dark_style()
        );
        if let Some(lead) = &self.lead {
            html.push_str(&format!("<p>{}</p>\n", escape::markup(lead)));
        }
        let anchors = self.anchors();
        if self.sections.len() > 1 {
            html.push_str("<nav aria-label=\"Sections\"><ul>\n");
            for (anchor, section) in anchors.iter().zip(&self.sections) {
                html.push_str(&format!(
                    "<li><a href=\"#{anchor}\">{}</a></li>\n",
                    escape::markup(section.title())
                ));
            }
            html.push_str("</ul></nav>\n");
        }
        html.push_str("</header>\n<main>\n");
        for (anchor, section) in anchors.iter().zip(&self.sections) {
            html.push_str(&format!("<section id=\"{anchor}\">\n{}</section>\n", section.to_html(2)));
        }
        html.push_str("</main>\n");
        if let Some(footer) = &self.footer {
            html.push_str(&format!("<footer><p>{}</p></footer>\n", escape::markup(footer)));
        }
        html.push_str("</body>\n</html>\n");
        html
    }

    /// Writes the page to a file, completely or not at all.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`]; a file that was there before is untouched.
    ///
    /// ```
    /// use ciskit_report::Page;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("report.html");
    /// Page::new("Empty").write(&path)?;
    /// assert_eq!(std::fs::read_to_string(&path)?, Page::new("Empty").to_html());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        file::write(path.as_ref(), &self.to_html())
    }

    /// A distinct anchor for each section.
    fn anchors(&self) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let mut anchor = |section: &Section| {
            let slug = slug(section.title());
            let numbered = (2..).map(|number| format!("{slug}-{number}"));
            let anchor = std::iter::once(slug.clone()).chain(numbered).find(|anchor| !taken.contains(anchor));
            let anchor = anchor.unwrap_or(slug);
            taken.insert(anchor.clone());
            anchor
        };
        self.sections.iter().map(&mut anchor).collect()
    }
}

/// A title as an anchor: its ASCII letters and digits in lower case, words joined by hyphens.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    if slug.is_empty() { "section".into() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_distinct() {
        let titles = ["Scores", "scores!", "Scores 2", "…", "", "Été & <b>"];
        let page = titles.iter().fold(Page::new("t"), |page, title| page.section(Section::new(*title)));
        assert_eq!(page.anchors(), ["scores", "scores-2", "scores-2-2", "section", "section-2", "t-b"]);
    }

    #[test]
    fn the_style_needs_no_escaping() {
        assert!(!STYLE.contains(['<', '&']));
        assert!(!STYLE.contains("url("));
    }
}
