//! Laws that hold for every policy.

mod evaluation;
mod lint;
mod model;
mod text;
mod tracing;
