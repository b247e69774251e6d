// SPDX-License-Identifier: MIT OR Apache-2.0
//! Part "farm": reference pools above `host_stub proxy` and reference miners below it, all by Noise.
//! Every share is judged three times: by the miner's side of channels_sv2, by the pool's, and over
//! the recorded frames by the judge. What one accepts the others must accept.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::children::Running;
use crate::judge::{self, Shares};
use crate::keys::Authority;
use crate::miner;
use crate::pool::{self, Pool};
use crate::wire::{Outcome, sentence};

const SECONDS: u64 = 45;
const PERCENT: [u32; 3] = [60, 30, 10];
const STALE: &str = "stale-share";
const LIMIT: Duration = Duration::from_secs(20);

const CONTROLLER: &str = "[controller]
evaluation_interval_secs = 1
min_reassignment_interval_secs = 1
measurement_window_secs = 30
estimator_window_secs = 60
dwell_secs = 2
hold_secs = 1
";

/// They differ in all in which pools differ.
fn pool_settings(number: usize) -> pool::Settings {
    pool::Settings {
        prefix: vec![[0xf0, 0xe1, 0xd2][number]; number + 1],
        extranonce_size: [20, 18, 24][number],
        shares_per_minute: 120.0,
        batch: [10, 1, 4][number],
        tip: Duration::from_secs([11, 13, 17][number]),
        refresh: Duration::from_secs(4),
    }
}

fn configuration(pools: &[Pool], authority: &Authority) -> String {
    let mut text = CONTROLLER.to_string();
    for (number, (pool, percent)) in pools.iter().zip(PERCENT).enumerate() {
        let (host, port) = pool.place.rsplit_once(':').expect("HOST:PORT");
        write!(
            text,
            "[upstream.pool_{number}]\naddress = {host}\nport = {port}\nauthority_pubkey = {}\n\
             percentage = {percent}\npriority = {}\n",
            authority.text,
            number + 1
        )
        .expect("text grows");
    }
    text
}

fn read_json(path: &Path) -> Outcome<Value> {
    let text = std::fs::read_to_string(path).map_err(sentence("the account"))?;
    serde_json::from_str(&text).map_err(sentence("the account"))
}

/// The pools' refusals: late shares only.
fn check_pool(number: usize, pool: &Pool, account: &Value) -> Outcome<String> {
    let field = |name: &str| account["pools"][number][name].as_u64().unwrap_or(u64::MAX);
    pool.counts(|counts| {
        let other = counts.refused.iter().find(|(code, _)| *code != STALE);
        if let Some((code, count)) = other {
            return Err(format!("pool {number} refused {count} shares as {code}"));
        }
        if !counts.faults.is_empty() {
            return Err(format!("pool {number}: {}", counts.faults.join("; ")));
        }
        if counts.connections != 1 {
            return Err(format!("pool {number} was dialled {} times", counts.connections));
        }
        if field("accepted") != counts.acknowledged || counts.acknowledged == 0 {
            return Err(format!(
                "pool {number} acknowledged {}, and the proxy counts {}",
                counts.acknowledged,
                field("accepted")
            ));
        }
        let stale = counts.refused.get(STALE).copied().unwrap_or(0);
        Ok(format!("{} valid and {stale} stale", counts.valid))
    })
}

fn check_miner(counts: &miner::Counts) -> Outcome<()> {
    if let Some((code, count)) = counts.refused.iter().find(|(code, _)| *code != STALE) {
        return Err(format!("{count} shares of a miner are refused as {code}"));
    }
    match counts.acknowledged {
        0 => Err(format!("a miner sent {} shares and none is accepted", counts.submitted)),
        _ => Ok(()),
    }
}

pub fn run(host_stub: &Path, plugin: &Path, scratch: &Path) -> Outcome<String> {
    let pools_key = Authority::create(host_stub, &scratch.join("pools.secret"))?;
    let secret = scratch.join("proxy.secret");
    let proxy_key = Authority::create(host_stub, &secret)?;
    let pools: Outcome<Vec<Pool>> =
        (0..PERCENT.len()).map(|number| Pool::start(pool_settings(number), &pools_key)).collect();
    let pools = pools?;
    let (config, json, frames) =
        (scratch.join("farm.ini"), scratch.join("account.json"), scratch.join("frames"));
    std::fs::write(&config, configuration(&pools, &pools_key)).map_err(sentence("farm.ini"))?;
    let arguments = [
        "proxy".as_ref(),
        "--config".as_ref(),
        config.as_os_str(),
        "--plugin".as_ref(),
        plugin.as_os_str(),
        "--authority-secret".as_ref(),
        secret.as_os_str(),
        "--json".as_ref(),
        json.as_os_str(),
        "--frames".as_ref(),
        frames.as_os_str(),
    ];
    let mut proxy = Running::start(scratch, "proxy", host_stub, &arguments)?;
    let place = proxy.listening()?;
    for number in 0..PERCENT.len() {
        proxy.wait_for(&format!("pool pool_{number} is up"), LIMIT)?;
    }
    let miners = (0..6).map(|number| {
        miner::start(miner::Settings {
            place: place.clone(),
            authority: proxy_key.public,
            user: format!("reference.{number}"),
            is_extended: number % 3 != 2,
            rate_hs: [300.0, 500.0, 800.0][number % 3],
            seconds: SECONDS,
        })
    });
    let miners: Vec<_> = miners.collect();
    let (mut submitted, mut stale, mut prefixes) = (0, 0, 0);
    for miner in miners {
        let counts = miner.join().map_err(|_| "a miner panicked")??;
        check_miner(&counts)?;
        submitted += counts.submitted;
        stale += counts.refused.get(STALE).copied().unwrap_or(0);
        prefixes += counts.prefixes;
    }
    proxy.stop()?;
    let account = read_json(&json)?;
    let mut told = Vec::new();
    for (number, pool) in pools.iter().enumerate() {
        told.push(check_pool(number, pool, &account)?);
    }
    let judged = judge::run(&frames, Shares::Hashed)?;
    if prefixes == 0 {
        return Err("nobody was moved".into());
    }
    Ok(format!(
        "{submitted} shares of 6 reference miners, {stale} of them stale, {prefixes} moves; at 3 \
         reference pools {}; {judged}",
        told.join(", ")
    ))
}
