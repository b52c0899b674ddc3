//! The standard pictures of a ranking.

use ciskit_metrics::{MetricError, Ranking, Reliability, Score};

use crate::{Axis, Histogram, LineChart, Series, number};

/// ROC curves of one or more scores, each named with its AUROC, over the diagonal of random scores.
///
/// # Errors
///
/// [`MetricError::NoPositives`] or [`MetricError::NoNegatives`]: there is no curve with one class.
///
/// ```
/// use ciskit_metrics::Ranking;
/// use ciskit_report::roc_chart;
///
/// let ranking = Ranking::new(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
/// let svg = roc_chart([("EPIPAM", &ranking)])?.to_svg();
/// assert!(svg.as_str().contains("EPIPAM, AUROC 0.750"));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn roc_chart<'a>(
    scores: impl IntoIterator<Item = (&'a str, &'a Ranking)>,
) -> Result<LineChart, MetricError> {
    let axis = |title| Axis::new(title).covering(0.0, 1.0);
    let mut chart =
        LineChart::new("ROC curve", axis("false positive rate"), axis("true positive rate")).square();
    for (name, ranking) in scores {
        let points = ranking.roc_curve()?;
        let points = points.iter().map(|point| (point.false_positive_rate, point.true_positive_rate));
        chart = chart.series(Series::line(named(name, "AUROC", ranking.auroc()?), points));
    }
    Ok(chart.diagonal("random, 0.500"))
}

/// Precision-recall curves of one or more scores, each named with its AUPRC, over the prevalence, which is the
/// precision of random scores.
///
/// Curves are steps, so that the area under each is its average precision. Scores of the same items share their
/// prevalence; each other one gets a line of its own.
///
/// # Errors
///
/// [`MetricError::NoPositives`]: there is no recall without positives.
///
/// ```
/// use ciskit_metrics::Ranking;
/// use ciskit_report::pr_chart;
///
/// let ranking = Ranking::new(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
/// let svg = pr_chart([("EPIPAM", &ranking)])?.to_svg();
/// assert!(svg.as_str().contains("EPIPAM, AUPRC 0.833"));
/// assert!(svg.as_str().contains("prevalence, 0.500"));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn pr_chart<'a>(
    scores: impl IntoIterator<Item = (&'a str, &'a Ranking)>,
) -> Result<LineChart, MetricError> {
    let axis = |title| Axis::new(title).covering(0.0, 1.0);
    let mut chart = LineChart::new("Precision-recall curve", axis("recall"), axis("precision")).square();
    let mut prevalences: Vec<f64> = Vec::new();
    for (name, ranking) in scores {
        let curve = ranking.pr_curve()?;
        // From the largest score down; the point where nothing is called has no precision of its own.
        let mut points: Vec<(f64, f64)> =
            curve.iter().rev().skip(1).map(|point| (point.recall, point.precision)).collect();
        points.insert(0, (0.0, points[0].1));
        chart = chart.series(Series::steps(named(name, "AUPRC", ranking.average_precision()?), points));
        let prevalence = ranking.positives() / (ranking.positives() + ranking.negatives());
        if !prevalences.contains(&prevalence) {
            prevalences.push(prevalence);
        }
    }
    for prevalence in prevalences {
        chart = chart.at_y(prevalence, format!("prevalence, {}", number::fixed(prevalence, 3)));
    }
    Ok(chart)
}

/// Calibration curves of one or more scores that are probabilities, each named with its expected calibration error, over the
/// diagonal of probabilities that are what they say.
///
/// ```
/// use ciskit_metrics::{Bins, Reliability};
/// use ciskit_report::calibration_chart;
///
/// let curve = Reliability::new(&[false, true, true, true], &[0.1, 0.3, 0.7, 0.9], Bins::EqualWidth(2))?;
/// let svg = calibration_chart([("EPIPAM", &curve)]).to_svg();
/// assert!(svg.as_str().contains("EPIPAM, expected error 0.250"));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn calibration_chart<'a>(scores: impl IntoIterator<Item = (&'a str, &'a Reliability)>) -> LineChart {
    let axis = |title| Axis::new(title).covering(0.0, 1.0);
    let mut chart =
        LineChart::new("Calibration", axis("mean probability"), axis("fraction of positives")).square();
    for (name, curve) in scores {
        let points = curve.bins().iter().map(|bin| (bin.mean_probability, bin.positive_fraction));
        chart = chart.series(Series::line(named(name, "expected error", curve.expected_error()), points));
    }
    chart.diagonal("calibrated")
}

