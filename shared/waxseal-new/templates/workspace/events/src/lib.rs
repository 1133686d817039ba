//! The events of {{app}}: the only thing that its services share.

mod order_placed;
mod parcel_shipped;

pub use order_placed::OrderPlaced;
pub use parcel_shipped::ParcelShipped;
