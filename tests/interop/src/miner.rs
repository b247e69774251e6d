// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mining device out of the reference crates: Noise, the client side of channels_sv2, which is
//! also its hasher: each attempt is a share that it judges, and the valid ones are submitted.

use std::collections::BTreeMap;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mining_sv2::*;
use parsers_sv2::{AnyMessageOwned, CommonMessagesOwned, MiningOwned};

use crate::channel::{Channel, Work};
use crate::client::{EASIEST, Setup, dial, open_extended, open_standard, setup};
use crate::link::{Heard, Link};
use crate::wire::{Outcome, mining, parse, sentence};

const REQUIRES_STANDARD_JOBS: u32 = 1;
const REQUIRES_VERSION_ROLLING: u32 = 4;
const LIMIT: Duration = Duration::from_secs(20);
/// Of listening, between two looks at the clock.
const TURN: Duration = Duration::from_millis(10);
const TURN_MOST: Duration = Duration::from_millis(50);
/// For the answers to the last shares.
const SETTLE: Duration = Duration::from_secs(3);
/// Of a search space; then the next one.
const NONCES: u32 = 10_000;

#[derive(Clone)]
pub struct Settings {
    pub place: String,
    pub authority: [u8; 32],
    pub user: String,
    pub is_extended: bool,
    pub rate_hs: f32,
    pub seconds: u64,
}

#[derive(Default)]
pub struct Counts {
    pub hashes: u64,
    pub submitted: u64,
    pub acknowledged: u64,
    /// By the code of the answer.
    pub refused: BTreeMap<String, u64>,
    pub prefixes: u64,
}

impl Counts {
    /// It mined, and nothing is refused but with these codes.
    pub fn check(&self, allowed: &[&str]) -> Outcome<()> {
        let is_other = |code: &String| !allowed.contains(&code.as_str());
        if let Some((code, count)) = self.refused.iter().find(|(code, _)| is_other(code)) {
            return Err(format!("{count} shares of a miner are refused as {code}"));
        }
        match self.acknowledged {
            0 => Err(format!("a miner sent {} shares and none is accepted", self.submitted)),
            _ => Ok(()),
        }
    }
}

struct Miner {
    link: Link,
    settings: Settings,
    channel: Channel,
    channel_id: u32,
    counts: Counts,
    sequence: u32,
    nonce: u32,
    space: u64,
}

pub fn start(settings: Settings) -> JoinHandle<Outcome<Counts>> {
    thread::spawn(move || {
        let user = settings.user.clone();
        mine(settings).map_err(|error| format!("{user}: {error}"))
    })
}

fn mine(settings: Settings) -> Outcome<Counts> {
    let mut miner = connect(settings)?;
    let began = Instant::now();
    let end = Duration::from_secs(miner.settings.seconds);
    let mut due = 0.0;
    while began.elapsed() < end {
        let turn = Instant::now();
        miner.hear_for(TURN)?;
        // What a busy machine keeps it from hashing it does not catch up with.
        due += turn.elapsed().min(TURN_MOST).as_secs_f64() * f64::from(miner.settings.rate_hs);
        while due >= 1.0 {
            due -= 1.0;
            miner.attempt()?;
        }
    }
    miner.hear_for(SETTLE)?;
    Ok(miner.counts)
}

fn connect(settings: Settings) -> Outcome<Miner> {
    let mut link = Link::initiate(dial(&settings.place)?, Some(settings.authority))?;
    let flags = match settings.is_extended {
        true => REQUIRES_VERSION_ROLLING,
        false => REQUIRES_STANDARD_JOBS,
    };
    link.send(&setup(Setup { flags, ..Setup::default() }));
    match parse(&link.expect_frame(LIMIT)?)? {
        AnyMessageOwned::Common(CommonMessagesOwned::SetupConnectionSuccess(_)) => {}
        other => return Err(format!("SetupConnection is answered with {other}")),
    }
    let user = settings.user.as_bytes();
    link.send(&match settings.is_extended {
        true => open_extended(1, user, settings.rate_hs, EASIEST, 8),
        false => open_standard(1, user, settings.rate_hs, EASIEST),
    });
    let (channel_id, channel) = opened(parse(&link.expect_frame(LIMIT)?)?, &settings)?;
    let counts = Counts::default();
    Ok(Miner { link, settings, channel, channel_id, counts, sequence: 0, nonce: 0, space: 0 })
}

