//! The numbers that one-hot arrays are made of.

/// A type that one-hot arrays may have: `f32` for networks, `u8` where memory counts.
///
/// ```
/// use ciskit_encode::{ChannelOrder, Layout, one_hot_into};
///
/// let mut window = [9u8; 8];
/// one_hot_into(b"GT", ChannelOrder::Acgt, Layout::ChannelMajor, &mut window)?;
/// assert_eq!(window, [0, 0, 0, 0, 1, 0, 0, 1]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub trait OneHotValue: Copy + Sealed {
    /// 1 or 0.
    #[doc(hidden)]
    fn of(hot: bool) -> Self;
    /// 1 or 0 for each bit, the lowest first.
    #[doc(hidden)]
    fn of_bits(bits: u64, values: &mut [Self; 64]);
}

/// Nobody else implements [`OneHotValue`].
pub trait Sealed {}
impl Sealed for f32 {}
impl Sealed for u8 {}

impl OneHotValue for f32 {
    #[inline(always)]
    fn of(hot: bool) -> Self {
        if hot { 1.0 } else { 0.0 }
    }

    #[inline(always)]
    fn of_bits(bits: u64, values: &mut [Self; 64]) {
        let (halves, _) = values.as_chunks_mut::<32>();
        for (values, bits) in halves.iter_mut().zip([bits as u32, (bits >> 32) as u32]) {
            for (place, value) in values.iter_mut().enumerate() {
                *value = Self::of(bits & 1 << place != 0);
            }
        }
    }
}

impl OneHotValue for u8 {
    #[inline(always)]
    fn of(hot: bool) -> Self {
        Self::from(hot)
    }

    #[inline(always)]
    fn of_bits(bits: u64, values: &mut [Self; 64]) {
        let (eights, _) = values.as_chunks_mut::<8>();
        for (values, bits) in eights.iter_mut().zip(bits.to_le_bytes()) {
            *values = spread(bits).to_le_bytes();
        }
    }
}

/// The bits of a byte, each in a byte of its own, the lowest first.
#[inline(always)]
pub(crate) fn spread(bits: u8) -> u64 {
    // Each byte gets a copy and keeps one bit of it, which is then moved to the byte's lowest place.
    let kept = (u64::from(bits) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    (kept + 0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101
}
