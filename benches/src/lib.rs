//! Benchmarks of hookward against named peers: what they are fed, and how they are timed.
//!
//! Every contender of a comparison runs in the same process, in turns, on the same inputs. Ratios from one run mean something;
//! times of one run do not, least of all beside those of another.

pub mod bodies;
pub mod certificates;
pub mod networks;
pub mod race;
pub mod random;
