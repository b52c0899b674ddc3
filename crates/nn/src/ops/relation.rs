//! What position attention needs of the relation matrix, without keeping the matrix.
//!
//! Row maxima, column maxima and the top k are single entries of the matrix, so the gradient of the matrix is
//! zero but for n + m + k places, and the backward pass visits only these.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::extremes::Extremes;
use super::host::{Host, Real, add_scaled, add_transposed, elements, transpose, transposed};
use super::panel::{LANES, Panels, multiply};
use super::past::Deposit;
use super::sparse;
use super::tile::{Columns, Multiply, Windows};
use super::top::{top_indices, top_indices_f32};
use crate::simd::{self, Kernel, Lanes, Level, Simd};

/// One application: (B, C, n) and (B, C, m) to the row maxima, column maxima and top k side by side, (B, n + m + k).
pub(crate) struct RelationExtremes {
    pub(crate) batch: usize,
    pub(crate) channels: usize,
    pub(crate) enhancer: usize,
    pub(crate) promoter: usize,
    pub(crate) top: usize,
    pub(crate) level: Level,
    /// Gradients that reach the features by another way.
    pub(crate) deposits: [Deposit; 2],
    /// The (row, column) of every output; written by the forward pass, read by the backward pass.
    places: OnceLock<Vec<[u32; 2]>>,
}

impl RelationExtremes {
    pub(crate) fn new(
        level: Level,
        (batch, channels, enhancer, promoter): (usize, usize, usize, usize),
        top: usize,
        deposits: [Deposit; 2],
    ) -> Self {
        Self { batch, channels, enhancer, promoter, top, level, deposits, places: OnceLock::new() }
    }

    fn width(&self) -> usize {
        self.enhancer + self.promoter + self.top
    }

    fn forward<T: Real>(&self, enhancers: &[T], promoters: &[T]) -> Vec<T> {
        let (n, m, channels, width) = (self.enhancer, self.promoter, self.channels, self.width());
        let mut values = vec![T::zero(); self.batch * width];
        let mut places = vec![[0; 2]; values.len()];
        values.par_chunks_mut(width).zip(places.par_chunks_mut(width)).enumerate().for_each_init(
            || vec![T::zero(); n * m],
            |relation, (item, (values, places))| {
                let enhancer = &enhancers[item * channels * n..][..channels * n];
                let promoter = &promoters[item * channels * m..][..channels * m];
                relate(enhancer, promoter, channels, n, m, relation);
                self.find(relation, places);
                for (value, &[row, column]) in values.iter_mut().zip(&*places) {
                    *value = relation[row as usize * m + column as usize];
                }
            },
        );
        // An operation is applied once, so the cell is empty.
        let _ = self.places.set(places);
        values
    }

    /// [`forward`](Self::forward) in vectors.
    fn forward_vectors(&self, enhancers: &[f32], promoters: &[f32]) -> Vec<f32> {
        let (n, m, channels, width) = (self.enhancer, self.promoter, self.channels, self.width());
        let vectors = m.div_ceil(simd::LANES);
        let start = vec![Lanes::ZERO; vectors];
        let scratch = || Scratch {
            columns: Columns::pack(self.level, channels, m, |_, _| 0.0),
            product: vec![Lanes::ZERO; n * vectors],
            matrix: vec![0.0; n * m + simd::LANES],
            row_at: vec![0; n],
            column_best: vec![Lanes::ZERO; vectors],
            column_at: vec![Lanes::ZERO; vectors],
            keys: Vec::new(),
            top: Vec::new(),
        };
        let mut values = vec![0.0; self.batch * width];
        let mut places = vec![[0; 2]; values.len()];
        values.par_chunks_mut(width).zip(places.par_chunks_mut(width)).enumerate().for_each_init(
            scratch,
            |scratch, (item, (values, places))| {
                let Scratch { columns, product, matrix, row_at, column_best, column_at, keys, top } = scratch;
                let enhancer = &enhancers[item * channels * n..][..channels * n];
                let promoter = &promoters[item * channels * m..][..channels * m];
                columns.refill(promoter);
                let windows = Windows { values: enhancer, length: n, taps: &[0], step: 1 };
                self.level.run(Multiply { windows, columns, start: &start, out: product });
                let scale = 1.0 / channels as f32;
                let (product, row_at) = (&*product, &mut *row_at);
                self.level.run(Extremes {
                    product,
                    columns: m,
                    scale,
                    matrix,
                    row_at,
                    column_best,
                    column_at,
                });
                let matrix = &matrix[..n * m];
                top_indices_f32(self.level, matrix, self.top, keys, top);

                let rows = row_at.iter().enumerate().map(|(row, &column)| [row as u32, column]);
                let column_at = column_at.iter().flat_map(|lanes| lanes.0);
                let columns = (0..m as u32).zip(column_at).map(|(column, row)| [row.to_bits(), column]);
                let top = top.iter().map(|&index| [index / m as u32, index % m as u32]);
                let found = rows.chain(columns).chain(top);
                for ((value, place), [row, column]) in values.iter_mut().zip(places).zip(found) {
                    *place = [row, column];
                    *value = matrix[row as usize * m + column as usize];
                }
            },
        );
        // An operation is applied once, so the cell is empty.
        let _ = self.places.set(places);
        values
    }

