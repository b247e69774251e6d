// SPDX-License-Identifier: MIT OR Apache-2.0
//! Part "farm": reference pools above `host_stub proxy` and reference miners below it, all by Noise.
//! Every share is judged three times: by the miner's side of channels_sv2, by the pool's, and over
//! the recorded frames by the judge. What one accepts the others must accept.

use std::path::Path;
use std::time::Duration;

use crate::judge::{self, Shares};
use crate::keys::Authority;
use crate::miner;
use crate::pool::{self, Pool};
use crate::proxy::{Proxy, STALE, Upstream};
use crate::wire::Outcome;

const SECONDS: u64 = 45;
const PERCENT: [u32; 3] = [60, 30, 10];

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

pub fn run(host_stub: &Path, plugin: &Path, scratch: &Path) -> Outcome<String> {
    let authority = Authority::create(host_stub, &scratch.join("pools.secret"))?;
    let pools: Outcome<Vec<Pool>> =
        (0..PERCENT.len()).map(|number| Pool::start(pool_settings(number), &authority)).collect();
    let pools = pools?;
    let upstreams: Vec<Upstream> = pools
        .iter()
        .zip(PERCENT)
        .map(|(pool, percent)| Upstream { place: &pool.place, authority: &authority, percent })
        .collect();
    let mut proxy = Proxy::start(host_stub, plugin, scratch, &upstreams)?;
    let miners = (0..6).map(|number| {
        miner::start(miner::Settings {
            place: proxy.place.clone(),
            authority: proxy.authority.public,
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
        counts.check(&[STALE])?;
        submitted += counts.submitted;
        stale += counts.refused.get(STALE).copied().unwrap_or(0);
        prefixes += counts.prefixes;
    }
    let account = proxy.finish()?;
    let mut told = Vec::new();
    for (number, pool) in pools.iter().enumerate() {
        told.push(account.check_pool(number, pool)?);
    }
    let judged = judge::run(&proxy.frames, Shares::Hashed)?;
    if prefixes == 0 {
        return Err("nobody was moved".into());
    }
    Ok(format!(
        "{submitted} shares of 6 reference miners, {stale} of them stale, {prefixes} moves; at 3 \
         reference pools {}; {judged}",
        told.join(", ")
    ))
}
