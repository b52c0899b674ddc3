//! Memory that one step gives back and the next one asks for again.

use std::hint::black_box;
use std::sync::Once;

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
