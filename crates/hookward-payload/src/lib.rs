//! Finds one top-level string in a JSON body, chunk by chunk, while validating all of it.
//!
//! A webhook that carries a secret in its body has to be judged by bytes that anyone may have sent, and by the same value that
//! the application will read from them later, with a parser of its own. [`PayloadScanner`] therefore refuses every document
//! that two parsers could read in two ways: the key twice, or in another letter case, broken UTF-8, data after the end. It
//! works on chunks as they arrive and never allocates, however long, deep or broken the body is.
//!
//! ```
//! use hookward_payload::{PayloadErrorKind, PayloadScanner};
//!
//! let mut scanner = PayloadScanner::new("developerPayload");
//! for chunk in [r#"{"status":0,"developerPay"#, r#"l\u006fad":"mine","credits":1}"#] {
//!     scanner.push(chunk.as_bytes())?;
//! }
//! assert_eq!(scanner.finish()?, Some("mine"));
//!
//! let mut scanner = PayloadScanner::new("developerPayload");
//! let forged = br#"{"developerPayload":"mine","developerPayload":"theirs"}"#;
//! let error = scanner.push(forged).unwrap_err();
//! assert_eq!(error.kind(), PayloadErrorKind::DuplicateKey);
//! assert_eq!(error.offset(), 27);
//! # Ok::<(), hookward_payload::PayloadError>(())
//! ```
//!
//! # Features
//!
//! None; `no_std` without `alloc`. What the processor can do is found out at run time, and changes the speed alone.
//!
//! # What it is not
//!
//! It is no JSON parser: it gives out one string and builds nothing. It does not compare the value with a secret, which has to
//! be done in constant time, and it does not limit the length of the body.

#![no_std]
#![deny(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod backend;
#[cfg_attr(not(any(test, target_arch = "x86_64")), allow(dead_code))]
mod blocks;
mod capture;
mod chunk;
#[cfg_attr(not(any(test, target_arch = "x86_64")), allow(dead_code))]
mod classes;
mod error;
mod expected;
#[cfg(target_arch = "x86_64")]
mod ill_formed;
mod key;
mod literal;
#[cfg_attr(not(any(test, target_arch = "x86_64")), allow(dead_code))]
mod nesting;
mod number;
#[cfg_attr(not(any(test, target_arch = "x86_64")), allow(dead_code))]
mod place;
#[cfg(target_arch = "x86_64")]
mod processor;
#[cfg_attr(not(any(test, target_arch = "x86_64")), allow(dead_code))]
mod scalars;
mod scanner;
mod stack;
mod string;
#[cfg_attr(not(any(test, target_arch = "x86_64")), allow(dead_code))]
mod text;

pub use error::{JsonKind, PayloadError, PayloadErrorKind};
pub use scanner::PayloadScanner;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
