// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mining device of Stratum V1, as most are: version rolling and another extranonce are asked for,
//! and obeyed. Lines of JSON over TCP; there is no crate of the reference for this side.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bitcoin::hashes::{Hash, sha256d};
use serde_json::{Value, json};

use crate::client::dial;
use crate::wire::{Outcome, sentence};

const VERSION_MASK: u32 = 0x1fff_e000;
/// The lowest bit of the mask.
const VERSION_STEP: u32 = 0x2000;
/// Of listening, between two looks at the clock.
const TURN: Duration = Duration::from_millis(10);
const TURN_MOST: Duration = Duration::from_millis(50);
/// For the answers to the last shares.
const SETTLE: Duration = Duration::from_secs(3);
/// Of a search space; then the next one.
const NONCES: u32 = 10_000;
/// The target of difficulty 1 is 0xffff, shifted so far to the left.
const DIFFICULTY_1_SHIFT: i32 = 208;

#[derive(Clone)]
pub struct Settings {
    pub place: String,
    pub worker: String,
    pub rate_hs: f64,
    pub seconds: u64,
}

#[derive(Default)]
pub struct Counts {
    /// By the first byte of the extranonce, which tells the pools apart.
    pub hashes: BTreeMap<u8, u64>,
    pub submitted: u64,
    pub accepted: u64,
    /// By the code and the words of the answer.
    pub refused: BTreeMap<String, u64>,
    pub extranonces: u64,
    pub jobs: u64,
}

/// What mining.notify told, with what was in force then.
#[derive(Clone)]
struct Job {
    id: String,
    previous: Vec<u8>,
    coinbase: (Vec<u8>, Vec<u8>),
    branches: Vec<Vec<u8>>,
    version: u32,
    nbits: u32,
    ntime: u32,
    extranonce_1: Vec<u8>,
    extranonce_2_size: usize,
    target: f64,
}

/// A header without its nonce, and what a share of it has to tell.
struct Space {
    header: Vec<u8>,
    extranonce_2: Vec<u8>,
    rolled: u32,
}

struct Miner {
    stream: TcpStream,
    inbox: Vec<u8>,
    settings: Settings,
    counts: Counts,
    /// Requests without an answer, by their number.
    asked: BTreeMap<u64, &'static str>,
    last_id: u64,
    extranonce: (Vec<u8>, usize),
    mask: u32,
    difficulty: f64,
    job: Option<Job>,
    space: Option<Space>,
    spaces: u64,
    nonce: u32,
}

pub fn start(settings: Settings) -> JoinHandle<Outcome<Counts>> {
    thread::spawn(move || {
        let worker = settings.worker.clone();
        mine(settings).map_err(|error| format!("{worker}: {error}"))
    })
}

fn mine(settings: Settings) -> Outcome<Counts> {
    let stream = dial(&settings.place)?;
    stream.set_nodelay(true).map_err(sentence("socket"))?;
    stream.set_read_timeout(Some(TURN)).map_err(sentence("socket"))?;
    let mut miner = Miner {
        stream,
        inbox: Vec::new(),
        settings,
        counts: Counts::default(),
        asked: BTreeMap::new(),
        last_id: 0,
        extranonce: (Vec::new(), 0),
        mask: 0,
        difficulty: 1.0,
        job: None,
        space: None,
        spaces: 0,
        nonce: 0,
    };
    let wanted = json!({ "version-rolling.mask": format!("{VERSION_MASK:08x}"),
                         "version-rolling.min-bit-count": 2 });
    miner.ask("mining.configure", json!([["version-rolling"], wanted]))?;
    miner.ask("mining.subscribe", json!(["interop/1"]))?;
    let (began, end) = (Instant::now(), Duration::from_secs(miner.settings.seconds));
    let mut due = 0.0;
    while began.elapsed() < end {
        let turn = Instant::now();
        miner.hear()?;
        // What a busy machine keeps it from hashing it does not catch up with.
        due += turn.elapsed().min(TURN_MOST).as_secs_f64() * miner.settings.rate_hs;
        while due >= 1.0 {
            due -= 1.0;
            miner.attempt()?;
        }
    }
    let settled = Instant::now() + SETTLE;
    while Instant::now() < settled && !miner.asked.is_empty() {
        miner.hear()?;
    }
    match miner.asked.values().next() {
        Some(method) => Err(format!("{method} is not answered")),
        None => Ok(miner.counts),
    }
}

fn word<'a>(parameters: &'a Value, index: usize) -> Outcome<&'a str> {
    parameters[index].as_str().ok_or(format!("no text at {index} of {parameters}"))
}

fn bytes(parameters: &Value, index: usize) -> Outcome<Vec<u8>> {
    hex::decode(word(parameters, index)?).map_err(sentence("hexadecimal digits"))
}

fn number(parameters: &Value, index: usize) -> Outcome<u32> {
    u32::from_str_radix(word(parameters, index)?, 16).map_err(sentence("a hexadecimal number"))
}

/// As a number; what is lost behind 53 bits no share here will ever miss.
fn value_of(hash: &[u8]) -> f64 {
    hash.iter().rev().fold(0.0, |value, byte| value * 256.0 + f64::from(*byte))
}

impl Miner {
    fn ask(&mut self, method: &'static str, parameters: Value) -> Outcome<()> {
        self.last_id += 1;
        let request = json!({ "id": self.last_id, "method": method, "params": parameters });
        self.asked.insert(self.last_id, method);
        self.stream.write_all(format!("{request}\n").as_bytes()).map_err(sentence("write"))
    }

