//! Addresses and their blocks, as AWS's rule engine compares them: by the digits of the address.

use std::net::Ipv6Addr;

/// A block of addresses, or one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Block {
    /// The one address of a text. `None` where the text is no address.
    pub(crate) fn one(text: &str) -> Option<Self> {
        address(text).map(|address| Self { first: address.clone(), last: address })
    }

    /// A block such as `10.0.0.0/24`.
    ///
    /// # Errors
    /// The mistake, where the text is no block.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (base, bits) =
            text.split_once('/').ok_or("a block is an address, a slash and a number of bits")?;
        let base = address(base).ok_or_else(|| format!("{base} is no address"))?;
        let most = base.len() * 8 - 1;
        let bits: usize = bits.parse().map_err(|_| format!("{bits} is no number of bits"))?;
        if bits > most {
            return Err(format!(
                "{bits} bits are too many: at most {most}, and one address is a plain string"
            ));
        }
        let (mut first, mut last) = (base.clone(), base);
        for (index, (low, high)) in first.iter_mut().zip(&mut last).enumerate() {
            let fixed = bits.saturating_sub(index * 8).min(8);
            let free = 0xff_u8.checked_shr(fixed as u32).unwrap_or_default();
            *low &= !free;
            *high |= free;
        }
        Ok(Self { first, last })
    }

    /// Whether an address in text is inside.
    ///
    /// The engine compares digit by digit and takes the first that decides. It compares an address
    /// of the other family in the digits that both have. That is odd, and it is AWS's behaviour.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let Some(address) = address(text) else { return false };
        let common = address.len().min(self.first.len());
        let (found, first, last) = (&address[..common], &self.first[..common], &self.last[..common]);
        if address.len() < self.first.len() {
            return first < found && found < last;
        }
        first <= found && found <= last
    }
}

/// The bytes of an address. An IPv4 address in IPv6's form is one of IPv4.
fn address(text: &str) -> Option<Vec<u8>> {
    if text.contains(':') {
        if !text.bytes().all(|byte| byte == b':' || byte.is_ascii_hexdigit()) {
            return None;
        }
        let address: Ipv6Addr = text.parse().ok()?;
        return Some(match address.to_ipv4_mapped() {
            Some(mapped) => mapped.octets().to_vec(),
            None => address.octets().to_vec(),
        });
    }
    // By hand: the engine reads `010` as ten, and Rust refuses it.
    let parts: Vec<u8> = text
        .split('.')
        .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten())
        .collect::<Option<_>>()?;
    (parts.len() == 4 && text.len() <= 15).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l2_a_block_holds_its_addresses() {
        for (block, address, holds) in [
            ("10.0.0.0/24", "10.0.0.255", true),
            ("10.0.0.0/24", "10.0.1.0", false),
            ("10.0.0.77/24", "10.0.0.1", true),
            ("10.1.2.3/9", "10.127.0.0", true),
            ("10.1.2.3/9", "10.128.0.0", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("10.0.0.0/31", "10.0.0.2", false),
            ("10.0.0.0/24", "010.0.0.9", true),
            ("10.0.0.0/24", "10.0.0", false),
            ("10.0.0.0/24", "10.0.0.256", false),
            ("10.0.0.0/24", "::ffff:0a00:0001", true),
            ("2001:db8::/32", "2001:0db8:0:0::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "ffff::", true),
        ] {
            assert_eq!(Block::parse(block).unwrap().holds(address), holds, "{block} {address}");
        }
        assert!(Block::one("2001:db8::1").unwrap().holds("2001:DB8:0:0:0:0:0:1"));
        assert_eq!(Block::one("example.com"), None);
    }

    #[test]
    fn l2_a_block_that_is_none_says_why() {
        for (block, words) in [
            ("10.0.0.0", "a slash"),
            ("10.0.0.0/32", "at most 31"),
            ("::/128", "at most 127"),
            ("10.0.0.0/x", "no number of bits"),
            ("10.0.0.0/-1", "no number of bits"),
            ("300.0.0.0/8", "no address"),
            ("::ffff:1.2.3.4/8", "no address"),
        ] {
            let error = Block::parse(block).unwrap_err();
            assert!(error.contains(words), "{block}: {error}");
        }
    }
}
