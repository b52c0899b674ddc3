//! An audit as a page: the verdict first, then what it rests on.

use ciskit_core::Pair;
use ciskit_dataset::{Audit, AuditBaseline, Verdict};
use ciskit_report::{Axis, Histogram, LineChart, Page, Section, Series};

use super::tables;

/// Rules in the chart at most.
const DRAWN: usize = 6;

/// The page of the audit of a list.
pub(super) fn page(name: &str, audit: &Audit, pairs: &[Pair]) -> Page {
    Page::new(format!("Audit of {name}"))
        .lead("Can this list of enhancer-promoter pairs be solved without biology?")
        .section(verdict(audit))
        .section(rules(audit))
        .section(sharing(audit))
        .section(classes(audit, pairs))
        .section(elements(audit))
        .footer(format!("ciskit {}", env!("CARGO_PKG_VERSION")))
}

fn verdict(audit: &Audit) -> Section {
    let (section, words) = (Section::new("Verdict"), tables::verdict(audit));
    let mut section = match audit.verdict {
        Verdict::Ok => section.good(sentence(words)),
        Verdict::Caution => section.warning(sentence(words)),
        Verdict::Solved => section.bad(sentence(words)),
    };
    let composition = &audit.composition;
    section = section.key_figures([
        ("pairs", composition.pairs.to_string()),
        ("positives", composition.positives.to_string()),
        ("negatives", composition.negatives.to_string()),
        ("split", audit.splitter.clone()),
    ]);
    if let Some(leak) = &audit.leak {
        section = section.warning(format!("The split is leaky: {leak}."));
    }
    for finding in &audit.findings {
        section = match finding.verdict {
            Verdict::Solved => section.bad(sentence(&finding.message)),
            Verdict::Caution => section.warning(sentence(&finding.message)),
            Verdict::Ok => section,
        };
    }
    let fine: Vec<&str> = audit
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Ok)
        .map(|finding| finding.check.as_str())
        .collect();
    if !fine.is_empty() {
        section = section.good(format!("Nothing to worry about: {}.", fine.join(", ")));
    }
    for check in &audit.skipped {
        section = section.note(format!("Not checked: {check}."));
    }
    section
}

/// With a capital letter and a full stop.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn rules(audit: &Audit) -> Section {
    let measured = Section::new("Under the split")
        .paragraph(
            "Each rule scores the test pairs of every fold. AUROC and AUPRC (average precision) are means over folds, \
             then over draws of the negatives; ± is the standard deviation over folds, and over draws. An AUROC of \
             0.5 and the AUPRC by chance are what a coin reaches; an AUROC near 0 is as telling as one near 1.",
        )
        .table(&tables::baselines(&audit.baselines))
        .figure(by_fold(audit).to_svg());
    let random = Section::new("If the pairs were split at random")
        .paragraph(
            "What knowing each element's labels in training reaches where pairs, not chromosomes, are split. No part \
             of the verdict; it says what a score under such a split is worth.",
        )
        .table(&tables::baselines(&audit.at_random));
    Section::new("How far do rules get that know no biology?")
        .paragraph(
            "A model is worth something only as far as it beats these. Rules that know the tested list use which other \
             pairs are tested with a pair; no such rule can be used on a new pair, but where it does well, how the list \
             was made tells the labels.",
        )
        .section(measured)
        .section(random)
}

/// The rules that separate the classes best, fold by fold.
fn by_fold(audit: &Audit) -> LineChart {
    let mut strongest: Vec<&AuditBaseline> =
        audit.baselines.iter().filter(|b| b.separation().is_some()).collect();
    strongest
        .sort_by(|a, b| b.separation().partial_cmp(&a.separation()).unwrap_or(std::cmp::Ordering::Equal));
    let axes = (Axis::new("fold").whole_numbers(), Axis::new("AUROC").covering(0.0, 1.0));
    let mut chart = LineChart::new("The strongest rules by fold", axes.0, axes.1);
    for rule in strongest.into_iter().take(DRAWN) {
        let Some(draw) = rule.draws.first() else { continue };
        let points =
            draw.folds.iter().enumerate().filter_map(|(fold, score)| Some((fold as f64, score.auroc?)));
        chart = chart.series(Series::line(format!("{}, {}", rule.name, rule.list()), points));
    }
    chart.at_y(0.5, "random, 0.500").at_y(audit.config.thresholds.auroc_solved, "solved without biology")
}

fn sharing(audit: &Audit) -> Section {
    let section = Section::new("What do test and training share?")
        .paragraph(
            "Training here means training and validation pairs. An element counts as in training by its name or by its \
             place; overlaps are of at least one base, between elements of the same side.",
        )
        .table(&tables::sharing(audit));
    let Some(similar) = tables::similarity(audit) else {
        return section.note("Near-identical sequences were not looked for: give a genome or sequences.");
    };
    let similarity = &audit.config.similarity;
    section
        .paragraph(format!(
            "Near-identical: on either strand, at least {:.0} % of the minimizers ({}-mers, one of {}) of the sequence \
             that has fewer of them.",
            100.0 * similarity.containment,
            similarity.k,
            similarity.window
        ))
        .table(&similar)
}

fn classes(audit: &Audit, pairs: &[Pair]) -> Section {
    let log_distance = |label: bool| {
        let of_class = pairs.iter().filter(move |pair| pair.label == Some(label));
        of_class.filter_map(|pair| Some((pair.distance()? + 1.0).log10()))
    };
    let chart = Histogram::new("Distance by class", Axis::new("log10 of the distance in bp"))
        .group("negative", log_distance(false))
        .group("positive", log_distance(true));
    Section::new("Do the classes differ in what is not biology?")
        .paragraph(
            "The Kolmogorov-Smirnov distance is the largest difference of the two distributions: 0 if they are the \
             same, 1 if they do not meet. The mean difference is in standard deviations, for the distance after the \
             logarithm.",
        )
        .table(&tables::classes(audit))
        .figure(chart.to_svg())
}

fn elements(audit: &Audit) -> Section {
    let (composition, overlap) = (&audit.composition, &audit.promoter_overlap);
    let mut section = Section::new("How often do elements occur?")
        .table(&tables::degrees(audit))
        .paragraph(format!(
            "{} negatives have an enhancer of a positive, {} a promoter of a positive, {} both ({:.0} expected if the \
             two were independent). {} rows repeat a pair; {} pairs are labelled both ways.",
            composition.negatives_with_enhancer_of_positive,
            composition.negatives_with_promoter_of_positive,
            composition.negatives_with_both,
            composition.expected_negatives_with_both,
            composition.repeated_rows,
            composition.contradictory_pairs
        ));
    let moved = &audit.moved_negatives;
    if let Some(distance) = moved.distance {
        section = section.paragraph(format!(
            "Of {} windows that negatives have and positives do not, {} lie exactly {distance} bp beside a window of a \
             positive, which no other distance does as often.",
            moved.windows, moved.moved
        ));
    }
    if let Some(ratio) = overlap.ratio() {
        section = section.paragraph(format!(
            "{} of {} positives ({:.1} %) have an enhancer that, as a window of {} bp, overlaps another enhancer of the \
             same promoter; {} of {} promoters have one enhancer only.",
            overlap.overlapping,
            overlap.positives,
            100.0 * ratio,
            overlap.window,
            overlap.promoters_with_one_enhancer,
            overlap.promoters
        ));
    }
    section.section(Section::new("The most frequent elements").table(&tables::frequent(audit)))
}
