//! What a simulation is asked for.

use serde::{Deserialize, Serialize};

use crate::SimulateError;
use crate::factor::MOST_FACTORS;
use crate::planting::planted_length;

/// What to simulate. Every field has a default; together they give a genome of eight contigs and about 6 Mbp.
///
/// ```
/// use ciskit_simulate::SimulationConfig;
///
/// let config = SimulationConfig { pairs: 400, seed: 7, ..Default::default() };
/// assert!(config.validate().is_ok());
///
/// let config = SimulationConfig { factors: 1, ..Default::default() };
/// assert_eq!(config.validate().unwrap_err().to_string(), "factors is 1: expected 2 to 6");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimulationConfig {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Number of pairs, a multiple of four; half of them are positive, and there are half as many enhancers and
    /// half as many promoters.
    pub pairs: usize,
    /// Number of factors, CTCF among them; 2 to 6. Two are learned most easily.
    pub factors: usize,
    /// Share of the pairs whose label is the opposite of what the grammar says; below 0.5.
    pub label_noise: f64,
    /// Fewest and most sites of its factor in an element, each number equally likely.
    pub sites: [usize; 2],
    /// Share of the elements that have a single site instead, which one variant can break.
    pub lone_sites: f64,
    /// How close sites come to the consensus: probabilities are taken to this power; 1 draws from the matrix, 5
    /// gives sites that differ from the consensus in few bases, which are learned more easily.
    pub sharpness: f64,
    /// Whether sites read on either strand; otherwise all read forward. A network without a sense of strands
    /// has to learn twice as many motifs then.
    pub both_strands: bool,
    /// Scrambled sites (a site's bases in random order) in each element, of any factor.
    pub scrambled: usize,
    /// Share of the elements with a near-miss of any factor: a site but for one base.
    pub near_misses: f64,
    /// Sites and decoys lie this close to the middle of their element, in bp. The sites of an element are one
    /// cluster, as those of many regulatory elements are.
    pub reach: u64,
    /// Shortest and longest enhancer in bp.
    pub enhancer_length: [u64; 2],
    /// Shortest and longest promoter in bp.
    pub promoter_length: [u64; 2],
    /// Least distance between the middles of neighbouring elements in bp. A window of this length around an
    /// element's middle holds no other element, no unknown base, and no site that was not planted.
    pub spacing: u64,
    /// Largest distance between the middles of the elements of a pair in bp.
    pub max_distance: u64,
    /// Lengths of the contigs chr1, chr2, … in bp; empty for eight contigs just long enough.
    pub contig_lengths: Vec<u64>,
    /// Length of the stretch of N at each end of a contig in bp.
    pub unknown_ends: u64,
    /// Share of the genome in lower case, as masked repeats are.
    pub soft_masked: f64,
    /// Number of variants of each effect (break, keep, create); fewer if there are not so many.
    pub variants: usize,
}

impl Default for SimulationConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            pairs: 4_000,
            factors: 2,
            label_noise: 0.05,
            sites: [4, 10],
            lone_sites: 0.3,
            sharpness: 5.0,
            both_strands: false,
            scrambled: 1,
            near_misses: 0.3,
            reach: 180,
            enhancer_length: [400, 800],
            promoter_length: [400, 800],
            spacing: 1_200,
            max_distance: 200_000,
            contig_lengths: Vec::new(),
            unknown_ends: 1_000,
            soft_masked: 0.1,
            variants: 150,
        }
    }
}

impl SimulationConfig {
    /// Checks every field by itself and against the others.
    ///
    /// # Errors
    ///
    /// [`SimulateError::Config`] for a value that is impossible, [`SimulateError::ShortContigs`] if the given
    /// contigs have no room for the elements.
    pub fn validate(&self) -> Result<(), SimulateError> {
        let pairs = self.pairs.is_multiple_of(4) && (4..=4_000_000).contains(&self.pairs);
        require(pairs, "pairs", self.pairs, "a multiple of 4 up to 4000000")?;
        let factors = (2..=MOST_FACTORS).contains(&self.factors);
        require(factors, "factors", self.factors, format!("2 to {MOST_FACTORS}"))?;
        for (field, share, most) in [
            ("label_noise", self.label_noise, 0.49),
            ("lone_sites", self.lone_sites, 1.0),
            ("near_misses", self.near_misses, 1.0),
            ("soft_masked", self.soft_masked, 0.9),
        ] {
            require((0.0..=most).contains(&share), field, share, format!("a share of 0 to {most}"))?;
        }
        require((1.0..=100.0).contains(&self.sharpness), "sharpness", self.sharpness, "1 to 100")?;
        self.validate_elements()?;
        self.validate_places()
    }

