// SPDX-License-Identifier: MIT OR Apache-2.0
//! `host_stub proxy` as the parts run it: by Noise on both sides, its connections recorded, and its
//! account at the end.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::children::Running;
use crate::keys::Authority;
use crate::pool::Pool;
use crate::wire::{Outcome, sentence};

const LIMIT: Duration = Duration::from_secs(20);
pub const STALE: &str = "stale-share";

/// So quick that a run of a minute shows what the plugin does.
const CONTROLLER: &str = "[controller]
tuning_model = aggressive
kp = 0.5
ki = 2
kd = 0
deadband_points = 0.5
evaluation_interval_secs = 1
min_reassignment_interval_secs = 3
measurement_window_secs = 10
estimator_window_secs = 60
noise_factor = 1
hold_secs = 1
dwell_secs = 3
ripple_point_mins = 0.5
[failover]
health_check_interval_secs = 1
hold_down_secs = 1
hold_down_max_secs = 3
";

/// A row of its configuration.
pub struct Upstream<'a> {
    pub place: &'a str,
    pub authority: &'a Authority,
    pub percent: u32,
}

pub struct Proxy {
    running: Running,
    json: PathBuf,
    pub place: String,
    pub authority: Authority,
    pub frames: PathBuf,
}

/// What it tells at the end.
pub struct Account(Value);

fn configuration(upstreams: &[Upstream]) -> String {
    let mut text = CONTROLLER.to_string();
    for (number, upstream) in upstreams.iter().enumerate() {
        let (host, port) = upstream.place.rsplit_once(':').expect("HOST:PORT");
        write!(
            text,
            "[upstream.pool_{number}]\naddress = {host}\nport = {port}\nauthority_pubkey = {}\n\
             user_identity = account.{number}\npercentage = {}\npriority = {}\n",
            upstream.authority.text,
            upstream.percent,
            number + 1
        )
        .expect("text grows");
    }
    text
}

impl Proxy {
    /// Until each pool is up.
    pub fn start(
        host_stub: &Path,
        plugin: &Path,
        scratch: &Path,
        upstreams: &[Upstream],
    ) -> Outcome<Proxy> {
        let secret = scratch.join("proxy.secret");
        let authority = Authority::create(host_stub, &secret)?;
        let (config, json, frames) =
            (scratch.join("proxy.ini"), scratch.join("account.json"), scratch.join("frames"));
        std::fs::write(&config, configuration(upstreams)).map_err(sentence("proxy.ini"))?;
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
        let mut running = Running::start(scratch, "proxy", host_stub, &arguments)?;
        let place = running.listening()?;
        for number in 0..upstreams.len() {
            running.wait_for(&format!("pool pool_{number} is up"), LIMIT)?;
        }
        Ok(Proxy { running, json, place, authority, frames })
    }

    pub fn said(&self) -> String {
        self.running.said()
    }

    /// The guard must have had nothing to say.
    pub fn finish(&mut self) -> Outcome<Account> {
        self.running.stop()?;
        let text = std::fs::read_to_string(&self.json).map_err(sentence("the account"))?;
        let account = Account(serde_json::from_str(&text).map_err(sentence("the account"))?);
        match account.0["guard_violations"].as_u64() {
            Some(0) => Ok(account),
            other => Err(format!("the guard counts {other:?}")),
        }
    }
}

impl Account {
    pub fn pool(&self, number: usize, field: &str) -> Outcome<u64> {
        let value = self.0["pools"][number][field].as_u64();
        value.ok_or(format!("the account has no {field} of pool {number}"))
    }

    pub fn moves(&self) -> Outcome<u64> {
        self.0["moves"]["applied"].as_u64().ok_or("the account has no moves".into())
    }

    pub fn connections(&self) -> Outcome<u64> {
        self.0["connections"].as_u64().ok_or("the account has no connections".into())
    }

    /// A pool of the reference that was there all the time: it was dialled once and refused late
    /// shares only, and each share that it called valid is accounted.
    pub fn check_pool(&self, number: usize, pool: &Pool) -> Outcome<String> {
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
            let (accepted, open) =
                (self.pool(number, "accepted")?, self.pool(number, "unanswered")?);
            if accepted != counts.acknowledged || accepted == 0 {
                return Err(format!(
                    "pool {number} acknowledged {}, and the proxy counts {accepted}",
                    counts.acknowledged
                ));
            }
            if accepted + open != counts.valid || self.pool(number, "lost")? != 0 {
                return Err(format!(
                    "pool {number} called {} valid, and the proxy counts {accepted} accepted, \
                     {open} unanswered and {} lost",
                    counts.valid,
                    self.pool(number, "lost")?
                ));
            }
            let stale = counts.refused.get(STALE).copied().unwrap_or(0);
            Ok(format!("{} valid and {stale} stale", counts.valid))
        })
    }
}