    /// [`backward`](Self::backward) in vectors.
    fn backward_vectors(
        &self,
        enhancers: &Tensor,
        promoters: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Tensor; 2]> {
        let (n, m, channels, width) = (self.enhancer, self.promoter, self.channels, self.width());
        let Some(places) = self.places.get() else { candle_core::bail!("backward before forward") };
        let gradient = gradient.contiguous()?;
        let (e_host, p_host, g_host) = (Host::of(enhancers), Host::of(promoters), Host::of(&gradient));
        let (e, p) = (e_host.elements::<f32>()?, p_host.elements::<f32>()?);
        let gradient = g_host.elements::<f32>()?;

        let mut e_gradient = self.deposits[0].collect::<f32>(e.len())?;
        let mut p_gradient = self.deposits[1].collect::<f32>(p.len())?;
        let scratch = || [n, m].map(|positions| vec![0.0; channels * positions]);
        let outputs = e_gradient.par_chunks_mut(channels * n).zip(p_gradient.par_chunks_mut(channels * m));
        outputs.enumerate().for_each_init(
            || (scratch(), scratch()),
            |([e_rows, p_rows], [e_sums, p_sums]), (item, (e_gradient, p_gradient))| {
                transpose(&e[item * channels * n..][..channels * n], n, e_rows);
                transpose(&p[item * channels * m..][..channels * m], m, p_rows);
                e_sums.fill(0.0);
                p_sums.fill(0.0);
                let range = item * width..(item + 1) * width;
                let (places, gradient) = (&places[range.clone()], &gradient[range]);
                self.level.run(Outer { channels, places, gradient, e_rows, p_rows, e_sums, p_sums });
                add_transposed(e_sums, channels, e_gradient);
                add_transposed(p_sums, channels, p_gradient);
            },
        );
        let device = enhancers.device();
        Ok([
            Tensor::from_vec(e_gradient, enhancers.shape(), device)?,
            Tensor::from_vec(p_gradient, promoters.shape(), device)?,
        ])
    }

    /// The places of the first maximum of each row and of each column, and of the top k.
    fn find<T: Real>(&self, relation: &[T], places: &mut [[u32; 2]]) {
        let (n, m) = (self.enhancer, self.promoter);
        let (rows, rest) = places.split_at_mut(n);
        let (columns, top) = rest.split_at_mut(m);
        for (column, place) in columns.iter_mut().enumerate() {
            *place = [0, column as u32];
        }
        for (row, values) in relation.chunks_exact(m).enumerate() {
            let mut best = 0;
            for (column, &value) in values.iter().enumerate() {
                if exceeds(value, values[best]) {
                    best = column;
                }
                let place = &mut columns[column];
                if exceeds(value, relation[place[0] as usize * m + column]) {
                    place[0] = row as u32;
                }
            }
            rows[row] = [row as u32, best as u32];
        }
        for (place, index) in top.iter_mut().zip(top_indices(relation, self.top)) {
            *place = [index / m as u32, index % m as u32];
        }
    }

