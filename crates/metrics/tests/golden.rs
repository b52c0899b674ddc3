//! Every case of the golden file, made with scikit-learn, SciPy and the placement definition of DeLong.
//!
//! Numbers agree to 1e-12 relative; p-values to 1e-10, since a p-value magnifies the rounding of its
//! coefficient.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_metrics::*;
use serde_json::Value;

const TOLERANCE: f64 = 1e-12;
const P_TOLERANCE: f64 = 1e-10;

/// A case of the file, for panics that say where.
struct Case<'a> {
    name: &'a str,
    case: &'a Value,
}

impl Case<'_> {
    fn numbers(&self, key: &str) -> Vec<f64> {
        self.case[key].as_array().unwrap().iter().map(number).collect()
    }

    fn weights(&self) -> Option<Vec<f64>> {
        self.case.get("weight").map(|_| self.numbers("weight"))
    }

    fn expected(&self, key: &str) -> Option<&Value> {
        self.case["expect"].get(key)
    }

    /// A metric against its expectation: a number, or null for an error; whatever the case does not give is
    /// not checked. Returns how many expectations were checked.
    fn check<E>(&self, key: &str, tolerance: f64, found: impl FnOnce() -> Result<f64, E>) -> usize {
        let Some(expected) = self.expected(key) else { return 0 };
        match (expected.is_null(), found()) {
            (true, Ok(found)) => panic!("{}: {key} is {found}, not undefined", self.name),
            (true, Err(_)) => {}
            (false, Ok(found)) => self.close(key, found, number(expected), tolerance),
            (false, Err(_)) => panic!("{}: {key} is an error, not {expected}", self.name),
        }
        1
    }

    fn close(&self, key: &str, found: f64, expected: f64, tolerance: f64) {
        let near_enough = (found - expected).abs() <= tolerance * found.abs().max(expected.abs());
        // A p-value of a perfect correlation is zero, or what rounding leaves of it.
        let both_vanish = tolerance == P_TOLERANCE && found.max(expected) < 1e-20;
        assert!(
            found == expected || near_enough || both_vanish,
            "{}: {key} is {found:e}, not {expected:e}",
            self.name
        );
    }

    /// Points of a curve, each component against its list.
    fn check_curve(&self, key: &str, components: &[(&str, Vec<f64>)]) -> usize {
        let Some(expected) = self.expected(key) else { return 0 };
        for (component, found) in components {
            let expected: Vec<f64> = expected[component].as_array().unwrap().iter().map(number).collect();
            assert_eq!(found.len(), expected.len(), "{}: {key}.{component}", self.name);
            for (&found, expected) in found.iter().zip(expected) {
                self.close(component, found, expected, TOLERANCE);
            }
        }
        1
    }
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some(text) => text.parse().unwrap(), // nan, inf, -inf
        None => value.as_f64().unwrap(),
    }
}

/// Malformed labels, scores or weights, which every metric of theirs must refuse.
fn check_binary_refused(case: &Case) -> usize {
    let Ok(labels) = labels_from(&case.numbers("label")) else { return 1 };
    let scores = case.numbers("score");
    let refused = match case.weights() {
        Some(weights) => vec![
            Ranking::weighted(&labels, &scores, &weights).is_err(),
            weighted_brier(&labels, &scores, &weights).is_err(),
            weighted_log_loss(&labels, &scores, &weights).is_err(),
        ],
        None => vec![
            Ranking::new(&labels, &scores).is_err(),
            Confusion::at(0.5, &labels, &scores).is_err(),
            brier(&labels, &scores).is_err(),
            log_loss(&labels, &scores).is_err(),
            delong(&labels, &scores).is_err(),
            delong_test(&labels, &scores, &scores).is_err(),
        ],
    };
    assert!(!refused.contains(&false), "{}: refused {refused:?}", case.name);
    refused.len()
}

