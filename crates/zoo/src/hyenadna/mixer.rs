//! The part of a layer that mixes positions.

use std::ops::Range;

use ciskit_nn::candle_core::{self, Storage};
use ciskit_nn::candle_nn::Init;
use ciskit_nn::ops::inference::{Dense, LayerNorm, LongConv, LongFilter};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};
use rayon::prelude::*;

use super::Config;
use super::long_filters::{LongFilters, Rows};

/// Rows that a matrix product takes at once.
pub(super) const ROWS: usize = 4096;
/// Memory of the projections and filters of a group of channels, in bytes.
pub(super) const GROUP: usize = 512 << 20;

/// The Hyena operator of order n: from n + 1 projections x0 … x(n − 1), v, each through a short causal filter,
/// v ← k ∗ (v xᵢ) + d (v xᵢ) for i from n − 1 down to 1, and then v x0.
///
/// *Source*: Poli et al. 2023 (ICML), definition 3.1.
pub(super) struct Mixer {
    width: usize,
    order: usize,
    /// Side by side for all projections.
    in_proj: (Tensor, Tensor),
    /// (projections · D, 1, taps) and (projections · D).
    short_filter: (Tensor, Tensor),
    long_filters: LongFilters,
    /// d, one row of channels after another.
    skip: Tensor,
    out_proj: Dense,
}

/// Sequences of one length, and where each starts.
pub(super) struct Pieces {
    pub(super) conv: LongConv,
    pub(super) starts: Vec<usize>,
}

/// The sequences of a batch by their lengths.
pub(super) fn pieces(lengths: &[usize]) -> Vec<Pieces> {
    let mut pieces: Vec<Pieces> = Vec::new();
    let mut start = 0;
    for &length in lengths {
        if length > 0 {
            match pieces.iter_mut().find(|pieces| pieces.conv.length() == length) {
                Some(pieces) => pieces.starts.push(start),
                None => pieces.push(Pieces { conv: LongConv::new(length), starts: vec![start] }),
            }
        }
        start += length;
    }
    pieces
}

