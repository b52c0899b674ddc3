//! Numbers as people read them and as programs do.

/// With a number of decimals; scientific where these would hide the value (`0.00002` at three decimals) or fill the
/// line (from 1e9 on).
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    let size = value.abs();
    let hidden = size > 0.0 && size < 0.5 * 0.1_f64.powi(decimals.min(300) as i32);
    if !value.is_finite() {
        format!("{value}")
    } else if hidden || size >= 1e9 {
        format!("{value:.1e}")
    } else {
        format!("{:.decimals$}", value + 0.0) // -0.0 + 0.0 is 0.0
    }
}

/// The shortest text that reads back as the same number.
pub(crate) fn exact(value: f64) -> String {
    format!("{value:?}")
}

/// A whole number with its thousands set apart by commas.
pub(crate) fn grouped(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut grouped = String::from(if value < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_never_hide_a_value() {
        assert_eq!(fixed(0.12345, 3), "0.123");
        assert_eq!(fixed(-0.0, 2), "0.00");
        assert_eq!(fixed(0.00002, 3), "2.0e-5");
        assert_eq!(fixed(-3e-9, 3), "-3.0e-9");
        assert_eq!(fixed(0.0006, 3), "0.001");
        assert_eq!(fixed(1e300, 3), "1.0e300");
        assert_eq!(fixed(f64::NAN, 3), "NaN");
        assert_eq!(fixed(f64::NEG_INFINITY, 3), "-inf");
    }

    #[test]
    fn exact_numbers_read_back() {
        for value in [0.1, 1.0, -1e300, 5e-324, f64::MAX, 1.0 / 3.0] {
            assert_eq!(exact(value).parse::<f64>().unwrap(), value);
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        let values = [0, 12, 123, 1234, -123_456, 1_234_567];
        assert_eq!(values.map(grouped), ["0", "12", "123", "1,234", "-123,456", "1,234,567"]);
        assert_eq!(grouped(i128::MIN).len(), 1 + 39 + 12);
    }
}
