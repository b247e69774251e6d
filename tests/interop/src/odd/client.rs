// SPDX-License-Identifier: MIT OR Apache-2.0
//! Part "odd_client": one connection for each row. After its frames the client asks for an extension
//! that nobody has; the answer tells that all before it was read, so that nothing waits for time.

use std::path::Path;
use std::time::{Duration, Instant};

use parsers_sv2::{AnyMessageOwned, ExtensionsNegotiationOwned, ExtensionsOwned, MiningOwned};

use super::Judged;
use super::client_rows::{CHANNEL, GROUP, JOB, Row, rows};
use super::said::said;
use crate::children::Running;
use crate::client::{dial, request_extensions};
use crate::keys::Authority;
use crate::link::{Heard, Link};
use crate::wire::{HEADER_SIZE, Outcome, kind, parse, sentence};

/// The request behind each row, and the extension that it asks for.
const LAST_REQUEST: u16 = 0xbeef;
const NO_EXTENSION: u16 = 0x7777;
/// For an answer that the server has to get from elsewhere, or to close.
const LIMIT: Duration = Duration::from_secs(15);
const MINING_UPDATE: u8 = mining_sv2::MESSAGE_TYPE_UPDATE_CHANNEL;

/// The ids that the server gave to the first channel of a connection.
#[derive(Default)]
struct Given {
    channel: Option<u32>,
    group: u32,
    job: Option<u32>,
}

impl Given {
    fn note(&mut self, message: &AnyMessageOwned) {
        use MiningOwned as M;
        let AnyMessageOwned::Mining(message) = message else { return };
        match message {
            M::OpenStandardMiningChannelSuccess(m) if self.channel.is_none() => {
                (self.channel, self.group) = (Some(m.channel_id), m.group_channel_id);
            }
            M::OpenExtendedMiningChannelSuccess(m) if self.channel.is_none() => {
                (self.channel, self.group) = (Some(m.channel_id), m.group_channel_id);
            }
            M::SetNewPrevHash(m) if self.job.is_none() => self.job = Some(m.job_id),
            _ => {}
        }
    }

    /// The frame with these ids where it has their place holders.
    fn put_into(&self, frame: &[u8]) -> Vec<u8> {
        let mut frame = frame.to_vec();
        let mut replace = |at: usize, holder: u32, id: u32| {
            if let Some(place) = frame.get_mut(at..at + 4)
                && *place == holder.to_le_bytes()
            {
                place.copy_from_slice(&id.to_le_bytes());
            }
        };
        if let Some(channel) = self.channel {
            replace(HEADER_SIZE, CHANNEL, channel);
            replace(HEADER_SIZE, GROUP, self.group);
            replace(HEADER_SIZE + 8, JOB, self.job.unwrap_or(0));
        }
        frame
    }
}

/// All that is said up to the answer to the last request, or the end.
struct Talk {
    link: Link,
    given: Given,
    tells_targets: bool,
    words: Vec<String>,
    was_answered: bool,
}

impl Talk {
    fn hear(&mut self, limit: Duration) -> Outcome<bool> {
        let frame = match self.link.hear(limit)? {
            Heard::Frame(frame) => frame,
            Heard::Nothing | Heard::Closed => return Ok(false),
        };
        let message = parse(&frame)?;
        self.given.note(&message);
        if let AnyMessageOwned::Extensions(ExtensionsOwned::ExtensionsNegotiation(
            ExtensionsNegotiationOwned::RequestExtensionsError(error),
        )) = &message
            && error.request_id == LAST_REQUEST
        {
            self.was_answered = true;
            return Ok(true);
        }
        let is_target = matches!(&message, AnyMessageOwned::Mining(MiningOwned::SetTarget(_)));
        if !is_target || self.tells_targets {
            self.words.extend(said(&message));
        }
        Ok(true)
    }

    fn told(&self) -> String {
        let end = match (self.link.is_closed(), self.was_answered) {
            (true, _) => "closes",
            (false, true) => "goes on",
            (false, false) => "is silent",
        };
        let mut words = in_short(&self.words);
        words.push(end.into());
        words.join(", ")
    }
}