impl Mixer {
    pub(super) fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        let (width, order, taps) = (config.d_model, config.hyena_order, config.short_filter_order);
        let wide = width * (order + 1);
        let get = |vb: VarBuilder<'_>, shape: &[usize], name: &str, deviation: f64| {
            let init = Init::Randn { mean: 0.0, stdev: deviation };
            vb.get_with_hints(shape, name, init).doing(format!("loading mixer {}", vb.prefix()))
        };
        let (project, short, filter) = (vb.pp("in_proj"), vb.pp("short_filter"), vb.pp("filter_fn"));
        let deviation = (width as f64).sqrt().recip();
        Ok(Self {
            width,
            order,
            in_proj: (
                get(project.clone(), &[wide, width], "weight", deviation)?,
                get(project, &[wide], "bias", 0.0)?,
            ),
            short_filter: (
                get(short.clone(), &[wide, 1, taps], "weight", (taps as f64).sqrt().recip())?,
                get(short, &[wide], "bias", 0.0)?,
            ),
            skip: get(filter.clone(), &[config.filters()], "bias", 1.0)?,
            long_filters: LongFilters::load(filter, config)?,
            out_proj: Dense::load(vb.pp("out_proj"), width, width)?,
        })
    }

    /// What the mixer adds to x, before its last layer, a row a channel: (T, D), normalised, to (D, T).
    pub(super) fn forward(&self, x: &Tensor, norm: &LayerNorm, batch: &[Pieces]) -> Result<Tensor, NnError> {
        let (tokens, width) = x.dims2()?;
        let longest = batch.iter().map(|pieces| pieces.conv.length()).max().unwrap_or(0);
        let source = self.long_filters.of(longest)?;
        let mut mixed = vec![0f32; width * tokens];
        let group = group(tokens, self.order).min(width);
        for (first, mixed) in (0..width).step_by(group).zip(mixed.chunks_mut(group * tokens)) {
            let channels = first..first + mixed.len() / tokens;
            let mut projections = self.project(x, norm, channels.clone())?; // (n + 1, channels, T)
            let filters: Vec<Rows<'_>> = (0..self.order - 1)
                .map(|o| {
                    let first = o * width + channels.start;
                    self.long_filters.rows(&source, first..first + channels.len())
                })
                .collect::<Result<_, _>>()?;
            let channel = self.channels(channels.clone(), filters)?;
            let mut rows: Vec<Vec<&mut [f32]>> = channels.clone().map(|_| Vec::new()).collect();
            for (at, row) in projections.chunks_exact_mut(tokens).enumerate() {
                rows[at % channels.len()].push(row);
            }
            let rows = rows.into_par_iter().zip(mixed.par_chunks_exact_mut(tokens)).enumerate();
            rows.with_max_len(1).try_for_each_init(
                || Workspace::new(batch, longest),
                |workspace, (at, (mut rows, mixed))| channel.mix(at, &mut rows, mixed, batch, workspace),
            )?;
        }
        Ok(Tensor::from_vec(mixed, (width, tokens), x.device())?)
    }

    /// The last layer, of some positions: (D, r) to (r, D).
    pub(super) fn out(&self, mixed: &Tensor) -> Result<Tensor, NnError> {
        self.out_proj.forward(&mixed.t()?)
    }

    /// Projections of some channels before their biases are added, (n + 1, channels, T).
    fn project(&self, x: &Tensor, norm: &LayerNorm, channels: Range<usize>) -> Result<Vec<f32>, NnError> {
        let tokens = x.dims()[0];
        let mut values = vec![0f32; (self.order + 1) * channels.len() * tokens];
        for start in (0..tokens).step_by(ROWS) {
            let rows = ROWS.min(tokens - start);
            let normal = norm.forward(&x.narrow(0, start, rows)?)?.t()?; // (D, r)
            let blocks = values.chunks_exact_mut(channels.len() * tokens);
            for (block, values) in blocks.enumerate() {
                let weight = self.in_proj.0.narrow(0, block * self.width + channels.start, channels.len())?;
                let product = weight.matmul(&normal)?; // (channels, r)
                let (storage, _) = product.storage_and_layout();
                let Storage::Cpu(storage) = &*storage else { return Err(off_cpu()) };
                let product = storage.as_slice::<f32>()?.par_chunks_exact(rows);
                let rows_of = values.par_chunks_exact_mut(tokens).zip(product);
                rows_of.for_each(|(row, product)| row[start..][..rows].copy_from_slice(product));
            }
        }
        Ok(values)
    }

    /// The parameters of some channels as numbers.
    fn channels<'a>(&self, channels: Range<usize>, filters: Vec<Rows<'a>>) -> Result<Channels<'a>, NnError> {
        let cut = |tensor: &Tensor, blocks: usize| -> Result<Vec<Vec<f32>>, NnError> {
            let block = |block: usize| {
                let part = tensor.narrow(0, block * self.width + channels.start, channels.len())?;
                Ok(part.flatten_all()?.to_vec1()?)
            };
            (0..blocks).map(block).collect()
        };
        let projections = self.order + 1;
        Ok(Channels {
            filters,
            biases: cut(&self.in_proj.1, projections)?,
            taps: cut(&self.short_filter.0, projections)?,
            short_biases: cut(&self.short_filter.1, projections)?,
            skips: cut(&self.skip, self.order - 1)?,
        })
    }
}

/// Channels whose projections and filter fit into [`GROUP`].
fn group(tokens: usize, order: usize) -> usize {
    let most = GROUP / (4 * 2 * order * tokens).max(1);
    // Multiples of 8, which matrix products like, where there are as many.
    if most >= 8 { most / 8 * 8 } else { most.max(1) }
}