    fn backward<T: Real>(
        &self,
        enhancers: &Tensor,
        promoters: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Tensor; 2]> {
        let (n, m, channels, width) = (self.enhancer, self.promoter, self.channels, self.width());
        let Some(places) = self.places.get() else { candle_core::bail!("backward before forward") };
        let gradient = gradient.contiguous()?;
        let (e_host, p_host, g_host) = (Host::of(enhancers), Host::of(promoters), Host::of(&gradient));
        let (e, p) = (e_host.elements::<T>()?, p_host.elements::<T>()?);
        let gradient = g_host.elements::<T>()?;
        let scale = T::from_f64(channels as f64);

        let mut e_gradient = self.deposits[0].collect::<T>(e.len())?;
        let mut p_gradient = self.deposits[1].collect::<T>(p.len())?;
        let outputs = e_gradient.par_chunks_mut(channels * n).zip(p_gradient.par_chunks_mut(channels * m));
        outputs.enumerate().for_each(|(item, (e_gradient, p_gradient))| {
            let e = transposed(&e[item * channels * n..][..channels * n], n);
            let p = transposed(&p[item * channels * m..][..channels * m], m);
            let (mut e_sums, mut p_sums) = (vec![T::zero(); e.len()], vec![T::zero(); p.len()]);
            let range = item * width..(item + 1) * width;
            for (&[row, column], &gradient) in places[range.clone()].iter().zip(&gradient[range]) {
                let row = row as usize * channels..(row as usize + 1) * channels;
                let column = column as usize * channels..(column as usize + 1) * channels;
                add_scaled(&mut e_sums[row.clone()], gradient / scale, &p[column.clone()]);
                add_scaled(&mut p_sums[column], gradient / scale, &e[row]);
            }
            add_transposed(&e_sums, channels, e_gradient);
            add_transposed(&p_sums, channels, p_gradient);
        });
        let device = enhancers.device();
        Ok([
            Tensor::from_vec(e_gradient, enhancers.shape(), device)?,
            Tensor::from_vec(p_gradient, promoters.shape(), device)?,
        ])
    }
}

/// What one thread works in.
struct Scratch {
    columns: Columns,
    product: Vec<Lanes>,
    matrix: Vec<f32>,
    row_at: Vec<u32>,
    column_best: Vec<Lanes>,
    column_at: Vec<Lanes>,
    keys: Vec<u64>,
    top: Vec<u32>,
}

/// The gradient of the features from that of single relations, channels last.
struct Outer<'a> {
    channels: usize,
    places: &'a [[u32; 2]],
    gradient: &'a [f32],
    e_rows: &'a [f32],
    p_rows: &'a [f32],
    e_sums: &'a mut [f32],
    p_sums: &'a mut [f32],
}

impl Kernel for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { channels, places, gradient, e_rows, p_rows, e_sums, p_sums } = self;
        let scale = 1.0 / channels as f32;
        for (&[row, column], &gradient) in places.iter().zip(gradient) {
            let (row, column) = (row as usize * channels, column as usize * channels);
            let factor = gradient * scale;
            sparse::add_scaled(simd, &mut e_sums[row..][..channels], factor, &p_rows[column..][..channels]);
            sparse::add_scaled(simd, &mut p_sums[column..][..channels], factor, &e_rows[row..][..channels]);
        }
    }
}

/// `relation[i, j] = Σ enhancer[c, i] · promoter[c, j] / channels`.
fn relate<T: Real>(enhancer: &[T], promoter: &[T], channels: usize, n: usize, m: usize, relation: &mut [T]) {
    let rows = transposed(enhancer, n);
    let panels = Panels::pack(channels, m, |channel, column| promoter[channel * m + column]);
    let scale = T::from_f64(channels as f64);
    for panel in 0..m.div_ceil(LANES) {
        for (row, features) in rows.chunks_exact(channels).enumerate() {
            let sums = multiply([T::zero(); LANES], features, panels.panel(panel));
            for (column, sum) in (panel * LANES..m).zip(sums) {
                relation[row * m + column] = sum / scale;
            }
        }
    }
}

/// Whether a value takes the place of the best so far; NaN does, and stays.
fn exceeds<T: Real>(value: T, best: T) -> bool {
    value > best || (value.is_nan() && !best.is_nan())
}

impl CustomOp2 for RelationExtremes {
    fn name(&self) -> &'static str {
        "relation-extremes"
    }

    fn cpu_fwd(
        &self,
        e: &CpuStorage,
        l1: &Layout,
        p: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let storage = match e {
            // As for convolutions.
            CpuStorage::F32(_) if !self.level.is_portable() => {
                CpuStorage::F32(self.forward_vectors(elements(e, l1)?, elements(p, l2)?))
            }
            CpuStorage::F32(_) => CpuStorage::F32(self.forward(elements(e, l1)?, elements(p, l2)?)),
            _ => CpuStorage::F64(self.forward(elements(e, l1)?, elements(p, l2)?)),
        };
        Ok((storage, (self.batch, self.width()).into()))
    }

    fn bwd(
        &self,
        e: &Tensor,
        p: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let [e, p] = match e.dtype() {
            DType::F32 => self.backward_vectors(e, p, gradient)?,
            _ => self.backward::<f64>(e, p, gradient)?,
        };
        Ok((Some(e), Some(p)))
    }
}
