//! The order platform's public events and commands, and the values in them: the only thing that its
//! services share.
//!
//! Events carry all data that their readers need (event-carried state transfer). A reader then
//! needs no earlier event, since standard queues keep no order. JSON members are camelCase, money
//! is in minor units.
//!
//! Both [styles](Style) share most of them:
//!
//! | event | owner | channel | readers |
//! |---|---|---|---|
//! | [`OrderPlaced`] (and [`OrderPlacedV1`]) | orders | bus | inventory or fulfilment, analytics |
//! | [`OrderConfirmed`] | orders | bus | notification, analytics, shipping in choreography |
//! | [`OrderCancelled`] | orders | bus | inventory or fulfilment, notification, analytics |
//! | [`OrderReturned`] | orders | bus | inventory |
//! | [`StockReserved`], [`StockShort`] | inventory | bus | orders and payment, or fulfilment |
//! | [`StockRestocked`] | inventory | bus | payment |
//! | [`StockLevelChanged`] | inventory | topic `stock` | analytics, and any number of others |
//! | [`PaymentCaptured`], [`PaymentDeclined`] | payment | bus | orders or fulfilment |
//! | [`PaymentRefunded`] | payment | bus | analytics, fulfilment |
//! | [`PackageShipped`] | shipping | bus | fulfilment, the shop's page of parcels |
//! | [`PackageScanned`] | shipping | bus | the shop's page of parcels |
//!
//! Choreography alone has [`OrderRefundDue`], from orders to payment. Orchestration alone has the
//! commands of `fulfilment`, each with its replies and its undo, and its own events
//! [`FulfilmentFailed`] and [`FulfilmentStuck`]:
//!
//! | command | recipient | replies | undo | its reply |
//! |---|---|---|---|---|
//! | [`ReserveStock`] | inventory | [`StockReserved`], [`StockShort`] | [`ReleaseStock`] | [`StockReleased`] |
//! | [`ChargeCard`] | payment | [`PaymentCaptured`], [`PaymentDeclined`] | [`RefundCard`] | [`PaymentRefunded`], [`PaymentVoided`] |
//! | [`ShipOrder`] | shipping | [`PackageShipped`] | [`CancelShipment`] | [`ShipmentCancelled`] |
//! | [`ConfirmOrder`] | orders | [`OrderSettled`] | | |
//!
//! `analytics` answers the query [`GetSales`].

mod address;
mod currency;
mod customer;
mod email;
mod fulfilment;
mod line;
mod order;
mod payment;
mod sales;
mod shipping;
mod stock;
mod style;
#[cfg(feature = "testing")]
pub mod testing;

pub use address::{Address, Country, NotACountry};
pub use currency::{Currency, NoSuchCurrency};
pub use customer::Customer;
pub use email::{Email, NotAnAddress};
pub use fulfilment::{FulfilmentFailed, FulfilmentStuck};
pub use line::{LARGEST_AMOUNT, Line, TotalTooLarge, total};
pub use order::{
    CancelReason, ConfirmOrder, OrderCancelled, OrderConfirmed, OrderPlaced, OrderPlacedV1, OrderRefundDue,
    OrderReturned, OrderSettled,
};
pub use payment::{ChargeCard, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided, RefundCard};
pub use sales::{ArticleTotals, GetSales, SalesOfDay, Totals};
pub use shipping::{CancelShipment, PackageScanned, PackageShipped, ShipOrder, ShipmentCancelled};
pub use stock::{
    ReleaseStock, ReserveStock, ShortLine, StockLevelChanged, StockReleased, StockReserved, StockRestocked,
    StockShort,
};
pub use style::{NoSuchStyle, Style};
