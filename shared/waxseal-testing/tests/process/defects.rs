//! Small mistakes in a process, each with the kind of finding that it must give.

use waxseal_testing::explore::Kind;

macro_rules! defects {
    ($($defect:ident => $kind:ident $subject:literal),+ $(,)?) => {
        /// A mistake that a person could make.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Defect {
            $($defect),+
        }

        /// Every defect with the kind and the subject of its finding.
        pub(crate) const DEFECTS: &[(Defect, Kind, &str)] = &[$((Defect::$defect, Kind::$kind, $subject)),+];
    };
}

defects! {
    ArmsNoTimerAtTheBeginning => NoDeadline "Reserving",
    ArmsNoTimerInAStep => NoDeadline "Charging",
    ForgetsToClear => OutlivedTimer "Stock",
    ArmsAnotherTimer => OutlivedTimer "Stock",
    ClearsAnotherTimer => OutlivedTimer "Stock",
    StaysInTheStep => Swallowed "payment.captured",
    GoesTooFar => Swallowed "payment.captured",
    SwallowsARefusal => Swallowed "payment.declined",
    SwallowsTheLastReply => Swallowed "order.shipped",
    SendsNothing => DeadInput "payment.captured",
    SendsNothingAndArmsNothing => NoExit "Charging",
    NeverFinishes => NoExit "Shipping",
    NeverEndsACompensation => NoExit "Charging",
    LeavesAStepOut => UnreachedStep "Shipping",
    FinishesAtATimeout => LeftBehind "charge-payment",
    FinishesAtARefusal => LeftBehind "reserve-stock",
    FinishesAtACancellation => LeftBehind "reserve-stock",
    FinishesWhileItCompensates => LeftBehind "reserve-stock",
    SendsAfterTheEnd => LeftBehind "ship-order",
    UndoesByHand => LeftBehind "reserve-stock",
    GoesOnWithoutAnAnswer => LeftBehind "charge-payment",
    SendsTwice => Repeated "reserve-stock",
    SendsWithoutUndo => NoUndo "charge-for-good",
    ForgetsThatStockWasRefused => UnsaidRefusal "reserve-stock",
    ForgetsThatPaymentWasRefused => UnsaidRefusal "charge-payment",
    NamesAnotherRefusedCommand => UnsaidRefusal "charge-payment",
    NamesTwoRefusedCommands => UnfoundedRefusal "reserve-stock",
    FailsInSilence => SilentFailure "reserve-stock",
    IgnoresATimeout => DeadTimeout "Payment",
    IgnoresACustomer => DeadInput "order.cancelled",
    ArmsTheTimerAgain => Livelock "Payment",
    SendsTheCommandForEver => Livelock "Payment",
    ArmsTimersInACircle => Livelock "Reminder",
    ArmsATimerAfterTheEnd => TimerAfterEnd "Reminder",
    ArmsATimerWhileItCompensates => TimerAfterEnd "Reminder",
    PanicsInAStep => Panics "payment.captured",
    ReadsAMemoryOfItsOwn => Impure "order.placed",
    KeepsWhatCannotBeStored => Unreadable "stock.reserved",
    CountsForEver => TooManyStates "fulfilment",
}
