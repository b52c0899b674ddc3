//! Curves of millions of points as a few hundred that look the same.

/// A point in pixels.
pub(super) type Point = (f64, f64);

/// Points that are kept at most, unless a curve's own extremes are more.
const MOST: usize = 400;

/// How far, in pixels, a dropped point may lie from the drawn line to begin with.
const TOLERANCE: f64 = 0.2;

/// A curve that differs from the given one by less than the eye sees, with both ends and both vertical extremes.
///
/// First, of the points that share a pixel column only the first, the last, the lowest and the highest are kept,
/// which draws the same pixels; then the line is straightened where it is straight, with a tolerance that grows from a
/// fifth of a pixel until no more than a few hundred points are left.
///
/// Cost: O(n), and O(w²) at worst for w pixels of width if x ascends.
///
/// Sources: Jugel et al., "M4", PVLDB 7 (2014); Douglas & Peucker, Cartographica 10 (1973).
pub(super) fn simplified(points: &[Point]) -> Vec<Point> {
    let points = extremes_of_columns(points);
    let mut tolerance = TOLERANCE;
    loop {
        let kept = straightened(&points, tolerance);
        if kept.len() <= MOST || tolerance > 1e6 {
            return kept;
        }
        tolerance *= 1.5;
    }
}

/// First, lowest, highest and last of the points of each pixel column, in their order.
fn extremes_of_columns(points: &[Point]) -> Vec<Point> {
    points
        .chunk_by(|a, b| a.0.floor() == b.0.floor())
        .flat_map(|column| corners(column).into_iter().map(|i| column[i]))
        .collect()
}

/// Indices of the first, lowest, highest and last point, ascending, each once.
fn corners(points: &[Point]) -> Vec<usize> {
    let (mut lowest, mut highest) = (0, 0);
    for (index, point) in points.iter().enumerate() {
        if point.1 < points[lowest].1 {
            lowest = index;
        }
        if point.1 > points[highest].1 {
            highest = index;
        }
    }
    let mut corners = vec![0, lowest, highest, points.len() - 1];
    corners.sort_unstable();
    corners.dedup();
    corners
}

/// Leaves out every point that lies within `tolerance` of the line through the ones that are kept.
fn straightened(points: &[Point], tolerance: f64) -> Vec<Point> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let corners = corners(points);
    let mut keep = vec![false; points.len()];
    corners.iter().for_each(|&corner| keep[corner] = true);
    let mut spans: Vec<(usize, usize)> = corners.windows(2).map(|ends| (ends[0], ends[1])).collect();
    while let Some((first, last)) = spans.pop() {
        let distance = |index: &usize| distance(points[*index], points[first], points[last]);
        let Some(farthest) = (first + 1..last).max_by(|a, b| distance(a).total_cmp(&distance(b))) else {
            continue;
        };
        if distance(&farthest) > tolerance {
            keep[farthest] = true;
            spans.extend([(first, farthest), (farthest, last)]);
        }
    }
    points.iter().zip(keep).filter_map(|(&point, keep)| keep.then_some(point)).collect()
}

/// Distance of a point from a line segment.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let (along, away) = ((to.0 - from.0, to.1 - from.1), (point.0 - from.0, point.1 - from.1));
    let length = along.0 * along.0 + along.1 * along.1;
    let share =
        if length == 0.0 { 0.0 } else { ((along.0 * away.0 + along.1 * away.1) / length).clamp(0.0, 1.0) };
    (away.0 - share * along.0).hypot(away.1 - share * along.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_straight_line_is_two_points() {
        let line: Vec<Point> = (0..1000).map(|i| (f64::from(i) * 0.4, f64::from(i) * 0.2)).collect();
        // The lowest and highest points are its ends.
        assert_eq!(simplified(&line), [line[0], line[999]]);
    }

    #[test]
    fn a_single_outlier_among_a_million_stays() {
        let mut curve: Vec<Point> =
            (0..1_000_000).map(|i| (f64::from(i) * 4e-4, 100.0 + f64::from(i % 7))).collect();
        curve[345_678].1 = -250.0;
        curve[345_700].1 = 900.0;
        let drawn = simplified(&curve);
        assert!(drawn.len() <= MOST, "{}", drawn.len());
        assert!(drawn.contains(&curve[345_678]) && drawn.contains(&curve[345_700]));
        assert_eq!((drawn[0], drawn[drawn.len() - 1]), (curve[0], curve[999_999]));
    }

    #[test]
    fn few_points_are_left_alone() {
        for points in [
            vec![],
            vec![(1.0, 2.0)],
            vec![(1.0, 2.0), (1.0, 2.0)],
            vec![(0.0, 0.0), (5.0, 9.0), (10.0, 0.0)],
        ] {
            let mut expected = points.clone();
            expected.dedup();
            let mut drawn = simplified(&points);
            drawn.dedup();
            assert_eq!(drawn, expected);
        }
    }

    proptest! {
        #[test]
        fn every_point_of_a_curve_is_near_the_drawn_line(steps in prop::collection::vec((0.0..3.0_f64, -30.0..30.0_f64), 2..120)) {
            let mut x = 0.0;
            let curve: Vec<Point> = steps.iter().map(|&(dx, y)| { x += dx; (x, y) }).collect();
            let drawn = simplified(&curve);
            for &point in &curve {
                let near = drawn.windows(2).map(|ends| distance(point, ends[0], ends[1])).fold(f64::INFINITY, f64::min);
                prop_assert!(near <= 1.0 + TOLERANCE, "{:?} is {} px away", point, near);
            }
            for pair in drawn.windows(2) {
                prop_assert!(pair[0].0 <= pair[1].0);
            }
        }
    }
}
