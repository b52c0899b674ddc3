//! Memory that one step gives back and the next one asks for again.

use std::hint::black_box;
use std::sync::{Mutex, Once, PoisonError};

/// Makes the allocator keep what a step gives back.
///
/// A training step frees and allocates a hundred megabytes in large tensors. glibc returns them to the system and gets
/// them back zeroed, page by page, which took a fifth of a step. It learns from what it sees, though: once a block of
/// nearly 32 MiB has been freed, blocks up to that size stay with the process. So one is allocated, never touched, and
/// freed. Other allocators don't mind.
pub(crate) fn keep_freed_pages() {
    static ONCE: Once = Once::new();
    // glibc's largest dynamic threshold, less its own bookkeeping.
    const BYTES: usize = (32 << 20) - (64 << 10);
    ONCE.call_once(|| drop(black_box(Vec::<u8>::with_capacity(BYTES))));
}

/// Places that earlier operations gave back, the oldest first.
static PLACES: Mutex<Vec<Vec<u32>>> = Mutex::new(Vec::new());

/// As many numbers of any value, for whoever writes each of them: memory that [`give_back`] got, if any fits.
///
/// New memory has to be filled with zeros before, on one thread, while the others wait.
pub(crate) fn places(len: usize) -> Vec<u32> {
    let mut given_back = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    match given_back.iter().position(|places| places.len() == len) {
        Some(at) => given_back.remove(at),
        None => {
            drop(given_back);
            vec![0; len]
        }
    }
}

/// Keeps memory for a later operation on a batch of the same shape.
pub(crate) fn give_back(places: Vec<u32>) {
    /// As many as the convolutions of a step or two; what is older belongs to batches of another size.
    const KEPT: usize = 16;
    let mut given_back = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    if given_back.len() == KEPT {
        given_back.remove(0);
    }
    given_back.push(places);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_if_it_fits() {
        // A length that no other test has.
        let len = 123_457;
        let given = vec![7; len];
        let address = given.as_ptr();
        give_back(given);
        assert_eq!(places(len + 1), vec![0; len + 1]);
        let found = places(len);
        // Other tests run beside this one and may have pushed it out.
        assert!(found.len() == len && (found.as_ptr() == address || found[0] == 0));
        for size in 1..100 {
            give_back(vec![0; size]);
        }
        assert!(PLACES.lock().unwrap().len() <= 16);
    }
}
