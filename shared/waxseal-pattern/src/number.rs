//! Numbers as AWS's rule engine compares them.

/// The number as the engine compares it: by value where an IEEE 754 double holds it exactly, in the
/// sense that the shortest text of the double has the same decimal value. `None` for all others,
/// such as 9007199254740993: they equal only their own text, and no range holds them.
///
/// Source: `ComparableNumber` of `aws/event-ruler`.
pub(crate) fn comparable(number: &str) -> Option<f64> {
    let value: f64 = number.parse().ok()?;
    if number.len() <= 15 && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value);
    }
    if !value.is_finite() {
        return None;
    }
    // A number and its nearest double differ by less than a power of ten, so equal digits are equal
    // values. There is one zero.
    (significant(number) == significant(&format!("{value:e}"))).then_some(value + 0.0)
}

/// The digits of a number without its sign, its exponent and the zeros at either end.
fn significant(number: &str) -> String {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

/// A range of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    /// The lower bound, and whether it is itself outside.
    pub(crate) low: Option<(f64, bool)>,
    /// The upper bound likewise.
    pub(crate) high: Option<(f64, bool)>,
}

impl Range {
    pub(crate) fn holds(&self, number: f64) -> bool {
        self.low.is_none_or(|(low, open)| number > low || number == low && !open)
            && self.high.is_none_or(|(high, open)| number < high || number == high && !open)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn l2_a_number_has_a_value_where_a_double_holds_it() {
        for (number, value) in [
            ("1", 1.0),
            ("1.0", 1.0),
            ("10e-1", 1.0),
            ("-0", 0.0),
            ("0.1", 0.1),
            ("301.8", 301.8),
            ("9007199254740992", 9_007_199_254_740_992.0),
            ("1e23", 1e23),
            ("100000000000000000000000", 1e23),
            ("1.7976931348623157E308", f64::MAX),
            ("5e-324", 5e-324),
        ] {
            assert_eq!(comparable(number), Some(value), "{number}");
        }
        assert!(comparable("-0").unwrap().is_sign_positive());
        for number in
            ["3e-324", "9007199254740993", "0.1000000000000000055", "1e400", "1e-400", "18446744073709551617"]
        {
            assert_eq!(comparable(number), None, "{number}");
        }
    }
    proptest! {
        #[test]
        fn l2_the_shortest_text_of_a_double_has_its_value_and_one_with_more_digits_has_none(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite() && value != 0.0);
            let text = format!("{value:e}");
            prop_assert_eq!(comparable(&text), Some(value));
            let (mantissa, exponent) = text.split_once('e').unwrap();
            let whole = if mantissa.contains('.') { "" } else { "." };
            prop_assert_eq!(comparable(&format!("{mantissa}{whole}00e{exponent}")), Some(value));
            // Seventeen digits tell every double from its neighbours; twenty more are none that a
            // shortest text has.
            let longer = format!("{mantissa}{whole}{}1e{exponent}", "0".repeat(20));
            prop_assert_eq!(comparable(&longer), None);
        }
    }
}