    fn validate_elements(&self) -> Result<(), SimulateError> {
        let [fewest, most] = self.sites;
        let sites = 1 <= fewest && fewest <= most && most <= 1_000;
        require(sites, "sites", range(self.sites), "fewest and most sites of 1 to 1000")?;
        require(self.scrambled <= 1_000, "scrambled", self.scrambled, "0 to 1000")?;
        let planted = planted_length(most) + planted_length(self.scrambled + 1);
        let reach = (planted.div_ceil(2)..=1_000_000).contains(&self.reach);
        let expected = format!("at least {}, as up to {planted} bp are planted", planted.div_ceil(2));
        require(reach, "reach", self.reach, expected)?;
        let shortest = 2 * self.reach;
        require((shortest..=10_000_000).contains(&self.spacing), "spacing", self.spacing, {
            format!("at least {shortest}, twice the reach")
        })?;
        for (field, lengths) in
            [("enhancer_length", self.enhancer_length), ("promoter_length", self.promoter_length)]
        {
            let met = shortest <= lengths[0] && lengths[0] <= lengths[1] && lengths[1] <= self.spacing;
            let expected = format!("{shortest} (twice the reach) to {} (the spacing)", self.spacing);
            require(met, field, range(lengths), expected)?;
        }
        Ok(())
    }

    fn validate_places(&self) -> Result<(), SimulateError> {
        let nearest = 4 * self.pitch();
        let expected = format!("at least {nearest}, for two enhancers and two promoters side by side");
        require(self.max_distance >= nearest, "max_distance", self.max_distance, expected)?;
        let ends = self.unknown_ends <= 1_000_000_000;
        require(ends, "unknown_ends", self.unknown_ends, "0 to 1000000000")?;
        for &length in &self.contig_lengths {
            require(length <= 1 << 40, "contig_lengths", length, "at most 1099511627776")?;
        }
        self.contig_plans().map(drop)
    }
}

fn require(
    met: bool,
    field: &'static str,
    found: impl ToString,
    expected: impl Into<String>,
) -> Result<(), SimulateError> {
    match met {
        true => Ok(()),
        false => Err(SimulateError::Config { field, found: found.to_string(), expected: expected.into() }),
    }
}

fn range<T: std::fmt::Display>([low, high]: [T; 2]) -> String {
    format!("{low} to {high}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut SimulationConfig)) -> String {
        let mut config = SimulationConfig::default();
        change(&mut config);
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn impossible_values_are_named() {
        for (found, expected) in [
            (refusal(|c| c.factors = 0), "factors is 0: expected 2 to 6"),
            (refusal(|c| c.pairs = 0), "pairs is 0: expected a multiple of 4 up to 4000000"),
            (refusal(|c| c.pairs = 10), "pairs is 10: expected a multiple of 4 up to 4000000"),
            (refusal(|c| c.label_noise = 0.5), "label_noise is 0.5: expected a share of 0 to 0.49"),
            (refusal(|c| c.soft_masked = f64::NAN), "soft_masked is NaN: expected a share of 0 to 0.9"),
            (refusal(|c| c.sharpness = 0.0), "sharpness is 0: expected 1 to 100"),
            (refusal(|c| c.sites = [0, 3]), "sites is 0 to 3: expected fewest and most sites of 1 to 1000"),
            (refusal(|c| c.sites = [4, 3]), "sites is 4 to 3: expected fewest and most sites of 1 to 1000"),
            (refusal(|c| c.reach = 50), "reach is 50: expected at least 126, as up to 252 bp are planted"),
            (
                refusal(|c| c.enhancer_length = [100, 400]),
                "enhancer_length is 100 to 400: expected 360 (twice the reach) to 1200 (the spacing)",
            ),
            (
                refusal(|c| c.promoter_length = [400, 2_000]),
                "promoter_length is 400 to 2000: expected 360 (twice the reach) to 1200 (the spacing)",
            ),
            (
                refusal(|c| c.max_distance = 100),
                "max_distance is 100: expected at least 5760, for two enhancers and two promoters side by side",
            ),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn short_contigs_are_refused() {
        assert_eq!(
            refusal(|c| c.contig_lengths = vec![100_000, 500, 60_000]),
            "the contigs have room for 27 times four pairs, not for 1000: lengthen contig_lengths or lower pairs"
        );
        let config = SimulationConfig {
            pairs: 108,
            contig_lengths: vec![100_000, 500, 60_000],
            ..SimulationConfig::default()
        };
        assert!(config.validate().is_ok());
    }

    #[test]
    fn the_largest_numbers_are_refused_without_overflow() {
        refusal(|c| c.reach = u64::MAX);
        refusal(|c| c.spacing = u64::MAX);
        refusal(|c| c.sites = [1, usize::MAX]);
        refusal(|c| c.scrambled = usize::MAX);
        refusal(|c| c.unknown_ends = u64::MAX);
        refusal(|c| c.contig_lengths = vec![u64::MAX; 8]);
        refusal(|c| c.pairs = usize::MAX);
        assert!(SimulationConfig { max_distance: u64::MAX, ..Default::default() }.validate().is_ok());
    }

    #[test]
    fn a_config_reads_back_and_unknown_keys_are_refused() {
        let config: SimulationConfig = serde_json::from_str(r#"{"seed": 9}"#).unwrap();
        assert_eq!(config, SimulationConfig { seed: 9, ..Default::default() });
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<SimulationConfig>(&text).unwrap(), config);
        assert!(serde_json::from_str::<SimulationConfig>(r#"{"sed": 9}"#).is_err());
    }
}
