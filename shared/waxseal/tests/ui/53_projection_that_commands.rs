//! A projection sends a command.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Project, Projection, Raised, RowKey, Rows, Service};

#[derive(Serialize, Deserialize)]
struct StockCounted {}
waxseal::event!(StockCounted { name: "stock.counted", version: 1, owner: "depot" });
#[derive(Serialize, Deserialize)]
struct OrderMore {}
waxseal::command!(OrderMore { name: "order-more", version: 1, recipient: "purchasing" });
#[derive(Serialize, Deserialize)]
struct Level {}

struct Levels;
impl Projection for Levels {
    const NAME: &str = "levels";
    type Row = Level;
    type Reads = (StockCounted,);
    type Emits = (OrderMore,);
}
impl Project<StockCounted> for Levels {
    fn rows(_: &Envelope<StockCounted>) -> Vec<RowKey> {
        Vec::new()
    }
    fn fold(
        &self,
        _: &mut Rows<Level>,
        _: &Envelope<StockCounted>,
        raised: &mut Raised<Self>,
    ) -> Result<(), Fault> {
        raised.emit(OrderMore {});
        Ok(())
    }
}

fn main() {
    let _ = Service::new("depot").projection(Levels);
}
