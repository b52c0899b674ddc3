//! A ranking as tables.

use ciskit_report::{Cell, Column, Table};

use super::{RankReport, RankRow};

impl RankReport {
    /// Everything: a row for each model, rule, k and range of block sizes.
    #[must_use]
    pub fn table(&self) -> Table {
        self.rows_where(|_| true)
    }

    /// The rows of all blocks.
    #[must_use]
    pub fn summary(&self) -> Table {
        self.rows_where(|row| row.sizes.is_none())
    }

    fn rows_where(&self, wanted: impl Fn(&RankRow) -> bool) -> Table {
        let mut table = Table::new([
            Column::text("model").titled("Model"),
            Column::text("rule").titled("Rule"),
            Column::integer("k").titled("Top"),
            Column::text("block_size").titled("Block size"),
            Column::integer("causal").titled("Causal"),
            Column::integer("blocks").titled("Blocks"),
            Column::float("accuracy", 4).titled("Accuracy"),
            Column::interval("accuracy_interval", 4).titled("95 % interval"),
            Column::float("chance", 4).titled("Chance"),
            Column::float("optimistic", 4).titled("Optimistic"),
            Column::float("pessimistic", 4).titled("Pessimistic"),
            Column::integer("tied").titled("Tied"),
        ]);
        for row in self.rows.iter().filter(|row| wanted(row)) {
            table.push([
                row.model.as_str().into(),
                row.rule.name().into(),
                row.k.into(),
                sizes(row.sizes).into(),
                row.causal.into(),
                row.blocks.into(),
                row.accuracy.into(),
                Cell::from(row.interval),
                row.chance.into(),
                row.optimistic.into(),
                row.pessimistic.into(),
                row.tied.into(),
            ]);
        }
        table.captioned(
            "Accuracy breaks ties by chance, Optimistic and Pessimistic for and against the causal variant; the \
             interval resamples blocks.",
        )
    }
}

/// A range of sizes in words.
fn sizes(sizes: Option<(usize, usize)>) -> String {
    match sizes {
        None => "all".into(),
        Some((smallest, largest)) if smallest == largest => smallest.to_string(),
        Some((smallest, usize::MAX)) => format!("{smallest}+"),
        Some((smallest, largest)) => format!("{smallest}-{largest}"),
    }
}
