//! Certificates of the length that hashes of certificates are measured with.

use hookward_thumbprint::{Algorithms, Leaf};
use rcgen::{CertificateParams, CustomExtension, KeyPair};

/// How long a certificate is in bytes, give or take the few by which signatures and lengths differ.
pub const LEN: usize = 1200;

/// So many distinct certificates, whose digests of the `wanted` algorithms are at hand.
pub fn leaves(count: usize, wanted: Algorithms) -> Vec<Leaf> {
    let filling = LEN - certificate(0).len();
    (0..count)
        .map(|_| {
            let der = certificate(filling);
            Leaf::parse(&der, wanted).expect("rcgen makes certificates that can be read")
        })
        .collect()
}

/// A certificate that signs itself, with an extension that holds so many bytes.
fn certificate(filling: usize) -> Vec<u8> {
    // Below an arc that is set aside for examples: <https://www.rfc-editor.org/rfc/rfc5612>.
    let oid = [1, 3, 6, 1, 4, 1, 32_473, 1];
    let key = KeyPair::generate().expect("the system has randomness");
    let mut params =
        CertificateParams::new(["sender.example".to_owned()]).expect("the name is a domain name");
    let extension = CustomExtension::from_oid_content(&oid, vec![0; filling]);
    params.custom_extensions.push(extension);
    let certificate = params.self_signed(&key).expect("the key signs");
    certificate.der().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_distinct_and_of_the_length() {
        let leaves = leaves(3, Algorithms::NONE);
        for (place, leaf) in leaves.iter().enumerate() {
            assert!(leaf.der().len().abs_diff(LEN) < 16, "{}", leaf.der().len());
            assert!(
                leaves[..place]
                    .iter()
                    .all(|other| other.der() != leaf.der())
            );
        }
    }
}
