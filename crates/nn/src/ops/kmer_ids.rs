//! Base codes to the ids of overlapping k-mers.

use candle_core::{DType, Tensor};
use ciskit_encode::{kmer_ids_of_codes_into, kmer_vocabulary};
use rayon::prelude::*;

use super::host::Host;
use super::portable;
use crate::{Doing, NnError};

/// The ids of all overlapping k-mers, padded with 0 on the left to the length of the sequence: what
/// [`ids_conv_relu_pool`](super::ids_conv_relu_pool) looks up.
///
/// The id of a k-mer is 1 + its rank in alphabetical order, 0 if it holds an unknown base
/// ([`ciskit_encode::kmer_ids`]).
///
/// *Shapes*: `codes` (B, L) of u8; result (B, L) of u32. No gradient.
///
/// # Errors
///
/// [`NnError::KmerLength`] if there are no such k-mers; [`NnError::Shape`] or [`NnError::DType`] for anything but codes.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let codes = Tensor::new(&[[0u8, 0, 1, 3, 3, 4]], &Device::Cpu)?; // AACTTN
/// assert_eq!(ops::kmer_ids(&codes, 3)?.to_vec2::<u32>()?, [[0, 0, 2, 8, 32, 0]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn kmer_ids(codes: &Tensor, k: usize) -> Result<Tensor, NnError> {
    let &[batch, length] = codes.dims() else {
        return Err(NnError::shape("base codes", "(batch, positions)", codes.dims()));
    };
    if codes.dtype() != DType::U8 {
        let (operation, expected) = ("numbering k-mers", "u8 codes");
        return Err(NnError::DType { operation, expected, found: codes.dtype() });
    }
    kmer_vocabulary(k).map_err(|_| NnError::KmerLength { k })?;
    if !codes.device().is_cpu() {
        return portable::kmer_ids(codes, k);
    }
    let doing = "numbering k-mers";
    let codes = codes.contiguous().doing(doing)?;
    let host = Host::of(&codes);
    let mut ids = vec![0u32; batch * length];
    let rows = host.elements::<u8>().doing(doing)?.par_chunks(length.max(1));
    ids.par_chunks_mut(length.max(1)).zip(rows).for_each(|(ids, codes)| {
        kmer_ids_of_codes_into(codes, k, ids).unwrap_or_else(|error| unreachable!("checked above: {error}"));
    });
    Tensor::from_vec(ids, (batch, length), codes.device()).doing(doing)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::check::codes;

    #[test]
    fn the_portable_composition_agrees_for_unknown_bases_and_short_sequences() {
        for (batch, length, k) in [(1, 1, 6), (2, 5, 6), (3, 6, 6), (2, 40, 6), (5, 33, 1), (2, 30, 9)] {
            let codes = codes(7, (batch, length));
            let found = kmer_ids(&codes, k).unwrap();
            let portable = portable::kmer_ids(&codes, k).unwrap();
            assert_eq!(found.to_vec2::<u32>().unwrap(), portable.to_vec2::<u32>().unwrap(), "{length} {k}");
            // A view that does not lie in one piece.
            let part = codes.narrow(1, length / 2, length - length / 2).unwrap();
            let alone = kmer_ids(&part.copy().unwrap(), k).unwrap();
            assert_eq!(
                kmer_ids(&part, k).unwrap().to_vec2::<u32>().unwrap(),
                alone.to_vec2::<u32>().unwrap()
            );
        }
        let one = Tensor::new(&[[3u8; 6]], &Device::Cpu).unwrap();
        assert_eq!(kmer_ids(&one, 6).unwrap().to_vec2::<u32>().unwrap(), [[0, 0, 0, 0, 0, 4096]]);
    }

    #[test]
    fn what_has_no_k_mers_is_refused() {
        let codes = Tensor::zeros((2, 5), DType::U8, &Device::Cpu).unwrap();
        let message = |codes: &Tensor, k| kmer_ids(codes, k).unwrap_err().to_string();
        assert_eq!(message(&codes, 0), "k-mers of length 0 have no ids, expected 1 to 12");
        assert_eq!(
            message(&codes.to_dtype(DType::F32).unwrap(), 6),
            "numbering k-mers takes u8 codes, not f32"
        );
        assert!(message(&codes.flatten_all().unwrap(), 6).starts_with("base codes has shape [10]"));
    }
}
