//! Laws that hold for every policy.

mod evaluation;
mod model;
mod text;
mod tracing;
