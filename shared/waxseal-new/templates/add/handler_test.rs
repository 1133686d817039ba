//! `{{handler}}`, alone on a table in memory.

use waxseal::Outcome;
use waxseal_testing::{Alone, block_on, raw};
use {{events_module}}::{{Event}};
use {{service_module}}::{{{Handler}}, {{Handler}}State};

#[test]
fn an_event_takes_effect_once() {
    let alone = Alone::handler({{Handler}});
    let event = raw("event-1", {{Event}}::sample());
    for _ in 0..2 {
        let ran = block_on(alone.run_raw(&event));
        assert!(matches!(ran.result, Ok(Outcome::Applied | Outcome::Duplicate)), "{:?}", ran.result);
    }
    let state = alone.state::<{{Handler}}State>(&event.correlation_id);
    assert_eq!(state, Some({{Handler}}State { events: 1 }));
}
