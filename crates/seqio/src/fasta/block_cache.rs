//! Decoded bgzip blocks kept for the windows that come next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Largest decoded size of a bgzip block in bytes.
pub(crate) const BLOCK_BYTES: usize = 1 << 16;

/// Blocks that compete with one another for room.
const WAYS: usize = 8;

/// A bounded cache in sets: block `n` lives in set `n` modulo the number of sets, and each set drops the block that
/// has not been used for the longest time. Threads wait for one another only within a set, and never while a
/// block is decoded.
#[derive(Debug)]
pub(crate) struct BlockCache {
    sets: Box<[Mutex<Vec<Entry>>]>,
    ways: usize,
}

/// A block's number and content; the first entry of a set is the one used last.
type Entry = (usize, Arc<Vec<u8>>);

impl BlockCache {
    /// A cache of at most `bytes`, or of one block if that is more.
    pub(crate) fn new(bytes: usize) -> Self {
        let blocks = (bytes / BLOCK_BYTES).max(1);
        let ways = WAYS.min(blocks);
        Self { sets: (0..blocks / ways).map(|_| Mutex::default()).collect(), ways }
    }

    /// The content of a block, from the cache or from `decode`.
    ///
    /// Two threads that miss the same block at the same time both decode it.
    pub(crate) fn get_or_decode<E>(
        &self,
        block: usize,
        decode: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Arc<Vec<u8>>, E> {
        if let Some(content) = find(&mut self.set(block), block) {
            return Ok(content);
        }
        let content = Arc::new(decode()?);
        let mut set = self.set(block);
        if find(&mut set, block).is_none() {
            set.truncate(self.ways - 1);
            set.insert(0, (block, Arc::clone(&content)));
        }
        Ok(content)
    }

    fn set(&self, block: usize) -> MutexGuard<'_, Vec<Entry>> {
        // A set is whole at any moment, so a panic of another thread leaves nothing to mend.
        self.sets[block % self.sets.len()].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(set: &mut [Entry], block: usize) -> Option<Arc<Vec<u8>>> {
    let index = set.iter().position(|(number, _)| *number == block)?;
    set[..=index].rotate_right(1);
    Some(Arc::clone(&set[0].1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(cache: &BlockCache, block: usize, decoded: &mut Vec<usize>) -> u8 {
        let decode = || -> Result<_, ()> {
            decoded.push(block);
            Ok(vec![block as u8; 3])
        };
        cache.get_or_decode(block, decode).unwrap()[2]
    }

    #[test]
    fn the_block_unused_for_longest_is_dropped() {
        let cache = BlockCache::new(2 * BLOCK_BYTES);
        let mut decoded = Vec::new();
        for block in [1, 2, 1, 3, 1, 2] {
            assert_eq!(content(&cache, block, &mut decoded), block as u8);
        }
        assert_eq!(decoded, [1, 2, 3, 2]); // 3 pushed 2 out, not 1
    }

    #[test]
    fn memory_is_bounded() {
        for (bytes, blocks) in [(0, 1), (BLOCK_BYTES, 1), (40 * BLOCK_BYTES, 40), (64 << 20, 1024)] {
            let cache = BlockCache::new(bytes);
            for block in 0..5_000 {
                content(&cache, block, &mut Vec::new());
            }
            let kept: usize = cache.sets.iter().map(|set| set.lock().unwrap().len()).sum();
            assert_eq!(kept, blocks);
        }
    }

    #[test]
    fn errors_are_not_kept() {
        let cache = BlockCache::new(0);
        assert_eq!(cache.get_or_decode(7, || Err("damaged")), Err("damaged"));
        assert_eq!(content(&cache, 7, &mut Vec::new()), 7);
    }
}
