// SPDX-License-Identifier: MIT OR Apache-2.0
//! Part "pool_sv2": the reference pool as it is published, with a template provider of ours, and a
//! second pool beside it, above the proxy and reference miners. It is killed in the middle of its
//! work and starts again, with nothing that it knew.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::children::{Running, free_port};
use crate::judge::{self, Shares};
use crate::keys::Authority;
use crate::miner;
use crate::pool::{self, Pool};
use crate::provider::Provider;
use crate::proxy::{Account, Proxy, STALE, Upstream};
use crate::wire::{Outcome, sentence};

const PERCENT: [u32; 2] = [80, 20];
const SHARES_PER_MINUTE: f64 = 60.0;
const BATCH: u64 = 10;
const MINERS: usize = 6;
const SECONDS: u64 = 60;
/// Miners that come when the pool is back, so that somebody works there soon, and for how long.
const NEWCOMERS: usize = 2;
const NEWCOMERS_SECONDS: u64 = 25;
const KILLED_AT: Duration = Duration::from_secs(18);
const GONE_FOR: Duration = Duration::from_secs(4);
const LIMIT: Duration = Duration::from_secs(20);
const TIP: Duration = Duration::from_secs(12);
const REFRESH: Duration = Duration::from_secs(4);
/// Shares and answers that a connection can hold when it breaks: far below a second's.
const ON_THE_WIRE: u64 = 3;

/// What a miner is told of a share whose pool has gone without a verdict.
const LOST: &str = "upstream-lost";

/// Between a start of the pool and its end.
struct Life {
    running: Running,
    began: Instant,
}

/// What the pool's log tells of a life.
#[derive(Default)]
struct Told {
    seconds: f64,
    received: u64,
    valid: u64,
    acknowledged: u64,
    refused: BTreeMap<String, u64>,
}

fn configuration(port: u16, authority: &Authority, secret: &str, provider: &str) -> String {
    format!(
        "authority_public_key = \"{key}\"
authority_secret_key = \"{secret}\"
cert_validity_sec = 3600
listen_address = \"127.0.0.1:{port}\"
coinbase_reward_script = \"addr(tb1qa0sm0hxzj0x25rh8gw5xlzwlsfvvyz8u96w3p8)\"
server_id = 1
pool_signature = \"interop\"
shares_per_minute = {SHARES_PER_MINUTE:.1}
share_batch_size = {BATCH}
supported_extensions = []
required_extensions = []
[template_provider_type.Sv2Tp]
address = \"{provider}\"
public_key = \"{key}\"
",
        key = authority.text
    )
}

impl Life {
    fn start(program: &Path, scratch: &Path, name: &str, config: &Path) -> Outcome<Life> {
        let arguments = [PathBuf::from("-c"), config.into()];
        let mut running = Running::start(scratch, name, program, &arguments)?;
        running.wait_for("Starting downstream server at", LIMIT)?;
        Ok(Life { running, began: Instant::now() })
    }

    /// Its end, which nobody announced.
    fn kill(mut self) -> Outcome<Told> {
        self.running.signal(libc::SIGKILL);
        self.running.wait(LIMIT)?;
        Told::read(&self.running.said(), self.began.elapsed())
    }
}

