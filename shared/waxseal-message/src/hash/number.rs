//! The exact decimal value of a JSON number in canonical form, without ever expanding its exponent
//! (S-16).

/// Reads the JSON number at the start of `json` and appends its canonical form to `out`. Returns
/// its length in `json`, or `None` where no number begins there.
///
/// The form is a sign, the significant digits without zeros at either end, and the power of ten
/// that they are multiplied with: `-225e-5`. `e0` is left out, and zero is `0` whatever its sign:
/// `-0` and `0e9` have the value of `0`.
pub(super) fn write(json: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let mut at = usize::from(json.first() == Some(&b'-'));
    let is_negative = at == 1;
    let whole = digits(json, &mut at);
    // JSON has no `007`.
    if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
        return None;
    }
    let mut fraction: &[u8] = &[];
    if json.get(at) == Some(&b'.') {
        at += 1;
        fraction = digits(json, &mut at);
        if fraction.is_empty() {
            return None;
        }
    }
    let mut exponent = Exponent::default();
    if matches!(json.get(at), Some(b'e' | b'E')) {
        at += 1;
        exponent.is_negative = json.get(at) == Some(&b'-');
        at += usize::from(matches!(json.get(at), Some(b'+' | b'-')));
        exponent.digits = digits(json, &mut at);
        if exponent.digits.is_empty() {
            return None;
        }
    }
    if is_negative {
        out.push(b'-');
    }
    let start = out.len();
    out.extend_from_slice(whole);
    out.extend_from_slice(fraction);
    let zeros = out[start..].iter().take_while(|digit| **digit == b'0').count();
    out.drain(start..start + zeros);
    let significant = out[start..].iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    if significant == 0 {
        out.truncate(start - usize::from(is_negative));
        out.push(b'0');
        return Some(at);
    }
    let dropped = out.len() - start - significant;
    out.truncate(start + significant);
    exponent.write(dropped as i64 - fraction.len() as i64, out);
    Some(at)
}

fn digits<'a>(json: &'a [u8], at: &mut usize) -> &'a [u8] {
    let rest = json.get(*at..).unwrap_or_default();
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *at += count;
    &rest[..count]
}

/// A written exponent: any number of digits.
#[derive(Default)]
struct Exponent<'a> {
    is_negative: bool,
    digits: &'a [u8],
}

/// An exponent of at most this many digits fits 64 bits. A longer one is larger than the length of
/// any payload.
const SHORT: usize = 17;

impl Exponent<'_> {
    /// Appends `e` and the exponent moved by `shift`, nothing where that is zero.
    fn write(&self, shift: i64, out: &mut Vec<u8>) {
        let zeros = self.digits.iter().take_while(|digit| **digit == b'0').count();
        let digits = &self.digits[zeros..];
        if digits.len() <= SHORT {
            let written = digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
            let exponent = if self.is_negative { shift - written } else { shift + written };
            if exponent != 0 {
                out.push(b'e');
                out.extend_from_slice(exponent.to_string().as_bytes());
            }
            return;
        }
        out.push(b'e');
        if self.is_negative {
            out.push(b'-');
        }
        let start = out.len();
        out.extend_from_slice(digits);
        // The shift is smaller than the exponent, so the sign stays.
        if self.is_negative == (shift < 0) {
            add(out, start, shift.unsigned_abs());
        } else {
            subtract(out, start, shift.unsigned_abs());
        }
    }
}

/// Adds `carry` to the decimal number that begins at `start`.
fn add(number: &mut Vec<u8>, start: usize, mut carry: u64) {
    for digit in number[start..].iter_mut().rev() {
        if carry == 0 {
            return;
        }
        let sum = carry + u64::from(*digit - b'0');
        *digit = b'0' + (sum % 10) as u8;
        carry = sum / 10;
    }
    while carry > 0 {
        number.insert(start, b'0' + (carry % 10) as u8);
        carry /= 10;
    }
}

/// Subtracts `borrow` from the decimal number that begins at `start`, which is larger.
fn subtract(number: &mut Vec<u8>, start: usize, mut borrow: u64) {
    for digit in number[start..].iter_mut().rev() {
        if borrow == 0 {
            break;
        }
        let (have, take) = (*digit - b'0', (borrow % 10) as u8);
        borrow /= 10;
        let (left, more) = if have >= take { (have - take, 0) } else { (have + 10 - take, 1) };
        *digit = b'0' + left;
        borrow += more;
    }
    let zeros = number[start..].iter().take_while(|digit| **digit == b'0').count();
    number.drain(start..start + zeros);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str) -> String {
        let mut out = Vec::new();
        assert_eq!(write(json.as_bytes(), &mut out), Some(json.len()), "{json}");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn s16_a_number_is_written_by_its_exact_decimal_value() {
        for (json, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.000e-7", "0"),
            ("0e99999999999999999999", "0"),
            ("7", "7"),
            ("100", "1e2"),
            ("1.00e2", "1e2"),
            ("1.0", "1"),
            ("-0.0025", "-25e-4"),
            ("2500e-4", "25e-2"),
            ("18446744073709551617", "18446744073709551617"),
            ("0.1000000000000000055", "1000000000000000055e-19"),
            ("1e400000000", "1e400000000"),
            ("10E+399999999", "1e400000000"),
            ("1e-99999999999999999", "1e-99999999999999999"),
            ("1e99999999999999999", "1e99999999999999999"),
            ("10e99999999999999999", "1e100000000000000000"),
            ("0.1e100000000000000000", "1e99999999999999999"),
            ("0.01e-99999999999999999999", "1e-100000000000000000001"),
            ("100e-100000000000000000001", "1e-99999999999999999999"),
            ("1e00000000000000000000000000002", "1e2"),
        ] {
            assert_eq!(canonical(json), expected, "{json}");
        }
    }

    #[test]
    fn nothing_else_is_a_number() {
        for json in ["", "-", "01", "-01", ".5", "1.", "1.e2", "1e", "1e+", "+1", "x", "-x"] {
            assert_eq!(write(json.as_bytes(), &mut Vec::new()), None, "{json}");
        }
        assert_eq!(write(b"12]", &mut Vec::new()), Some(2));
    }
}
