//! Receipts of a handler that had other names before (S-49).

use crate::{
    engine::{handle::Inner, task::Task},
    handler::Failure,
    row::Receipt,
    table::{Action, Condition, Found, Key, Write},
    token::Token,
};
use waxseal_message::Timestamp;

impl<'a> Task<'a> {
    /// The keys of all receipts that the message may have for this handler, the oldest name first.
    pub(super) fn receipts(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.receipt).chain(&self.copies)
    }

    /// Whether `key` is that of a receipt of this task.
    pub(super) fn has_receipt(&self, key: &Key) -> bool {
        self.receipts().any(|receipt| receipt == key)
    }

    /// Takes as many of `items` as the task has receipts: the first that counts at `now`.
    pub(super) fn first_receipt(&self, items: &mut impl Iterator<Item = Found>, now: Timestamp) -> Found {
        let mut live =
            || items.next().unwrap_or(Ok(None)).map(|item| item.filter(|item| !item.is_expired(now)));
        let own = live();
        self.copies.iter().fold(own, |first, _| match (first, live()) {
            (Ok(None), other) => other,
            (first, _) => first,
        })
    }

    /// The same task under the name of its copy at `index`.
    fn under(&self, index: usize) -> Option<Self> {
        let consumer = self.route.names.others.get(index)?;
        let mut copies = self.copies.clone();
        let receipt = std::mem::replace(copies.get_mut(index)?, self.receipt.clone());
        Some(Self { receipt, copies, consumer, hash: self.hash.clone(), ..*self })
    }
}

impl Inner {
    /// The task under the name of its stored receipt; `None` where that is the oldest name. A handler
    /// with one name causes no request.
    pub(super) async fn under_its_name<'a>(&self, task: &Task<'a>) -> Result<Option<Task<'a>>, Failure> {
        if task.copies.is_empty() {
            return Ok(None);
        }
        let items = task.access.get(task.receipts().cloned().collect()).await?;
        let now = self.host.now();
        let known = items.iter().position(|item| item.as_ref().is_some_and(|item| !item.is_expired(now)));
        Ok(known.and_then(|at| at.checked_sub(1)).and_then(|index| task.under(index)))
    }

    /// A completed receipt under each other name, so that a name can leave the list one day.
    pub(super) fn copies(
        &self,
        task: &Task<'_>,
        now: Timestamp,
        token: Token,
    ) -> impl Iterator<Item = Write> {
        task.copies.iter().map(move |key| {
            let receipt = Receipt { key: key.clone(), ..self.blank(task, now) };
            Write { action: Action::Put(receipt.into_item(token)), condition: Condition::Absent { now } }
        })
    }
}