fn off_cpu() -> NnError {
    candle_core::Error::Msg("a tensor on the CPU is needed".into()).into()
}

/// The parameters of a group of channels; the outer lists go over projections or convolutions.
struct Channels<'a> {
    filters: Vec<Rows<'a>>,
    biases: Vec<Vec<f32>>,
    taps: Vec<Vec<f32>>,
    short_biases: Vec<Vec<f32>>,
    skips: Vec<Vec<f32>>,
}

/// What a thread needs for a channel.
struct Workspace<'a> {
    copy: Vec<f32>,
    filters: Vec<Option<LongFilter<'a>>>,
}

impl Workspace<'_> {
    fn new(batch: &[Pieces], longest: usize) -> Self {
        Self { copy: vec![0.0; longest], filters: batch.iter().map(|_| None).collect() }
    }
}

impl Channels<'_> {
    /// One channel of all sequences.
    fn mix<'a>(
        &self,
        channel: usize,
        projections: &mut [&mut [f32]],
        mixed: &mut [f32],
        batch: &'a [Pieces],
        workspace: &mut Workspace<'a>,
    ) -> Result<(), NnError> {
        let Workspace { copy, filters } = workspace;
        for (Pieces { conv, starts }, ready) in batch.iter().zip(filters) {
            let (length, copy) = (conv.length(), &mut copy[..conv.length()]);
            for (block, projection) in projections.iter_mut().enumerate() {
                let count = self.taps[block].len() / self.biases[block].len();
                let taps = &self.taps[block][channel * count..][..count];
                let (bias, short_bias) = (self.biases[block][channel], self.short_biases[block][channel]);
                for &start in starts {
                    short_filter(&mut projection[start..][..length], bias, taps, short_bias, copy);
                }
            }
            let Some((v, factors)) = projections.split_last_mut() else { continue };
            for (o, factor) in factors[1..].iter().rev().enumerate() {
                let filter = self.filters[o].filter(channel, length);
                let ready = match ready {
                    Some(ready) => {
                        ready.set(filter)?;
                        ready
                    }
                    None => ready.insert(conv.filter(filter)?),
                };
                let skip = self.skips[o][channel];
                for &start in starts {
                    let (v, factor) = (&mut v[start..][..length], &factor[start..][..length]);
                    v.iter_mut().zip(factor).for_each(|(v, factor)| *v *= factor);
                    copy.copy_from_slice(v);
                    ready.convolve(v)?;
                    v.iter_mut().zip(&*copy).for_each(|(v, before)| *v += before * skip);
                }
            }
        }
        let (v, factor) = (&projections[projections.len() - 1], &projections[0]);
        for ((mixed, v), factor) in mixed.iter_mut().zip(v.iter()).zip(factor.iter()) {
            *mixed = v * factor;
        }
        Ok(())
    }
}

