//! Every file that a configuration names.

use std::path::{Path, PathBuf};

use crate::config::material::List;
use crate::config::spanned::Spanned;
use crate::config::{material, schema};

/// The files that `file` names, whether they are there or not. Relative paths start from `base`.
///
/// What the gate keeps for itself in the state directory is not among them.
pub(crate) fn named(file: &schema::File, base: &Path) -> Vec<PathBuf> {
    let tls = (file.listen.as_ref()).and_then(|listen| listen.get_ref().tls.as_ref());
    let tls = tls.map(Spanned::get_ref).into_iter();
    let tls = tls.flat_map(|tls| [&tls.certificate, &tls.key]);
    let thumbprints = (file.client_certificate.as_ref())
        .and_then(|section| section.get_ref().thumbprints.as_ref())
        .map(|thumbprints| &thumbprints.get_ref().file);

    let header = file.header_secret.as_ref().map(Spanned::get_ref);
    let header = header.map(|section| (&section.secrets, &section.derived, &section.sealed));
    let payload = file.developer_payload.as_ref().map(Spanned::get_ref);
    let payload = payload.map(|section| (&section.secrets, &section.derived, &section.sealed));
    let firewall = (file.firewall.as_ref()).map(|section| &section.get_ref().secrets);
    let firewall = firewall.map(|secrets| (secrets, &None, &None));
    let secrets = header
        .into_iter()
        .chain(payload)
        .chain(firewall)
        .flat_map(|(secrets, derived, sealed)| {
            let derived = derived.as_ref().map(|section| &section.get_ref().keys);
            let sealed = sealed.as_ref().map(|section| &section.get_ref().keys);
            [Some(secrets), derived, sealed]
        })
        .flatten()
        .flat_map(|list| list.iter().flat_map(List::get_ref))
        .map(Spanned::get_ref)
        .map(|entry| (&entry.file, &entry.credential));

    let addresses = (file.source_address.as_ref()).map(Spanned::get_ref);
    let remotes = [
        Some(&file.copyleaks),
        addresses.map(|section| &section.list),
    ]
    .into_iter()
    .flatten();
    let remotes = remotes.flatten().map(Spanned::get_ref).flat_map(|remote| {
        let key = (remote.login.as_ref()).and_then(|login| login.get_ref().key.as_ref());
        let credentials = [remote.token.as_ref(), key].into_iter().flatten();
        let credentials = credentials.map(Spanned::get_ref);
        let credentials = credentials.map(|origin| (&origin.file, &origin.credential));
        credentials.chain([(&remote.authorities, &None)])
    });

    tls.chain(thumbprints)
        .chain(addresses.map(|section| &section.file))
        .map(|file| (file, &None))
        .chain(secrets)
        .chain(remotes)
        .flat_map(|(file, credential)| {
            let file = file.as_ref().map(|path| base.join(path.get_ref()));
            let credential = credential.as_ref();
            let credential = credential.and_then(|name| material::credential(name.get_ref()).ok());
            file.into_iter().chain(credential)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document::Document;

    #[test]
    fn every_key_that_names_a_file_is_known() {
        let text = r#"
[listen]
tls = { certificate = "1", key = "/2" }
[client_certificate]
thumbprints = { file = "3" }
[source_address]
file = "4"
[header_secret]
secrets = [{ file = "5" }, { env = "NAME" }, { file = "6" }]
derived = { keys = [{ file = "7" }] }
sealed = { keys = [{ file = "8" }] }
[developer_payload]
secrets = [{ file = "9" }]
derived = { keys = [{ file = "10" }] }
sealed = { keys = [{ file = "11" }] }
[firewall]
secrets = [{ file = "12" }]
[copyleaks]
token = { file = "13" }
authorities = "14"
[source_address.list]
login = { key = { file = "15" } }
authorities = "16"
"#;
        let document = Document::parse(text).ok().unwrap();
        let (file, mistakes) = document.read::<schema::File>();
        assert!(mistakes.is_empty());
        let expected: Vec<_> = (1..=16)
            .map(|name| match name {
                2 => PathBuf::from("/2"),
                _ => PathBuf::from(format!("etc/{name}")),
            })
            .collect();
        assert_eq!(named(&file, Path::new("etc")), expected);
    }
}
