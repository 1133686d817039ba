//! Medians with their spread: the only statistics here. A mean of times depends more on the machine
//! than on the peers.

/// The values of one quantity, one for each round.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Rounds(pub(crate) Vec<f64>);

impl Rounds {
    pub(crate) fn median(&self) -> f64 {
        median(&self.0)
    }

    /// The least and the greatest value.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (least, greatest)
    }

    /// The ratio in each round, since the peers of one round ran under the same conditions.
    pub(crate) fn ratio(&self, of: &Self) -> Self {
        Self(self.0.iter().zip(&of.0).map(|(numerator, denominator)| numerator / denominator).collect())
    }
}

/// The middle value, or the mean of the two middle ones; not a number without values.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_whatever_the_order() {
        assert!((median(&[9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 3.0, 100.0]) - 3.5).abs() < f64::EPSILON);
        assert!((median(&[7.0]) - 7.0).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_spread_is_the_least_and_the_greatest() {
        assert_eq!(Rounds(vec![3.0, 1.0, 2.0]).spread(), (1.0, 3.0));
    }

    #[test]
    fn a_ratio_compares_rounds_and_not_medians() {
        let (slow, fast) = (Rounds(vec![10.0, 30.0, 40.0]), Rounds(vec![1.0, 3.0, 2.0]));
        assert_eq!(slow.ratio(&fast), Rounds(vec![10.0, 10.0, 20.0]));
        assert!((slow.ratio(&fast).median() - 10.0).abs() < f64::EPSILON);
    }
}
