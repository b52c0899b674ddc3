//! A benchmark as tables.

use ciskit_report::{Cell, Column, Table};

use super::{Agreement, Benchmark, Detection, DetectionLabel, Estimate};

impl Benchmark {
    /// Everything of correlations and directions: a row for each model, group and threshold.
    #[must_use]
    pub fn table(&self) -> Table {
        let estimates = ["pearson", "spearman"].into_iter().flat_map(|name| {
            [
                Column::float(name, 4),
                Column::interval(format!("{name}_interval"), 4),
                Column::float(format!("{name}_p"), 4),
            ]
        });
        let counts = [
            "rows",
            "used",
            "no_effect",
            "no_prediction",
            "no_p",
            "up_up",
            "up_down",
            "down_up",
            "down_down",
            "measured_zero",
            "predicted_zero",
        ];
        let columns = [
            Column::text("model"),
            Column::text("group_kind"),
            Column::text("group"),
            Column::float("p_below", 4),
        ];
        let counts = counts.map(Column::integer);
        let rest = [
            Column::float("direction_accuracy", 4),
            Column::float("direction_mcc", 4),
            Column::text("undefined"),
        ];
        let mut table = Table::new(columns.into_iter().chain(estimates).chain(counts).chain(rest));
        for found in &self.agreements {
            let Agreement { model, group, pairs, directions, .. } = found;
            let mut row =
                vec![model.as_str().into(), group.kind().into(), group.name().into(), found.below.into()];
            row.extend([found.pearson, found.spearman].into_iter().flat_map(cells));
            row.extend(
                [pairs.rows, pairs.used, pairs.no_effect, pairs.no_prediction, pairs.no_p].map(Cell::from),
            );
            row.extend(
                [
                    directions.up_up,
                    directions.up_down,
                    directions.down_up,
                    directions.down_down,
                    directions.measured_zero,
                    directions.predicted_zero,
                ]
                .map(Cell::from),
            );
            row.extend([
                directions.accuracy().into(),
                directions.mcc().into(),
                found.undefined.clone().into(),
            ]);
            table.push(row);
        }
        table
    }

    /// Detection: a row for each model and group that has something to find.
    #[must_use]
    pub fn detection_table(&self) -> Table {
        let mut table = Table::new([
            Column::text("model"),
            Column::text("group_kind"),
            Column::text("group"),
            Column::text("label"),
            Column::integer("items"),
            Column::integer("positives"),
            Column::float("auroc", 4),
            Column::float("auprc", 4),
            Column::float("best_f1", 4),
            Column::text("undefined"),
        ]);
        for found in &self.detections {
            let Detection { model, group, label, items, positives, .. } = found;
            let label = match label {
                DetectionLabel::Enhancer => "enhancer".to_owned(),
                DetectionLabel::Significant(below) => format!("p<{below}"),
            };
            table.push([
                model.as_str().into(),
                group.kind().into(),
                group.name().into(),
                label.into(),
                (*items).into(),
                (*positives).into(),
                found.auroc.into(),
                found.auprc.into(),
                found.best_f1.into(),
                found.undefined.clone().into(),
            ]);
        }
        table
    }

    /// A coefficient of all rows, or of those below a threshold: a row a model, a column a group.
    #[must_use]
    pub fn matrix(&self, below: Option<f64>, of: impl Fn(&Agreement) -> Option<f64>) -> Table {
        let groups = self.groups.iter().map(|group| Column::float(group.to_string(), 4));
        let mut table = Table::new(std::iter::once(Column::text("model").titled("Model")).chain(groups));
        for model in &self.models {
            let values = self.groups.iter().map(|group| self.agreement(model, group, below).and_then(&of));
            table.push(std::iter::once(model.as_str().into()).chain(values.map(Cell::from)));
        }
        table
    }
}

fn cells(estimate: Option<Estimate>) -> [Cell; 3] {
    [
        estimate.map(|found| found.coefficient).into(),
        estimate.and_then(|found| found.interval).into(),
        estimate.map(|found| found.p_value).into(),
    ]
}
