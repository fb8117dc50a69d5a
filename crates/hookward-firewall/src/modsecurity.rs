//! ModSecurity and Coraza with the OWASP core rule set.

use alloc::string::String;

use zeroize::Zeroizing;

use crate::path::{Encoding, method_pattern, pattern};
use crate::pattern::push_any_of;
use crate::text::push;
use crate::{FirewallError, RuleText, Rules};

/// The id of the first rule, and one more for each route. Ids below 100,000 are for rules of one's
/// own (<https://github.com/owasp-modsecurity/ModSecurity/wiki/Reference-Manual-(v3.x)#id>).
const FIRST_ID: usize = 53_100;

/// Rules that spare webhooks with the header the core rule set, and the reading of their body.
///
/// They belong before the core rule set, as in its `REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf`.
/// Addresses are not said here.
///
/// `@rx` with every character by its number, rather than `@streq`: that one would expand `%{…}` in
/// a secret. `\A` and `\z`, because `^` and `$` match at every line. `REQUEST_URI_RAW`, because
/// `REQUEST_FILENAME` ends at the first question mark once decoded, so that it shows nothing of the
/// `/../` in `/a%3F/../b`.
///
/// # Errors
/// [`FirewallError::HeaderMissing`] and [`FirewallError::SecretsMissing`].
pub fn modsecurity(rules: &Rules<'_>) -> Result<RuleText, FirewallError> {
    let header = rules.header_for("ModSecurity")?;
    let name = &header.name;
    let mut secrets = Zeroizing::new(String::new());
    push_any_of(
        &mut secrets,
        header.secrets.iter().map(|secret| secret.text.as_str()),
    );
    let mut text = Zeroizing::new(String::new());
    push(
        &mut text,
        format_args!(
            "# Webhooks with a secret of {labels} in {name}, once and exactly, are spared the core rule\n\
         # set and the limits on bodies. Include this after crs-setup.conf and before the rules.\n\
         # It holds secrets: only the firewall may read it.\n",
            labels = header.labels()
        ),
    );
    for (index, route) in header.routes.iter().enumerate() {
        push(
            &mut text,
            format_args!(
                "\n\
             # {template}\n\
             SecRule REQUEST_METHOD \"@rx \\A{methods}\\z\" \"id:{id},phase:1,pass,t:none,nolog,chain\"\n    \
             SecRule REQUEST_URI_RAW \"@rx \\A{path}(?:\\?|\\z)\" \"t:none,chain\"\n    \
             SecRule &REQUEST_HEADERS:{name} \"@eq 1\" \"t:none,chain\"\n    \
             SecRule REQUEST_HEADERS:{name} \"@rx \\A{secrets}\\z\" \
             \"t:none,ctl:ruleRemoveByTag=OWASP_CRS,ctl:requestBodyAccess=Off\"\n",
                template = route.template(),
                methods = method_pattern(route),
                id = FIRST_ID + index,
                path = pattern(route, Encoding::Sent),
                secrets = secrets.as_str()
            ),
        );
    }
    Ok(RuleText::new(text, true))
}
