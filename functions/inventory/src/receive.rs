//! `receive-stock`: stock comes in. The first stock comes by it too, so that no row is written
//! outside of the protocol.

use std::borrow::Cow;

use order_events::StockLevelChanged;
use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Answer, Call, Decide, Engine, Envelope, Out, Refusal, Rejected};

use crate::{
    stock::{ImpossibleStock, Stock},
    stock_file::StockLine,
};

/// Adds pieces of an article to what is on hand; 0 makes the article known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiveStock {
    /// The article.
    pub sku: String,
    /// The number of pieces.
    pub quantity: u64,
}
waxseal::command!(ReceiveStock { name: "receive-stock", version: 1, recipient: "inventory" });

/// Takes stock in.
pub(crate) struct Intake;

impl Aggregate for Intake {
    const NAME: &str = "intake";
    type State = Stock;
    type Decides = (ReceiveStock,);
    type Emits = (StockLevelChanged,);
    type Refusal = ImpossibleStock;
}

impl Decide<ReceiveStock> for Intake {
    const FORMER_NAMES: &[&str] = &["take-in"];

    fn key(command: &ReceiveStock) -> Cow<'_, str> {
        Cow::Borrowed(&command.sku)
    }

    fn decide(
        &self,
        stock: &mut Option<Stock>,
        command: &Envelope<ReceiveStock>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<ImpossibleStock>> {
        let stock = stock.get_or_insert_default();
        let ReceiveStock { sku, quantity } = &command.data;
        out.emit(stock.take_in(sku, *quantity)?);
        Ok(())
    }
}

/// Takes in one line of a stock file: once per SKU, even if the file is read again.
///
/// # Errors
/// [`Rejected::KeyReused`] where the file gave another number before. The new number is not stored,
/// since it would overwrite stock that came in since.
pub async fn receive(engine: &Engine, line: &StockLine) -> Result<Answer<Stock>, Rejected<ImpossibleStock>> {
    let command = ReceiveStock { sku: line.sku.clone(), quantity: line.on_hand };
    let call = Call::new("stock-file", format!("first:{}", line.sku), &command);
    engine.call::<Intake, _>(call).await
}
