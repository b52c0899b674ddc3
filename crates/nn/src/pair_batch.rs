//! What models of enhancer-promoter pairs read.

use candle_core::{DType, Device, Tensor};

use crate::{Doing, NnError};

/// A batch of pairs as base codes (0 to 3 = A, C, G, T; 4 = unknown).
///
/// ```
/// use ciskit_nn::{Device, PairBatch};
///
/// let batch = PairBatch::from_codes(2, &[0, 1, 2, 3, 4, 0], &[1, 1, 2, 2], &Device::Cpu)?;
/// assert_eq!(batch.enhancer.to_vec2::<u8>()?, [[0, 1, 2], [3, 4, 0]]);
/// assert_eq!(batch.promoter.to_vec2::<u8>()?, [[1, 1], [2, 2]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PairBatch {
    /// Enhancers, (B, enhancer length) of u8.
    pub enhancer: Tensor,
    /// Promoters, (B, promoter length) of u8.
    pub promoter: Tensor,
    /// What else is known of each pair, (B, covariates) of f32 or f64, where there is any.
    pub covariates: Option<Tensor>,
    /// Accessibility along both windows, where there is any.
    pub tracks: Option<TrackBatch>,
    /// Embeddings of both windows by a pretrained model, where there are any.
    pub embeddings: Option<EmbeddingBatch>,
}

/// Embeddings of the windows of a batch of pairs, floats.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EmbeddingBatch {
    /// (B, width, bins of an enhancer).
    pub enhancer: Tensor,
    /// (B, width, bins of a promoter).
    pub promoter: Tensor,
}

/// Accessibility tracks of a batch of pairs, floats.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TrackBatch {
    /// (B, tracks, enhancer length).
    pub enhancer: Tensor,
    /// (B, tracks, promoter length).
    pub promoter: Tensor,
}

impl TrackBatch {
    /// Number of tracks of each side.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.enhancer.dims()[1]
    }
}

impl PairBatch {
    /// A batch of `pairs` pairs from their codes, one sequence after another.
    ///
    /// # Errors
    ///
    /// [`NnError::BatchCodes`] if the codes cannot be cut into that many sequences of one length (at least 1).
    pub fn from_codes(
        pairs: usize,
        enhancers: &[u8],
        promoters: &[u8],
        device: &Device,
    ) -> Result<Self, NnError> {
        let rows = |side, codes: &[u8]| {
            if pairs == 0 || codes.is_empty() || !codes.len().is_multiple_of(pairs) {
                return Err(NnError::BatchCodes { side, codes: codes.len(), pairs });
            }
            Tensor::from_slice(codes, (pairs, codes.len() / pairs), device)
                .doing("making a batch of base codes")
        };
        let (enhancer, promoter) = (rows("enhancer", enhancers)?, rows("promoter", promoters)?);
        Ok(Self { enhancer, promoter, covariates: None, tracks: None, embeddings: None })
    }

