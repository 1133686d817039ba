//! A parcel that is called back before its command arrives is never shipped.

use order_events::{CancelShipment, PackageShipped, ShipOrder, ShipmentCancelled, Style, testing::customer};
use shipping::Shipment;
use waxseal::{Envelope, Message, Outcome, Raw, Timestamp, UNDOES, Undoes};
use waxseal_testing::{Fixture, of_kind};

fn sent<M: Message>(id: &str, data: M) -> Raw {
    Envelope::starting(id, "fulfilment", Timestamp::UNIX_EPOCH, data).into_raw().unwrap()
}

#[tokio::test]
async fn s72_a_parcel_that_is_called_back_first_is_never_shipped() {
    let fixture = Fixture::default();
    let engine = fixture.engine(shipping::service(Style::Orchestration));
    let ship = ShipOrder { order_id: "ørdre-1".into(), customer: customer(), ship_to: None };
    let mut undo = sent("u-1", CancelShipment::from(&ship));
    let (id, source) = ("c-1".to_owned(), "fulfilment".to_owned());
    let undoes = Undoes { id, source, sent: Timestamp::UNIX_EPOCH, is_acknowledged: false };
    undo.metadata.insert(UNDOES.to_owned(), serde_json::to_value(undoes).unwrap());
    assert_eq!(engine.handle(&undo).await.unwrap(), Outcome::Applied);
    assert_eq!(engine.handle(&sent("c-1", ship)).await.unwrap(), Outcome::Duplicate);
    let emitted = fixture.table.take_emitted();
    assert_eq!(of_kind::<ShipmentCancelled>(&emitted)[0].package_id, None);
    assert!(of_kind::<PackageShipped>(&emitted).is_empty());
    assert_eq!(engine.read::<Shipment>("ørdre-1").await.unwrap(), None);
}
