//! What attention knows of the distance of two tokens.

/// What is added to the relation of two tokens before the softmax.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum AttentionBias {
    /// Nothing.
    #[default]
    None,
    /// −slope · |i − j| for tokens i and j, one slope a head (ALiBi, both ways).
    ///
    /// *Source*: Press et al., arXiv 2108.12409.
    Distance(Vec<f32>),
}

impl AttentionBias {
    /// ALiBi's slopes: for a power of two of heads n the numbers s, s², …, sⁿ with s = 2^(−8/n); for others those of the
    /// next smaller power of two, and then every second one of the next larger.
    ///
    /// ```
    /// use ciskit_nn::ops::inference::AttentionBias;
    ///
    /// assert_eq!(AttentionBias::alibi(2), AttentionBias::Distance(vec![1.0 / 16.0, 1.0 / 256.0]));
    /// assert_eq!(AttentionBias::alibi(3), AttentionBias::Distance(vec![1.0 / 16.0, 1.0 / 256.0, 1.0 / 4.0]));
    /// ```
    #[must_use]
    pub fn alibi(heads: usize) -> Self {
        let of = |heads: usize| {
            let slope = move |head: usize| (-8.0 * (head + 1) as f64 / heads as f64).exp2() as f32;
            (0..heads).map(slope)
        };
        let whole = if heads.is_power_of_two() { heads } else { heads.next_power_of_two() / 2 };
        let rest = of(2 * whole).step_by(2).take(heads - whole);
        Self::Distance(of(whole).chain(rest).collect())
    }
}