    /// A batch from code tensors, which may share memory with others.
    ///
    /// # Errors
    ///
    /// [`NnError::DType`] or [`NnError::Shape`] unless both are (B, length) of u8 with one B.
    ///
    /// ```
    /// use ciskit_nn::{DType, Device, PairBatch, Tensor};
    ///
    /// let codes = Tensor::zeros((2, 5), DType::U8, &Device::Cpu)?;
    /// assert_eq!(PairBatch::from_tensors(codes.clone(), codes)?.pairs(), 2);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn from_tensors(enhancer: Tensor, promoter: Tensor) -> Result<Self, NnError> {
        for (what, codes) in [("enhancer codes", &enhancer), ("promoter codes", &promoter)] {
            if codes.dtype() != DType::U8 {
                let (operation, expected) = ("a batch of pairs", "u8 codes");
                return Err(NnError::DType { operation, expected, found: codes.dtype() });
            }
            if codes.rank() != 2 || codes.dims()[0] != enhancer.dims()[0] {
                return Err(NnError::shape(
                    what,
                    "(pairs, length), as many pairs on both sides",
                    codes.dims(),
                ));
            }
        }
        Ok(Self { enhancer, promoter, covariates: None, tracks: None, embeddings: None })
    }

    /// The same batch with covariates.
    ///
    /// # Errors
    ///
    /// [`NnError::DType`] or [`NnError::Shape`] unless they are (B, covariates) of f32 or f64.
    ///
    /// ```
    /// use ciskit_nn::{Device, PairBatch, Tensor};
    ///
    /// let batch = PairBatch::from_codes(2, &[0; 6], &[0; 4], &Device::Cpu)?;
    /// let covariates = Tensor::new(&[[4.7f32], [5.1]], &Device::Cpu)?;
    /// assert_eq!(batch.with_covariates(covariates)?.covariates.unwrap().dims(), [2, 1]);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn with_covariates(self, covariates: Tensor) -> Result<Self, NnError> {
        if !matches!(covariates.dtype(), DType::F32 | DType::F64) {
            let (operation, expected) = ("a batch of pairs", "covariates of f32 or f64");
            return Err(NnError::DType { operation, expected, found: covariates.dtype() });
        }
        if covariates.rank() != 2 || covariates.dims()[0] != self.pairs() {
            let expected = format!("({}, covariates)", self.pairs());
            return Err(NnError::shape("covariates", expected, covariates.dims()));
        }
        Ok(Self { covariates: Some(covariates), ..self })
    }

    /// The same batch with accessibility tracks, as many for both sides, along the whole windows.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] unless they are (B, tracks, length) with the batch's B and lengths.
    ///
    /// ```
    /// use ciskit_nn::{DType, Device, PairBatch, Tensor};
    ///
    /// let batch = PairBatch::from_codes(2, &[0; 6], &[0; 4], &Device::Cpu)?;
    /// let tracks = |length| Tensor::ones((2, 3, length), DType::F32, &Device::Cpu);
    /// assert_eq!(batch.clone().with_tracks(tracks(3)?, tracks(2)?)?.tracks.unwrap().rows(), 3);
    /// assert_eq!(
    ///     batch.with_tracks(tracks(3)?, tracks(3)?).unwrap_err().to_string(),
    ///     "promoter tracks has shape [2, 3, 3], expected [2, 3, 2]"
    /// );
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn with_tracks(self, enhancer: Tensor, promoter: Tensor) -> Result<Self, NnError> {
        let rows = enhancer.dims().get(1).copied().unwrap_or_default();
        for (what, tracks, codes) in
            [("enhancer tracks", &enhancer, &self.enhancer), ("promoter tracks", &promoter, &self.promoter)]
        {
            let expected = [self.pairs(), rows, codes.dims()[1]];
            if tracks.dims() != expected {
                return Err(NnError::shape(what, format!("{expected:?}"), tracks.dims()));
            }
        }
        Ok(Self { tracks: Some(TrackBatch { enhancer, promoter }), ..self })
    }

    /// The same batch with embeddings of both windows, of one width.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] unless they are (B, width, bins) with the batch's B.
    ///
    /// ```
    /// use ciskit_nn::{DType, Device, PairBatch, Tensor};
    ///
    /// let batch = PairBatch::from_codes(2, &[0; 600], &[0; 400], &Device::Cpu)?;
    /// let of = |width, bins| Tensor::ones((2, width, bins), DType::F32, &Device::Cpu);
    /// let embedded = batch.clone().with_embeddings(of(24, 3)?, of(24, 2)?)?;
    /// assert_eq!(embedded.embeddings.unwrap().promoter.dims(), [2, 24, 2]);
    /// assert_eq!(
    ///     batch.with_embeddings(of(24, 3)?, of(25, 2)?).unwrap_err().to_string(),
    ///     "promoter embeddings has shape [2, 25, 2], expected (2, 24, bins)"
    /// );
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn with_embeddings(self, enhancer: Tensor, promoter: Tensor) -> Result<Self, NnError> {
        let width = enhancer.dims().get(1).copied().unwrap_or_default();
        for (what, embeddings) in [("enhancer embeddings", &enhancer), ("promoter embeddings", &promoter)] {
            if embeddings.rank() != 3 || embeddings.dims()[..2] != [self.pairs(), width] {
                let expected = format!("({}, {width}, bins)", self.pairs());
                return Err(NnError::shape(what, expected, embeddings.dims()));
            }
        }
        Ok(Self { embeddings: Some(EmbeddingBatch { enhancer, promoter }), ..self })
    }

    /// Number of pairs B.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.enhancer.dims()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_that_do_not_fit_are_refused() {
        let message = |pairs, enhancers: &[u8], promoters: &[u8]| {
            PairBatch::from_codes(pairs, enhancers, promoters, &Device::Cpu).unwrap_err().to_string()
        };
        assert_eq!(message(2, &[0; 5], &[0; 4]), "5 enhancer base codes are not 2 sequences of one length");
        assert_eq!(message(2, &[0; 4], &[0; 3]), "3 promoter base codes are not 2 sequences of one length");
        assert!(message(0, &[], &[]).contains("0 sequences"));
        assert!(message(1, &[], &[0]).contains("enhancer"));

        let tensor = |shape: (usize, usize), dtype| Tensor::zeros(shape, dtype, &Device::Cpu).unwrap();
        let wrong =
            PairBatch::from_tensors(tensor((2, 5), DType::U8), tensor((3, 5), DType::U8)).unwrap_err();
        assert!(wrong.to_string().starts_with("promoter codes has shape [3, 5]"), "{wrong}");
        let wrong =
            PairBatch::from_tensors(tensor((2, 5), DType::F32), tensor((2, 5), DType::U8)).unwrap_err();
        assert_eq!(wrong.to_string(), "a batch of pairs takes u8 codes, not f32");

        let batch = || PairBatch::from_codes(2, &[0; 4], &[0; 4], &Device::Cpu).unwrap();
        let wrong = batch().with_covariates(tensor((3, 1), DType::F32)).unwrap_err();
        assert_eq!(wrong.to_string(), "covariates has shape [3, 1], expected (2, covariates)");
        let wrong = batch().with_covariates(tensor((2, 1), DType::U8)).unwrap_err();
        assert_eq!(wrong.to_string(), "a batch of pairs takes covariates of f32 or f64, not u8");
    }
}
