//! The long filters of a layer, computed from positions.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ciskit_nn::candle_nn::Init;
use ciskit_nn::ops::inference::Dense;
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};
use rayon::prelude::*;

use super::Config;

/// Positions that are computed together, always the same ones, so that a filter does not depend on the length asked for.
const POSITIONS: usize = 4096;
/// Memory of the filters that a network keeps, of all layers together, in bytes.
const KEPT: usize = 256 << 20;
/// What is left of a filter where its window has decayed.
const SHIFT: f32 = 0.05;

/// k(t, c) = g(z(t))(c) · (exp(−t |δ(c)| / (longest − 1)) + 0.05), with a small network g of sines.
///
/// They depend on the position alone: the filters of a sequence are the start of those of a longer one. Those of sequences
/// that are short enough to be kept (`keeps`) are computed once; longer ones anew for every sequence, some
/// channels at a time from what all channels share.
pub(super) struct LongFilters {
    /// z, (1, longest, emb_dim).
    positions: Tensor,
    layers: Vec<Dense>,
    /// (1, F), of all sines.
    freq: Tensor,
    /// (filters, F).
    out: Tensor,
    /// δ, (1, 1, filters).
    deltas: Tensor,
    /// Longest sequence whose filters are kept.
    keeps: usize,
    kept: Mutex<Option<Arc<Filters>>>,
}

/// Filters, row by row.
pub(super) struct Filters {
    length: usize,
    values: Vec<f32>,
}

/// Filters of sequences of some length, computed or about to be.
pub(super) enum Source {
    Kept(Arc<Filters>),
    /// What all channels share, (positions, F), for so many positions.
    Shared(Tensor, usize),
}

impl LongFilters {
    pub(super) fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        let (filters, width) = (config.filters(), config.filter_order);
        let implicit = vb.pp("implicit_filter");
        let layer = |at: usize| {
            let inputs = if at == 0 { config.emb_dim } else { width };
            Dense::load(implicit.pp(2 * at), inputs, width)
        };
        let layers = (0..=config.num_inner_mlps).map(layer).collect::<Result<_, _>>()?;
        let out = implicit.pp(2 * (config.num_inner_mlps + 1));
        let get = |vb: VarBuilder<'_>, shape: &[usize], name: &str, init| {
            vb.get_with_hints(shape, name, init).doing(format!("loading filters {}", vb.prefix()))
        };
        let normal = Init::Randn { mean: 0.0, stdev: (width as f64).sqrt().recip() };
        let any = Init::Uniform { lo: -1.0, up: 1.0 };
        let rates = Init::Uniform { lo: 0.01f64.ln() / 0.3, up: 0.01f64.ln() / 1.5 };
        let bytes = 4 * filters * config.n_layer;
        Ok(Self {
            positions: get(vb.pp("pos_emb"), &[1, config.max_seq_len, config.emb_dim], "z", any)?,
            layers,
            freq: get(implicit.pp(1), &[1, width], "freq", Init::Const(config.activation_freq))?,
            out: get(out, &[filters, width], "weight", normal)?,
            deltas: get(vb.pp("modulation"), &[1, 1, filters], "deltas", rates)?,
            keeps: KEPT / bytes / POSITIONS * POSITIONS,
            kept: Mutex::new(None),
        })
    }

    /// Longest sequence that there are filters for.
    fn longest(&self) -> usize {
        self.positions.dims()[1]
    }

    /// The filters of sequences of up to `length` tokens.
    pub(super) fn of(&self, length: usize) -> Result<Source, NnError> {
        // Whole blocks of positions, whatever the length.
        let positions = length.next_multiple_of(POSITIONS).min(self.longest());
        if length > self.keeps {
            return Ok(Source::Shared(self.shared(positions)?, positions));
        }
        // Not locked while it computes, since a thread that waits for others may take up another sequence meanwhile.
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(filters) = kept().as_ref().filter(|filters| filters.length >= length) {
            return Ok(Source::Kept(filters.clone()));
        }
        let filters = self.deltas.elem_count();
        let values = self.compute(&self.shared(positions)?, positions, 0..filters)?;
        let filters = Arc::new(Filters { length: positions, values });
        *kept() = Some(filters.clone());
        Ok(Source::Kept(filters))
    }

    /// What all channels share at the first positions, (positions, F).
    fn shared(&self, positions: usize) -> Result<Tensor, NnError> {
        let width = self.freq.elem_count();
        let mut values = vec![0f32; positions * width];
        let blocks = values.par_chunks_mut(POSITIONS * width).enumerate();
        blocks.try_for_each(|(block, values)| {
            let z = self.positions.narrow(1, block * POSITIONS, values.len() / width)?.squeeze(0)?; // (r, emb_dim)
            let mut x = z;
            for layer in &self.layers {
                x = layer.forward(&x)?.broadcast_mul(&self.freq)?.sin()?; // (r, F)
            }
            let rows: Vec<f32> = x.flatten_all()?.to_vec1()?;
            values.copy_from_slice(&rows);
            Ok::<_, NnError>(())
        })?;
        Ok(Tensor::from_vec(values, (positions, width), self.freq.device())?)
    }

    /// Some filters, (filters, positions).
    fn compute(&self, shared: &Tensor, positions: usize, filters: Range<usize>) -> Result<Vec<f32>, NnError> {
        let mut values = vec![0f32; filters.len() * positions];
        let out = self.out.narrow(0, filters.start, filters.len())?; // (f, F)
        for start in (0..positions).step_by(POSITIONS) {
            let rows = POSITIONS.min(positions - start);
            let block = out.matmul(&shared.narrow(0, start, rows)?.t()?)?; // (f, r)
            let block: Vec<f32> = block.flatten_all()?.to_vec1()?;
            let filters = values.par_chunks_mut(positions).zip(block.par_chunks(rows));
            filters.for_each(|(filter, block)| filter[start..][..rows].copy_from_slice(block));
        }
        let deltas: Vec<f32> = self.deltas.flatten_all()?.to_vec1()?;
        let step = ((self.longest() - 1) as f64).recip();
        values.par_chunks_mut(positions).zip(&deltas[filters]).for_each(|(filter, delta)| {
            let delta = delta.abs();
            for (t, value) in filter.iter_mut().enumerate() {
                *value *= (-(t as f64 * step) as f32 * delta).exp() + SHIFT;
            }
        });
        Ok(values)
    }

    /// Some of the filters.
    pub(super) fn rows<'a>(&self, source: &'a Source, filters: Range<usize>) -> Result<Rows<'a>, NnError> {
        Ok(match source {
            Source::Kept(kept) => {
                let values = &kept.values[filters.start * kept.length..filters.end * kept.length];
                Rows { values: Cow::Borrowed(values), length: kept.length }
            }
            Source::Shared(shared, length) => {
                Rows { values: Cow::Owned(self.compute(shared, *length, filters)?), length: *length }
            }
        })
    }
}

