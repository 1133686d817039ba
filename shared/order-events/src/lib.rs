//! The order platform's public events, and the values in them: the only thing that its services
//! share.
//!
//! Events carry all data that their readers need (event-carried state transfer). A reader then
//! needs no earlier event, since standard queues keep no order. JSON members are camelCase, money
//! is in minor units.
//!
//! | event | owner | channel | readers |
//! |---|---|---|---|
//! | [`OrderPlaced`] (and [`OrderPlacedV1`]) | orders | bus | inventory, analytics |
//! | [`OrderConfirmed`] | orders | bus | notification, analytics |
//! | [`OrderCancelled`] | orders | bus | inventory, notification, analytics |
//! | [`OrderRefundDue`] | orders | bus | payment |
//! | [`StockReserved`] | inventory | bus | orders, payment |
//! | [`StockShort`] | inventory | bus | orders |
//! | [`StockLevelChanged`] | inventory | topic `stock` | analytics, and any number of others |
//! | [`PaymentCaptured`], [`PaymentDeclined`] | payment | bus | orders |
//! | [`PaymentRefunded`] | payment | bus | analytics |

mod currency;
mod customer;
mod email;
mod line;
mod order;
mod payment;
mod stock;
#[cfg(feature = "testing")]
pub mod testing;

pub use currency::{Currency, NoSuchCurrency};
pub use customer::Customer;
pub use email::{Email, NotAnAddress};
pub use line::{LARGEST_AMOUNT, Line, TotalTooLarge, total};
pub use order::{CancelReason, OrderCancelled, OrderConfirmed, OrderPlaced, OrderPlacedV1, OrderRefundDue};
pub use payment::{PaymentCaptured, PaymentDeclined, PaymentRefunded};
pub use stock::{ShortLine, StockLevelChanged, StockReserved, StockShort};
