//! How wide a text will be, for legends and margins. No font is at hand, so widths are those of a wide sans-serif.

/// Width of a text in pixels at a font size, rather too large than too small.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| size * em(c)).sum()
}

/// The text, cut to a width and ended by an ellipsis if it is wider.
pub(super) fn shortened(text: &str, size: f64, widest: f64) -> String {
    if width(text, size) <= widest {
        return text.to_owned();
    }
    let mut left = widest - size * em('…');
    let kept = text.chars().take_while(|&c| {
        left -= size * em(c);
        left >= 0.0
    });
    kept.chain(['…']).collect()
}

/// Width of a character in font sizes.
fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 0.3,
        ' ' | 'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '/' | '-' | '"' => 0.4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.95,
        'A'..='Z' => 0.7,
        '\u{0}'..='\u{2fff}' => 0.62,
        _ => 1.05, // ideographs and pictures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_and_what_does_not_is_cut() {
        assert_eq!(shortened("EPIPAM", 12.0, 60.0), "EPIPAM");
        let cut = shortened(&"long name ".repeat(50), 12.0, 60.0);
        assert!(cut.ends_with('…') && cut.starts_with("long"), "{cut}");
        assert!(width(&cut, 12.0) <= 60.0);
        assert_eq!(shortened("abc", 12.0, 0.0), "…");
    }
}
