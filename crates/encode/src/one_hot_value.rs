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
    /// 1 or 0 for each bit of bytes, the lowest first; eight times as many values as bytes, or up to seven less.
    #[doc(hidden)]
    fn of_bits(bits: &[u8], values: &mut [Self]);
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
    fn of_bits(bits: &[u8], values: &mut [Self]) {
        const AT_A_TIME: usize = 64;
        for (bits, values) in bits.chunks(AT_A_TIME).zip(values.chunks_mut(8 * AT_A_TIME)) {
            let mut bytes = [0; 8 * AT_A_TIME];
            u8::of_bits(bits, &mut bytes[..values.len()]);
            for (value, byte) in values.iter_mut().zip(bytes) {
                *value = Self::from(byte);
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
    fn of_bits(bits: &[u8], values: &mut [Self]) {
        let (eights, rest) = values.as_chunks_mut::<8>();
        for (eight, &bits) in eights.iter_mut().zip(bits) {
            *eight = spread(bits).to_le_bytes();
        }
        if let Some(bits) = bits.get(eights.len()) {
            for (place, value) in rest.iter_mut().enumerate() {
                *value = bits >> place & 1;
            }
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
