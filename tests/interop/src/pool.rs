// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mining pool out of the reference crates: Noise, the server side of channels_sv2 that makes the
//! jobs and judges each share, acknowledgements in full batches only, as pool_sv2 sends them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bitcoin::{Amount, ScriptBuf, Target, TxOut};
use channels_sv2::extranonce_manager::ExtranonceAllocator;
use channels_sv2::server::extended::ExtendedChannel;
use channels_sv2::server::share_accounting::{ShareValidationError, ShareValidationResult};
use common_messages_sv2::SetupConnectionSuccess;
use mining_sv2::*;
use parsers_sv2::{AnyMessageOwned, CommonMessagesOwned, MiningOwned};
use template_distribution_sv2::SetNewPrevHashOwned as NewTip;

use crate::client::text;
use crate::keys::Authority;
use crate::link::{Heard, Link};
use crate::template::{REWARD_SATS, new_template, new_tip};
use crate::wire::{Outcome, common, mining, parse, sentence};

const FIRST_CHANNEL: u32 = 2;
const GROUP: u32 = 1;
const CHANNELS_MAX: u32 = 1 << 16;
/// Between two looks at the clock.
const TURN: Duration = Duration::from_millis(10);

#[derive(Clone)]
pub struct Settings {
    /// The first bytes of each extranonce: what tells the pools' search spaces apart.
    pub prefix: Vec<u8>,
    pub extranonce_size: u8,
    pub shares_per_minute: f32,
    pub batch: usize,
    pub tip: Duration,
    pub refresh: Duration,
}

#[derive(Default)]
pub struct Counts {
    pub connections: u64,
    pub valid: u64,
    pub acknowledged: u64,
    /// By the code that was sent.
    pub refused: BTreeMap<String, u64>,
    /// Difficulty of the channels' targets, of the valid ones.
    pub work: f64,
    pub users: BTreeSet<String>,
    /// What a client of a pool has no business to say, or that the crates refused.
    pub faults: Vec<String>,
}

pub struct Pool {
    pub place: String,
    counts: Arc<Mutex<Counts>>,
}

impl Pool {
    pub fn start(settings: Settings, authority: &Authority) -> Outcome<Pool> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(sentence("listen"))?;
        let place = listener.local_addr().map_err(sentence("listen"))?.to_string();
        let counts = Arc::new(Mutex::new(Counts::default()));
        let extranonces = ExtranonceAllocator::new(
            settings.prefix.clone(),
            settings.extranonce_size,
            CHANNELS_MAX,
        );
        let extranonces = Arc::new(Mutex::new(extranonces.map_err(sentence("extranonces"))?));
        let (counted, authority) = (counts.clone(), authority.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counted, authority) = (counted.clone(), authority.clone());
                let (settings, extranonces) = (settings.clone(), extranonces.clone());
                thread::spawn(move || {
                    let result = serve(stream, settings, &authority, extranonces, &counted);
                    counted.lock().expect("counts").faults.extend(result.err());
                });
            }
        });
        Ok(Pool { place, counts })
    }

    pub fn counts<T>(&self, look: impl FnOnce(&Counts) -> T) -> T {
        look(&self.counts.lock().expect("counts"))
    }
}

struct Serving<'a> {
    link: Link,
    settings: Settings,
    extranonces: Arc<Mutex<ExtranonceAllocator>>,
    counts: &'a Mutex<Counts>,
    channels: HashMap<u32, ExtendedChannel>,
    next_channel: u32,
    template: u64,
    tip: NewTip,
}

fn serve(
    stream: TcpStream,
    settings: Settings,
    authority: &Authority,
    extranonces: Arc<Mutex<ExtranonceAllocator>>,
    counts: &Mutex<Counts>,
) -> Outcome<()> {
    let link = Link::respond(stream, authority)?;
    counts.lock().expect("counts").connections += 1;
    let mut serving = Serving {
        link,
        counts,
        extranonces,
        channels: HashMap::new(),
        next_channel: FIRST_CHANNEL,
        template: 1,
        tip: new_tip(1, settings.prefix[0]),
        settings,
    };
    let (mut tip_at, mut refresh_at) = (Instant::now(), Instant::now());
    loop {
        match serving.link.hear(TURN)? {
            Heard::Frame(frame) => serving.hear(parse(&frame)?)?,
            Heard::Nothing => {}
            Heard::Closed => return Ok(()),
        }
        if tip_at.elapsed() >= serving.settings.tip {
            serving.change_tip()?;
            (tip_at, refresh_at) = (Instant::now(), Instant::now());
        } else if refresh_at.elapsed() >= serving.settings.refresh {
            serving.refresh()?;
            refresh_at = Instant::now();
        }
    }
}