/// x ← short_bias + Σ taps(j) (x(t − (K − 1) + j) + bias), with nothing before the start.
fn short_filter(x: &mut [f32], bias: f32, taps: &[f32], short_bias: f32, copy: &mut [f32]) {
    copy.iter_mut().zip(&*x).for_each(|(copy, x)| *copy = x + bias);
    x.fill(short_bias);
    for (shift, tap) in taps.iter().rev().enumerate() {
        let late = x.iter_mut().skip(shift);
        late.zip(&*copy).for_each(|(x, copy)| *x += tap * copy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_filter_looks_back() {
        let (mut x, mut copy) = ([1.0, 2.0, 3.0, 4.0], [0.0; 4]);
        short_filter(&mut x, 1.0, &[100.0, 10.0, 1.0], 0.5, &mut copy);
        assert_eq!(x, [2.5, 23.5, 234.5, 345.5]);
        let mut one = [1.0];
        short_filter(&mut one, 1.0, &[100.0, 10.0, 1.0], 0.5, &mut copy[..1]);
        assert_eq!(one, [2.5]);
    }

    #[test]
    fn groups_of_channels_fit_their_memory() {
        assert_eq!(group(1_000_002, 2), 32);
        assert_eq!(group(1 << 27, 2), 1);
        assert!(group(1000, 2) > 256);
    }

    #[test]
    fn sequences_of_a_batch_share_plans_by_length() {
        let pieces = pieces(&[5, 3, 0, 5]);
        let found: Vec<_> =
            pieces.iter().map(|pieces| (pieces.conv.length(), pieces.starts.as_slice())).collect();
        assert_eq!(found, [(5, [0, 8].as_slice()), (3, [5].as_slice())]);
    }

    #[test]
    #[ignore = "needs the shared folder (CISKIT_SHARED)"]
    fn the_first_mixer_gives_the_numbers_of_the_reference() {
        use ciskit_nn::{DType, Device, frozen, weights};

        let path = ciskit_fixtures::shared("golden/zoo/hyenadna_tiny.json");
        let about = std::fs::read(&path).unwrap();
        let about: serde_json::Value = serde_json::from_slice(&about).unwrap();
        let config: Config = serde_json::from_value(about["config"].clone()).unwrap();
        let tensors = weights::read(path.with_extension("safetensors"), None).unwrap().tensors;
        let load = |vb: VarBuilder<'static>| {
            let layer = vb.pp("hyena.backbone.layers.0");
            Ok::<_, NnError>((
                Mixer::load(layer.pp("mixer"), &config)?,
                LayerNorm::load(layer.pp("norm1"), 16, 1e-5)?,
            ))
        };
        let (mixer, norm) = frozen(tensors.clone(), DType::F32, &Device::Cpu, |_| true, load).unwrap();
        let activation = |name: &str| -> Vec<f32> {
            tensors[&format!("fixture.act.{name}")].flatten_all().unwrap().to_vec1().unwrap()
        };
        let close = |found: f32, expected: f32| (found - expected).abs() < 1e-5 * (1.0 + expected.abs());
        let (length, x) = (91, tensors["fixture.act.embeddings"].reshape((182, 16)).unwrap());

        let mut projections = mixer.project(&x, &norm, 0..16).unwrap(); // (48, 182)
        let channels = mixer.channels(0..16, Vec::new()).unwrap();
        let short = activation("layer0_short_filter_untrimmed"); // (2, 48, 93)
        let mut copy = vec![0.0; length];
        for (at, row) in projections.chunks_exact_mut(2 * length).enumerate() {
            let (block, channel) = (at / 16, at % 16);
            let taps = &channels.taps[block][3 * channel..][..3];
            let (bias, short_bias) = (channels.biases[block][channel], channels.short_biases[block][channel]);
            for (sequence, row) in row.chunks_exact_mut(length).enumerate() {
                short_filter(row, bias, taps, short_bias, &mut copy);
                let expected = &short[(48 * sequence + at) * 93..];
                assert!(row.iter().zip(expected).all(|(&a, &b)| close(a, b)), "short filter {at}");
            }
        }

        let source = mixer.long_filters.of(length).unwrap();
        let rows = mixer.long_filters.rows(&source, 0..16).unwrap();
        for (at, &expected) in activation("layer0_long_filter").iter().enumerate() {
            let found = rows.filter(at % 16, length)[at / 16];
            assert!(close(found, expected), "long filter {at}: {found}, not {expected}");
        }

        let mixed = mixer.out(&mixer.forward(&x, &norm, &pieces(&[length; 2])).unwrap()).unwrap();
        let mixed: Vec<f32> = mixed.flatten_all().unwrap().to_vec1().unwrap();
        for (at, (&found, &expected)) in mixed.iter().zip(&activation("layer0_mixer")).enumerate() {
            assert!(close(found, expected), "mixer {at}: {found}, not {expected}");
        }
    }
}
