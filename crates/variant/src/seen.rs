//! Which variants occurred before, in bounded memory.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use ciskit_core::Fnv1a;

/// What makes a variant the same as another one: 128 bits of its contig, position and alleles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Identity(u64, u64);

impl Identity {
    /// The identity of something; equal for equal things, and different for different ones but for one in 10^38.
    pub(crate) fn of(thing: &impl Hash) -> Self {
        let (mut sip, mut fnv) = (DefaultHasher::new(), ByFnv::default());
        thing.hash(&mut sip);
        thing.hash(&mut fnv);
        Self(sip.finish(), fnv.finish())
    }
}

#[derive(Default)]
struct ByFnv(Fnv1a);

impl Hasher for ByFnv {
    fn finish(&self) -> u64 {
        self.0.value()
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = self.0.with(bytes);
    }
}

/// The variants seen lately.
#[derive(Debug)]
pub(crate) struct Seen {
    capacity: usize,
    members: HashSet<Identity>,
    order: VecDeque<Identity>,
}

impl Seen {
    /// Remembers this many different variants.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, members: HashSet::new(), order: VecDeque::new() }
    }

    /// Whether a variant occurred among the remembered ones; it is remembered from now on.
    pub(crate) fn before(&mut self, identity: Identity) -> bool {
        if self.capacity == 0 {
            return false;
        }
        if !self.members.insert(identity) {
            return true;
        }
        self.order.push_back(identity);
        if self.order.len() > self.capacity {
            let oldest = self.order.pop_front();
            oldest.map(|oldest| self.members.remove(&oldest));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut seen = Seen::new(2);
        let found: Vec<bool> = [1, 1, 2, 1, 3, 1, 3].iter().map(|n| seen.before(Identity::of(n))).collect();
        assert_eq!(found, [false, true, false, true, false, false, true]);
        assert_eq!((seen.members.len(), seen.order.len()), (2, 2));
        assert!(!Seen::new(0).before(Identity::of(&1)) && !Seen::new(0).before(Identity::of(&1)));
    }

    #[test]
    fn alleles_do_not_run_into_one_another() {
        let of = |reference: &str, alternative: &str| {
            Identity::of(&(0usize, 5i64, reference.as_bytes().to_vec(), alternative.as_bytes().to_vec()))
        };
        assert_ne!(of("AC", "G"), of("A", "CG"));
        assert_eq!(of("AC", "G"), of("AC", "G"));
    }
}
