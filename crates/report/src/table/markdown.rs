//! Tables as GitHub-flavoured Markdown.

use super::{Aligned, Table};
use crate::escape;

impl Table {
    /// A Markdown table, its columns aligned in the source too, under its caption in bold.
    ///
    /// Text is shown literally: pipes, emphasis, links, code and HTML are escaped, a line break becomes `<br>`.
    ///
    /// ```
    /// use ciskit_report::{Column, Table};
    ///
    /// let mut table = Table::new([Column::text("name"), Column::float("auroc", 2)]);
    /// table.push(["a|b".into(), 0.5.into()]);
    /// assert_eq!(table.to_markdown(), "| name | auroc |\n| ---- | ----: |\n| a\\|b |  0.50 |\n");
    /// ```
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let aligned = Aligned::of(self, escape::markdown, 3);
        let mut markdown = String::new();
        if let Some(caption) = &self.caption {
            markdown.push_str(&format!("**{}**\n\n", escape::markdown(caption)));
        }
        let rule = |(&width, &right): (&usize, &bool)| {
            if right { format!("{}:", "-".repeat(width - 1)) } else { "-".repeat(width) }
        };
        let rules: Vec<String> = aligned.widths.iter().zip(&aligned.right).map(rule).collect();
        for (index, fields) in aligned.lines.iter().enumerate() {
            markdown.push_str(&line(&aligned.padded(fields)));
            if index == 0 {
                markdown.push_str(&line(&rules));
            }
        }
        markdown
    }
}

fn line(fields: &[String]) -> String {
    format!("| {} |\n", fields.join(" | "))
}
