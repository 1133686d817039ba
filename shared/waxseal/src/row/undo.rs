//! The meaning of a command's receipt for the command that undoes it, as a plain function (S-72).

use std::time::Duration;

use crate::row::receipt::{Receipt, Status};
use waxseal_message::{Timestamp, Undoes};

/// What an undo does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UndoMeaning {
    /// The command's receipt is written as undone, in the undo's first commit, and the undo's body
    /// runs. A late command is then a duplicate without effect.
    Mark,
    /// The undo's body runs and decides by the state.
    Run,
    /// An attempt of the command holds its lease, so the undo waits.
    Wait {
        /// The end of the lease.
        until: Timestamp,
    },
    /// Nothing says whether the command took effect, so a person decides.
    Unknown,
}

/// Judges an undo at `now` by the receipt of its command. `horizon` is the time for which a receipt
/// is kept.
pub(crate) fn judge(
    command: Option<&Receipt>,
    undoes: &Undoes,
    horizon: Duration,
    now: Timestamp,
) -> UndoMeaning {
    match command.map(|receipt| &receipt.status) {
        // Beyond the horizon the absence of a receipt proves nothing.
        None if now.saturating_duration_since(undoes.sent) >= horizon => match undoes.is_acknowledged {
            true => UndoMeaning::Run,
            false => UndoMeaning::Unknown,
        },
        None => UndoMeaning::Mark,
        // That the handler ran says nothing about what it did.
        Some(Status::Completed | Status::Undone) => UndoMeaning::Run,
        Some(Status::Leased { until }) if now < *until => UndoMeaning::Wait { until: *until },
        Some(Status::Leased { .. } | Status::Failed { .. } | Status::Acted) => UndoMeaning::Mark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::receipt;

    const HORIZON: Duration = Duration::from_secs(1000);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn judged(status: Option<Status>, is_acknowledged: bool, now: i64) -> UndoMeaning {
        let receipt = status.map(|status| {
            let key = receipt::key("inventory/reserve-stock", "fulfilment", "c-1");
            Receipt { status, ..Receipt::completed(key, "hash".into(), 1, at(10), at(9000)) }
        });
        let undoes = Undoes { id: "c-1".into(), source: "fulfilment".into(), sent: at(10), is_acknowledged };
        judge(receipt.as_ref(), &undoes, HORIZON, at(now))
    }

    #[test]
    fn s72_each_case_of_an_undo() {
        let leased = || Some(Status::Leased { until: at(100) });
        let failed = || Some(Status::Failed { error: "declined".into() });
        for acknowledged in [true, false] {
            assert_eq!(judged(None, acknowledged, 20), UndoMeaning::Mark);
            assert_eq!(judged(None, acknowledged, 1009), UndoMeaning::Mark);
            assert_eq!(judged(Some(Status::Completed), acknowledged, 20), UndoMeaning::Run);
            assert_eq!(judged(Some(Status::Undone), acknowledged, 20), UndoMeaning::Run);
            assert_eq!(judged(leased(), acknowledged, 99), UndoMeaning::Wait { until: at(100) });
            assert_eq!(judged(leased(), acknowledged, 100), UndoMeaning::Mark);
            assert_eq!(judged(failed(), acknowledged, 20), UndoMeaning::Mark);
            assert_eq!(judged(Some(Status::Acted), acknowledged, 20), UndoMeaning::Mark);
        }
        assert_eq!(judged(None, true, 1010), UndoMeaning::Run);
        assert_eq!(judged(None, false, 1010), UndoMeaning::Unknown);
    }
}