/// The number behind `words`.
fn number_behind(line: &str, words: &str) -> Option<u64> {
    let (_, rest) = line.split_once(words)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

impl Told {
    fn read(log: &str, life: Duration) -> Outcome<Told> {
        let mut told = Told { seconds: life.as_secs_f64(), ..Told::default() };
        for line in log.lines() {
            if line.contains("Received SubmitSharesExtended") {
                told.received += 1;
            } else if line.contains("✅") {
                told.valid += 1;
                let count = number_behind(line, "new_submits_accepted_count=");
                told.acknowledged += count.unwrap_or(0);
            } else if let Some((_, code)) = line.split_once("error_code: ") {
                let code = code.split(' ').next().unwrap_or_default();
                *told.refused.entry(code.into()).or_default() += 1;
            } else if line.contains("dedup budget") {
                return Err(format!("pool_sv2 is flooded: {line}"));
            }
        }
        told.check()?;
        Ok(told)
    }

    fn check(&self) -> Outcome<()> {
        let due = SHARES_PER_MINUTE * self.seconds / 60.0;
        if self.received as f64 > 3.0 * due + 20.0 {
            return Err(format!("pool_sv2 got {} shares where {due:.0} are due", self.received));
        }
        if let Some((code, count)) = self.refused.iter().find(|(code, _)| *code != STALE) {
            return Err(format!("pool_sv2 refused {count} shares as {code}"));
        }
        match self.valid {
            0 => Err("pool_sv2 got no valid share".into()),
            _ => Ok(()),
        }
    }

    fn words(&self) -> String {
        let due = SHARES_PER_MINUTE * self.seconds / 60.0;
        format!("{} shares where {due:.0} are due", self.received)
    }
}

/// Nothing is lost but what the pool had not acknowledged, and what it never saw; and the miners are
/// told of no more.
fn check_account(account: &Account, lives: &[Told; 2], told_lost: u64) -> Outcome<String> {
    let (accepted, open) = (account.pool(0, "accepted")?, account.pool(0, "unanswered")?);
    let lost = account.pool(0, "lost")?;
    let valid = lives[0].valid + lives[1].valid;
    let kept = lives[0].valid - lives[0].acknowledged;
    let counts = format!(
        "{valid} valid, {kept} of them not acknowledged before the kill; the proxy counts {accepted} \
         accepted, {open} unanswered, {lost} lost, and the miners were told of {told_lost}"
    );
    let accounted = accepted + open + lost;
    let is_right = lost <= kept + ON_THE_WIRE
        && (valid..=valid + ON_THE_WIRE).contains(&accounted)
        && told_lost <= lost;
    match is_right {
        true => Ok(counts),
        false => Err(format!("pool_sv2 called {counts}")),
    }
}

fn start_miners(
    proxy: &Proxy,
    numbers: Range<usize>,
    seconds: u64,
) -> Vec<JoinHandle<Outcome<miner::Counts>>> {
    let settings = |number: usize| miner::Settings {
        place: proxy.place.clone(),
        authority: proxy.authority.public,
        user: format!("reference.{number}"),
        is_extended: number % 3 != 2,
        rate_hs: [300.0, 500.0, 800.0][number % 3],
        seconds,
    };
    numbers.map(|number| miner::start(settings(number))).collect()
}

/// The proxy has the pool for the second time.
fn wait_until_back(proxy: &Proxy) -> Outcome<()> {
    let deadline = Instant::now() + LIMIT;
    while proxy.said().matches("pool pool_0 is up").count() < 2 {
        if Instant::now() > deadline {
            return Err("the proxy does not find pool_sv2 again".into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

pub fn run(host_stub: &Path, plugin: &Path, program: &Path, scratch: &Path) -> Outcome<String> {
    let secret_file = scratch.join("pools.secret");
    let authority = Authority::create(host_stub, &secret_file)?;
    let secret = std::fs::read_to_string(&secret_file).map_err(sentence("the secret"))?;
    let provider = Provider::start(&authority, TIP, REFRESH)?;
    let (port, config) = (free_port()?, scratch.join("pool_sv2.toml"));
    let text = configuration(port, &authority, secret.trim(), &provider.place);
    std::fs::write(&config, text).map_err(sentence("pool_sv2.toml"))?;
    let first = Life::start(program, scratch, "pool_sv2-1", &config)?;
    let other = Pool::start(
        pool::Settings {
            prefix: vec![0xe1],
            extranonce_size: 18,
            shares_per_minute: SHARES_PER_MINUTE as f32,
            batch: 1,
            tip: TIP,
            refresh: REFRESH,
        },
        &authority,
    )?;
    let place = format!("127.0.0.1:{port}");
    let upstreams = [
        Upstream { place: &place, authority: &authority, percent: PERCENT[0] },
        Upstream { place: &other.place, authority: &authority, percent: PERCENT[1] },
    ];
    let mut proxy = Proxy::start(host_stub, plugin, scratch, &upstreams)?;
    let mut miners = start_miners(&proxy, 0..MINERS, SECONDS);
    thread::sleep(KILLED_AT);
    let first = first.kill()?;
    thread::sleep(GONE_FOR);
    let second = Life::start(program, scratch, "pool_sv2-2", &config)?;
    wait_until_back(&proxy)?;
    miners.extend(start_miners(&proxy, MINERS..MINERS + NEWCOMERS, NEWCOMERS_SECONDS));
    let (mut submitted, mut told_lost) = (0, 0);
    for miner in miners {
        let counts = miner.join().map_err(|_| "a miner panicked")??;
        counts.check(&[STALE, LOST])?;
        submitted += counts.submitted;
        told_lost += counts.refused.get(LOST).copied().unwrap_or(0);
    }
    let account = proxy.finish()?;
    let lives = [first, second.kill()?];
    let told = check_account(&account, &lives, told_lost)?;
    let beside = account.check_pool(1, &other)?;
    let judged = judge::run(&proxy.frames, Shares::Hashed)?;
    match provider.faults() {
        faults if faults.is_empty() => {}
        faults => return Err(faults),
    }
    Ok(format!(
        "{submitted} shares of {MINERS} and {NEWCOMERS} reference miners over {} tips; pool_sv2 got {}, was killed, \
         came back and got {}: {told}; beside it {beside}; {judged}",
        provider.tips.load(Ordering::Relaxed),
        lives[0].words(),
        lives[1].words()
    ))
}
