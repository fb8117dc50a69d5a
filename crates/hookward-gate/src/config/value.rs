//! Values that TOML has no type for: lengths of time, sizes and addresses, written as people write
//! them.

use alloc::borrow::Cow;
use core::fmt::{self, Display};
use core::marker::PhantomData;
use core::net::SocketAddr;
use core::str::FromStr;
use core::time::Duration;

use bytesize::ByteSize;
use jiff::SpanRelativeTo;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A length of time, such as `30s`, `5m` or `7d`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Span(pub(crate) Duration);

/// A number of bytes, such as `16MiB`, `64 kB` or `512`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Size(pub(crate) u64);

/// Where to listen: at an address such as `0.0.0.0:8443`, or on a socket that systemd has opened,
/// such as `systemd:webhooks`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    Systemd(String),
}

/// What stands before the name of a socket that systemd has opened.
const SYSTEMD: &str = "systemd:";

/// The name of a socket that systemd has opened, if that is what `text` says.
pub(crate) fn systemd_name(text: &str) -> Option<&str> {
    text.strip_prefix(SYSTEMD)
        .filter(|name| !name.is_empty() && !name.contains(':'))
}

impl FromStr for Address {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match systemd_name(text) {
            Some(name) => Ok(Self::Systemd(name.to_owned())),
            None => text.parse().map(Self::Tcp).map_err(drop),
        }
    }
}

impl FromStr for Span {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let span: jiff::Span = text.parse().map_err(drop)?;
        let duration = span
            .to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(drop)?;
        Duration::try_from(duration).map(Self).map_err(drop)
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(duration) => write!(f, "{duration:#}"),
            Err(_) => write!(f, "{} s", self.0.as_secs()),
        }
    }
}

impl FromStr for Size {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let size: ByteSize = text.parse().map_err(drop)?;
        Ok(Self(size.as_u64()))
    }
}

impl Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ByteSize(self.0).display().iec().fmt(f)
    }
}

/// Reads a `T` from a string.
struct Written<T> {
    expected: &'static str,
    value: PhantomData<T>,
}

impl<T: FromStr> Visitor<'_> for Written<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse()
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Written {
            expected: "a length of time such as \"30s\", \"5m\" or \"7d\"",
            value: PhantomData,
        })
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Written {
            expected: "an address with its port such as \"0.0.0.0:8443\", or the name of a socket \
                       such as \"systemd:webhooks\"",
            value: PhantomData,
        })
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Written {
            expected: "a size such as \"16MiB\" or \"64KiB\"",
            value: PhantomData,
        })
    }
}

/// The schema of a string that is written like these.
macro_rules! written {
    ($value:ident, $($example:literal),+) => {
        impl JsonSchema for $value {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($value).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "examples": [$($example),+] })
            }
        }
    };
}

written!(Address, "0.0.0.0:8443", "systemd:webhooks");
written!(Span, "30s", "5m", "7d");
written!(Size, "16MiB", "64KiB");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h 30m", 5400), ("7d", 604_800)] {
            assert_eq!(
                text.parse(),
                Ok(Span(Duration::from_secs(seconds))),
                "{text}"
            );
        }
        for text in [
            "",
            "5",
            "-5s",
            "5s ago",
            "1mo",
            "1y",
            "soon",
            "9999999999999999999s",
        ] {
            assert_eq!(text.parse::<Span>(), Err(()), "{text}");
        }
    }

    #[test]
    fn addresses_have_a_port_or_are_the_names_of_sockets() {
        let address = |text: &str| text.parse::<Address>();
        let tcp = "[::1]:8443".parse().unwrap();
        assert_eq!(address("[::1]:8443"), Ok(Address::Tcp(tcp)));
        let socket = "hookward.socket".to_owned();
        assert_eq!(
            address("systemd:hookward.socket"),
            Ok(Address::Systemd(socket))
        );
        for text in ["", "127.0.0.1", "localhost:80", "systemd:", "systemd:a:b"] {
            assert_eq!(address(text), Err(()), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [("512", 512), ("16MiB", 16 << 20), ("64 kB", 64_000)] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "-1", "MiB", "1 furlong"] {
            assert_eq!(text.parse::<Size>(), Err(()), "{text}");
        }
    }
}
