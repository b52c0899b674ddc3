//! A comparison as pictures: one interval chart a measure and list.

use ciskit_report::{Axis, IntervalChart, Panel, Svg};

use crate::{Comparison, Metric, ModelKind, TestRatio};

/// The rule whose value is what random scores reach: drawn as a line, not as a row.
const PREVALENCE: &str = "prevalence";

impl Comparison {
    /// Mean and interval of every model on a list, the best first, over the line of random scores.
    #[must_use]
    pub fn chart(&self, ratio: TestRatio, metric: Metric) -> IntervalChart {
        let (title, list) = (
            metric.title(),
            match ratio {
                TestRatio::All => "all negatives".to_owned(),
                ratio => format!("test list {ratio}"),
            },
        );
        let axis = Axis::new(format!("{title}, mean of folds with 95 % interval"));
        let mut chart = IntervalChart::new(format!("{title}, {list}"), axis);
        for kind in [ModelKind::Network, ModelKind::Baseline, ModelKind::Table, ModelKind::LabelFree] {
            chart = chart.group(kind.to_string());
        }
        let mut random = None;
        for result in self.ranked(ratio, metric) {
            let estimate = result.measured.estimate(metric);
            if result.model == PREVALENCE {
                random = estimate.mean;
                continue;
            }
            let value = estimate.mean.unwrap_or(f64::NAN);
            chart = chart.row(&result.model, result.kind.to_string(), value, estimate.interval);
        }
        match (metric, random) {
            (Metric::Auroc, _) => chart.at_x(0.5, "random, 0.500"),
            (Metric::AveragePrecision, Some(random)) => {
                chart.at_x(random, format!("prevalence, {random:.3}"))
            }
            (Metric::AveragePrecision, None) => chart,
        }
    }

    /// All charts as one picture: a row a list.
    #[must_use]
    pub fn picture(&self) -> Svg {
        let mut panel = Panel::new(format!("{} models, {}", self.models.len(), self.splitter))
            .line("Mean over folds, interval of 95 % by resampling chromosomes.".to_owned());
        if let Some(leak) = &self.leak {
            panel = panel.line(format!("This split is leaky: {leak}"));
        }
        for list in &self.lists {
            panel = panel.row(Metric::ALL.map(|metric| self.chart(list.ratio, metric).to_svg()));
        }
        panel.to_svg()
    }
}
