// SPDX-License-Identifier: MIT OR Apache-2.0
//! Part "translator_sv2": devices of Stratum V1, the reference translator as it is published, the
//! proxy, and three reference pools, by Noise but for the devices. Its configuration is the sample of
//! ours, with what a test has to change. A channel for each device is moved over the pools: no
//! device is disconnected, and each share that a pool calls valid is accounted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::children::{Running, free_port};
use crate::keys::Authority;
use crate::pool::{self, Pool};
use crate::proxy::{Account, Proxy, STALE, Upstream};
use crate::sv1;
use crate::wire::{Outcome, sentence};

const PERCENT: [u32; 3] = [60, 30, 10];
const PREFIXES: [u8; 3] = [0xf0, 0xe1, 0xd2];
const DEVICES: usize = 4;
const RATE_HS: f64 = 1500.0;
const SHARES_PER_MINUTE: f32 = 60.0;
const LIMIT: Duration = Duration::from_secs(20);
/// For what is on its way when the devices have ended.
const SETTLE: Duration = Duration::from_secs(2);
/// The words of an answer to a share whose job has ended.
const JOB_NOT_FOUND: &str = "Job not found";

pub struct Programs<'a> {
    pub host_stub: &'a Path,
    pub plugin: &'a Path,
    pub translator: &'a Path,
    /// Its configuration, as an operator finds it.
    pub sample: &'a Path,
}

pub struct Wanted {
    pub seconds: u64,
    /// Of all devices together.
    pub least_moves: u64,
    /// Points by which the hashed split may be off.
    pub most_off: f64,
}

fn pool_settings(number: usize) -> pool::Settings {
    pool::Settings {
        prefix: vec![PREFIXES[number]; number + 1],
        extranonce_size: [20, 18, 24][number],
        shares_per_minute: SHARES_PER_MINUTE,
        batch: 10,
        tip: Duration::from_secs([17, 23, 29][number]),
        refresh: Duration::from_secs(5),
    }
}

