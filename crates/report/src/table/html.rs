//! Tables as HTML.

use super::{Cell, Column, Table};
use crate::escape;

impl Table {
    /// An HTML `<table>`, its caption and headings marked as such, without any style of its own; cells of numbers
    /// have the class `number`.
    ///
    /// Every text is escaped. The first column, if it is text, heads its rows.
    ///
    /// ```
    /// use ciskit_report::{Column, Table};
    ///
    /// let mut table = Table::new([Column::text("name"), Column::integer("n")]);
    /// table.push(["<script>".into(), 7.into()]);
    /// let html = table.to_html();
    /// assert!(html.contains("<tr><th scope=\"row\">&lt;script&gt;</th><td class=\"number\">7</td></tr>"));
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut html = String::from("<table>\n");
        if let Some(caption) = &self.caption {
            html.push_str(&format!("<caption>{}</caption>\n", escape::markup(caption)));
        }
        html.push_str(&format!(
            "<thead><tr>{}</tr></thead>\n<tbody>\n",
            self.columns.iter().map(heading).collect::<String>()
        ));
        for row in &self.rows {
            let cells: String = row
                .iter()
                .zip(&self.columns)
                .enumerate()
                .map(|(i, (c, column))| cell(i, column, c))
                .collect();
            html.push_str(&format!("<tr>{cells}</tr>\n"));
        }
        if self.is_empty() {
            html.push_str(&format!("<tr><td colspan=\"{}\">no rows</td></tr>\n", self.columns.len().max(1)));
        }
        html.push_str("</tbody>\n</table>\n");
        html
    }
}

fn heading(column: &Column) -> String {
    let class = if column.is_numeric() { " class=\"number\"" } else { "" };
    format!("<th scope=\"col\"{class}>{}</th>", escape::markup(column.title()))
}

fn cell(index: usize, column: &Column, cell: &Cell) -> String {
    let shown = escape::markup(&column.shown(cell));
    match column.is_numeric() {
        true => format!("<td class=\"number\">{shown}</td>"),
        false if index == 0 => format!("<th scope=\"row\">{shown}</th>"),
        false => format!("<td>{shown}</td>"),
    }
}
