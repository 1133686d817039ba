//! An undo and its command: the command's receipt is read, judged, and marked as undone (S-72).

use std::sync::Arc;

use crate::{
    engine::{
        handle::Inner,
        judge::{read_receipt, read_writer},
        task::Task,
    },
    fault::Fault,
    handler::{Failure, Route, Undone},
    row::{Receipt, Status, UndoMeaning, receipt, undo},
    table::{Action, Condition, Item, Key, Write},
    token::Token,
};
use waxseal_message::{Raw, Timestamp, Undoes};

/// The command that a message undoes.
#[derive(Debug)]
pub(super) struct Undoing {
    undoes: Undoes,
    command: &'static str,
    /// Whose receipts the command has: the effect keys are of it.
    consumer: Arc<str>,
    /// The receipts that the command may have.
    pub(super) receipts: Vec<Key>,
}

/// A command's receipt that is to be marked as undone.
pub(super) struct Mark {
    receipt: Receipt,
    condition: Condition,
}

impl Inner {
    /// The command that `raw` undoes; `None` where it undoes none.
    ///
    /// # Errors
    /// A permanent fault where the metadata does not name the command.
    pub(super) fn undoing(&self, raw: &Raw) -> Result<Option<Undoing>, Failure> {
        let undoes = raw.undoes().map_err(|error| Failure::Fault(Fault::permanent(error)))?;
        let Some(undoes) = undoes else { return Ok(None) };
        let is_undone = |route: &&Route| route.consumes.undo == Some(raw.name.as_str());
        let Some(route) = self.service.routes.values().flatten().find(is_undone) else { return Ok(None) };
        let receipts =
            route.names.consumers().map(|of| receipt::key(of, &undoes.source, &undoes.id)).collect();
        let (command, consumer) = (route.consumes.name, Arc::clone(&route.names.consumer));
        Ok(Some(Undoing { undoes, command, consumer, receipts }))
    }

    /// Judges the undo by the items under the command's receipts. The marks belong into its first
    /// commit.
    pub(super) fn judge_undo<'i>(
        &self,
        undoing: &Undoing,
        stored: impl Fn(&Key) -> Option<&'i Item>,
    ) -> Result<Vec<Mark>, Failure> {
        let now = self.host.now();
        let live = |key: &Key| stored(key).filter(|item| !item.is_expired(now));
        let found = undoing.receipts.iter().find_map(live);
        let command = found.map(read_receipt).transpose()?;
        match undo::judge(command.as_ref(), &undoing.undoes, self.settings.horizon, now) {
            UndoMeaning::Run => Ok(Vec::new()),
            UndoMeaning::Wait { until } => Err(Failure::InProgress { until }),
            UndoMeaning::Unknown => Err(Failure::UndoUnknown {
                command: undoing.command,
                sender: undoing.undoes.source.clone(),
                id: undoing.undoes.id.clone(),
                sent: undoing.undoes.sent,
            }),
            UndoMeaning::Mark => undoing.receipts.iter().map(|key| self.mark(key, live(key), now)).collect(),
        }
    }

    fn mark(&self, key: &Key, stored: Option<&Item>, now: Timestamp) -> Result<Mark, Failure> {
        let expires = self.expiry();
        let Some(item) = stored else {
            // No payload has come, so the receipt holds no hash. Its status is judged before one.
            let blank = Receipt::completed(key.clone(), String::new(), 0, now, expires);
            let receipt = Receipt { status: Status::Undone, ..blank };
            return Ok(Mark { receipt, condition: Condition::Absent { now } });
        };
        let receipt = Receipt { status: Status::Undone, expires, ..read_receipt(item)? };
        Ok(Mark { receipt, condition: Condition::Writer(read_writer(item)?) })
    }

    /// As [`Inner::judge_undo`], after a read of the command's receipts: for an undo that is an
    /// effect.
    pub(super) async fn read_undo(&self, task: &Task<'_>, undoing: &Undoing) -> Result<Vec<Mark>, Failure> {
        let items = task.access.get(undoing.receipts.clone()).await?;
        let at = |key: &Key| {
            let index = undoing.receipts.iter().position(|receipt| receipt == key)?;
            items.get(index)?.as_ref()
        };
        self.judge_undo(undoing, at)
    }
}

impl Undoing {
    /// The command, by whose effect keys the outside knows it.
    pub(super) fn into_undone(self) -> Undone {
        Undone { source: self.undoes.source, id: self.undoes.id, consumer: self.consumer }
    }
}

impl Mark {
    pub(super) fn into_write(self, token: Token) -> Write {
        Write { action: Action::Put(self.receipt.into_item(token)), condition: self.condition }
    }
}