/// Words that differ in a number that grows by one are said once: "opens standard 0 to 299".
fn in_short(words: &[String]) -> Vec<String> {
    let mut short: Vec<(String, u32, u32)> = Vec::new();
    for word in words {
        let (before, number) = word.rsplit_once(' ').unwrap_or((word, ""));
        let number = number.parse().ok();
        match (short.last_mut(), number) {
            (Some((text, _, last)), Some(number)) if text == before && *last + 1 == number => {
                *last = number;
            }
            (_, Some(number)) => short.push((before.into(), number, number)),
            (_, None) => short.push((word.clone(), u32::MAX, u32::MAX)),
        }
    }
    let told = |(text, first, last): (String, u32, u32)| match (first, last) {
        (u32::MAX, _) => text,
        (first, last) if first == last => format!("{text} {first}"),
        (first, last) => format!("{text} {first} to {last}"),
    };
    short.into_iter().map(told).collect()
}

/// Sends the row's frames, and tells what the server says to those after `quiet`.
fn play(place: &str, authority: &Authority, row: &Row, wanted: &str) -> Outcome<String> {
    let mut talk = Talk {
        link: Link::initiate(dial(place)?, Some(authority.public))?,
        given: Given::default(),
        tells_targets: row.frames.iter().any(|frame| kind(frame) == MINING_UPDATE),
        words: Vec::new(),
        was_answered: false,
    };
    for (number, frame) in row.frames.iter().enumerate() {
        if number > 0 && number == row.quiet {
            let deadline = Instant::now() + LIMIT;
            // Each of them has one answer; a place holder needs what follows.
            while talk.words.len() < number || (row.needs_job() && talk.given.job.is_none()) {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() || !talk.hear(left)? {
                    return Err(format!("its preparation is answered with {}", talk.told()));
                }
            }
            talk.words.clear();
        }
        match row.byte_by_byte {
            true => talk.link.send_byte_by_byte(&talk.given.put_into(frame)),
            false => talk.link.send(&talk.given.put_into(frame)),
        }
    }
    talk.link.send(&request_extensions(LAST_REQUEST, vec![NO_EXTENSION]));
    let deadline = Instant::now() + LIMIT;
    while talk.told() != wanted {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || (!talk.hear(left)? && talk.link.is_closed()) {
            break;
        }
    }
    Ok(talk.told())
}

fn judge_server(
    name: &str,
    place: &str,
    authority: &Authority,
    judged: &mut Judged,
) -> Outcome<()> {
    for row in rows() {
        let wanted = if name == "pool" { &row.pool } else { &row.proxy };
        let said = play(place, authority, &row, wanted).unwrap_or_else(|why| why);
        judged.row(&format!("{name}, {}", row.name), wanted, &said);
    }
    Ok(())
}

pub fn run(host_stub: &Path, plugin: &Path, scratch: &Path) -> Outcome<String> {
    let secret = scratch.join("authority.secret");
    let authority = Authority::create(host_stub, &secret)?;
    let arguments = [
        "pool".as_ref(),
        "--authority-secret".as_ref(),
        secret.as_os_str(),
        "--tip-secs".as_ref(),
        "600".as_ref(),
        "--refresh-secs".as_ref(),
        "600".as_ref(),
        "--batch-secs".as_ref(),
        "0".as_ref(),
    ];
    let mut pool = Running::start(scratch, "pool", host_stub, &arguments)?;
    let place = pool.listening()?;
    let (host, port) = place.rsplit_once(':').ok_or("the pool listens nowhere")?;
    let config = scratch.join("one.ini");
    let text = format!(
        "[upstream.one]\naddress = {host}\nport = {port}\nauthority_pubkey = {}\npercentage = 100\n\
         priority = 1\n",
        authority.text
    );
    std::fs::write(&config, text).map_err(sentence("one.ini"))?;
    let arguments = [
        "proxy".as_ref(),
        "--config".as_ref(),
        config.as_os_str(),
        "--plugin".as_ref(),
        plugin.as_os_str(),
        "--authority-secret".as_ref(),
        secret.as_os_str(),
    ];
    let mut proxy = Running::start(scratch, "proxy", host_stub, &arguments)?;
    let proxy_place = proxy.listening()?;
    proxy.wait_for("pool one is up", LIMIT)?;
    let mut judged = Judged::default();
    judge_server("pool", &place, &authority, &mut judged)?;
    judge_server("proxy", &proxy_place, &authority, &mut judged)?;
    // Whatever was said to them, they still are there, and end well.
    proxy.stop()?;
    pool.stop()?;
    judged.result()
}