    /// For a turn.
    fn hear(&mut self) -> Outcome<()> {
        let mut read = [0; 65536];
        match self.stream.read(&mut read) {
            Ok(0) => return Err("the translator closed the connection".into()),
            Ok(count) => self.inbox.extend(&read[..count]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => return Err(format!("read: {error}")),
            },
        }
        while let Some(end) = self.inbox.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.inbox.drain(..=end).collect();
            self.take(&serde_json::from_slice(&line).map_err(sentence("a line of JSON"))?)?;
        }
        Ok(())
    }

    fn take(&mut self, message: &Value) -> Outcome<()> {
        let parameters = &message["params"];
        match message["method"].as_str() {
            Some("mining.notify") => self.notified(parameters),
            Some("mining.set_difficulty") => {
                let difficulty = parameters[0].as_f64().filter(|value| *value > 0.0);
                self.difficulty = difficulty.ok_or(format!("no difficulty: {message}"))?;
                Ok(())
            }
            Some("mining.set_extranonce") => {
                self.counts.extranonces += 1;
                self.set_extranonce(parameters, 0)
            }
            Some(other) => Err(format!("{other} is not for a miner")),
            None => self.answered(message),
        }
    }

    /// Both take effect with the next job.
    fn set_extranonce(&mut self, parameters: &Value, first: usize) -> Outcome<()> {
        let size = parameters[first + 1].as_u64().ok_or(format!("no size: {parameters}"))?;
        self.extranonce = (bytes(parameters, first)?, size as usize);
        Ok(())
    }

    fn notified(&mut self, told: &Value) -> Outcome<()> {
        // Its words of four bytes come in the order of numbers.
        let mut previous = bytes(told, 1)?;
        previous.chunks_mut(4).for_each(<[u8]>::reverse);
        let branches = told[4].as_array().ok_or("no branches")?;
        let branches = (0..branches.len()).map(|index| bytes(&told[4], index));
        self.job = Some(Job {
            id: word(told, 0)?.into(),
            previous,
            coinbase: (bytes(told, 2)?, bytes(told, 3)?),
            branches: branches.collect::<Outcome<_>>()?,
            version: number(told, 5)?,
            nbits: number(told, 6)?,
            ntime: number(told, 7)?,
            extranonce_1: self.extranonce.0.clone(),
            extranonce_2_size: self.extranonce.1,
            target: f64::from(0xffff) * 2f64.powi(DIFFICULTY_1_SHIFT) / self.difficulty,
        });
        self.space = None;
        self.counts.jobs += 1;
        Ok(())
    }

    fn answered(&mut self, message: &Value) -> Outcome<()> {
        let asked = message["id"].as_u64().and_then(|id| self.asked.remove(&id));
        let result = &message["result"];
        match asked.ok_or(format!("an answer to nothing: {message}"))? {
            "mining.configure" => {
                let mask = result["version-rolling.mask"].as_str();
                let mask = mask.ok_or(format!("no mask of the version: {message}"))?;
                self.mask = u32::from_str_radix(mask, 16).map_err(sentence("a mask"))?;
                Ok(())
            }
            "mining.subscribe" => {
                self.set_extranonce(result, 1)?;
                let worker = self.settings.worker.clone();
                self.ask("mining.extranonce.subscribe", json!([]))?;
                self.ask("mining.authorize", json!([worker, "x"]))
            }
            "mining.submit" => {
                match result.as_bool() {
                    Some(true) => self.counts.accepted += 1,
                    _ => {
                        let words = message["error"].to_string();
                        *self.counts.refused.entry(words).or_default() += 1;
                    }
                }
                Ok(())
            }
            method => match result.as_bool() {
                Some(true) => Ok(()),
                _ => Err(format!("{method} is answered with {message}")),
            },
        }
    }

    fn next_space(&mut self, job: &Job) -> Space {
        self.spaces += 1;
        self.nonce = 0;
        let counter = self.spaces.to_be_bytes();
        let mut extranonce_2 = vec![0; job.extranonce_2_size.saturating_sub(counter.len())];
        extranonce_2.extend(&counter[counter.len().saturating_sub(job.extranonce_2_size)..]);
        let (before, after) = &job.coinbase;
        let coinbase = [before, &job.extranonce_1, &extranonce_2, after].map(Vec::as_slice);
        let mut root = sha256d::Hash::hash(&coinbase.concat());
        for branch in &job.branches {
            root = sha256d::Hash::hash(&[&root[..], branch].concat());
        }
        let rolled = (self.spaces as u32).wrapping_mul(VERSION_STEP) & self.mask;
        let mut header = ((job.version & !self.mask) | rolled).to_le_bytes().to_vec();
        header.extend(&job.previous);
        header.extend(&root[..]);
        header.extend(job.ntime.to_le_bytes());
        header.extend(job.nbits.to_le_bytes());
        Space { header, extranonce_2, rolled }
    }

    fn attempt(&mut self) -> Outcome<()> {
        let Some(job) = self.job.take() else { return Ok(()) };
        let space = match self.space.take().filter(|_| self.nonce < NONCES) {
            Some(space) => space,
            None => self.next_space(&job),
        };
        self.nonce += 1;
        let pool = job.extranonce_1.first().copied().unwrap_or(0);
        *self.counts.hashes.entry(pool).or_default() += 1;
        let hash = sha256d::Hash::hash(&[&space.header[..], &self.nonce.to_le_bytes()].concat());
        if value_of(&hash[..]) <= job.target {
            self.counts.submitted += 1;
            let share = json!([
                self.settings.worker,
                job.id,
                hex::encode(&space.extranonce_2),
                format!("{:08x}", job.ntime),
                format!("{:08x}", self.nonce),
                format!("{:08x}", space.rolled),
            ]);
            self.ask("mining.submit", share)?;
        }
        (self.job, self.space) = (Some(job), Some(space));
        Ok(())
    }
}
