//! A program without std that uses every crate of layers 1 and 2.
//!
//! It has a panic handler of its own. As soon as one of the crates pulls in std, there are two,
//! and the program does not compile. Its exit status says whether the guard judged as it should.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int};
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use hookward::{
    Allowlist, Check, Connection, Framing, Guard, GuardedRoute, Head, Lists, Policy, Reason, Route,
    Secret, SecretRing, Snapshot, Step, UnixTime, Verdict,
};
use hookward_copyleaks::parse_thumbprint_list;
use hookward_firewall::{HeaderRule, Rules, modsecurity};
use hookward_forwarded::{CertificateForm, ForwardedCertificate};
use hookward_payload::PayloadScanner;
use hookward_refresh::{Config, Document, Instant, Now, Refresher, Response};
use hookward_seal::{Claims, SealKey, SealRing};
use hookward_secret::{Binding, Purpose, Ring};
use hookward_thumbprint::{Algorithm, Thumbprint};

/// Hands out memory from a fixed block and takes none back.
struct Arena {
    memory: UnsafeCell<[u8; Self::SIZE]>,
    used: AtomicUsize,
}

impl Arena {
    const SIZE: usize = 1 << 20;
}

// SAFETY: every allocation gets bytes of its own, reserved by one atomic addition.
unsafe impl Sync for Arena {}

// SAFETY: what is handed out lies within the block, is aligned, and overlaps nothing.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let reserved = layout.size() + layout.align();
        let start = self.used.fetch_add(reserved, Ordering::Relaxed);
        if start + reserved > Self::SIZE {
            return ptr::null_mut();
        }
        // SAFETY: `start + reserved` is within the block, and aligning takes less than `align`.
        unsafe {
            let byte = self.memory.get().cast::<u8>().add(start);
            byte.add(byte.align_offset(layout.align()))
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ARENA: Arena = Arena {
    memory: UnsafeCell::new([0; Arena::SIZE]),
    used: AtomicUsize::new(0),
};

// The C library of the platform starts the program and copies memory, as it would for one in C.
#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

/// Named by the alloc crate of the toolchain, which was compiled for programs that unwind. Never called: a
/// panic aborts.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// As above.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    // SAFETY: as in `panic`.
    unsafe { abort() }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: `abort` of the C library may be called at any time.
    unsafe { abort() }
}

/// The entry point that the C library calls.
#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    let judged = [
        judge(true) == Some(Verdict::Accept),
        judge(false) == Some(Verdict::Refuse(Reason::HeaderSecretMissing)),
        read_lists(),
        seal_and_open() == Some(true),
        read_forwarded(),
        keep_current() == Some(true),
        write_rules() == Some(true),
    ];
    judged.iter().filter(|right| !**right).count() as c_int
}

/// Judges a request with or without the secret in its header. `None` if a part does not work.
fn judge(genuine: bool) -> Option<Verdict> {
    // Not a secret of anything: a text of the length of one.
    let secret: Vec<u8> = (0..32).map(|index| b'a' + index % 26).collect();
    let ring = SecretRing::builder()
        .secret("label", Secret::new(secret.clone()).ok()?)
        .build()
        .ok()?;
    let policy: Policy<Check> = "header_secret and source_address".parse().ok()?;
    let guard = Guard::builder()
        .header_secret("x-webhook-secret".parse().ok()?, ring)
        .route(GuardedRoute::new(
            Route::parse("/copyleaks/{status}/{scan_id}", None).ok()?,
            policy,
        ))
        .build()
        .ok()?;
    let lists = Lists {
        thumbprints: None,
        addresses: Some(Snapshot::fixed(
            Allowlist::builder().text("192.0.2.0/24").build().ok()?,
        )),
    };
    let connection = Connection {
        client_address: "192.0.2.1".parse().ok(),
        certificate: None,
    };
    let mut headers: Vec<(&str, &[u8])> = Vec::new();
    if genuine {
        headers.push(("x-webhook-secret", &secret));
    }
    let head = Head {
        method: "POST",
        authority: None,
        path: "/copyleaks/completed/scan-1",
        headers: &headers,
        framing: Framing::Clear,
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
    match guard.inspect(&lists, &connection, &head, now) {
        Step::Decided(decision) => Some(decision.verdict()),
        Step::NeedsBody(_) => None,
    }
}

fn read_lists() -> bool {
    let listed = Thumbprint::of(Algorithm::Sha1, b"");
    let read = parse_thumbprint_list(br#"["DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"]"#);
    let mut scanner = PayloadScanner::new("key");
    read.is_ok_and(|read| read == [listed])
        && scanner.push(br#"{"key":"value"}"#).is_ok()
        && scanner.finish() == Ok(Some("value"))
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn seal_and_open() -> Option<bool> {
    // Not a key of anything.
    let key = SealKey::new([7; 32]).ok()?;
    let ring = SealRing::new(Ring::builder().entry("label", key).build().ok()?);
    let binding = Binding {
        purpose: Purpose::Header,
        audience: "proof",
        scan_id: "scan-1",
    };
    let claims = Claims::new(at(1_800_000_000), at(1_800_000_060)).ok()?;
    let sealed = ring.seal(&binding, &claims).ok()?;
    Some(
        ring.open(sealed.expose(), &binding, at(1_800_000_030))
            .is_ok(),
    )
}

fn read_forwarded() -> bool {
    let line: &[u8] = b"da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let Ok(form) = "sha1-hex".parse::<CertificateForm>() else {
        return false;
    };
    form.read([line]).is_ok_and(|read| {
        matches!(read, Some(ForwardedCertificate::Thumbprint(thumbprint))
            if thumbprint == Thumbprint::of(Algorithm::Sha1, b""))
    })
}

fn write_rules() -> Option<bool> {
    let route = Route::parse("/copyleaks/{status}/{scan_id}", None).ok()?;
    let header = HeaderRule::new("x-firewall-secret".parse().ok()?, [&route]).ok()?;
    let refused = modsecurity(&Rules::new()).is_err();
    let rules = Rules::new().with_header(header.secret("label", "not a secret of anything").ok()?);
    Some(refused && modsecurity(&rules).ok()?.holds_secret())
}

/// One number to a line.
struct Numbers(Vec<u32>);

impl Document for Numbers {
    type Entry = u32;
    type Error = core::num::ParseIntError;

    fn parse(body: &[u8]) -> Result<Self, Self::Error> {
        let text = core::str::from_utf8(body).unwrap_or("-");
        text.lines()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn entries(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

fn keep_current() -> Option<bool> {
    let now = |seconds| Now {
        instant: Instant::from_start(Duration::from_secs(seconds)),
        wall: at(1_800_000_000 + seconds),
    };
    let mut refresher = Refresher::<Numbers>::new(Config::default(), 7, now(0), None).ok()?;
    let fetch = refresher.poll_transmit()?;
    let response = Response {
        status: 200,
        body: b"17",
        ..Response::default()
    };
    refresher.handle_response(now(1), fetch.id, response);
    Some(refresher.trusted(now(1))?.0 == [17])
}