fn opened(message: AnyMessageOwned, settings: &Settings) -> Outcome<(u32, Channel)> {
    let (user, rate_hs) = (&settings.user, settings.rate_hs);
    match message {
        AnyMessageOwned::Mining(MiningOwned::OpenExtendedMiningChannelSuccess(open)) => {
            Ok((open.channel_id, Channel::extended(&open, user, rate_hs)?))
        }
        AnyMessageOwned::Mining(MiningOwned::OpenStandardMiningChannelSuccess(open)) => {
            Ok((open.channel_id, Channel::standard(&open, user, rate_hs)?))
        }
        other => Err(format!("the request for a channel is answered with {other}")),
    }
}

impl Miner {
    fn hear_for(&mut self, limit: Duration) -> Outcome<()> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.link.hear(left)? {
                Heard::Frame(frame) => self.hear(parse(&frame)?)?,
                Heard::Nothing => return Ok(()),
                Heard::Closed => return Err("the proxy closed the connection".into()),
            }
        }
    }

    fn hear(&mut self, message: AnyMessageOwned) -> Outcome<()> {
        use MiningOwned as M;
        let AnyMessageOwned::Mining(message) = message else {
            return Err(format!("{message} is not for a miner"));
        };
        match message {
            M::SubmitSharesSuccess(answer) => {
                self.counts.acknowledged += u64::from(answer.new_submits_accepted_count);
                Ok(())
            }
            M::SubmitSharesError(answer) => {
                let code = answer.error_code.as_utf8_or_hex();
                *self.counts.refused.entry(code).or_default() += 1;
                Ok(())
            }
            M::SetExtranoncePrefix(set) => {
                self.counts.prefixes += 1;
                self.channel.set_prefix(set.extranonce_prefix.to_owned_bytes())
            }
            M::NewMiningJob(job) => self.channel.standard_job(job),
            M::NewExtendedMiningJob(job) => self.channel.extended_job(job, false),
            M::SetNewPrevHash(tip) => self.channel.new_tip(tip),
            M::SetTarget(set) => self.channel.set_target(set.maximum_target.to_array()),
            M::SetGroupChannel(_) => Ok(()),
            message => Err(format!("{message} is not for a miner")),
        }
    }

    fn attempt(&mut self) -> Outcome<()> {
        self.counts.hashes += 1;
        self.nonce += 1;
        if self.nonce > NONCES {
            (self.nonce, self.space) = (1, self.space + 1);
        }
        let Some(work) = self.channel.work() else { return Ok(()) };
        let (verdict, message) = match self.channel.extranonce_size() {
            Some(size) => {
                let share = self.extended_share(&work, size)?;
                (
                    self.channel.judge_extended(share.clone()),
                    MiningOwned::SubmitSharesExtended(share),
                )
            }
            None => {
                let share = self.standard_share(&work);
                (
                    self.channel.judge_standard(share.clone()),
                    MiningOwned::SubmitSharesStandard(share),
                )
            }
        };
        if verdict.refusal.is_none() {
            self.link.send(&mining(message));
            self.sequence += 1;
            self.counts.submitted += 1;
        }
        Ok(())
    }

    /// Another search space has another extranonce.
    fn extended_share(&self, work: &Work, size: usize) -> Outcome<SubmitSharesExtendedOwned> {
        let mut extranonce = self.space.to_be_bytes().to_vec();
        extranonce.resize(size, 0);
        Ok(SubmitSharesExtendedOwned {
            channel_id: self.channel_id,
            sequence_number: self.sequence,
            job_id: work.job_id,
            nonce: self.nonce,
            ntime: work.min_ntime,
            version: work.version,
            extranonce: extranonce.try_into().map_err(sentence("an extranonce"))?,
        })
    }

    /// Another search space has another time.
    fn standard_share(&self, work: &Work) -> SubmitSharesStandardOwned {
        SubmitSharesStandardOwned {
            channel_id: self.channel_id,
            sequence_number: self.sequence,
            job_id: work.job_id,
            nonce: self.nonce,
            ntime: work.min_ntime + self.space as u32,
            version: work.version,
        }
    }
}
