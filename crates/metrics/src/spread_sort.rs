//! Sorting of a bucket's keys, which spread evenly more often than not.

/// Keys to be sorted, with the memory that sorting takes: filled and sorted again and again.
///
/// The range of the keys is cut into about as many equal cells as there are keys, the keys are counted into the cells,
/// and each cell is sorted. Evenly spread keys are nearly alone in their cells, and then the time is linear; in the
/// worst case it is that of the standard library's sort.
///
/// *Source*: distribution sort as of Knuth, The Art of Computer Programming 3 (1998), section 5.2.5.
#[derive(Debug, Default)]
pub(crate) struct SpreadSort<K> {
    keys: Vec<K>,
    sorted: Vec<K>,
    ends: Vec<u32>,
}

/// Fewer keys than this are sorted at once.
const FEW: usize = 64;

/// Cells of at most so many keys are sorted by insertion, within one walk over all keys.
const SMALL_CELL: usize = 16;

impl<K: Copy + Ord + Default + Into<u64>> SpreadSort<K> {
    /// Drops the keys and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.keys.clear();
    }

    /// Appends keys.
    pub(crate) fn extend_from_slice(&mut self, keys: &[K]) {
        self.keys.extend_from_slice(keys);
    }

    /// The keys, in order if nothing was appended after [`SpreadSort::sort`].
    pub(crate) fn keys(&self) -> &[K] {
        &self.keys
    }

    /// Sorts the keys, ascending.
    pub(crate) fn sort(&mut self) {
        let Self { keys, sorted, ends } = self;
        let range = keys.iter().fold(None, |range, &key| {
            let (lowest, highest) = range.unwrap_or((key, key));
            Some((key.min(lowest), key.max(highest)))
        });
        let Some((lowest, highest)) = range.filter(|_| keys.len() >= FEW && keys.len() < u32::MAX as usize)
        else {
            return keys.sort_unstable();
        };
        let lowest: u64 = lowest.into();
        let range = highest.into() - lowest;
        // At most twice as many cells as keys, each 2^shift wide.
        let wanted = keys.len().next_power_of_two().trailing_zeros();
        let shift = (u64::BITS - range.leading_zeros()).saturating_sub(wanted);
        let cell = |key: K| ((key.into() - lowest) >> shift) as usize;

        ends.clear();
        ends.resize(cell(highest) + 1, 0);
        keys.iter().for_each(|&key| ends[cell(key)] += 1);
        let mut end = 0;
        let mut largest = 0;
        for size in ends.iter_mut() {
            largest = largest.max(*size);
            (*size, end) = (end, end + *size);
        }
        sorted.resize(keys.len(), K::default());
        for &key in keys.iter() {
            let place = &mut ends[cell(key)];
            sorted[*place as usize] = key;
            *place += 1;
        }
        if largest as usize > SMALL_CELL {
            let mut start = 0;
            for &end in ends.iter() {
                if (end - start) as usize > SMALL_CELL {
                    sorted[start as usize..end as usize].sort_unstable();
                }
                start = end;
            }
        }
        insert(sorted);
        std::mem::swap(keys, sorted);
    }
}

/// Insertion sort: fast where keys are near their places.
fn insert<K: Copy + Ord>(keys: &mut [K]) {
    for i in 1..keys.len() {
        let key = keys[i];
        let mut place = i;
        while place > 0 && keys[place - 1] > key {
            keys[place] = keys[place - 1];
            place -= 1;
        }
        keys[place] = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_keys_are_sorted_with_memory_of_the_keys_before() {
        let mut sort = SpreadSort::default();
        let noise = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7;
        let distributions: [&dyn Fn(u64) -> u64; 8] = [
            &|i| noise(i),
            &|i| noise(i) % 3,
            &|_| 7,
            &|i| if i % 50 == 0 { u64::MAX - i } else { noise(i) % 1000 },
            &|i| 1 << (noise(i) % 64),
            &|i| i,
            &|i| u64::MAX - i,
            &|i| if i % 2 == 0 { 0 } else { u64::MAX },
        ];
        for n in [0, 1, 2, 63, 64, 65, 1000, 5000] {
            for (number, key) in distributions.iter().enumerate() {
                let mut expected: Vec<u64> = (0..n).map(key).collect();
                sort.clear();
                sort.extend_from_slice(&expected);
                sort.sort();
                expected.sort_unstable();
                assert!(sort.keys() == expected, "{n} keys of distribution {number}");
            }
        }
    }
}
