//! Pictures as SVG text, drawn by plotters on a plain canvas: same figures, same bytes.
//!
//! All differences show without colour too: by place and label, by lightness, by a
//! cross or a frame. Texts are placed by an estimate of their width, which errs on the wide side.

mod axis;
mod canvas;
mod curves;
mod gantt;
mod lanes;
mod makespans;
mod stacks;
mod tornado;
mod waves;

pub(super) use axis::round_step;
pub use curves::{Curves, Series, curves, round_most};
pub use gantt::{Gantt, GanttModule, gantt};
pub(super) use lanes::{builder, packed};
pub use makespans::makespans;
pub use stacks::{Stack, Stacks, stacks};
pub use tornado::{Swing, tornado};
pub use waves::{WaveModule, Waves, waves};