/// How the scores of negatives and positives are distributed; an axis of probabilities should cover 0 to 1.
///
/// # Panics
///
/// If there are not as many scores as labels.
///
/// ```
/// use ciskit_report::{Axis, score_distribution};
///
/// let axis = Axis::new("probability").covering(0.0, 1.0);
/// let svg = score_distribution(&[false, false, true], &[0.1, 0.4, 0.8], axis).to_svg();
/// assert!(svg.as_str().contains(">negative (n = 2)</text>"));
/// ```
#[must_use]
pub fn score_distribution<S: Score>(labels: &[bool], scores: &[S], axis: Axis) -> Histogram {
    assert_eq!(labels.len(), scores.len(), "one score for each label");
    let of = |class: bool| {
        labels.iter().zip(scores).filter(move |&(&label, _)| label == class).map(|(_, &score)| score.into())
    };
    Histogram::new("Scores by class", axis).group("negative", of(false)).group("positive", of(true))
}

fn named(name: &str, measure: &str, value: f64) -> String {
    format!("{name}, {measure} {}", number::fixed(value, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Area under the drawn line of the only series, in units of the plotting area, from its pixels.
    fn drawn_area(chart: &LineChart) -> f64 {
        let svg = chart.to_svg();
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        let axis = document.descendants().find(|node| node.attribute("class") == Some("plot-axis")).unwrap();
        let number = |name: &str| axis.attribute(name).unwrap().parse::<f64>().unwrap();
        let (left, bottom, side) = (number("x1"), number("y1"), number("x2") - number("x1"));
        let line = document.descendants().find(|node| node.has_tag_name("polyline")).unwrap();
        let point = |point: &str| {
            let (x, y) = point.split_once(',').unwrap();
            ((x.parse::<f64>().unwrap() - left) / side, (bottom - y.parse::<f64>().unwrap()) / side)
        };
        let points: Vec<(f64, f64)> = line.attribute("points").unwrap().split(' ').map(point).collect();
        points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum()
    }

    #[test]
    fn the_drawn_areas_are_the_metrics() {
        let noise = |i: u64| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / (1 << 24) as f64;
        for n in [12, 500, 50_000] {
            let labels: Vec<bool> = (0..n).map(|i| noise(i + n) < 0.2).collect();
            let scores: Vec<f64> =
                (0..n).map(|i| (noise(i) + if labels[i as usize] { 0.4 } else { 0.0 }) / 1.4).collect();
            let ranking = Ranking::new(&labels, &scores).unwrap();
            let roc = drawn_area(&roc_chart([("a", &ranking)]).unwrap());
            assert!((roc - ranking.auroc().unwrap()).abs() < 2e-3, "{n}: {roc}");
            let pr = drawn_area(&pr_chart([("a", &ranking)]).unwrap());
            assert!((pr - ranking.average_precision().unwrap()).abs() < 2e-3, "{n}: {pr}");
        }
    }

    #[test]
    fn precision_is_drawn_in_steps() {
        let ranking = Ranking::new(&[true, false, false, true], &[4.0, 3.0, 2.0, 1.0]).unwrap();
        let area = drawn_area(&pr_chart([("a", &ranking)]).unwrap());
        assert!((area - 0.75).abs() < 1e-3, "{area}"); // straight lines would make it 0.71
    }

    #[test]
    fn one_class_has_no_curves() {
        let ranking = Ranking::new(&[false, false], &[0.1, 0.2]).unwrap();
        assert_eq!(roc_chart([("a", &ranking)]), Err(MetricError::NoPositives { items: 2 }));
        assert_eq!(pr_chart([("a", &ranking)]), Err(MetricError::NoPositives { items: 2 }));
    }
}
