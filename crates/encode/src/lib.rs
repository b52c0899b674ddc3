//! DNA letters to numbers: one-hot, base codes, k-mer ids, reverse complement, padding.
//!
//! A model reads a window of a fixed length; this crate brings a sequence to that length and turns its letters
//! into the numbers that the model was trained on. It knows nothing of files, models or devices: bytes come
//! in, slices and [`ndarray`] arrays go out.
//!
//! 1. [`centre`] pads or trims a sequence to the model's length; [`reverse_complement`] turns its strand.
//! 2. One of three encodings follows:
//!    - [`one_hot`], four rows or columns of 0 and 1, for convolutions on dense input;
//!    - [`base_codes`], one byte a base, for layers that look their weights up;
//!    - [`kmer_ids`], one id for each overlapping k-mer, for embeddings.
//!
//! A [`PackedSequence`] keeps a long sequence, as a chromosome, in two bits a base; its windows are encoded from there.
//!
//! A [`Motif`] scores every place of a sequence, and says how rare such a score is.
//!
//! The alphabet is the same everywhere: `A`, `C`, `G` and `T` in either case are bases, every other byte (`N`,
//! the IUPAC codes of several bases, `U`, gaps) is a base that is not known. It becomes a zero column, code 4
//! ([`UNKNOWN`]) or k-mer id 0; it is never an error and never shifts its neighbours.
//!
//! Functions named `…_into` write into the caller's slice and allocate nothing, so that a window can be encoded
//! straight into its place in a batch.
//!
//! ```
//! use ciskit_encode::{ChannelOrder, Layout, centre, one_hot};
//!
//! let window = centre(b"acgtt", 8);
//! assert_eq!(window, b"NNacgttN"); // the odd base goes to the left
//!
//! let input = one_hot(&window, ChannelOrder::Acgt, Layout::ChannelMajor); // (4, 8)
//! assert_eq!(input.row(3).to_vec(), [0., 0., 0., 0., 0., 1., 1., 0.]); // the two Ts
//! ```

mod codes;
mod columns;
mod complement;
mod error;
mod kmer;
mod motif;
mod one_hot;
mod one_hot_value;
mod packed;
mod pad;

pub use codes::{
    UNKNOWN, base_code, base_codes, base_codes_into, reverse_complement_codes,
    reverse_complement_codes_in_place,
};
pub use complement::{complement, reverse_complement, reverse_complement_in_place};
pub use error::EncodeError;
pub use kmer::{
    MAX_K, kmer_ids, kmer_ids_of_codes_into, kmer_ids_padded, kmer_ids_padded_into, kmer_vocabulary,
};
pub use motif::{Motif, MotifHit};
pub use one_hot::{
    ChannelOrder, Layout, one_hot, one_hot_batch, one_hot_codes, one_hot_codes_into, one_hot_into,
};
pub use one_hot_value::OneHotValue;
pub use packed::{
    BASES_A_WORD, PackedBases, PackedSequence, base_codes_packed_into, letters_packed_into,
    one_hot_packed_into, pack_into,
};
pub use pad::{PAD, centre, centre_into, centre_offset, centre_trim};
