//! Pictures as SVG text, drawn by plotters on a plain canvas: same figures, same bytes.
//!
//! Whatever tells things apart does so without colour too: by place and label, by lightness, by a
//! cross or a frame. Texts are placed by an estimate of their width, which errs on the wide side.

mod axis;
mod canvas;
mod gantt;
mod makespans;
mod waves;

pub use gantt::{Gantt, GanttModule, gantt};
pub use makespans::makespans;
pub use waves::{WaveModule, Waves, waves};
