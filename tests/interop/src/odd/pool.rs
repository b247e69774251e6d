// SPDX-License-Identifier: MIT OR Apache-2.0
//! Part "odd_pool": for each row a pool that does one odd thing, a proxy of host_stub that knows
//! only this pool, and two miners. Does the proxy stay, and do its miners work on what the pool sent
//! last? Several rows at a time, each with processes of its own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mining_sv2::*;
use parsers_sv2::{AnyMessageOwned, CommonMessagesOwned, MiningOwned};
use serde_json::Value;

use super::Judged;
use super::pool_rows::{Row, Scene, rows};
use super::said::said;
use crate::children::Running;
use crate::keys::Authority;
use crate::link::{Heard, Link};
use crate::wire::{Outcome, mining, parse, sentence};

const AT_ONCE: usize = 4;
/// For what is expected; what does not come takes so long.
const LIMIT: Duration = Duration::from_secs(10);
const SCRAPE: Duration = Duration::from_millis(20);
/// For the miners to have asked for channels: the proxy opens its own with the rate of those who
/// wait, and opens it again when many times as much comes later.
const MINERS_FIRST: Duration = Duration::from_millis(1500);

/// The pool's side of one connection.
struct Talk {
    link: Link,
    /// Shares by job.
    shares: BTreeMap<u32, u64>,
    /// The request for a channel, once it came.
    request: Option<u32>,
    words: Vec<String>,
}

impl Talk {
    fn hear(&mut self) -> Outcome<()> {
        match self.link.hear(SCRAPE)? {
            Heard::Frame(frame) => self.note(parse(&frame)?),
            Heard::Nothing | Heard::Closed => {}
        }
        Ok(())
    }

    fn note(&mut self, message: AnyMessageOwned) {
        match message {
            AnyMessageOwned::Common(CommonMessagesOwned::SetupConnection(_)) => {}
            AnyMessageOwned::Mining(MiningOwned::OpenExtendedMiningChannel(open)) => {
                self.request = Some(open.request_id);
            }
            AnyMessageOwned::Mining(MiningOwned::SubmitSharesExtended(share)) => {
                *self.shares.entry(share.job_id).or_default() += 1;
                let success = SubmitSharesSuccess {
                    channel_id: share.channel_id,
                    last_sequence_number: share.sequence_number,
                    new_submits_accepted_count: 1,
                    new_shares_sum: 0,
                };
                self.link.send(&mining(MiningOwned::SubmitSharesSuccess(success)));
            }
            // A proxy tells its rate whenever it likes.
            AnyMessageOwned::Mining(MiningOwned::UpdateChannel(_)) => {}
            other => self.words.extend(said(&other)),
        }
    }

    fn wait(&mut self, mut enough: impl FnMut(&Talk) -> bool) -> Outcome<bool> {
        let deadline = Instant::now() + LIMIT;
        while !enough(self) {
            if self.link.is_closed() || Instant::now() > deadline {
                return Ok(false);
            }
            self.hear()?;
        }
        Ok(true)
    }

    /// Shares of that job, or none while there should be some.
    fn mines(&mut self, job: u32) -> Outcome<String> {
        let mined = self.wait(|talk| talk.shares.contains_key(&job))?;
        Ok(if mined { format!("mines {job}") } else { format!("does not mine {job}") })
    }
}

/// Plays the row, and tells what the proxy did.
fn play(listener: &TcpListener, authority: &Authority, row: &Row) -> Outcome<String> {
    let (stream, _) = listener.accept().map_err(sentence("accept"))?;
    let link = Link::respond(stream, authority)?;
    let mut talk = Talk { link, shares: BTreeMap::new(), request: None, words: Vec::new() };
    let mut told = Vec::new();
    for scene in (row.scenes)() {
        match scene {
            Scene::SetUp(frame) => talk.link.send(&frame),
            Scene::Open(frame) => {
                if !talk.wait(|talk| talk.request.is_some())? {
                    told.push("asks for no channel".into());
                    break;
                }
                talk.link.send(&frame(talk.request.unwrap_or(0)));
                talk.request = None;
            }
            Scene::Send(frames) => talk.link.send(&frames),
            Scene::Mines(job) => told.push(talk.mines(job)?),
            Scene::Asks => {
                let asks = talk.wait(|talk| talk.request.is_some())?;
                told.push(if asks { "asks again" } else { "does not ask again" }.into());
            }
        }
    }
    if row.closes {
        talk.wait(|_| false)?;
    }
    told.append(&mut talk.words);
    told.push(if talk.link.is_closed() { "leaves" } else { "stays" }.into());
    Ok(told.join(", "))
}

/// With a proxy and its miners around it. The proxy ends well whatever the pool did.
fn played(
    host_stub: &Path,
    plugin: &Path,
    folder: &Path,
    authority: &Authority,
    row: &Row,
) -> Outcome<String> {
    std::fs::create_dir(folder).map_err(sentence("a folder"))?;
    let listener = TcpListener::bind("127.0.0.1:0").map_err(sentence("listen"))?;
    let port = listener.local_addr().map_err(sentence("listen"))?.port();
    let (config, json) = (folder.join("one.ini"), folder.join("account.json"));
    let text = format!(
        "[upstream.odd]\naddress = 127.0.0.1\nport = {port}\nauthority_pubkey = {}\n\
         percentage = 100\npriority = 1\n",
        authority.text
    );
    std::fs::write(&config, text).map_err(sentence("one.ini"))?;
    let arguments = [
        "proxy".as_ref(),
        "--config".as_ref(),
        config.as_os_str(),
        "--plugin".as_ref(),
        plugin.as_os_str(),
        "--drain-secs".as_ref(),
        "0".as_ref(),
        "--json".as_ref(),
        json.as_os_str(),
    ];
    let mut proxy = Running::start(folder, "proxy", host_stub, &arguments)?;
    let place = proxy.listening()?;
    let arguments =
        ["miner", "--connect", &place, "--kind", "mixed", "--count", "2", "--rate", "2000"];
    let miners = Running::start(folder, "miners", host_stub, &arguments)?;
    thread::sleep(MINERS_FIRST);
    let told = play(&listener, authority, row)?;
    drop(miners);
    proxy.stop()?;
    let account = std::fs::read_to_string(&json).map_err(sentence("the account"))?;
    let account: Value = serde_json::from_str(&account).map_err(sentence("the account"))?;
    match account["guard_violations"].as_u64() {
        Some(0) => Ok(told),
        other => Err(format!("the guard counts {other:?}")),
    }
}

pub fn run(host_stub: &Path, plugin: &Path, scratch: &Path) -> Outcome<String> {
    let authority = Authority::create(host_stub, &scratch.join("authority.secret"))?;
    let rows = rows();
    let (next, told) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(row) = rows.get(number) else { return };
                    let folder = scratch.join(number.to_string());
                    let words = played(host_stub, plugin, &folder, &authority, row);
                    told.lock().expect("told").insert(number, words.unwrap_or_else(|why| why));
                }
            });
        }
    });
    let told = told.into_inner().expect("told");
    let mut judged = Judged::default();
    for (number, row) in rows.iter().enumerate() {
        judged.row(row.name, row.wanted, &told[&number]);
    }
    judged.result()
}