/// The line of that key with another value.
fn set(text: &str, key: &str, value: &str) -> Outcome<String> {
    let of_key = |line: &str| line.split('=').next().is_some_and(|name| name.trim() == key);
    match text.lines().filter(|line| of_key(line)).count() {
        1 => {}
        count => return Err(format!("the sample has {count} lines of {key}")),
    }
    let line = format!("{key} = {value}");
    let lines = text.lines().map(|old| if of_key(old) { &line } else { old });
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

fn configuration(sample: &Path, own_port: u16, proxy: &Proxy) -> Outcome<String> {
    let (host, port) = proxy.place.rsplit_once(':').expect("HOST:PORT");
    let text = std::fs::read_to_string(sample).map_err(sentence("the sample"))?;
    let values = [
        ("downstream_address", "\"127.0.0.1\"".to_string()),
        ("downstream_port", own_port.to_string()),
        ("min_individual_miner_hashrate", format!("{RATE_HS:.1}")),
        ("shares_per_minute", format!("{SHARES_PER_MINUTE:.1}")),
        ("address", format!("\"{host}\"")),
        ("port", port.to_string()),
        ("authority_pubkey", format!("\"{}\"", proxy.authority.text)),
    ];
    values.iter().try_fold(text, |text, (key, value)| set(&text, key, value))
}

/// What the devices counted, in sum.
#[derive(Default)]
struct Devices {
    hashes: BTreeMap<u8, u64>,
    submitted: u64,
    late: u64,
    extranonces: u64,
}

impl Devices {
    fn add(&mut self, counts: sv1::Counts) -> Outcome<()> {
        for (words, count) in counts.refused {
            match words.contains(JOB_NOT_FOUND) {
                true => self.late += count,
                false => return Err(format!("{count} shares are refused by {words}")),
            }
        }
        if counts.accepted == 0 {
            return Err(format!(
                "a device found {} shares, and none is accepted",
                counts.submitted
            ));
        }
        for (prefix, count) in counts.hashes {
            *self.hashes.entry(prefix).or_default() += count;
        }
        self.submitted += counts.submitted;
        self.extranonces += counts.extranonces;
        Ok(())
    }

    /// The split of the hashed work, and how far it may be off.
    fn check_split(&self, most: f64) -> Outcome<String> {
        let all: u64 = self.hashes.values().sum();
        let mut told = Vec::new();
        for (prefix, percent) in PREFIXES.iter().zip(PERCENT) {
            let hashes = self.hashes.get(prefix).copied().unwrap_or(0);
            let hashed = 100.0 * hashes as f64 / all as f64;
            if (hashed - f64::from(percent)).abs() > most {
                return Err(format!("{hashed:.1} % are hashed where {percent} are wanted"));
            }
            told.push(format!("{hashed:.1}"));
        }
        Ok(told.join("/"))
    }
}

fn start_devices(port: u16, seconds: u64) -> Vec<JoinHandle<Outcome<sv1::Counts>>> {
    let settings = |number: usize| sv1::Settings {
        place: format!("127.0.0.1:{port}"),
        worker: format!("site.device{number}"),
        rate_hs: RATE_HS,
        seconds,
    };
    (0..DEVICES).map(|number| sv1::start(settings(number))).collect()
}

/// The translator is there still, by the one connection that it had from the start, and has heard of
/// no fault.
fn check_translator(translator: &mut Running, proxy: &Proxy) -> Outcome<()> {
    if let Some(status) = translator.ended()? {
        return Err(format!("the translator ended with {status}"));
    }
    if let Some(line) = proxy.said().lines().find(|line| line.contains("is over")) {
        return Err(format!("the proxy says: {line}"));
    }
    let said = translator.said();
    let code = said.split("error_code: ").skip(1).find(|rest| !rest.starts_with(STALE));
    match code.and_then(|rest| rest.lines().next()) {
        Some(rest) => Err(format!("the translator is told {rest}")),
        None => Ok(()),
    }
}

fn check_account(account: &Account, pools: &[Pool]) -> Outcome<String> {
    let mut told = Vec::new();
    for (number, pool) in pools.iter().enumerate() {
        told.push(account.check_pool(number, pool)?);
    }
    match account.connections()? {
        1 => Ok(told.join(", ")),
        count => Err(format!("the translator came {count} times")),
    }
}

pub fn run(programs: &Programs, scratch: &Path, wanted: &Wanted) -> Outcome<String> {
    let authority = Authority::create(programs.host_stub, &scratch.join("pools.secret"))?;
    let pools: Outcome<Vec<Pool>> =
        (0..PERCENT.len()).map(|number| Pool::start(pool_settings(number), &authority)).collect();
    let pools = pools?;
    let upstreams: Vec<Upstream> = pools
        .iter()
        .zip(PERCENT)
        .map(|(pool, percent)| Upstream { place: &pool.place, authority: &authority, percent })
        .collect();
    let mut proxy = Proxy::start(programs.host_stub, programs.plugin, scratch, &upstreams)?;
    let (port, file) = (free_port()?, scratch.join("translator.toml"));
    let text = configuration(programs.sample, port, &proxy)?;
    std::fs::write(&file, text).map_err(sentence("translator.toml"))?;
    let arguments = [PathBuf::from("-c"), file];
    let mut translator =
        Running::start(scratch, "translator_sv2", programs.translator, &arguments)?;
    translator.wait_for("Translator Proxy: listening on", LIMIT)?;
    let started = start_devices(port, wanted.seconds);
    let mut devices = Devices::default();
    for device in started {
        devices.add(device.join().map_err(|_| "a device panicked")??)?;
    }
    thread::sleep(SETTLE);
    check_translator(&mut translator, &proxy)?;
    let account = proxy.finish()?;
    let told = check_account(&account, &pools)?;
    if devices.extranonces < wanted.least_moves {
        return Err(format!("the devices were moved {} times", devices.extranonces));
    }
    let split = devices.check_split(wanted.most_off)?;
    Ok(format!(
        "{DEVICES} devices of Stratum V1, {} shares, {} late; {} moves, {} other extranonces, 0 \
         disconnected; hashed {split} % for 60/30/10 in {} s; at 3 reference pools {told}",
        devices.submitted,
        devices.late,
        account.moves()?,
        devices.extranonces,
        wanted.seconds
    ))
}