/// Filters one after another.
pub(super) struct Rows<'a> {
    values: Cow<'a, [f32]>,
    length: usize,
}

impl Rows<'_> {
    /// The start of a filter.
    pub(super) fn filter(&self, filter: usize, length: usize) -> &[f32] {
        &self.values[filter * self.length..][..length]
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::{DType, Device, Parameters};

    use super::*;

    fn filters(keeps: usize) -> LongFilters {
        let published = Config::named("hyenadna-small-32k").unwrap();
        let config = Config { d_model: 6, n_layer: 1, filter_order: 8, max_seq_len: 10_000, ..published };
        let load = |vb| LongFilters::load(vb, &config);
        let (_, filters) = Parameters::initialise(4, DType::F32, &Device::Cpu, load).unwrap();
        LongFilters { keeps, ..filters }
    }

    fn all(filters: &LongFilters, length: usize) -> Vec<Vec<f32>> {
        let source = filters.of(length).unwrap();
        assert_eq!(matches!(source, Source::Kept(_)), length <= filters.keeps);
        // Of two groups of channels.
        let groups = [0..4, 4..6].map(|group| (filters.rows(&source, group.clone()).unwrap(), group));
        let rows = groups.iter().flat_map(|(rows, group)| (0..group.len()).map(|at| rows.filter(at, length)));
        rows.map(<[f32]>::to_vec).collect()
    }

    #[test]
    fn they_are_what_their_definition_says() {
        let filters = filters(10_000);
        let found = all(&filters, 4100);
        let numbers = |tensor: &Tensor| -> Vec<f64> {
            tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
        };
        let deltas = numbers(&filters.deltas);
        for t in [0, 1, 4095, 4096, 4099] {
            let mut x = filters.positions.narrow(1, t, 1).unwrap().squeeze(0).unwrap();
            for layer in &filters.layers {
                x = (layer.forward(&x).unwrap() * 10.0).unwrap().sin().unwrap();
            }
            let g = numbers(&x.matmul(&filters.out.t().unwrap()).unwrap());
            for (channel, (g, delta)) in g.iter().zip(&deltas).enumerate() {
                let expected = g * ((-(t as f64) / 9999.0 * delta.abs()).exp() + 0.05);
                let found = f64::from(found[channel][t]);
                assert!((found - expected).abs() < 2e-5, "{channel}, {t}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn those_of_a_sequence_do_not_depend_on_others() {
        let fresh = all(&filters(10_000), 10);
        let used = filters(10_000);
        for length in [5000, 9999, 10_000, 10] {
            let found = all(&used, length);
            assert!(found.iter().zip(&fresh).all(|(found, fresh)| found[..10] == fresh[..]), "{length}");
        }
        // Computed in groups of channels, and for this sequence alone.
        let anew = all(&filters(0), 5000);
        for (anew, kept) in anew.iter().zip(all(&used, 5000)) {
            assert!(anew.iter().zip(&kept).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn published_sizes_keep_what_fits() {
        let keeps = |name: &str| {
            let config = Config::named(name).unwrap();
            KEPT / (4 * config.filters() * config.n_layer) / POSITIONS * POSITIONS
        };
        assert_eq!(keeps("hyenadna-small-32k"), 65_536); // all that it reads
        assert_eq!(keeps("hyenadna-large-1m"), 32_768);
    }
}
