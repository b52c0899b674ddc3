//! An audit as tables and lines.

use ciskit_dataset::{Audit, AuditBaseline, Verdict};
use ciskit_report::{Cell, Column, Table};

/// Rules and how far they get, in the order in which they were measured.
pub(super) fn baselines<'a>(of: impl IntoIterator<Item = &'a AuditBaseline>) -> Table {
    let mut table = Table::new([
        Column::text("rule"),
        Column::text("list").titled("negatives"),
        Column::float("auroc", 3).titled("AUROC"),
        Column::float("auroc_sd_folds", 3).titled("± folds"),
        Column::float("auroc_sd_draws", 3).titled("± draws"),
        Column::float("auprc", 3).titled("AUPRC"),
        Column::float("chance", 3).titled("by chance"),
        Column::float("whole_list_auroc", 3).titled("AUROC, whole list"),
        Column::text("reads").titled("knows no more than"),
    ]);
    for rule in of {
        table.push([
            Cell::from(rule.name.as_str()),
            rule.list().into(),
            rule.auroc.into(),
            rule.auroc_sd_folds.into(),
            rule.auroc_sd_draws.into(),
            rule.average_precision.into(),
            rule.chance_average_precision.into(),
            rule.whole_list.as_ref().and_then(|whole| whole.auroc).into(),
            rule.reads.to_string().into(),
        ]);
    }
    table
}

/// What the test pairs of each fold share with its training and validation pairs.
pub(super) fn sharing(audit: &Audit) -> Table {
    let mut table = Table::new([
        Column::text("fold"),
        Column::integer("test_pairs").titled("test pairs"),
        Column::integer("known_pairs").titled("pair in training"),
        Column::integer("shared_pairs").titled("element in training"),
        Column::integer("touched_pairs").titled("or overlapping"),
        Column::integer("enhancers"),
        Column::integer("enhancers_overlapping").titled("overlap training"),
        Column::integer("enhancers_bp").titled("shared bp"),
        Column::integer("enhancers_within").titled("overlap each other"),
        Column::integer("promoters"),
        Column::integer("promoters_overlapping").titled("overlap training"),
        Column::integer("promoters_bp").titled("shared bp"),
        Column::integer("promoters_within").titled("overlap each other"),
    ]);
    for fold in &audit.sharing {
        let mut row = vec![
            Cell::from(fold.fold.as_str()),
            fold.test_pairs.into(),
            fold.known_pairs.into(),
            fold.shared_pairs.into(),
            fold.touched_pairs.into(),
        ];
        for side in [&fold.enhancers, &fold.promoters] {
            row.extend([
                side.test.into(),
                side.overlapping.into(),
                side.overlapping_bp.into(),
                side.within_test.into(),
            ]);
        }
        table.push(row);
    }
    table
}

/// Near-identical sequences by fold.
pub(super) fn similarity(audit: &Audit) -> Option<Table> {
    let mut table = Table::new([
        Column::text("fold"),
        Column::integer("elements").titled("test elements"),
        Column::integer("similar").titled("with a near-identical one in training"),
        Column::integer("pairs").titled("test pairs with one"),
    ]);
    for fold in audit.similarity.as_ref()? {
        let name = Cell::from(fold.fold.as_str());
        table.push([name, fold.elements.into(), fold.similar.into(), fold.pairs.into()]);
    }
    Some(table)
}

/// How the classes differ.
pub(super) fn classes(audit: &Audit) -> Table {
    let mut table = Table::new([
        Column::text("feature").titled("quantity"),
        Column::text("unit"),
        Column::float("positives_median", 3).titled("median of positives"),
        Column::float("negatives_median", 3).titled("median of negatives"),
        Column::float("mean_difference", 3).titled("mean difference (SD)"),
        Column::float("ks", 3).titled("Kolmogorov-Smirnov"),
    ]);
    for class in &audit.classes {
        table.push([
            Cell::from(class.feature.as_str()),
            class.unit.as_str().into(),
            class.positives.median.into(),
            class.negatives.median.into(),
            class.mean_difference.into(),
            class.ks.into(),
        ]);
    }
    table
}

/// How often elements occur.
pub(super) fn degrees(audit: &Audit) -> Table {
    let mut table = Table::new([
        Column::text("side"),
        Column::integer("elements").titled("different"),
        Column::integer("of_positives").titled("of positives"),
        Column::integer("with_both_labels").titled("with both labels"),
        Column::float("degree_of_positives", 2).titled("rows sharing a positive's"),
        Column::float("degree_of_negatives", 2).titled("rows sharing a negative's"),
    ]);
    let composition = &audit.composition;
    for (side, degrees) in [("enhancers", &composition.enhancers), ("promoters", &composition.promoters)] {
        table.push([
            Cell::from(side),
            degrees.elements.into(),
            degrees.of_positives.into(),
            degrees.with_both_labels.into(),
            degrees.mean_degree_of_positives.into(),
            degrees.mean_degree_of_negatives.into(),
        ]);
    }
    table
}

/// The most frequent elements.
pub(super) fn frequent(audit: &Audit) -> Table {
    let mut table = Table::new([
        Column::text("side"),
        Column::text("element"),
        Column::integer("pairs").titled("rows"),
        Column::integer("positives"),
    ]);
    let composition = &audit.composition;
    for (side, degrees) in [("enhancer", &composition.enhancers), ("promoter", &composition.promoters)] {
        for element in &degrees.most_frequent {
            table.push([
                Cell::from(side),
                element.name.as_str().into(),
                element.pairs.into(),
                element.positives.into(),
            ]);
        }
    }
    table
}

/// The verdict, in words that need no context.
pub(super) fn verdict(audit: &Audit) -> &'static str {
    match audit.verdict {
        Verdict::Ok => "ok: no check found a way to solve this list without biology",
        Verdict::Caution => "caution: results on this list are to be read with what follows in mind",
        Verdict::Solved => {
            "solved without biology: a rule that knows none separates the classes, so that a good score on this list \
             proves nothing by itself"
        }
    }
}

/// What is printed: the verdict, what is not ok, and the rules.
pub(super) fn summary(audit: &Audit) -> String {
    let composition = &audit.composition;
    let mut lines = vec![
        format!("verdict: {}", verdict(audit)),
        String::new(),
        format!(
            "{} pairs, {} positives, {} negatives; {}",
            composition.pairs, composition.positives, composition.negatives, audit.splitter
        ),
    ];
    if composition.unlabelled > 0 {
        lines.push(format!("{} pairs have no label and are in no baseline", composition.unlabelled));
    }
    if audit.untested > 0 {
        lines.push(format!("{} pairs are in no fold: neither trained nor tested on", audit.untested));
    }
    lines.push(String::new());
    let (fine, found): (Vec<_>, Vec<_>) =
        audit.findings.iter().partition(|finding| finding.verdict == Verdict::Ok);
    lines.extend(found.iter().map(ToString::to_string));
    lines.push(format!("ok: {} further checks", fine.len()));
    lines.extend(audit.skipped.iter().map(|check| format!("not checked: {check}")));
    lines.push(String::new());
    lines.push(baselines(&audit.baselines).to_text().trim_end().to_owned());
    lines.push(String::new());
    lines.push("the same pairs split at random:".to_owned());
    lines.push(baselines(&audit.at_random).to_text().trim_end().to_owned());
    lines.join("\n")
}
