//! Letters of sequence logos as outlines, so that they fill their boxes in any font and viewer.

use std::fmt::Write;

use super::palette::Stroke;
use super::svg::Px;

/// A command of a path and its points, in a box from 0 to 1 with y down.
type Step = (char, &'static [(f64, f64)]);

const A: &[Step] = &[
    ('M', &[(0.0, 1.0)]),
    ('L', &[(0.38, 0.0), (0.62, 0.0), (1.0, 1.0), (0.77, 1.0), (0.69, 0.77), (0.31, 0.77), (0.23, 1.0)]),
    ('Z', &[]),
    ('M', &[(0.37, 0.6)]),
    ('L', &[(0.63, 0.6), (0.5, 0.2)]),
    ('Z', &[]),
];

const C: &[Step] = &[
    ('M', &[(1.0, 0.66)]),
    ('C', &[(0.95, 0.88), (0.76, 1.0), (0.53, 1.0), (0.2, 1.0), (0.0, 0.8), (0.0, 0.5)]),
    ('C', &[(0.0, 0.2), (0.2, 0.0), (0.53, 0.0), (0.76, 0.0), (0.95, 0.12), (1.0, 0.34)]),
    ('L', &[(0.77, 0.38)]),
    ('C', &[(0.73, 0.25), (0.65, 0.18), (0.53, 0.18), (0.34, 0.18), (0.23, 0.3), (0.23, 0.5)]),
    ('C', &[(0.23, 0.7), (0.34, 0.82), (0.53, 0.82), (0.65, 0.82), (0.73, 0.75), (0.77, 0.62)]),
    ('Z', &[]),
];

const G: &[Step] = &[
    ('M', &[(1.0, 0.5)]),
    ('L', &[(1.0, 0.86)]),
    ('C', &[(0.88, 0.95), (0.72, 1.0), (0.53, 1.0), (0.2, 1.0), (0.0, 0.8), (0.0, 0.5)]),
    ('C', &[(0.0, 0.2), (0.2, 0.0), (0.53, 0.0), (0.76, 0.0), (0.95, 0.12), (1.0, 0.34)]),
    ('L', &[(0.77, 0.38)]),
    ('C', &[(0.73, 0.25), (0.65, 0.18), (0.53, 0.18), (0.34, 0.18), (0.23, 0.3), (0.23, 0.5)]),
    ('C', &[(0.23, 0.7), (0.34, 0.82), (0.53, 0.82), (0.62, 0.82), (0.71, 0.79), (0.77, 0.75)]),
    ('L', &[(0.77, 0.66), (0.53, 0.66), (0.53, 0.5)]),
    ('Z', &[]),
];

const T: &[Step] = &[
    ('M', &[(0.0, 0.0)]),
    ('L', &[(1.0, 0.0), (1.0, 0.18), (0.61, 0.18), (0.61, 1.0), (0.39, 1.0), (0.39, 0.18), (0.0, 0.18)]),
    ('Z', &[]),
];

/// Any other letter: a box.
const OTHER: &[Step] = &[('M', &[(0.0, 0.0)]), ('L', &[(1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]), ('Z', &[])];

/// The look of a base: green, blue, yellow and red for A, C, G and T, as logos have them.
pub(super) fn look(base: u8) -> Stroke {
    match base.to_ascii_uppercase() {
        b'A' => Stroke::series(2),
        b'C' => Stroke::series(0),
        b'G' => Stroke::series(4),
        b'T' => Stroke::series(1),
        _ => Stroke::reference(0),
    }
}

/// The outline of a base in a box: the attribute `d` of a path that is filled by the even-odd rule.
pub(super) fn outline(base: u8, left: f64, top: f64, width: f64, height: f64) -> String {
    let steps = match base.to_ascii_uppercase() {
        b'A' => A,
        b'C' => C,
        b'G' => G,
        b'T' => T,
        _ => OTHER,
    };
    let mut path = String::new();
    for (command, points) in steps {
        path.push(*command);
        for (index, (x, y)) in points.iter().enumerate() {
            let gap = if index > 0 { " " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(path, "{gap}{},{}", Px(left + x * width), Px(top + y * height));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fill_their_boxes() {
        for base in *b"ACGTNacgt" {
            let path = outline(base, 10.0, 20.0, 4.0, 8.0);
            let numbers =
                path.split(|c: char| !c.is_ascii_digit() && c != '.').filter(|text| !text.is_empty());
            let numbers: Vec<f64> = numbers.map(|text| text.parse().unwrap()).collect();
            let ends = |from: usize| {
                let axis = numbers.iter().skip(from).step_by(2);
                axis.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)))
            };
            assert_eq!((ends(0), ends(1)), ((10.0, 14.0), (20.0, 28.0)), "{}", char::from(base));
        }
    }

    #[test]
    fn bases_look_different() {
        let looks: std::collections::BTreeSet<_> = b"ACGTN".iter().map(|base| look(*base).colour).collect();
        assert_eq!(looks.len(), 5);
        assert_eq!(look(b'a'), look(b'A'));
    }
}
