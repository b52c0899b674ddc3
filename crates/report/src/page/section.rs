//! Sections of a page: what is read, in the order in which it is added.

use crate::{Svg, Table, escape};

/// A titled part of a page: paragraphs, boxes, key figures, tables, figures and parts of its own.
///
/// ```
/// use ciskit_report::{Column, Page, Section, Table};
///
/// let mut table = Table::new([Column::text("fold"), Column::float("auroc", 3)]);
/// table.push(["chr1".into(), 0.9.into()]);
/// let section = Section::new("Folds")
///     .paragraph("One chromosome group at a time is tested.")
///     .key_figures([("folds", "1"), ("AUROC", "0.900")])
///     .table(&table)
///     .section(Section::new("Notes").note("Scores are not calibrated."));
/// let html = Page::new("Run").section(section).to_html();
/// assert!(html.contains("<dt>AUROC</dt><dd>0.900</dd>"));
/// assert!(html.contains("<h3>Notes</h3>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    title: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq)]
enum Block {
    Paragraph(String),
    Box(Tone, String),
    KeyFigures(Vec<(String, String)>),
    Code(String),
    Table(Table),
    Figures(Vec<(Svg, Option<String>)>),
    Section(Section),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Tone {
    Note,
    Good,
    Warning,
    Bad,
}

impl Section {
    /// An empty section.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn paragraph(self, text: impl Into<String>) -> Self {
        self.with(Block::Paragraph(text.into()))
    }

    /// Adds a box with something worth knowing.
    #[must_use]
    pub fn note(self, text: impl Into<String>) -> Self {
        self.with(Block::Box(Tone::Note, text.into()))
    }

    /// Adds a box with good news: a check that passed.
    #[must_use]
    pub fn good(self, text: impl Into<String>) -> Self {
        self.with(Block::Box(Tone::Good, text.into()))
    }

    /// Adds a box with a warning: a result that must be read with care.
    #[must_use]
    pub fn warning(self, text: impl Into<String>) -> Self {
        self.with(Block::Box(Tone::Warning, text.into()))
    }

    /// Adds a box with bad news: a check that failed.
    #[must_use]
    pub fn bad(self, text: impl Into<String>) -> Self {
        self.with(Block::Box(Tone::Bad, text.into()))
    }

    /// Adds a row of figures, each with its name.
    #[must_use]
    pub fn key_figures<K: Into<String>, V: Into<String>>(
        self,
        figures: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.with(Block::KeyFigures(
            figures.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        ))
    }

    /// Adds lines as they are, such as a command.
    #[must_use]
    pub fn code(self, text: impl Into<String>) -> Self {
        self.with(Block::Code(text.into()))
    }

    /// Adds a table.
    #[must_use]
    pub fn table(self, table: &Table) -> Self {
        self.with(Block::Table(table.clone()))
    }

    /// Adds a figure; figures added one after the other stand side by side where there is room.
    #[must_use]
    pub fn figure(self, svg: Svg) -> Self {
        self.with_figure(svg, None)
    }

    /// Adds a figure with a caption.
    #[must_use]
    pub fn captioned_figure(self, svg: Svg, caption: impl Into<String>) -> Self {
        self.with_figure(svg, Some(caption.into()))
    }

    /// Adds a part with a title of its own.
    #[must_use]
    pub fn section(self, section: Section) -> Self {
        self.with(Block::Section(section))
    }

    fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    fn with_figure(mut self, svg: Svg, caption: Option<String>) -> Self {
        if let Some(Block::Figures(figures)) = self.blocks.last_mut() {
            figures.push((svg, caption));
            return self;
        }
        self.with(Block::Figures(vec![(svg, caption)]))
    }

    /// The heading, of a level from 2 on, and everything below it.
    pub(super) fn to_html(&self, level: usize) -> String {
        let heading = level.min(6);
        let blocks: String = self.blocks.iter().map(|block| block.to_html(level)).collect();
        format!("<h{heading}>{}</h{heading}>\n{blocks}", escape::markup(&self.title))
    }
}

impl Block {
    /// The block in a section whose heading has a level.
    fn to_html(&self, level: usize) -> String {
        match self {
            Self::Paragraph(text) => format!("<p>{}</p>\n", escape::markup(text)),
            Self::Box(tone, text) => tone.to_html(text),
            Self::KeyFigures(figures) => {
                let entry = |(name, value): &(String, String)| {
                    format!(
                        "<div><dt>{}</dt><dd>{}</dd></div>\n",
                        escape::markup(name),
                        escape::markup(value)
                    )
                };
                format!("<dl>\n{}</dl>\n", figures.iter().map(entry).collect::<String>())
            }
            Self::Code(text) => format!("<pre>{}</pre>\n", escape::markup(text)),
            Self::Table(table) => format!("<div class=\"scroll\">\n{}</div>\n", table.to_html()),
            Self::Figures(figures) => {
                let figure = |(svg, caption): &(Svg, Option<String>)| {
                    let caption = caption.as_deref().map(escape::markup);
                    let caption =
                        caption.map(|text| format!("<figcaption>{text}</figcaption>\n")).unwrap_or_default();
                    format!("<figure>\n{svg}{caption}</figure>\n")
                };
                format!("<div class=\"figures\">\n{}</div>\n", figures.iter().map(figure).collect::<String>())
            }
            Self::Section(section) => section.to_html(level + 1),
        }
    }
}

impl Tone {
    fn to_html(self, text: &str) -> String {
        // The word says what the colour says, for those who do not see it.
        let (class, word) = match self {
            Self::Note => ("note", "Note."),
            Self::Good => ("good", "Passed."),
            Self::Warning => ("warning", "Warning."),
            Self::Bad => ("bad", "Failed."),
        };
        format!("<div class=\"box {class}\"><strong>{word}</strong>{}</div>\n", escape::markup(text))
    }
}
