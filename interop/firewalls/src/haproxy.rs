//! HAProxy.

use core::net::{Ipv4Addr, SocketAddr};
use std::fs;
use std::process::Command;

use crate::matrix::Matrix;
use crate::nginx::addresses_agree;
use crate::request::ask_as;
use crate::running::{Running, free_port};
use crate::setting::{Setting, version};
use crate::{Outcome, cases};

pub(crate) fn play(setting: &Setting, matrix: &mut Matrix) -> Outcome {
    matrix.section("HAProxy", &version("haproxy", "-v", "haproxy")?);
    let rules = fs::read_to_string(setting.rules("haproxy", &[])?)?;
    let [headers, addresses] =
        [free_port()?, free_port()?].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let file = setting.path("haproxy.cfg");
    fs::write(
        &file,
        format!(
            "defaults\n\
             mode http\n\
             timeout connect 20s\n\
             timeout client 20s\n\
             timeout server 20s\n\
             frontend headers\n\
             bind {headers}\n\
             {rules}\
             http-request return status 200 if hookward_header_secret hookward_route\n\
             http-request deny\n\
             frontend addresses\n\
             bind {addresses} accept-proxy\n\
             {rules}\
             http-request return status 200 if hookward_source_address\n\
             http-request deny\n"
        ),
    )?;
    let log = fs::File::create(setting.path("haproxy.log"))?;
    let mut command = Command::new("haproxy");
    command
        .args(["-db".as_ref(), "-f".as_ref(), file.as_os_str()])
        .stdout(log.try_clone()?)
        .stderr(log);
    let _haproxy = Running::start(&mut command, &[headers]).map_err(|error| {
        let log = fs::read_to_string(setting.path("haproxy.log")).unwrap_or_default();
        format!("{error}\n{log}")
    })?;
    for case in cases::all(setting) {
        let status = case.request.send(headers)?;
        let good = status == if case.genuine { 200 } else { 403 };
        matrix.line(&case.name, (!good).then(|| format!("{status}")));
    }
    addresses_agree(setting, matrix, |address| ask_as(address, addresses))
}
