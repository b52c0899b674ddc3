//! How often elements occur and with which labels: degree, propensity, repeated and contradictory rows.

use std::collections::HashMap;

use ciskit_core::Side;
use serde::{Deserialize, Serialize};

use super::roster::Roster;

/// How many of the most frequent elements are listed.
const LISTED: usize = 5;

/// What the list consists of.
///
/// ```
/// let composition = ciskit_dataset::Composition::default();
/// assert_eq!((composition.pairs, composition.negatives_with_both), (0, 0));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Composition {
    /// Number of rows.
    pub pairs: usize,
    /// Rows labelled positive.
    pub positives: usize,
    /// Rows labelled negative.
    pub negatives: usize,
    /// Rows without label.
    pub unlabelled: usize,
    /// Rows whose elements lie on different contigs.
    pub trans: usize,
    /// The enhancers.
    pub enhancers: Degrees,
    /// The promoters.
    pub promoters: Degrees,
    /// Negatives whose enhancer is that of a positive.
    pub negatives_with_enhancer_of_positive: usize,
    /// Negatives whose promoter is that of a positive.
    pub negatives_with_promoter_of_positive: usize,
    /// Negatives of which both are true.
    pub negatives_with_both: usize,
    /// How many of these are expected if the two were independent among the negatives.
    pub expected_negatives_with_both: f64,
    /// Rows that repeat a pair that was there before.
    pub repeated_rows: usize,
    /// Pairs that are labelled positive in one row and negative in another.
    pub contradictory_pairs: usize,
}

/// How often the elements of one side occur among the labelled rows, and with which labels.
///
/// ```
/// assert!(ciskit_dataset::Degrees::default().most_frequent.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Degrees {
    /// Different elements.
    pub elements: usize,
    /// Different elements of positives.
    pub of_positives: usize,
    /// Elements that occur with both labels.
    pub with_both_labels: usize,
    /// Mean number of rows that share the element of a positive.
    pub mean_degree_of_positives: Option<f64>,
    /// Mean number of rows that share the element of a negative.
    pub mean_degree_of_negatives: Option<f64>,
    /// The most frequent elements.
    pub most_frequent: Vec<ElementDegree>,
}

/// How often one element occurs.
///
/// ```
/// let degree = ciskit_dataset::ElementDegree { name: "chr1:5-9".into(), pairs: 4, positives: 1 };
/// assert_eq!(degree.positives, 1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElementDegree {
    /// Its name, or its place where it has none.
    pub name: String,
    /// Labelled rows with it.
    pub pairs: u32,
    /// Positives among them.
    pub positives: u32,
}

impl Composition {
    pub(super) fn of(roster: &Roster<'_>) -> Self {
        let (positives, negatives) = (roster.class(true), roster.class(false));
        let sides = [Side::Enhancer, Side::Promoter];
        let degrees = sides.map(|side| Degrees::of(roster, side, &positives, &negatives));
        let in_positives = sides.map(|side| roster.side(side).count_of(&positives));
        let has = |row: usize, side: usize| in_positives[side][roster.side(sides[side]).of[row]] > 0;
        let count = |test: &dyn Fn(usize) -> bool| negatives.iter().filter(|row| test(**row)).count();
        let with_enhancer = count(&|row| has(row, 0));
        let with_promoter = count(&|row| has(row, 1));
        let mut seen: HashMap<[usize; 2], [usize; 3]> = HashMap::new();
        for (row, pair) in roster.pairs.iter().enumerate() {
            let key = sides.map(|side| roster.side(side).of[row]);
            seen.entry(key).or_default()[pair.label.map_or(2, usize::from)] += 1;
        }
        let [enhancers, promoters] = degrees;
        Self {
            pairs: roster.pairs.len(),
            positives: positives.len(),
            negatives: negatives.len(),
            unlabelled: roster.pairs.len() - roster.labelled.len(),
            trans: roster.pairs.iter().filter(|pair| pair.distance().is_none()).count(),
            enhancers,
            promoters,
            negatives_with_enhancer_of_positive: with_enhancer,
            negatives_with_promoter_of_positive: with_promoter,
            negatives_with_both: count(&|row| has(row, 0) && has(row, 1)),
            expected_negatives_with_both: with_enhancer as f64 * with_promoter as f64
                / negatives.len().max(1) as f64,
            repeated_rows: roster.pairs.len() - seen.len(),
            contradictory_pairs: seen.values().filter(|rows| rows[0] > 0 && rows[1] > 0).count(),
        }
    }
}

impl Degrees {
    fn of(roster: &Roster<'_>, side: Side, positives: &[usize], negatives: &[usize]) -> Self {
        let elements = roster.side(side);
        let (all, of) = (elements.count_of(&roster.labelled), elements.count_of(positives));
        let mean = |rows: &[usize]| {
            let sum: u64 = rows.iter().map(|row| u64::from(all[elements.of[*row]])).sum();
            (!rows.is_empty()).then(|| sum as f64 / rows.len() as f64)
        };
        let mut order: Vec<usize> = (0..elements.count()).collect();
        order.sort_by_key(|element| (std::cmp::Reverse(all[*element]), *element));
        let listed = order.iter().take(LISTED).map(|element| ElementDegree {
            name: roster.pairs[elements.first[*element]].element(side).key(),
            pairs: all[*element],
            positives: of[*element],
        });
        Self {
            elements: elements.count(),
            of_positives: of.iter().filter(|count| **count > 0).count(),
            with_both_labels: all.iter().zip(&of).filter(|(all, of)| **of > 0 && of < all).count(),
            mean_degree_of_positives: mean(positives),
            mean_degree_of_negatives: mean(negatives),
            most_frequent: listed.collect(),
        }
    }
}
