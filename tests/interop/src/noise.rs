// SPDX-License-Identifier: MIT OR Apache-2.0
//! Part "noise": noise_sv2 and the Noise of host_stub shake hands a thousand times in each role, and
//! what they say afterwards arrives, in frames below and above one chunk of the cipher. A key that
//! is not the responder's is noticed by both.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use common_messages_sv2::SetupConnectionSuccess;
use parsers_sv2::{
    AnyMessageOwned, CommonMessagesOwned, ExtensionsNegotiationOwned, ExtensionsOwned,
};

use crate::children::Running;
use crate::client::{Setup, dial, request_extensions, setup};
use crate::keys::Authority;
use crate::link::{Heard, Link};
use crate::wire::{Outcome, common, parse, sentence};

const HANDSHAKES: usize = 1000;
/// Miners at once: each holds a descriptor here and there.
const AT_ONCE: usize = 200;
/// Every so many handshakes a frame of several chunks goes there and back.
const LONG_EVERY: usize = 50;
const EXTENSIONS: u16 = 40_000;
const LIMIT: Duration = Duration::from_secs(20);

/// noise_sv2 asks, host_stub answers. The number of long frames that came back.
fn as_initiator(place: &str, authority: &Authority) -> Outcome<usize> {
    let mut long = 0;
    for number in 0..HANDSHAKES {
        let of = |error| format!("handshake {number} as initiator: {error}");
        let mut link = Link::initiate(dial(place)?, Some(authority.public)).map_err(of)?;
        link.send(&setup(Setup::default()));
        match parse(&link.expect_frame(LIMIT).map_err(of)?)? {
            AnyMessageOwned::Common(CommonMessagesOwned::SetupConnectionSuccess(_)) => {}
            other => return Err(format!("SetupConnection is answered with {other}")),
        }
        if number % LONG_EVERY == 0 {
            long_frame_there_and_back(&mut link).map_err(of)?;
            long += 1;
        }
    }
    Ok(long)
}

/// All the extensions that are asked for come back as unsupported.
fn long_frame_there_and_back(link: &mut Link) -> Outcome<()> {
    let asked: Vec<u16> = (0x100..0x100 + EXTENSIONS).collect();
    link.send(&request_extensions(7, asked.clone()));
    match parse(&link.expect_frame(LIMIT)?)? {
        AnyMessageOwned::Extensions(ExtensionsOwned::ExtensionsNegotiation(
            ExtensionsNegotiationOwned::RequestExtensionsError(error),
        )) if error.unsupported_extensions.as_slice() == asked => Ok(()),
        other => Err(format!("{EXTENSIONS} extensions are answered with {other}")),
    }
}

/// One miner of host_stub: handshake, its first frame, and an answer that it reads.
fn serve_one(stream: TcpStream, authority: &Authority) -> Outcome<Link> {
    let mut link = Link::respond(stream, authority)?;
    match parse(&link.expect_frame(LIMIT)?)? {
        AnyMessageOwned::Common(CommonMessagesOwned::SetupConnection(_)) => {}
        other => return Err(format!("the first frame is {other}")),
    }
    let success = SetupConnectionSuccess { used_version: 2, flags: 0 };
    link.send(&common(CommonMessagesOwned::SetupConnectionSuccess(success)));
    // It opens its channel only when it has read the answer.
    link.expect_frame(LIMIT)?;
    Ok(link)
}

fn serve(listener: TcpListener, authority: Authority, done: Sender<Outcome<Link>>) {
    for stream in listener.incoming() {
        let (done, authority) = (done.clone(), authority.clone());
        let Ok(stream) = stream else { return };
        thread::spawn(move || {
            let _ = done.send(serve_one(stream, &authority));
        });
    }
}

/// host_stub asks, noise_sv2 answers. The connections of a round stay until all are there.
fn as_responder(host_stub: &Path, scratch: &Path, authority: &Authority) -> Outcome<usize> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(sentence("listen"))?;
    let place = listener.local_addr().map_err(sentence("listen"))?.to_string();
    let (sender, done) = channel();
    let key = authority.clone();
    thread::spawn(move || serve(listener, key, sender));
    let mut count = 0;
    for round in 0..HANDSHAKES / AT_ONCE {
        let (name, miners) = (format!("miners-{round}"), AT_ONCE.to_string());
        let arguments = [
            "miner",
            "--connect",
            &place,
            "--noise",
            &authority.text,
            "--count",
            &miners,
            "--per-connection",
            "1",
            "--rate",
            "1",
        ];
        let running = Running::start(scratch, &name, host_stub, &arguments)?;
        let mut links = Vec::new();
        for _ in 0..AT_ONCE {
            let link = done.recv_timeout(LIMIT).map_err(sentence("handshakes as responder"))?;
            links.push(link.map_err(|e| format!("handshake {count} as responder: {e}"))?);
            count += 1;
        }
        drop(running);
        drop(links);
    }
    Ok(count)
}

/// Each side expects another's key.
fn wrong_keys(host_stub: &Path, scratch: &Path, pool: &str, other: &Authority) -> Outcome<()> {
    if Link::initiate(dial(pool)?, Some(other.public)).is_ok() {
        return Err("noise_sv2 takes a certificate of another authority".into());
    }
    let listener = TcpListener::bind("127.0.0.1:0").map_err(sentence("listen"))?;
    let place = listener.local_addr().map_err(sentence("listen"))?.to_string();
    let another = Authority::create(host_stub, &scratch.join("another.secret"))?;
    let arguments = ["miner", "--connect", &place, "--noise", &other.text, "--seconds", "2"];
    let mut miner = Running::start(scratch, "stranger", host_stub, &arguments)?;
    let (stream, _) = listener.accept().map_err(sentence("accept"))?;
    let mut link = Link::respond(stream, &another)?;
    if let Heard::Frame(_) = link.hear(LIMIT)? {
        return Err("host_stub speaks to a responder of another authority".into());
    }
    miner.wait_for("its certificate is not signed with the authority key", LIMIT)?;
    Ok(())
}

pub fn run(host_stub: &Path, scratch: &Path) -> Outcome<String> {
    let authority = Authority::create(host_stub, &scratch.join("authority.secret"))?;
    let other = Authority::create(host_stub, &scratch.join("other.secret"))?;
    let secret = scratch.join("authority.secret");
    let arguments = ["pool".as_ref(), "--authority-secret".as_ref(), secret.as_os_str()];
    let mut pool = Running::start(scratch, "pool", host_stub, &arguments)?;
    let place = pool.listening()?;
    let long = as_initiator(&place, &authority)?;
    let responded = as_responder(host_stub, scratch, &authority)?;
    wrong_keys(host_stub, scratch, &place, &other)?;
    pool.stop()?;
    Ok(format!(
        "{HANDSHAKES} handshakes as initiator, {responded} as responder, 0 failures; {long} payloads \
         of {} bytes there and back; both refuse another's key",
        2 * usize::from(EXTENSIONS) + 4
    ))
}
