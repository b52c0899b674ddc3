//! Scores, and the integer keys that sort as the scores do.

/// A type of score: `f64` or `f32`.
///
/// Every metric takes either. All arithmetic is in `f64`; single precision halves the memory that a ranking
/// moves and so the time of building one. The trait is sealed.
///
/// ```
/// let labels = [true, false, true];
/// assert_eq!(ciskit_metrics::auroc(&labels, &[0.9_f32, 0.5, 0.5]), Ok(0.75));
/// assert_eq!(ciskit_metrics::auroc(&labels, &[0.9_f64, 0.5, 0.5]), Ok(0.75));
/// ```
pub trait Score: sealed::Ordered {}

impl Score for f32 {}
impl Score for f64 {}

pub(crate) mod sealed {
    /// A float whose finite values map to integers of the same width and the same order.
    pub trait Ordered: Copy + Into<f64> + Send + Sync {
        /// The integer.
        type Key: Copy + Ord + Default + Into<u64> + Send + Sync;

        /// The key of a value that is not NaN. `-0.0` and `0.0` have one key, since they are equal as scores.
        fn key(self) -> Self::Key;

        /// The value of a key.
        fn value(key: Self::Key) -> f64;
    }
}

/// Implements the order-preserving map: IEEE 754 floats compare as sign and magnitude, so setting the sign
/// bit of the positive ones and inverting all bits of the negative ones makes unsigned integers in order.
macro_rules! ordered {
    ($float:ty, $key:ty, $sign:expr) => {
        impl sealed::Ordered for $float {
            type Key = $key;

            #[inline]
            fn key(self) -> $key {
                let bits = (self + 0.0).to_bits(); // -0.0 + 0.0 is 0.0
                if bits & $sign == 0 { bits | $sign } else { !bits }
            }

            #[inline]
            fn value(key: $key) -> f64 {
                let bits = if key & $sign == 0 { !key } else { key & !$sign };
                <$float>::from_bits(bits).into()
            }
        }
    };
}

ordered!(f32, u32, 1 << 31);
ordered!(f64, u64, 1 << 63);

#[cfg(test)]
mod tests {
    use super::sealed::Ordered;

    #[test]
    fn keys_sort_as_their_values_and_come_back() {
        let ascending = [f64::MIN, -1.5, -1.0, -f64::MIN_POSITIVE, -5e-324, 0.0, 5e-324, 1e-300, 0.3, 1e300];
        for pair in ascending.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        for value in ascending {
            assert_eq!(f64::value(value.key()), value);
        }
        let ascending = [f32::MIN, -1.5, -1e-45, 0.0, 1e-45, 0.3, 1.0, f32::MAX];
        for pair in ascending.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        for value in ascending {
            assert_eq!(f32::value(value.key()), f64::from(value));
        }
    }

    #[test]
    fn both_zeros_have_one_key() {
        assert_eq!((-0.0_f64).key(), 0.0_f64.key());
        assert_eq!((-0.0_f32).key(), 0.0_f32.key());
    }
}