fn check_binary(case: &Case) -> usize {
    let labels = labels_from(&case.numbers("label")).unwrap();
    let scores = case.numbers("score");
    if let Some(weights) = case.weights() {
        let ranking = Ranking::weighted(&labels, &scores, &weights).unwrap();
        return case.check("roc_auc", TOLERANCE, || ranking.auroc())
            + case.check("average_precision", TOLERANCE, || ranking.average_precision())
            + case.check("brier", TOLERANCE, || weighted_brier(&labels, &scores, &weights))
            + case.check("log_loss", TOLERANCE, || weighted_log_loss(&labels, &scores, &weights));
    }

    let ranking = Ranking::new(&labels, &scores).unwrap();
    let confusion = Confusion::at(0.5, &labels, &scores).unwrap();
    let ones = vec![1.0; labels.len()];
    let weighted = Ranking::weighted(&labels, &scores, &ones).unwrap();
    let sure = |value: f64| Ok::<_, MetricError>(value);
    let mut checked = case.check("roc_auc", TOLERANCE, || ranking.auroc())
        + case.check("roc_auc", TOLERANCE, || weighted.auroc())
        + case.check("average_precision", TOLERANCE, || ranking.average_precision())
        + case.check("average_precision", TOLERANCE, || weighted.average_precision())
        + case.check("f1_at_0.5", TOLERANCE, || sure(confusion.f1()))
        + case.check("mcc_at_0.5", TOLERANCE, || sure(confusion.mcc()))
        + case.check("balanced_accuracy_at_0.5", TOLERANCE, || sure(confusion.balanced_accuracy()))
        + case.check("best_f1", TOLERANCE, || ranking.best_f1().map(|best| best.f1))
        + case.check("best_f1_threshold", 0.0, || ranking.best_f1().map(|best| best.threshold))
        + case.check("precision_at_recall_0.7_first", TOLERANCE, || {
            ranking.precision_at_recall(0.7).map(|point| point.precision)
        })
        + case.check("precision_at_recall_0.7_best", TOLERANCE, || {
            ranking.best_precision_at_recall(0.7).map(|point| point.precision)
        })
        + case.check("trapezoid_pr_auc", TOLERANCE, || ranking.pr_curve().map(|curve| trapezoid(&curve)))
        + case.check("delong_se", TOLERANCE, || delong(&labels, &scores).map(|found| found.standard_error))
        + case.check("brier", TOLERANCE, || brier(&labels, &scores))
        + case.check("log_loss", TOLERANCE, || log_loss(&labels, &scores));
    if let Some(counts) = case.expected("confusion_at_0.5") {
        let found = [
            ("tp", confusion.true_positives),
            ("fp", confusion.false_positives),
            ("fn", confusion.false_negatives),
            ("tn", confusion.true_negatives),
        ];
        for (key, found) in found {
            assert_eq!(counts[key].as_u64(), Some(found), "{}: {key}", case.name);
        }
        checked += 1;
    }
    if let Ok(curve) = ranking.pr_curve() {
        let thresholds = curve[..curve.len() - 1].iter().map(|point| point.threshold).collect();
        let precision = curve.iter().map(|point| point.precision).collect();
        let recall = curve.iter().map(|point| point.recall).collect();
        let components = [("threshold", thresholds), ("precision", precision), ("recall", recall)];
        checked += case.check_curve("pr_curve", &components);
    }
    if let Ok(curve) = ranking.roc_curve() {
        let thresholds = curve.iter().map(|point| point.threshold).collect();
        let fpr = curve.iter().map(|point| point.false_positive_rate).collect();
        let tpr = curve.iter().map(|point| point.true_positive_rate).collect();
        checked += case.check_curve("roc_curve", &[("threshold", thresholds), ("fpr", fpr), ("tpr", tpr)]);
    }
    for (curve, defined) in
        [("pr_curve", ranking.pr_curve().is_ok()), ("roc_curve", ranking.roc_curve().is_ok())]
    {
        assert!(defined || case.expected(curve).is_none(), "{}: {curve} is an error", case.name);
    }
    checked
}

/// What average precision is not.
fn trapezoid(curve: &[PrPoint]) -> f64 {
    curve.windows(2).map(|p| (p[0].recall - p[1].recall) * (p[0].precision + p[1].precision) / 2.0).sum()
}

fn check_paired(case: &Case) -> usize {
    let labels = labels_from(&case.numbers("label")).unwrap();
    let test = delong_test(&labels, &case.numbers("score1"), &case.numbers("score2")).unwrap();
    let expected = case.expected("delong_pair").unwrap();
    for (key, found) in [
        ("auc1", test.first),
        ("auc2", test.second),
        ("difference", test.difference),
        ("se", test.standard_error),
    ] {
        case.close(key, found, number(&expected[key]), TOLERANCE);
    }
    for (key, found, tolerance) in [("z", test.z, TOLERANCE), ("p", test.p_value, P_TOLERANCE)] {
        match found {
            Some(found) => case.close(key, found, number(&expected[key]), tolerance),
            None => assert!(expected[key].is_null(), "{}: no {key}", case.name),
        }
    }
    6
}

fn check_correlation(case: &Case) -> usize {
    let (x, y) = (case.numbers("x"), case.numbers("y"));
    let p = |test: Result<Correlation, MetricError>| test.map(|test| test.p_value);
    case.check("pearson_r", TOLERANCE, || pearson(&x, &y))
        + case.check("pearson_p", P_TOLERANCE, || p(pearson_test(&x, &y)))
        + case.check("spearman_rho", TOLERANCE, || spearman(&x, &y))
        + case.check("spearman_p", P_TOLERANCE, || p(spearman_test(&x, &y)))
        + case.check("kendall_tau_b", TOLERANCE, || kendall(&x, &y))
        + case.check("kendall_p", P_TOLERANCE, || p(kendall_test(&x, &y)))
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn every_case_of_the_golden_file() {
    let text = std::fs::read_to_string(ciskit_fixtures::shared("golden/metrics/metrics.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let (mut cases, mut checked) = (0, 0);
    for case in golden["cases"].as_array().unwrap() {
        let case = Case { name: case["name"].as_str().unwrap(), case };
        cases += 1;
        let refused = case.case["error"] == true;
        checked += match (case.case["kind"].as_str().unwrap(), refused) {
            ("binary", true) => check_binary_refused(&case),
            ("correlation", true) => {
                let (x, y) = (case.numbers("x"), case.numbers("y"));
                let refused = [pearson(&x, &y).is_err(), spearman(&x, &y).is_err(), kendall(&x, &y).is_err()];
                assert_eq!(refused, [true; 3], "{}", case.name);
                refused.len()
            }
            ("binary", false) => check_binary(&case),
            ("paired", false) => check_paired(&case),
            ("correlation", false) => check_correlation(&case),
            (kind, _) => panic!("{}: unknown kind {kind}", case.name),
        };
    }
    assert_eq!(cases, 66);
    assert_eq!(checked, 733);
}
