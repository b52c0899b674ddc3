//! Contig by contig, a simulation comes into being.

use ciskit_core::random::Stream;
use ciskit_core::{ContigName, Element, InMemoryGenome, Pair, Side};
use ciskit_seqio::Gene;

use crate::background::{fill_background, mask_softly};
use crate::element::{PlantedElement, gene};
use crate::layout::{ContigPlan, ROLES, slots};
use crate::pairs::{PAIRED, Quad, quads};
use crate::planting::plant;
use crate::simulation::{ContigTruth, PairTruth};
use crate::variants::plant_variants;
use crate::{Factor, Grammar, SimulateError, Simulation, SimulationConfig};

impl Simulation {
    /// Makes a simulation; the same configuration gives the same one, byte by byte.
    ///
    /// # Errors
    ///
    /// Those of [`SimulationConfig::validate`]; [`SimulateError::Crowded`] if an element could not be given its
    /// sites and no others.
    ///
    /// # Cost
    ///
    /// About 10 ms for 100 pairs, and memory of some times the genome, which has about 1.4 kb for each pair.
    pub fn generate(config: &SimulationConfig) -> Result<Self, SimulateError> {
        config.validate()?;
        let seed = |purpose: &str| Stream::new(config.seed, "simulate").name(purpose);
        let plans = config.contig_plans()?;
        let all = config.pairs / PAIRED.len();
        let quads = quads(all, config.factors, config.label_noise, seed("quads"));
        let flipped = quads.iter().filter(|quad| quad.flipped).count();
        let grammar = Grammar::new(Factor::first(config.factors), flipped as f64 / all as f64);

        let mut made = Made::default();
        let mut rest = &quads[..];
        for (index, plan) in plans.into_iter().enumerate() {
            let (here, others) = rest.split_at(plan.quads as usize);
            made.add_contig(config, &grammar, index, plan, here)?;
            rest = others;
        }
        let (pairs, pair_truths) = made.sorted_pairs();
        let genome = InMemoryGenome::new(made.sequences)?;
        let mut simulation = Self {
            config: config.clone(),
            grammar,
            genome,
            contigs: made.contigs,
            enhancers: made.enhancers,
            promoters: made.promoters,
            genes: made.genes,
            pairs,
            pair_truths,
            variants: Vec::new(),
        };
        simulation.variants = plant_variants(&simulation, seed("variants"))?;
        Ok(simulation)
    }
}

/// What is made contig by contig.
#[derive(Default)]
struct Made {
    sequences: Vec<(ContigName, Vec<u8>)>,
    contigs: Vec<ContigTruth>,
    enhancers: Vec<PlantedElement>,
    promoters: Vec<PlantedElement>,
    genes: Vec<Gene>,
    /// Indices of the elements of each quad by role, and the quad.
    quads: Vec<([usize; ROLES], Quad)>,
}

impl Made {
    fn add_contig(
        &mut self,
        config: &SimulationConfig,
        grammar: &Grammar,
        index: usize,
        plan: ContigPlan,
        quads: &[Quad],
    ) -> Result<(), SimulateError> {
        let name = ContigName::from(format!("chr{}", index + 1));
        let seed = |purpose: &str| Stream::new(config.seed, "simulate").name(purpose).number(index as u64);
        let known = config.unknown_ends..plan.length.saturating_sub(config.unknown_ends);
        let mut background = seed("background").draws();
        let mut sequence = Vec::with_capacity(plan.length as usize);
        let mut members = vec![[0; ROLES]; quads.len()];

        sequence.resize(config.unknown_ends.min(plan.length) as usize, b'N');
        for (number, slot) in slots(config, plan, seed("layout")).into_iter().enumerate() {
            let factor = quads[slot.quad].factor(slot.role);
            let stream = seed("element").number(number as u64);
            let (bases, pieces) = plant(config, grammar.factors(), factor, stream)?;
            fill_background(&mut sequence, slot.start, &mut background);
            sequence.extend_from_slice(&bases);

            let side = if slot.role < 2 { Side::Enhancer } else { Side::Promoter };
            let mut draws = stream.name("place").draws();
            let mut planted = PlantedElement::new(config, &name, slot, side, factor, pieces, &mut draws)?;
            let (elements, letter) = match side {
                Side::Enhancer => (&mut self.enhancers, 'E'),
                Side::Promoter => (&mut self.promoters, 'P'),
            };
            let number = elements.len() + 1;
            planted.element.name = Some(format!("{letter}{number:05}").into());
            if side == Side::Promoter {
                self.genes.push(gene(&planted.element, &format!("G{number:05}"), known.clone(), &mut draws)?);
            }
            members[slot.quad][slot.role] = elements.len();
            elements.push(planted);
        }
        fill_background(&mut sequence, known.end, &mut background);
        if let Some(bases) = sequence.get_mut(known.start as usize..) {
            mask_softly(bases, config.soft_masked, &mut seed("mask").draws());
        }
        sequence.resize(plan.length as usize, b'N');

        self.contigs.push(ContigTruth {
            name: name.clone(),
            length: plan.length,
            pairs: PAIRED.len() * quads.len(),
            flipped: PAIRED.len() * quads.iter().filter(|quad| quad.flipped).count(),
        });
        self.sequences.push((name, sequence));
        self.quads.extend(members.into_iter().zip(quads.iter().copied()));
        Ok(())
    }

    /// The pairs in an order that tells nothing of their labels.
    fn sorted_pairs(&self) -> (Vec<Pair>, Vec<PairTruth>) {
        let paired = self.quads.iter().flat_map(|(members, quad)| {
            PAIRED.map(|roles| {
                let [enhancer, promoter] = roles.map(|role| members[role]);
                let truth = PairTruth { enhancer, promoter, matched: quad.matched(roles) };
                (truth, truth.matched != quad.flipped)
            })
        });
        let mut paired: Vec<(PairTruth, bool)> = paired.collect();
        paired.sort_unstable_by_key(|(truth, _)| (truth.enhancer, truth.promoter));
        let pair = |(index, (truth, label)): (usize, &(PairTruth, bool))| {
            let element = |planted: &PlantedElement| -> Element { planted.element.clone() };
            let (enhancer, promoter) = (&self.enhancers[truth.enhancer], &self.promoters[truth.promoter]);
            let mut pair = Pair::new(element(enhancer), element(promoter)).with_label(*label);
            pair.name = Some(format!("pair{:05}", index + 1).into());
            pair.cell = Some("simulated".into());
            pair
        };
        (paired.iter().enumerate().map(pair).collect(), paired.iter().map(|(truth, _)| *truth).collect())
    }
}
