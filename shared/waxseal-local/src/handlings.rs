//! The observer of one service: it counts duplicates, and records how messages were handled.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use waxseal::{
    observe::{Committed, Failed, Handled, HandledAs, Observer},
    read_emissions,
    row::receipt,
    table::attribute,
};

use crate::{
    history::{Named, What},
    table::Table,
    world::World,
};

/// Sees what a service does with its messages.
pub(crate) struct Handlings {
    pub(crate) world: World,
    pub(crate) table: Table,
    /// Records that had taken effect before.
    pub(crate) duplicates: Arc<AtomicU64>,
}

impl Observer for Handlings {
    fn handled(&self, record: &Handled<'_>) {
        if record.outcome == HandledAs::Duplicate {
            self.duplicates.fetch_add(1, Ordering::Relaxed);
        }
        self.add(|| What::Handled {
            service: record.service.to_owned(),
            record: record.record.to_owned(),
            message: record.message.map(named),
            outcome: record.outcome,
        });
    }

    fn committed(&self, unit: &Committed<'_>) {
        self.add(|| What::Committed {
            consumer: unit.consumer.to_owned(),
            message: named(unit.message),
            emitted: self.emitted(unit),
        });
    }

    fn failed(&self, run: &Failed<'_>) {
        self.add(|| What::Failed {
            consumer: run.consumer.to_owned(),
            message: named(run.message),
            code: run.code,
            reason: run.reason.to_owned(),
        });
    }
}

impl Handlings {
    fn add(&self, what: impl FnOnce() -> What) {
        self.world.recorder.add(self.world.clock.now(), what);
    }

    /// The messages in the receipt of a unit.
    fn emitted(&self, unit: &Committed<'_>) -> Vec<Named> {
        let (_, source, id) = unit.message;
        let receipt = self.table.look(&receipt::key(unit.consumer, source, id));
        let text = receipt.as_ref().and_then(|receipt| receipt.get_text(attribute::EMITTED));
        let emissions = text.and_then(|text| read_emissions(text).ok()).unwrap_or_default();
        let headers = emissions.iter().filter_map(|emission| emission.header().ok());
        headers.map(|header| Named::new(&header.name, &header.source, &header.id)).collect()
    }
}

fn named((name, source, id): (&str, &str, &str)) -> Named {
    Named::new(name, source, id)
}
