//! What the machine can do, and what the program took of it.

use std::time::Instant;

use multiversion::multiversion;
use rayon::prelude::*;

/// Numbers that each thread works on: they stay in its first-level cache.
const NUMBERS: usize = 1 << 11;

/// Multiplications and additions of a number between its load and its store: enough to make those cheap, few enough
/// that the CPU works on many numbers at once.
const CHAIN: usize = 16;

/// Billions of f32 operations a second that all threads reach together with multiplications and additions alone: the
/// ceiling of every kernel on this machine. `None` where the CPU cannot multiply and add in one instruction.
///
/// *Cost*: a fraction of a second.
pub(super) fn peak_gflops() -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    if !is_x86_feature_detected!("fma") {
        return None;
    }
    // Whatever else runs can only slow a run down.
    (0..5).map(|_| gflops()).reduce(f64::max)
}

fn gflops() -> f64 {
    const ROUNDS: usize = 5_000;
    let threads = rayon::current_num_threads();
    let started = Instant::now();
    let work = |_| {
        let mut numbers = vec![1.0; NUMBERS];
        // Hidden from the compiler, and such that the numbers stay 1.
        let (factor, term) = std::hint::black_box((0.5, 0.5));
        for _ in 0..ROUNDS {
            multiply_and_add(&mut numbers, factor, term);
        }
        numbers[0]
    };
    let numbers: Vec<f32> = (0..threads).into_par_iter().with_max_len(1).map(work).collect();
    let seconds = started.elapsed().as_secs_f64();
    std::hint::black_box(numbers);
    (2 * CHAIN * NUMBERS * ROUNDS * threads) as f64 / seconds / 1e9
}

#[multiversion(targets("x86_64+avx512f+fma", "x86_64+avx2+fma"))]
fn multiply_and_add(numbers: &mut [f32], factor: f32, term: f32) {
    for number in numbers {
        for _ in 0..CHAIN {
            *number = number.mul_add(factor, term);
        }
    }
}

/// The most memory that the program has held so far in millions of bytes; `None` where the system does not tell.
pub(super) fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}
