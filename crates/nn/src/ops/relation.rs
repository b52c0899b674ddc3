//! What position attention needs of the relation matrix, without keeping the matrix.
//!
//! Row maxima, column maxima and the top k are single entries of the matrix, so the gradient of the matrix is
//! zero but for n + m + k places, and the backward pass visits only these.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Host, Real, add_scaled, elements, transposed};
use super::panel::{LANES, Panels, multiply};
use super::top::top_indices;

/// One application: (B, C, n) and (B, C, m) to the row maxima, column maxima and top k side by side, (B, n + m + k).
pub(crate) struct RelationExtremes {
    pub(crate) batch: usize,
    pub(crate) channels: usize,
    pub(crate) enhancer: usize,
    pub(crate) promoter: usize,
    pub(crate) top: usize,
    /// The (row, column) of every output; written by the forward pass, read by the backward pass.
    places: OnceLock<Vec<[u32; 2]>>,
}

impl RelationExtremes {
    pub(crate) fn new(batch: usize, channels: usize, enhancer: usize, promoter: usize, top: usize) -> Self {
        Self { batch, channels, enhancer, promoter, top, places: OnceLock::new() }
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

        let mut e_gradient = vec![T::zero(); e.len()];
        let mut p_gradient = vec![T::zero(); p.len()];
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
            e_gradient.copy_from_slice(&transposed(&e_sums, channels));
            p_gradient.copy_from_slice(&transposed(&p_sums, channels));
        });
        let device = enhancers.device();
        Ok([
            Tensor::from_vec(e_gradient, enhancers.shape(), device)?,
            Tensor::from_vec(p_gradient, promoters.shape(), device)?,
        ])
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
#[allow(clippy::eq_op)]
fn exceeds<T: Real>(value: T, best: T) -> bool {
    value > best || (value != value && best == best)
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
            DType::F32 => self.backward::<f32>(e, p, gradient)?,
            _ => self.backward::<f64>(e, p, gradient)?,
        };
        Ok((Some(e), Some(p)))
    }
}
