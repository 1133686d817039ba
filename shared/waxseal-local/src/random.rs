//! Randomness from one seed: the same seed gives the same run.

use waxseal::{Token, lock::Lock};

/// One seeded source of randomness, shared by the whole environment.
#[derive(Debug)]
pub struct Random(Lock<fastrand::Rng>);

impl Random {
    /// Starts from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Lock::new(fastrand::Rng::with_seed(seed)))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.0.lock())
    }

    /// Whether an event of this probability happens now. It draws nothing at probability 0, so that
    /// a fault that is turned off does not change the others.
    #[must_use]
    pub fn chance(&self, probability: f64) -> bool {
        probability > 0.0 && self.with(fastrand::Rng::f64) < probability
    }

    /// A number below `end`; 0 where `end` is 0.
    #[must_use]
    pub fn below(&self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.with(|rng| rng.u64(..end)) }
    }

    /// A token that this source gives only once.
    #[must_use]
    pub fn token(&self) -> Token {
        Token(self.with(|rng| rng.u128(..)))
    }

    /// A UUID of version 4, as message ids are.
    #[must_use]
    pub fn uuid(&self) -> String {
        let bits = self.with(|rng| rng.u128(..)) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        let mut text = String::with_capacity(36);
        for place in (0..32_u32).rev() {
            if matches!(place, 23 | 19 | 15 | 11) {
                text.push('-');
            }
            let digit = u32::try_from(bits >> (place * 4) & 0xf).unwrap_or_default();
            text.push(char::from_digit(digit, 16).unwrap_or_default());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_and_ids_are_of_version_4() {
        let (one, other) = (Random::new(7), Random::new(7));
        for _ in 0..100 {
            let id = one.uuid();
            assert_eq!(id, other.uuid());
            assert_eq!((&id[14..15], id.len()), ("4", 36));
            assert!([8, 13, 18, 23].iter().all(|at| id.as_bytes()[*at] == b'-'), "{id}");
            assert!("89ab".contains(&id[19..20]), "{id}");
        }
    }
}
