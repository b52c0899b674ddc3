//! What a scorer needs of a network.

use std::ops::Range;

use ciskit_encode::base_code;
use ciskit_nn::{Device, Doing, NnError, Tensor};
use rayon::prelude::*;

/// Which genome's tracks are predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Species {
    /// Those of the human head.
    #[default]
    Human,
    /// Those of the mouse head.
    Mouse,
}

/// A network that makes bins of features, and of these the tracks of a species.
pub(crate) trait TrackNetwork: Send + Sync + std::fmt::Debug {
    /// As errors call it.
    fn name(&self) -> &'static str;

    /// Features of a bin.
    fn width(&self) -> usize;

    /// Tracks of a species; `None` if it has no such head.
    fn tracks(&self, species: Species) -> Option<usize>;

    /// One-hot (B, L, 4) to (B, chosen bins, width).
    fn features(&self, x: &Tensor, bins: &[usize]) -> Result<Tensor, NnError>;

    /// (B, bins, width) to (B, bins, chosen tracks).
    fn predict(&self, features: &Tensor, species: Species, tracks: &[usize]) -> Result<Tensor, NnError>;
}

/// One-hot (B, length, 4) in the order A, C, G, T; any other letter is a row of zeros.
pub(crate) fn one_hot(sequences: &[&[u8]], length: usize, device: &Device) -> Result<Tensor, NnError> {
    let mut values = vec![0f32; sequences.len() * length * 4];
    values.par_chunks_mut((4 * length).max(1)).zip(sequences.par_iter()).for_each(|(values, sequence)| {
        for (row, &letter) in values.chunks_exact_mut(4).zip(*sequence) {
            if let Some(value) = row.get_mut(usize::from(base_code(letter))) {
                *value = 1.0;
            }
        }
    });
    Tensor::from_vec(values, (sequences.len(), length, 4), device).doing("encoding sequences")
}

/// The central positions that are left of `positions` if `target` are wanted: one less if the rest is odd.
pub(crate) fn crop(positions: usize, target: usize) -> Range<usize> {
    let trim = positions.saturating_sub(target).div_ceil(2);
    trim..positions - trim
}

/// Some positions of (B, L, C), in this order.
pub(crate) fn select_bins(x: &Tensor, bins: &[usize]) -> Result<Tensor, NnError> {
    let select = || match bins {
        [first, ..] if bins.windows(2).all(|pair| pair[1] == pair[0] + 1) => {
            x.narrow(1, *first, bins.len())?.contiguous()
        }
        _ => {
            let bins: Vec<u32> = bins.iter().map(|&bin| bin as u32).collect();
            x.contiguous()?.index_select(&Tensor::from_vec(bins.clone(), bins.len(), x.device())?, 1)
        }
    };
    select().doing("choosing bins")
}

/// Each sequence of (B, …) by itself, joined again: so memory is that of one, whatever the batch.
pub(crate) fn rows(
    x: &Tensor,
    mut each: impl FnMut(&Tensor) -> Result<Tensor, NnError>,
) -> Result<Tensor, NnError> {
    let items = x.dims()[0];
    if items == 1 {
        return each(x);
    }
    let item = |item| each(&x.narrow(0, item, 1).doing("reading a sequence")?);
    let parts = (0..items).map(item).collect::<Result<Vec<_>, NnError>>()?;
    Tensor::cat(&parts, 0).doing("joining sequences")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_is_cropped() {
        assert_eq!(crop(16_384, 6144), 5120..11_264);
        assert_eq!(crop(1536, 896), 320..1216);
        assert_eq!(crop(33, 20), 7..26); // an odd rest leaves one less
        assert_eq!((crop(7, 7), crop(7, 9)), (0..7, 0..7));
    }

    #[test]
    fn letters_are_rows_and_others_zeros() {
        let x = one_hot(&[b"ACgtN", b"TTTTT"], 5, &Device::Cpu).unwrap().to_vec3::<f32>().unwrap();
        assert_eq!(x[0][..2], [[1., 0., 0., 0.], [0., 1., 0., 0.]]);
        assert_eq!(x[0][2..], [[0., 0., 1., 0.], [0., 0., 0., 1.], [0.; 4]]);
        assert_eq!(x[1][4], [0., 0., 0., 1.]);
    }

    #[test]
    fn bins_come_in_the_order_asked_for() {
        let x = Tensor::arange(0u32, 10, &Device::Cpu).unwrap().reshape((1, 5, 2)).unwrap();
        let of =
            |bins: &[usize]| select_bins(&x, bins).unwrap().flatten_all().unwrap().to_vec1::<u32>().unwrap();
        assert_eq!(of(&[1, 2]), [2, 3, 4, 5]);
        assert_eq!(of(&[4, 0, 4]), [8, 9, 0, 1, 8, 9]);
    }
}