fn outputs() -> Vec<TxOut> {
    vec![TxOut { value: Amount::from_sat(REWARD_SATS), script_pubkey: ScriptBuf::new() }]
}

/// The template as a future job, and the tip that makes it the active one.
fn announce(channel: &mut ExtendedChannel, template: u64, tip: &NewTip) -> Outcome<Vec<u8>> {
    let made = channel.on_new_template(new_template(template, true), outputs());
    made.map_err(sentence("on_new_template"))?;
    let job_id = channel.get_future_job_id_from_template_id(template).ok_or("no future job")?;
    let job = channel.get_future_job(job_id).ok_or("no future job")?.get_job_message().clone();
    let message = SetNewPrevHashOwned {
        channel_id: channel.get_channel_id(),
        job_id,
        prev_hash: tip.prev_hash.clone(),
        min_ntime: tip.header_timestamp,
        nbits: tip.n_bits,
    };
    channel.on_set_new_prev_hash(tip.clone()).map_err(sentence("on_set_new_prev_hash"))?;
    let mut frames = mining(MiningOwned::NewExtendedMiningJob(job));
    frames.extend(mining(MiningOwned::SetNewPrevHash(message)));
    Ok(frames)
}

impl Serving<'_> {
    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().expect("counts"));
    }

    fn change_tip(&mut self) -> Outcome<()> {
        self.template += 1;
        self.tip = new_tip(self.template, self.settings.prefix[0]);
        for channel in self.channels.values_mut() {
            self.link.send(&announce(channel, self.template, &self.tip)?);
        }
        Ok(())
    }

    /// A new job on the same tip.
    fn refresh(&mut self) -> Outcome<()> {
        self.template += 1;
        for channel in self.channels.values_mut() {
            let made = channel.on_new_template(new_template(self.template, false), outputs());
            made.map_err(sentence("on_new_template"))?;
            let job = channel.get_active_job().ok_or("no active job")?.get_job_message().clone();
            self.link.send(&mining(MiningOwned::NewExtendedMiningJob(job)));
        }
        Ok(())
    }

    fn hear(&mut self, message: AnyMessageOwned) -> Outcome<()> {
        use MiningOwned as M;
        match message {
            AnyMessageOwned::Common(CommonMessagesOwned::SetupConnection(_)) => {
                let success = SetupConnectionSuccess { used_version: 2, flags: 0 };
                self.link.send(&common(CommonMessagesOwned::SetupConnectionSuccess(success)));
                Ok(())
            }
            AnyMessageOwned::Mining(M::OpenExtendedMiningChannel(open)) => self.open(open),
            AnyMessageOwned::Mining(M::UpdateChannel(update)) => self.update(update),
            AnyMessageOwned::Mining(M::SubmitSharesExtended(share)) => self.submit(share),
            AnyMessageOwned::Mining(M::CloseChannel(close)) => {
                self.channels.remove(&close.channel_id);
                Ok(())
            }
            other => Err(format!("a client of a pool says {other}")),
        }
    }

    fn open(&mut self, open: OpenExtendedMiningChannelOwned) -> Outcome<()> {
        let mut extranonces = self.extranonces.lock().expect("extranonces");
        let prefix = extranonces.allocate_extended(usize::from(open.min_extranonce_size));
        let size = u16::from(extranonces.rollable_extranonce_size());
        drop(extranonces);
        let prefix = match prefix {
            Ok(prefix) => prefix,
            Err(_) => return self.refuse(open.request_id, "unsupported-min-extranonce-size"),
        };
        let wire_prefix = prefix.as_bytes().to_vec();
        let user = open.user_identity.as_utf8_or_hex();
        let channel = ExtendedChannel::new_for_pool(
            self.next_channel,
            user.clone(),
            prefix,
            Target::from_le_bytes(open.max_target.to_array()),
            open.nominal_hash_rate,
            true,
            size,
            self.settings.batch,
            self.settings.shares_per_minute,
            "interop".into(),
            None,
        );
        let mut channel = channel.map_err(sentence("new_for_pool"))?;
        let success = OpenExtendedMiningChannelSuccessOwned {
            request_id: open.request_id,
            channel_id: self.next_channel,
            target: channel.get_target().to_le_bytes().into(),
            extranonce_size: size,
            extranonce_prefix: wire_prefix.try_into().map_err(sentence("a prefix"))?,
            group_channel_id: GROUP,
        };
        let mut frames = mining(MiningOwned::OpenExtendedMiningChannelSuccess(success));
        frames.extend(announce(&mut channel, self.template, &self.tip)?);
        self.link.send(&frames);
        self.channels.insert(self.next_channel, channel);
        self.next_channel += 1;
        self.count(|counts| {
            counts.users.insert(user);
        });
        Ok(())
    }

    fn refuse(&mut self, request_id: u32, code: &str) -> Outcome<()> {
        let error = OpenMiningChannelErrorOwned { request_id, error_code: text(code) };
        self.link.send(&mining(MiningOwned::OpenMiningChannelError(error)));
        Ok(())
    }

    fn update(&mut self, update: UpdateChannelOwned) -> Outcome<()> {
        let Some(channel) = self.channels.get_mut(&update.channel_id) else {
            return Err("UpdateChannel for a channel that is not there".into());
        };
        let limit = Target::from_le_bytes(update.maximum_target.to_array());
        let updated = channel.update_channel(update.nominal_hash_rate, Some(limit));
        updated.map_err(sentence("update_channel"))?;
        let set = SetTargetOwned {
            channel_id: update.channel_id,
            maximum_target: channel.get_target().to_le_bytes().into(),
        };
        self.link.send(&mining(MiningOwned::SetTarget(set)));
        Ok(())
    }

    fn submit(&mut self, share: SubmitSharesExtendedOwned) -> Outcome<()> {
        let (channel_id, sequence_number) = (share.channel_id, share.sequence_number);
        let Some(channel) = self.channels.get_mut(&channel_id) else {
            return Err("a share for a channel that is not there".into());
        };
        let code = match channel.validate_share(share) {
            Ok(ShareValidationResult::Valid(_) | ShareValidationResult::BlockFound(..)) => {
                return self.acknowledge(channel_id);
            }
            Err(error) => code(error),
        };
        let error = SubmitSharesErrorOwned { channel_id, sequence_number, error_code: text(&code) };
        self.link.send(&mining(MiningOwned::SubmitSharesError(error)));
        self.count(|counts| *counts.refused.entry(code).or_default() += 1);
        Ok(())
    }

    fn acknowledge(&mut self, channel_id: u32) -> Outcome<()> {
        let channel = &self.channels[&channel_id];
        let accounting = channel.get_share_accounting();
        let work = channel.get_target().difficulty_float();
        let mut acknowledged = 0;
        if accounting.should_acknowledge() {
            acknowledged = accounting.get_last_batch_accepted();
            let success = SubmitSharesSuccess {
                channel_id,
                last_sequence_number: accounting.get_last_share_sequence_number(),
                new_submits_accepted_count: acknowledged,
                new_shares_sum: accounting.get_last_batch_work_sum(),
            };
            self.link.send(&mining(MiningOwned::SubmitSharesSuccess(success)));
        }
        self.count(|counts| {
            counts.valid += 1;
            counts.acknowledged += u64::from(acknowledged);
            counts.work += work;
        });
        Ok(())
    }
}

fn code(error: ShareValidationError) -> String {
    use ShareValidationError as E;
    match error {
        E::Invalid(code)
        | E::Stale(code)
        | E::InvalidJobId(code)
        | E::DoesNotMeetTarget(code)
        | E::VersionRollingNotAllowed(code)
        | E::DuplicateShare(code)
        | E::BadExtranonceSize(code) => code.into(),
        other => format!("{other:?}"),
    }
}
