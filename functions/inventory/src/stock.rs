//! The stock of one article. `on_hand + reserved` changes only when stock is taken in.

use order_events::{LARGEST_AMOUNT, StockLevelChanged};
use serde::{Deserialize, Serialize};
use waxseal::Entity;

/// The stock of one article.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stock {
    /// Pieces that can be ordered.
    pub on_hand: u64,
    /// Pieces reserved for orders.
    pub reserved: u64,
}

impl Entity for Stock {
    const KIND: &'static str = "stock";
}

/// An impossible change: the row and the reservations disagree, or a number is absurd.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stock of {sku} cannot {change} {quantity}: {on_hand} on hand, {reserved} reserved")]
pub struct ImpossibleStock {
    sku: String,
    change: &'static str,
    quantity: u64,
    on_hand: u64,
    reserved: u64,
}

impl Stock {
    /// Reserves `quantity`.
    pub(crate) fn reserve(&mut self, sku: &str, quantity: u64) -> Result<StockLevelChanged, ImpossibleStock> {
        let (on_hand, reserved) = (self.on_hand.checked_sub(quantity), self.reserved.checked_add(quantity));
        self.become_level(sku, "reserve", quantity, on_hand.zip(reserved))
    }

    /// Releases `quantity`.
    pub(crate) fn release(&mut self, sku: &str, quantity: u64) -> Result<StockLevelChanged, ImpossibleStock> {
        let (on_hand, reserved) = (self.on_hand.checked_add(quantity), self.reserved.checked_sub(quantity));
        self.become_level(sku, "release", quantity, on_hand.zip(reserved))
    }

    /// Takes in `quantity`.
    pub(crate) fn take_in(&mut self, sku: &str, quantity: u64) -> Result<StockLevelChanged, ImpossibleStock> {
        let on_hand = self.on_hand.checked_add(quantity).filter(|on_hand| *on_hand <= LARGEST_AMOUNT);
        self.become_level(sku, "take in", quantity, on_hand.map(|on_hand| (on_hand, self.reserved)))
    }

    fn become_level(
        &mut self,
        sku: &str,
        change: &'static str,
        quantity: u64,
        level: Option<(u64, u64)>,
    ) -> Result<StockLevelChanged, ImpossibleStock> {
        let Self { on_hand, reserved } = *self;
        let impossible = || ImpossibleStock { sku: sku.to_owned(), change, quantity, on_hand, reserved };
        let (on_hand, reserved) = level.ok_or_else(impossible)?;
        *self = Self { on_hand, reserved };
        Ok(StockLevelChanged { sku: sku.to_owned(), on_hand, reserved })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_moves_but_never_appears_or_vanishes() {
        let mut stock = Stock { on_hand: 3, reserved: 0 };
        let level = stock.reserve("tee", 2).unwrap();
        assert_eq!((level.on_hand, level.reserved), (1, 2));
        let refused = stock.reserve("tee", 2).unwrap_err();
        assert_eq!(refused.to_string(), "stock of tee cannot reserve 2: 1 on hand, 2 reserved");
        assert!(stock.release("tee", 3).is_err());
        stock.release("tee", 2).unwrap();
        assert_eq!(stock, Stock { on_hand: 3, reserved: 0 });
        assert!(stock.take_in("tee", u64::MAX).is_err() && stock.take_in("tee", LARGEST_AMOUNT).is_err());
    }
}
