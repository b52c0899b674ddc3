//! Tables for a terminal.

use super::{Aligned, Table};
use crate::escape;

impl Table {
    /// Plain text with aligned columns, under its caption: numbers flush right, text flush left.
    ///
    /// Control characters in names are spelled out (`\u{1b}`), so that no name moves the cursor.
    ///
    /// ```
    /// use ciskit_report::{Column, Table};
    ///
    /// let mut table = Table::new([Column::text("fold"), Column::integer("n")]).captioned("Test folds");
    /// table.push(["chr1".into(), 1200.into()]);
    /// assert_eq!(table.to_text(), "Test folds\n\nfold      n\n────  ─────\nchr1  1,200\n");
    /// ```
    #[must_use]
    pub fn to_text(&self) -> String {
        let aligned = Aligned::of(self, escape::terminal, 0);
        let mut text = String::new();
        if let Some(caption) = &self.caption {
            text.push_str(&format!("{}\n\n", escape::terminal(caption)));
        }
        let rules: Vec<String> = aligned.widths.iter().map(|&width| "─".repeat(width)).collect();
        for (index, fields) in aligned.lines.iter().enumerate() {
            text.push_str(&line(&aligned.padded(fields)));
            if index == 0 {
                text.push_str(&line(&rules));
            }
        }
        text
    }
}

fn line(fields: &[String]) -> String {
    format!("{}\n", fields.join("  ").trim_end())
}
