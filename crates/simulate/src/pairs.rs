//! Which elements are paired, and with which label.
//!
//! Pairs come in quads: enhancers e₀, e₁ and promoters p₀, p₁, where e₀ and p₀ have one factor, e₁ and p₁ another.
//! Every enhancer is paired with every promoter, which makes two pairs with a common factor and two without. So
//! each element has one partner of each class: nothing that is true of one element alone (factor, G+C content,
//! length, place, number of partners) separates the classes, exactly and on every contig. Which element of a quad
//! lies where is drawn without regard to the factors, so distances and sides do not separate them either.
//! A wrong label turns a whole quad around, which keeps all of this.

use ciskit_core::random::Stream;

/// The pairs of a quad as roles of enhancer and promoter; those with a factor in common come first.
pub(crate) const PAIRED: [[usize; 2]; 4] = [[0, 2], [1, 3], [0, 3], [1, 2]];

/// Two enhancers and two promoters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quad {
    /// Factors of the first and the second enhancer and promoter.
    factors: [usize; 2],
    /// Whether the labels are the opposite of what the grammar says.
    pub(crate) flipped: bool,
}

impl Quad {
    /// Factor of the element with a role.
    pub(crate) fn factor(&self, role: usize) -> usize {
        self.factors[role % 2]
    }

    /// Whether two elements have a factor in common.
    pub(crate) fn matched(&self, [enhancer, promoter]: [usize; 2]) -> bool {
        self.factor(enhancer) == self.factor(promoter)
    }
}

/// Quads in which every two factors meet equally often (but for a remainder), and of which the share `noise`,
/// rounded down, is flipped, spread evenly.
pub(crate) fn quads(count: usize, factors: usize, noise: f64, stream: Stream) -> Vec<Quad> {
    let couples: Vec<[usize; 2]> = (0..factors)
        .flat_map(|first| {
            (0..factors).filter(move |second| *second != first).map(move |second| [first, second])
        })
        .collect();
    let mut dealt: Vec<[usize; 2]> = couples.into_iter().cycle().take(count).collect();
    stream.draws().shuffle(&mut dealt);
    let flips_before = |index: usize| (index as f64 * noise + 1e-9) as usize;
    let quad = |(index, factors)| Quad { factors, flipped: flips_before(index) < flips_before(index + 1) };
    dealt.into_iter().enumerate().map(quad).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_and_flips_are_balanced() {
        let quads = quads(600, 3, 0.05, Stream::new(1, "test"));
        for first in 0..3 {
            for second in (0..3).filter(|second| *second != first) {
                assert_eq!(quads.iter().filter(|quad| quad.factors == [first, second]).count(), 100);
            }
        }
        for part in quads.chunks(100) {
            assert_eq!(part.iter().filter(|quad| quad.flipped).count(), 5);
        }
    }

    #[test]
    fn a_quad_pairs_every_enhancer_with_every_promoter() {
        let quad = Quad { factors: [4, 7], flipped: false };
        assert_eq!(PAIRED.map(|roles| quad.matched(roles)), [true, true, false, false]);
        for role in 0..4 {
            let of_role: Vec<[usize; 2]> = PAIRED.into_iter().filter(|pair| pair.contains(&role)).collect();
            assert_eq!(of_role.iter().filter(|roles| quad.matched(**roles)).count(), 1);
            assert_eq!(of_role.len(), 2);
        }
    }

    #[test]
    fn no_noise_flips_nothing() {
        assert!(quads(1_000, 2, 0.0, Stream::new(1, "test")).iter().all(|quad| !quad.flipped));
    }
}
