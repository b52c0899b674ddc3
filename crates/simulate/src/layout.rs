//! Where the elements lie.
//!
//! A contig is cut into domains, a domain into slots, and a slot holds one element in its middle. Pairs join
//! elements of one domain only, which bounds their distance.

use ciskit_core::random::Stream;

use crate::{SimulateError, SimulationConfig};

/// Shares of the pairs on contigs whose lengths are not given.
const WEIGHTS: [u64; 8] = [10, 10, 9, 9, 8, 8, 7, 7];

/// Enhancers and promoters of a quad: enhancers 0 and 1, promoters 2 and 3.
pub(crate) const ROLES: usize = 4;

/// A contig before it has a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContigPlan {
    /// Length in bp.
    pub(crate) length: u64,
    /// Number of quads on it.
    pub(crate) quads: u64,
}

/// A stretch of a contig that holds one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// First base, 0-based; the slot is as long as the configuration's spacing.
    pub(crate) start: u64,
    /// Index of the quad within the contig.
    pub(crate) quad: usize,
    /// Which element of the quad it holds.
    pub(crate) role: usize,
}

impl SimulationConfig {
    /// Number of groups of two enhancers and two promoters.
    pub(crate) fn quads(&self) -> u64 {
        self.pairs as u64 / 4
    }

    /// Distance of the slots' starts on average, in bp; each is moved by up to a sixth of it.
    pub(crate) fn pitch(&self) -> u64 {
        self.spacing + self.wobble()
    }

    fn wobble(&self) -> u64 {
        self.spacing / 5
    }

    /// The contigs and how many quads each holds, in proportion to their room.
    pub(crate) fn contig_plans(&self) -> Result<Vec<ContigPlan>, SimulateError> {
        let quad = ROLES as u64 * self.pitch();
        if self.contig_lengths.is_empty() {
            let plan = |quads: u64| {
                let length = (2 * self.unknown_ends + quads * quad).next_multiple_of(1_000);
                ContigPlan { length, quads }
            };
            let room = WEIGHTS.map(|weight| weight * self.quads());
            return Ok(apportioned(self.quads(), &room).into_iter().map(plan).collect());
        }
        let known = |length: &u64| length.saturating_sub(2 * self.unknown_ends);
        let room: Vec<u64> = self.contig_lengths.iter().map(|length| known(length) / quad).collect();
        if room.iter().sum::<u64>() < self.quads() {
            return Err(SimulateError::ShortContigs { room: room.iter().sum(), needed: self.quads() });
        }
        let quads = apportioned(self.quads(), &room);
        let plan = |(&length, quads): (&u64, u64)| ContigPlan { length, quads };
        Ok(self.contig_lengths.iter().zip(quads).map(plan).collect())
    }
}

/// Parts of `total` in proportion to `room`, none larger than its room; the first ones get what is left over.
fn apportioned(total: u64, room: &[u64]) -> Vec<u64> {
    let all: u128 = room.iter().map(|&room| u128::from(room)).sum();
    let share = |&room: &u64| (u128::from(total) * u128::from(room) / all.max(1)) as u64;
    let mut parts: Vec<u64> = room.iter().map(share).collect();
    let mut rest = total - parts.iter().sum::<u64>();
    for (part, room) in parts.iter_mut().zip(room) {
        let more = rest.min(u64::from(*part < *room));
        *part += more;
        rest -= more;
    }
    parts
}

/// The slots of a contig in order.
pub(crate) fn slots(config: &SimulationConfig, plan: ContigPlan, stream: Stream) -> Vec<Slot> {
    let mut draws = stream.draws();
    let pitch = config.pitch();
    let quads_in_domain = (config.max_distance / pitch / ROLES as u64).min(plan.quads.max(1)) as usize;
    let quads: Vec<usize> = (0..plan.quads as usize).collect();
    let domains = quads.chunks(quads_in_domain);
    let occupied = ROLES as u64 * pitch * plan.quads;
    let free = plan.length.saturating_sub(2 * config.unknown_ends).saturating_sub(occupied);
    // Gaps in front of the domains: the distances between sorted random points.
    let mut gaps: Vec<u64> = domains.clone().map(|_| draws.below(free + 1)).collect();
    gaps.sort_unstable();

    let mut slots = Vec::with_capacity(ROLES * quads.len());
    for (domain, gap) in domains.zip(gaps) {
        let mut members: Vec<(usize, usize)> =
            domain.iter().flat_map(|&quad| (0..ROLES).map(move |role| (quad, role))).collect();
        draws.shuffle(&mut members);
        for (quad, role) in members {
            let place = config.unknown_ends + gap + slots.len() as u64 * pitch;
            slots.push(Slot { start: place + draws.below(config.wobble() + 1), quad, role });
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> SimulationConfig {
        SimulationConfig { pairs: 800, max_distance: 30_000, ..Default::default() }
    }

    #[test]
    fn parts_fill_their_room_and_add_up() {
        assert_eq!(apportioned(10, &[5, 5]), [5, 5]);
        assert_eq!(apportioned(7, &[10, 0, 10]), [4, 0, 3]);
        assert_eq!(apportioned(11, &[1, 10]), [1, 10]);
        assert_eq!(apportioned(1, &[3, 3, 3]), [1, 0, 0]);
    }

    #[test]
    fn contigs_without_lengths_are_just_long_enough() {
        let plans = config().contig_plans().unwrap();
        assert_eq!(plans.iter().map(|plan| plan.quads).sum::<u64>(), 200);
        assert_eq!(plans[0], ContigPlan { length: 175_000, quads: 30 });
        assert!(plans.iter().all(|plan| plan.quads >= 20));
    }

    #[test]
    fn slots_keep_their_distance_and_pairs_stay_near() {
        let config = config();
        for (length, quads) in [(176_000, 30), (900_000, 30), (5_760 + 2_000, 1), (10_000, 0)] {
            let slots = slots(&config, ContigPlan { length, quads }, Stream::new(1, "test"));
            assert_eq!(slots.len() as u64, 4 * quads);
            assert!(slots.iter().all(|slot| slot.start >= 1_000 && slot.start + 1_200 <= length - 1_000));
            assert!(slots.is_sorted_by(|a, b| a.start + config.spacing <= b.start));
            for quad in 0..quads as usize {
                let mut members: Vec<Slot> = slots.iter().copied().filter(|slot| slot.quad == quad).collect();
                assert!(members[3].start - members[0].start <= config.max_distance);
                members.sort_by_key(|slot| slot.role);
                assert!(members.iter().map(|slot| slot.role).eq(0..4));
            }
        }
    }
}
