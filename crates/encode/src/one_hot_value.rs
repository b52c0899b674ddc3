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
}

impl OneHotValue for u8 {
    #[inline(always)]
    fn of(hot: bool) -> Self {
        Self::from(hot)
    }
}
