//! Client certificates that a proxy forwards.

mod base64;
mod error;
mod form;
mod pem;
mod percent;
mod xfcc;

pub use error::CertificateError;
pub use form::{CertificateForm, ForwardedCertificate, MAX_VALUE_LEN};
