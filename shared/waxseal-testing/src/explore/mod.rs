//! Every state of a process, walked: what it swallows, where it is stuck, what it leaves behind.
//!
//! A process is a pure function of its instance and one input. So all its states can be walked in
//! milliseconds, from sample inputs and the timers that it arms itself. An [`Exploration`] is told
//! the samples and what causes each of them. [`Exploration::explore`] takes every step from every
//! state, breadth first. [`Explored`] has the [findings](Finding) and the drawing of the state
//! machine.
//!
//! Two instances are in one state where they differ in ids, times and counters only. What remains is
//! the phase, the step, the data, the armed timers in their order, and each command with what has
//! become of it. A timer fires first wherever the durations allow it. A random walk of a simulation
//! was rejected for this: it finds a defect by chance, and its trace is long.
//!
//! ```
//! use std::{borrow::Cow, time::Duration};
//! use serde::{Deserialize, Serialize};
//! use waxseal::{Begin, Envelope, Flow, Process, Step};
//! use waxseal_testing::explore::{Exploration, Kind};
//!
//! #[derive(Serialize, Deserialize)] struct Asked { question: String }
//! waxseal::event!(Asked { name: "question.asked", version: 1, owner: "forum" });
//! #[derive(Serialize, Deserialize)] struct Research { question: String }
//! waxseal::command!(Research { name: "research", version: 1, recipient: "library" });
//! #[derive(Serialize, Deserialize)] struct Found { question: String }
//! waxseal::event!(Found { name: "answer.found", version: 1, owner: "library" });
//!
//! #[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)] enum At { #[default] Open, Answered }
//! #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)] enum Wait { Answer }
//! struct Questions;
//! impl Process for Questions {
//!     const NAME: &str = "questions";
//!     const KIND: &str = "question";
//!     type Data = String;
//!     type Step = At;
//!     type Timer = Wait;
//!     type Begins = (Asked,);
//!     type Inputs = (Found,);
//!     type Emits = (Research,);
//!     fn timeout(&self, flow: &mut Flow<Self>, _: Wait) { flow.finish("open") }
//! }
//! impl Begin<Asked> for Questions {
//!     fn key(asked: &Asked) -> Cow<'_, str> { asked.question.as_str().into() }
//!     fn data(asked: &Asked) -> String { asked.question.clone() }
//!     fn begin(&self, flow: &mut Flow<Self>, _: &Envelope<Asked>) {
//!         flow.send(Research { question: flow.data().clone() });
//!         flow.arm(Wait::Answer, Duration::from_secs(60));
//!     }
//! }
//! impl Step<Found> for Questions {
//!     fn key(found: &Found) -> Cow<'_, str> { found.question.as_str().into() }
//!     // It forgets to finish.
//!     fn step(&self, flow: &mut Flow<Self>, _: &Envelope<Found>) {
//!         flow.clear(&Wait::Answer);
//!         flow.go(At::Answered);
//!     }
//! }
//!
//! let explored = Exploration::of(Questions)
//!     .begins(Asked { question: "why".into() })
//!     .input(Found { question: "why".into() })
//!     .answers::<Research>()
//!     .explore();
//! let [finding] = explored.findings() else { panic!("{explored}") };
//! assert_eq!(finding.kind(), Kind::NoExit);
//! assert_eq!(finding.path(), ["question.asked", "answer.found"]);
//! assert!(explored.mermaid().contains("Open --> Answered : answer.found"));
//! ```

mod advice;
mod checks;
mod exploration;
mod explored;
mod finding;
mod fresh;
mod graph;
mod identity;
mod kind;
mod machine;
mod mermaid;
mod offer;
mod sample;
mod text;
mod walk;

pub use exploration::Exploration;
pub use explored::Explored;
pub use finding::Finding;
pub use kind::Kind;
