//! AVX-512, and AVX2 with fused multiply-add.
//!
//! The types here are proofs: a value exists only where the processor was found to have the instructions, which is
//! what makes every method sound. There are no closures in this file, because the compiler does not inline them into
//! code that is compiled for other instructions.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::mem::transmute;

use super::{Kernel, LANES, Simd};

/// A processor with AVX-512F.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

/// A processor with AVX2 and FMA.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    /// Runs a kernel compiled for these instructions.
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f")]
        fn compiled<K: Kernel>(simd: Avx512, kernel: K) -> K::Output {
            kernel.run(simd)
        }
        // SAFETY: `self` proves that the processor has AVX-512F.
        unsafe { compiled(self, kernel) }
    }
}

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }

    /// Runs a kernel compiled for these instructions.
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma")]
        fn compiled<K: Kernel>(simd: Avx2, kernel: K) -> K::Output {
            kernel.run(simd)
        }
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { compiled(self, kernel) }
    }
}

impl Simd for Avx512 {
    type Vector = __m512;
    type Mask = __mmask16;

    // 24 sums, 4 vectors and a broadcast in 32 registers.
    const TILE_VECTORS: usize = 4;
    const TILE_ROWS: usize = 6;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: `self` proves that the processor has AVX-512F.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> __m512 {
        // Not the intrinsic, whose debug assertion costs more than the load.
        // SAFETY: both are 64 bytes, of which every pattern is a value.
        unsafe { transmute::<[f32; LANES], __m512>(*from) }
    }

    #[inline(always)]
    fn store(self, vector: __m512, to: &mut [f32; LANES]) {
        // SAFETY: both are 64 bytes, of which every pattern is a value.
        *to = unsafe { transmute::<__m512, [f32; LANES]>(vector) };
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves that the processor has AVX-512F.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: `self` proves that the processor has AVX-512F.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn exceeds(self, value: __m512, best: __m512) -> __mmask16 {
        // SAFETY: `self` proves that the processor has AVX-512F.
        unsafe {
            _mm512_cmp_ps_mask::<_CMP_GT_OQ>(value, best) | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(value, value)
        }
    }

    #[inline(always)]
    fn bits(self, mask: __mmask16) -> u32 {
        u32::from(mask)
    }

    #[inline(always)]
    fn select(self, mask: __mmask16, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves that the processor has AVX-512F.
        unsafe { _mm512_mask_blend_ps(mask, b, a) }
    }
}

impl Simd for Avx2 {
    type Vector = [__m256; 2];
    type Mask = [__m256; 2];

    // 12 sums, 2 halves of a vector and a broadcast in 16 registers.
    const TILE_VECTORS: usize = 1;
    const TILE_ROWS: usize = 6;

    #[inline(always)]
    fn splat(self, value: f32) -> [__m256; 2] {
        // SAFETY: `self` proves that the processor has AVX2.
        [unsafe { _mm256_set1_ps(value) }; 2]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> [__m256; 2] {
        // SAFETY: both are 64 bytes, of which every pattern is a value.
        unsafe { transmute::<[f32; LANES], [__m256; 2]>(*from) }
    }

    #[inline(always)]
    fn store(self, vector: [__m256; 2], to: &mut [f32; LANES]) {
        // SAFETY: both are 64 bytes, of which every pattern is a value.
        *to = unsafe { transmute::<[__m256; 2], [f32; LANES]>(vector) };
    }

    #[inline(always)]
    fn add(self, a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: `self` proves that the processor has AVX2.
        unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn mul_add(self, a: [__m256; 2], b: [__m256; 2], c: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: `self` proves that the processor has AVX2 and FMA.
        unsafe { [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])] }
    }

    #[inline(always)]
    fn exceeds(self, value: [__m256; 2], best: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: `self` proves that the processor has AVX2.
        unsafe {
            [
                _mm256_or_ps(
                    _mm256_cmp_ps::<_CMP_GT_OQ>(value[0], best[0]),
                    _mm256_cmp_ps::<_CMP_UNORD_Q>(value[0], value[0]),
                ),
                _mm256_or_ps(
                    _mm256_cmp_ps::<_CMP_GT_OQ>(value[1], best[1]),
                    _mm256_cmp_ps::<_CMP_UNORD_Q>(value[1], value[1]),
                ),
            ]
        }
    }

    #[inline(always)]
    fn bits(self, mask: [__m256; 2]) -> u32 {
        // SAFETY: `self` proves that the processor has AVX2.
        let (low, high) = unsafe { (_mm256_movemask_ps(mask[0]), _mm256_movemask_ps(mask[1])) };
        low as u32 | (high as u32) << (LANES / 2)
    }

    #[inline(always)]
    fn select(self, mask: [__m256; 2], a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: `self` proves that the processor has AVX2.
        unsafe { [_mm256_blendv_ps(b[0], a[0], mask[0]), _mm256_blendv_ps(b[1], a[1], mask[1])] }
    }
}
